"""Bytes of a text come in; the text, the encoding that the evidence speaks for, and the losses go out."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from discourse.corpus.wordlists import read_terms
from discourse.errors import SourceError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# In the order in which they win a tie. GB18030 holds GBK and GB2312; cp950 is Taiwan's Big5, the other Hong Kong's.
_CODECS = ("utf-8", "gb18030", "cp950", "big5hkscs", "utf-16-le", "utf-16-be")
_SAMPLE = 5_000  # characters that decide; more decide nothing
# Prose scores .7 to .9 in its own encoding and below .15 in any other (benchmarks/encodings.py).
_MIN_SCORE, _SURE_SCORE = 0.25, 0.6
# A broken download keeps its text; where more than one character in 200 is lost, the file is something else.
_LOST_SHARE, _MAX_LOST = 0.005, 3  # one broken byte of UTF-8 takes up to three marks
_MARKS = frozenset("，。、；：？！“”‘’（）《》【】—…·「」『』〔〕％＂　－１２３４５６７８９０")
_REPLACED = "\ufffd"


@dataclass(frozen=True)
class Decoded:
    """A text, the Python codec that gave it, and how many times undecodable bytes were shown as U+FFFD."""

    text: str
    encoding: str
    n_lost: int = 0


def decode_text(data: bytes) -> Decoded:
    """Text of `data` in the encoding that the evidence speaks for.

    A byte order mark decides; without one, every codec of `_CODECS` is tried and the text that reads most
    like Chinese, or is plain ASCII, wins. What cannot be decoded becomes U+FFFD, and each is counted.

    Raises
    ------
    SourceError
        Zero bytes in the text, too many bytes that no encoding explains, or text in none of the encodings.

    """
    marked = next((encoding for bom, encoding in _BOMS if data.startswith(bom)), None)
    decoded = _decode(data, marked) if marked else _best(data)
    if "\0" in decoded.text:
        raise SourceError("holds zero bytes, so it is no text file; save it as plain text in UTF-8")
    if decoded.n_lost > max(_MAX_LOST, _LOST_SHARE * len(decoded.text)):
        raise SourceError(
            f"{decoded.n_lost} of {len(decoded.text)} characters cannot be decoded as {decoded.encoding}, the nearest "
            "encoding; save it again as UTF-8"
        )
    return decoded


def score_text(text: str) -> float:
    """How much `text` reads like Chinese prose, -1 to 1; 1 for plain ASCII."""
    counts = Counter(text[:_SAMPLE])
    wide = {char: n for char, n in counts.items() if not char.isascii() and char != _REPLACED}
    if not wide:
        return 1.0 if not _has_controls(counts) else -1.0
    return sum(n * _weight(char) for char, n in wide.items()) / sum(wide.values())


def _best(data: bytes) -> Decoded:
    if _is_plain(data):
        return Decoded(data.decode("utf-8"), "utf-8")
    best, best_score = Decoded("", ""), _MIN_SCORE
    for encoding in (codec for codec in _CODECS if _may_be(data, codec)):
        decoded = _decode(data, encoding)
        n_wide = len(decoded.text) - len(decoded.text.encode("ascii", "ignore"))
        score = score_text(decoded.text) - 2 * decoded.n_lost / max(1, n_wide)
        if score > best_score:
            best, best_score = decoded, score
        if score >= _SURE_SCORE and not decoded.n_lost:
            break
    if not best.encoding:
        kinds = "zero bytes and " if b"\0" in data else ""
        raise SourceError(
            f"holds {kinds}bytes that read as Chinese neither in UTF-8 nor in GB18030, Big5 or UTF-16; save it as UTF-8"
        )
    return best


def _is_plain(data: bytes) -> bool:
    """Whether the bytes are faultless UTF-8 that says something in Chinese or in ASCII."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return "\0" not in text and score_text(text) >= _MIN_SCORE


def _may_be(data: bytes, encoding: str) -> bool:
    """Zero bytes, and an even number of bytes, are a matter of UTF-16."""
    if encoding.startswith("utf-16"):
        return len(data) % 2 == 0
    return b"\0" not in data


def _decode(data: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, errors="replace")
    n_own = data.count(_REPLACED.encode()) if encoding.startswith("utf-8") else 0
    return Decoded(text, encoding, max(1, text.count(_REPLACED) - n_own))


def _has_controls(chars: Iterable[str]) -> bool:
    return any(char < " " and char not in "\t\n\r\v\f" for char in chars)


@cache
def _weight(char: str) -> float:
    """Worth of one character as evidence: frequent ones speak for an encoding, strange ones against it."""
    if char in _common_characters():
        return 1.0
    if char in _MARKS:
        return 0.6
    if "\u4e00" <= char <= "\u9fff":
        return 0.4 if _is_everyday(char) else -0.2
    neutral = char.isspace() or "\uff00" <= char <= "\uffef" or "\xc0" <= char <= "\u02ff"  # pinyin, for one
    return 0.0 if neutral else -0.5


@cache
def _common_characters() -> frozenset[str]:
    return frozenset("".join(read_terms("common_characters.txt")))


def _is_everyday(char: str) -> bool:
    """Whether the first level of GB 2312 or of Big5, the everyday half of each, holds the character."""
    simplified = char.encode("gb2312", errors="ignore")[:1]
    traditional = char.encode("big5", errors="ignore")[:1]
    return b"\xb0" <= simplified <= b"\xd7" or b"\xa4" <= traditional <= b"\xc6"
