"""Passages come in, their letters and digits in one array go out: no punctuation, width or case, origin kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

_TITLE = re.compile(r"《[^《》\n]{1,60}》")


@dataclass(frozen=True)
class FoldedText:
    """The letters of many passages in a row.

    letters (n_letters,) uint32 code points; owner (n_letters,) int32 number of the passage; offset (n_letters,)
    int32 place in the text of the passage; in_title (n_letters,) bool, between 《 and 》; bounds (n_passages + 1,)
    int64: the letters of passage i are ``bounds[i]:bounds[i + 1]``.
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

    def of(self, passage: int) -> str:
        """Letters of one passage."""
        return self.text[self.bounds[passage] : self.bounds[passage + 1]]


def fold_texts(texts: Sequence[str]) -> FoldedText:
    """Fold texts so that copies look alike whatever their punctuation, blanks, width of characters and case.

    A character is kept if it is a letter or a digit; ``５``, ``⑤`` and ``5`` are the same one, as are ``Ａ`` and ``a``.
    """
    lengths = np.fromiter((len(text) for text in texts), dtype=np.int64, count=len(texts))
    joined = "".join(texts)
    characters = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    distinct, place = np.unique(characters, return_inverse=True)
    folded = np.array([_fold(chr(character)) for character in distinct], dtype=np.uint32)
    letters = folded[place]
    kept = np.flatnonzero(letters)
    ends = np.cumsum(lengths)
    owner = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)[kept]
    in_title = np.zeros(len(joined) + 1, dtype=np.int8)
    for match in _TITLE.finditer(joined):
        in_title[match.start()] += 1
        in_title[match.end()] -= 1
    return FoldedText(
        letters=letters[kept],
        owner=owner,
        offset=(kept - (ends - lengths)[owner]).astype(np.int32),
        in_title=np.cumsum(in_title)[kept] > 0,
        bounds=np.searchsorted(owner, np.arange(len(texts) + 1)).astype(np.int64),
    )


def _fold(character: str) -> int:
    """Code point that stands for `character`; 0 where it is neither a letter nor a digit."""
    plain = [
        c for c in unicodedata.normalize("NFKC", character).casefold() if unicodedata.category(c)[0] in "LN"
    ]
    if len(plain) == 1:
        return ord(plain[0])
    return ord(character) if unicodedata.category(character)[0] in "LN" else 0
