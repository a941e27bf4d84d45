"""Passages come in, their running words and the sequences of neighbouring ones, counted, go out."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from discourse.segment.tokenizer import Tokenizer

_WORD = re.compile(r"[\u4E00-\u9FD5A-Za-z0-9+]+")
_OPENING, _CLOSING = frozenset('“‘「"'), frozenset('”’」"')
_BOUNDARY = -1


@dataclass(frozen=True)
class Stream:
    """The running words of all passages, boundaries between them included.

    codes: index into `words`, -1 at punctuation and at the ends of passages. passage, start: where the word
    stands; document: code of its document; opens, closes: whether it is a quotation mark. All (n_positions,).
    """

    words: np.ndarray
    codes: np.ndarray
    passage: np.ndarray
    start: np.ndarray
    document: np.ndarray
    opens: np.ndarray
    closes: np.ndarray


@dataclass(frozen=True)
class Grams:
    """Sequences of `length` words: `ids` (n_positions,), -1 where none begins; `first` position and `n` of each."""

    length: int
    ids: np.ndarray
    first: np.ndarray
    n: np.ndarray


def read_stream(passages: pd.DataFrame, tokenizer: Tokenizer) -> Stream:
    """Cut all passages into one stream of words."""
    rows = [
        (passage, word, start)
        for passage, text in enumerate(passages["text"])
        for word, start in [*tokenizer.cut(text), ("\n", len(text))]
    ]
    passage, raw, start = zip(*rows, strict=True) if rows else ((), (), ())
    codes, words = pd.factorize(
        np.array([word if _WORD.fullmatch(word) else None for word in raw], dtype=object), sort=True
    )
    return Stream(
        words=np.asarray(words, dtype=object),
        codes=codes,
        passage=np.array(passage, dtype=np.int64),
        start=np.array(start, dtype=np.int64),
        document=pd.factorize(passages["doc_id"])[0][list(passage)],
        opens=np.array([word in _OPENING for word in raw], dtype=bool),
        closes=np.array([word in _CLOSING for word in raw], dtype=bool),
    )


def count_grams(stream: Stream, max_words: int) -> list[Grams]:
    """Sequences of 1, 2, ... `max_words` words; a longer one is a shorter one and the word that follows."""
    ids = stream.codes.astype(np.int64)
    grams = [_tally(ids, 1)]
    for length in range(2, max_words + 1):
        follower = np.full_like(ids, _BOUNDARY)
        follower[: len(ids) - length + 1] = stream.codes[length - 1 :]
        whole = (ids >= 0) & (follower >= 0)
        pairs = np.where(whole, ids * (len(stream.words) + 1) + follower, _BOUNDARY)
        ids = np.full_like(ids, _BOUNDARY)
        ids[whole] = np.unique(pairs[whole], return_inverse=True)[1]
        grams.append(_tally(ids, length))
    return grams


def _tally(ids: np.ndarray, length: int) -> Grams:
    places = np.flatnonzero(ids >= 0)
    _, first, n = np.unique(ids[places], return_index=True, return_counts=True)
    return Grams(length, ids, places[first], n)
