"""Passages come in, their letters and digits in one array go out: no punctuation, width or case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from discourse.workers import map_threads

Result = TypeVar("Result")
_TITLE = re.compile(r"《[^《》\n]{1,60}》")
_MIX = np.uint64(0x9E3779B97F4A7C15)
_LETTERS_A_PART = 4_000_000  # shingles that are sorted together, about; bounds the memory, not the result


@dataclass(frozen=True)
class FoldedText:
    """The letters of many passages in a row, and where each stood.

    letters (n_letters,) uint32 code points; owner (n_letters,) int32 number of the passage; offset
    (n_letters,) int32 place in the text of the passage; in_title (n_letters,) bool, between 《 and 》;
    bounds (n_passages + 1,) int64: the letters of passage i are ``bounds[i]:bounds[i + 1]``.
    """

    letters: np.ndarray
    owner: np.ndarray
    offset: np.ndarray
    in_title: np.ndarray
    bounds: np.ndarray

    @cached_property
    def text(self) -> str:
        """All letters as one string; character i is letter i."""
        return self.letters.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")

    @cached_property
    def sizes(self) -> np.ndarray:
        """Number of letters of each passage."""
        return np.diff(self.bounds)

    def of(self, passage: int) -> str:
        """Letters of one passage."""
        return self.text[self.bounds[passage] : self.bounds[passage + 1]]

    def limits(self, letter: int) -> tuple[int, int]:
        """First letter, and the one after the last, of the passage that holds this letter."""
        passage = self.owner[letter]
        return int(self.bounds[passage]), int(self.bounds[passage + 1])

    def places(self, start: int, end: int) -> tuple[int, int]:
        """Where letters ``start:end`` of one passage begin and end in its text."""
        return int(self.offset[start]), int(self.offset[end - 1]) + 1


def fold_texts(texts: Sequence[str]) -> FoldedText:
    """Fold texts so that copies look alike whatever their punctuation, blanks, width of characters and case.

    Letters and digits are kept; ``５``, ``⑤`` and ``5`` are one, as are ``Ａ`` and ``a``.
    """
    blocks = [_fold_block(texts[first:stop], first) for first, stop in _blocks(texts)]
    letters, owner, offset, in_title = (
        _join(blocks, name) for name in ("letters", "owner", "offset", "in_title")
    )
    bounds = np.searchsorted(owner, np.arange(len(texts) + 1)).astype(np.int64)
    return FoldedText(letters, owner, offset, in_title, bounds)


def _blocks(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Runs of texts with some million characters each: bounds the memory."""
    ends = np.cumsum([0, *map(len, texts)])
    block = ends[:-1] // _LETTERS_A_PART
    opens = np.flatnonzero(np.diff(block, prepend=-1)).tolist()
    return list(zip(opens, [*opens[1:], len(texts)], strict=False)) or [(0, 0)]


def _fold_block(texts: Sequence[str], first: int) -> dict[str, np.ndarray]:
    """Letters, owners (the first text has the number `first`), offsets and titles of some texts."""
    lengths = np.fromiter((len(text) for text in texts), dtype=np.int64, count=len(texts))
    joined = "".join(texts)
    characters = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    folds = np.zeros(0x110000, dtype=np.uint32)
    folds[characters] = 1
    folds[folds > 0] = [_fold(chr(character)) for character in np.flatnonzero(folds)]
    letters = folds[characters]
    kept = letters > 0
    starts = np.repeat((np.cumsum(lengths) - lengths).astype(np.int32), lengths)
    return {
        "letters": letters[kept],
        "owner": np.repeat(np.arange(first, first + len(texts), dtype=np.int32), lengths)[kept],
        "offset": (np.arange(len(letters), dtype=np.int32) - starts)[kept],
        "in_title": _within_titles(joined)[kept],
    }


def _join(blocks: Sequence[dict[str, np.ndarray]], name: str) -> np.ndarray:
    """Join one array of all blocks and forget its pieces."""
    return np.concatenate([block.pop(name) for block in blocks])


def map_shingles(
    work: Callable[[np.ndarray, np.ndarray], Result],
    folded: FoldedText,
    begins: np.ndarray,
    size: int,
    *,
    n_threads: int = 1,
) -> Iterator[Result]:
    """What `work` makes of the shingles, `size` letters in a row within one passage, part by part.

    work: called with starts (ascending, int32) and uint64 hashes, by several threads at a time. begins
    (n_letters,) bool: the letters where a shingle may begin. The parts bound the memory; all of one hash stand
    in one part, that of their first two letters, so that no shingle is hashed twice.
    """

    def hash_and_work(starts: np.ndarray) -> Result:
        return work(starts, _hash(folded.letters, starts, size))

    return map_threads(hash_and_work, _divide_starts(folded, begins, size), n_threads)


def _hash(letters: np.ndarray, starts: np.ndarray, size: int) -> np.ndarray:
    keys = np.zeros(len(starts), dtype=np.uint64)
    for shift in range(size):
        keys ^= letters[starts + shift]
        keys *= _MIX
        keys ^= keys >> np.uint64(29)
    return keys


def _divide_starts(folded: FoldedText, begins: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Where shingles begin, those of each part together; one walk over the letters, block by block."""
    n_parts = 1 + len(folded.letters) // _LETTERS_A_PART
    pieces: list[list[np.ndarray]] = [[] for _ in range(n_parts)]
    for first in range(0, max(1, len(folded.letters)), _LETTERS_A_PART):
        starts = _find_starts(folded, begins, size, first)
        pair = folded.letters[starts] * np.uint32(31) + folded.letters[starts + min(1, size - 1)]
        part = ((pair * np.uint32(0x9E3779B1) >> np.uint32(16)) % np.uint32(n_parts)).astype(np.uint16)
        order = np.argsort(part, kind="stable")  # a radix sort
        cuts = np.searchsorted(part[order], np.arange(1, n_parts, dtype=np.uint16))
        for piece, some in zip(pieces, np.split(starts[order], cuts), strict=True):
            piece.append(some)
    while pieces:
        yield np.concatenate(pieces.pop(0))


def _find_starts(folded: FoldedText, begins: np.ndarray, size: int, first: int) -> np.ndarray:
    """Where shingles begin in one block of letters."""
    stop = max(first, min(first + _LETTERS_A_PART, len(folded.letters) - size + 1))
    owner = folded.owner
    within = begins[first:stop] & (owner[first:stop] == owner[first + size - 1 : stop + size - 1])
    return (np.flatnonzero(within) + first).astype(np.int32)


def _fold(character: str) -> int:
    """Code point that stands for `character`; 0 where it is neither a letter nor a digit."""
    plain = unicodedata.normalize("NFKC", character).casefold()
    kept = [c for c in plain if unicodedata.category(c)[0] in "LN"]
    if len(kept) == 1:
        return ord(kept[0])
    return ord(character) if unicodedata.category(character)[0] in "LN" else 0


def _within_titles(text: str) -> np.ndarray:
    steps = np.zeros(len(text) + 1, dtype=np.int8)
    for match in _TITLE.finditer(text):
        steps[match.start()] += 1
        steps[match.end()] -= 1
    return np.cumsum(steps[:-1], dtype=np.int8) > 0
