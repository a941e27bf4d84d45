"""A text comes in; whether somebody has parted its words by blanks already goes out."""

from __future__ import annotations

import re
from statistics import median

_RUN = re.compile(r"[\u4e00-\u9fff]+")
_GAP = re.compile(r"(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])")
_SAMPLE, _MIN_RUNS = 5_000, 12
# Words of Chinese text are 1.5 to 2 characters long; a text whose letters are spaced out has runs of one.
_SHORTEST, _LONGEST = 1.15, 3
_MIN_GAPS = 0.55


def is_segmented(text: str) -> bool:
    """Whether blanks part the words of a Chinese text: most runs of characters are short and end at a blank."""
    sample = text[:_SAMPLE]
    runs = [len(run) for run in _RUN.findall(sample)]
    if len(runs) < _MIN_RUNS:
        return False
    mean = sum(runs) / len(runs)
    return (
        mean >= _SHORTEST
        and median(runs) <= _LONGEST
        and mean <= _LONGEST + 1
        and len(_GAP.findall(sample)) >= _MIN_GAPS * len(runs)
    )
