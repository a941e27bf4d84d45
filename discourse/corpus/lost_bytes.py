"""GBK bytes lost in conversion: damaged stretches of a text go in, their readings with a confidence come out.

How the damage comes about: a program looks for a full-width mark byte by byte and finds it across two
characters (``保基`` is B1 A3 BB F9, and A3 BB is ``；``). It puts the ASCII twin there: one byte fewer, the
first character half lost, every following character read one byte out of step, until a byte that is ASCII by
itself brings the reader back into step.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from discourse.corpus.aligned import Change
from discourse.corpus.wordmodel import WordModel

PINYIN_LETTERS = "a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ"
# What ends a stretch: an ASCII letter that is the second byte of a character; a lost second byte that took
# opening half of a pinyin bracket with it; a lost second byte that may have taken a digit or comma with it.
_SITE = re.compile(
    rf"[?\ufffd](?P<mark>[!,.:;?()！，．：；？（）])(?P<run>[^\x00-\x7f\ufffd\u0085\u2028\u2029]+)"
    rf"(?P<end>[@-~]|[?\ufffd]\s*[{PINYIN_LETTERS}]{{1,6}}\s*\)|[?\ufffd])?"
)
_BRACKET = re.compile(rf"\(\s*[{PINYIN_LETTERS}]{{1,6}}\s*\)")
_CONTEXT = 8
# Nats by which the reading must beat the characters as they stand, for each character of the damage.
_MARGIN = 1.0
# Below this mean score a character a stretch is not Chinese (prose: -10 in the worst of 97 stretches).
_UNREADABLE = -11.0
# Nats against a character of the other script at a half-lost place.
_FOREIGN = 3.0
# Where both ends are half lost: readings of each end that are tried against each other.
_SHORTLIST = 12
_GAP = "\u3013"
_MARKS = frozenset("，。、；：？！“”‘’《》（）【】…—")


@dataclass(frozen=True)
class Reading:
    """One way to read a damaged stretch, and the probability that the model gives it among all ways."""

    text: str
    confidence: float


def find_damage(text: str) -> bool:
    """Whether any stretch has the form of the damage (most that do, such as ``什么?!真的``, are clean)."""
    return _SITE.search(text) is not None


def repair_lost_bytes(
    text: str,
    model: WordModel,
    simplify: Callable[[str], str],
    *,
    traditional: Callable[[str], str] | None = None,
    min_confidence: float = 0.7,
) -> tuple[list[Change], list[Change]]:
    """Find the changes that restore damaged stretches of `text`, and marks for those that stay doubtful.

    simplify: reading of a stretch in simplified characters, the model's script. traditional: its inverse,
    given where the text is traditional: a half-lost character is then hardly a simplified one. A mark is a
    change that changes nothing.
    """
    repaired, doubtful = [], []
    known: dict[tuple[str, str, str], Reading | None] = {}  # damage that repeats itself is read once
    for site in _SITE.finditer(text):
        left, right = _surroundings(text, site, simplify)
        key = (left, site.group(), right)
        if key not in known:
            known[key] = _best_reading(left, site, right, model, simplify, traditional)
        reading = known[key]
        if reading and reading.confidence >= min_confidence:
            repaired.append(Change(site.start(), site.end(), reading.text, round(reading.confidence, 3)))
        elif reading or not _reads_well(site["run"], model, simplify):
            confidence = round(reading.confidence, 3) if reading else 0.0
            doubtful.append(Change(site.start(), site.end(), site.group(), confidence))
    return repaired, doubtful


def _surroundings(text: str, site: re.Match[str], simplify: Callable[[str], str]) -> tuple[str, str]:
    """Simplified characters before and behind a stretch, without brackets of pinyin."""
    left = simplify(_BRACKET.sub("", text[max(0, site.start() - 4 * _CONTEXT) : site.start()]))[-_CONTEXT:]
    return left, simplify(_BRACKET.sub("", text[site.end() : site.end() + 4 * _CONTEXT]))[:_CONTEXT]


def _best_reading(
    left: str,
    site: re.Match[str],
    right: str,
    model: WordModel,
    simplify: Callable[[str], str],
    traditional: Callable[[str], str] | None,
) -> Reading | None:
    """Choose the likeliest reading, or None where the characters as they stand are as likely."""

    def score(first: str, middle: str, last: str) -> float:
        n_foreign = 0 if traditional is None else _count_foreign(first + last, simplify, traditional)
        return model.score(left + simplify(first + middle + last) + right) - _FOREIGN * n_foreign

    scores = _score_candidates(site, score)
    if not scores:
        return None
    best = max(scores, key=lambda candidate: (scores[candidate], candidate))
    as_it_stands = model.score(left + simplify(site["run"]) + right)
    if scores[best] - as_it_stands < _MARGIN * len(site["run"]) or not _reads_well(best, model, simplify):
        return None
    total = sum(math.exp(value - scores[best]) for value in scores.values())
    return Reading(best, 1.0 / total)


def _count_foreign(chars: str, simplify: Callable[[str], str], traditional: Callable[[str], str]) -> int:
    """Characters that only simplified writing has."""
    return sum(simplify(char) == char != traditional(char) for char in chars)


def _score_candidates(site: re.Match[str], score: Callable[[str, str, str], float]) -> dict[str, float]:
    """Score of every reading that agrees with the bytes left; of many, the best of each end combined."""
    core = _shift_back(site["mark"], site["run"])
    if core is None or site["end"] is None:
        return {}
    middle, lead = core
    firsts = _decoded(bytes([head, 0xA3]) for head in range(0x81, 0xFF))
    if site["end"] in "?\ufffd":  # what it took with it cannot be known: the mark of the loss stays
        lasts = [site["end"]]
    elif site["end"][0] in "?\ufffd":
        lasts = _decoded(bytes([lead, trail]) for trail in range(0x80, 0xFF))
        firsts = _shortlist(firsts, lambda first: score(first, middle, _GAP))
        lasts = _shortlist(lasts, lambda last: score(_GAP, middle, last))
    else:
        lasts = _decoded([bytes([lead, ord(site["end"])])])
    return {first + middle + last: score(first, middle, last) for first in firsts for last in lasts}


def _shortlist(chars: list[str], score: Callable[[str], float]) -> list[str]:
    return sorted(chars, key=lambda char: (-score(char), char))[:_SHORTLIST]


def _shift_back(mark: str, run: str) -> tuple[str, int] | None:
    """Characters between the half-lost first and last one, and the first byte of the last one."""
    pairs = [char.encode("gb18030") for char in run]
    if any(len(pair) != 2 for pair in pairs):
        return None
    plain = (
        ord(mark) - 0xFEE0 if ord(mark) > 0xFF else ord(mark)
    )  # some programs put the full-width mark back
    data = bytes([plain + 0x80]) + b"".join(pairs)
    try:
        return data[:-1].decode("gbk"), data[-1]
    except UnicodeDecodeError:
        return None


def _decoded(pairs: Iterable[bytes]) -> list[str]:
    """Those byte pairs that are a Chinese character or a common mark."""
    chars = [pair.decode("gbk", errors="ignore") for pair in pairs]
    return [char for char in chars if "\u4e00" <= char <= "\u9fff" or char in _MARKS]


def _reads_well(text: str, model: WordModel, simplify: Callable[[str], str]) -> bool:
    """Whether a stretch can be Chinese at all."""
    text = simplify(text.rstrip("?\ufffd"))
    return not re.search("[\ue000-\uf8ff]", text) and model.score(text) >= _UNREADABLE * len(text)
