"""How likely a short stretch of simplified Chinese is: the judge between readings of damaged characters."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from discourse.errors import DiscourseError

_MAX_WORD = 5
# Marks have no place in a dictionary of words; a comma is about as frequent as the commonest word.
_MARKS = {
    "，": 0.05,
    "。": 0.03,
    "、": 0.03,
    "；": 0.005,
    "：": 0.005,
    "“": 0.01,
    "”": 0.01,
    "《": 0.003,
    "》": 0.003,
}
_MARKS |= {"！": 0.002, "？": 0.002, "（": 0.004, "）": 0.004}
# Weight of a pair of neighbours that the corpus itself holds elsewhere (nats per doubling, about).
_PAIR_WEIGHT = 1.0


@dataclass(frozen=True)
class WordModel:
    """Unigram word model with a bonus for pairs of characters that stand in the corpus itself.

    words: natural log probability of each word. pairs: how often two characters stand side by side.
    """

    words: Mapping[str, float]
    pairs: Mapping[str, int]
    unknown: float

    def score(self, text: str) -> float:
        """Natural log score of the best division of `text` into words; comparable at equal length only."""
        best = [0.0] + [-math.inf] * len(text)
        for end in range(1, len(text) + 1):
            for start in range(max(0, end - _MAX_WORD), end):
                word = self._word(text[start:end])
                if best[start] + word > best[end]:
                    best[end] = best[start] + word
        pairs = (self.pairs.get(text[i : i + 2], 0) for i in range(len(text) - 1))
        return best[-1] + _PAIR_WEIGHT * sum(math.log1p(n) for n in pairs)

    def _word(self, word: str) -> float:
        return self.words.get(word, self.unknown if len(word) == 1 else -math.inf)


def build_word_model(texts: list[str]) -> WordModel:
    """Word frequencies of the dictionary that jieba ships, pairs of neighbours from `texts` (simplified).

    Raises DiscourseError where jieba's dictionary is missing.
    """
    frequencies = _read_frequencies()
    total = sum(frequencies.values())
    words = {word: math.log(n / total) for word, n in frequencies.items()}
    words |= {mark: math.log(share) for mark, share in _MARKS.items()}
    pairs: Counter[str] = Counter()
    for text in texts:
        pairs.update(text[i : i + 2] for i in range(len(text) - 1))
    return WordModel(words, pairs, unknown=math.log(0.1 / total))


def _read_frequencies() -> dict[str, int]:
    """Words of up to `_MAX_WORD` characters; the file is read, jieba itself stays unimported."""
    spec = find_spec("jieba")
    path = Path(spec.origin).with_name("dict.txt") if spec and spec.origin else None
    if path is None or not path.exists():
        raise DiscourseError("jieba's dictionary is missing: reinstall discourse-zh with its dependencies.")
    frequencies = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, n, *_ = line.split(" ")
        if len(word) <= _MAX_WORD:
            frequencies[word] = int(n)
    return frequencies
