"""Passages and a tokenizer come in, the tokens worth counting go out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from discourse.contracts import check
from discourse.errors import SettingError
from discourse.segment.audit import TermCounts, count_terms
from discourse.segment.lexicon import read_stopwords
from discourse.segment.tokenizer import Tokenizer

_LETTER = re.compile(r"[^\W\d_]")
# 二十, 第三, 两个, 十多项, 三年, 万亿元: how many, not what
_NUMBER = re.compile(
    r"第?[\d零〇一二三四五六七八九十百千万亿两几数]+[多余]?"
    r"(?:[个名种位件项条次类批处级支套场轮年大期人户家亩元吨斤辆]|人次|公里|千瓦时?|平方米|立方米)?"
)
# what a scraped text puts where a name was: XX, X, xx, ××, 某某
_PARTED = re.compile(r"[^\s，。、；：？！“”‘’（）《》〈〉【】…,;:?!()\"]+")
_PLACEHOLDER = re.compile(r"[XxＸｘ×*＊某]+")

_BATCH = 2000  # passages that are cut at a time: bounds the memory, not the result


def segment_passages(
    passages: pd.DataFrame,
    tokenizer: Tokenizer,
    *,
    stopwords: str | Path | Sequence[str | Path] = ("general", "official"),
    min_chars: int = 2,
) -> pd.DataFrame:
    """Cut passages into tokens and leave out what carries no content.

    Left out are blanks and punctuation; numbers, in digits or characters, alone or with a measure
    word (2024, 二十, 第三, 三年, 万亿元); placeholders (``XX``, ``**``, 某某); words of fewer than `min_chars`
    characters; and stop words. Terms of the lexicon are kept whatever they look like (12345, 十四五),
    unless a stop list names them.

    Parameters
    ----------
    passages
        `passages`; the rows in the order that the tokens shall have. Where a column `is_segmented` is true,
        blanks part the words already and the tokenizer is not asked.
    tokenizer
        As `build_tokenizer` gives it.
    stopwords
        Packaged lists or paths of your own; an empty list keeps every word.
    min_chars
        Shortest word to keep. Words of one character are 22 % of the running words of the seed texts; nearly
        all are particles, ends cut off names (市, 区) and verbs of any meaning (抓, 建). What is lost is 党
        where it stands alone; the lexicon keeps its compounds (党的领导, 党的建设).

    Returns
    -------
    pandas.DataFrame
        `tokens`: passage_id (category: all passages, in their order, also those without a token), position
        (counts the kept tokens of a passage from 0), start (offset of the token in the text of the passage),
        term (category, sorted). ``text[start : start + len(term)] == term``.

    Raises
    ------
    SettingError
        If a stop list does not exist or `min_chars` is below 1.
    """
    check(passages, "passages")
    if min_chars < 1:
        raise SettingError(f"min_chars={min_chars} is no length of a word; give 1 to keep them all, or 2")
    segment = Segmenter(tokenizer, read_stopwords(stopwords), min_chars)
    ready = passages["is_segmented"].tolist() if "is_segmented" in passages else [False] * len(passages)
    texts = passages["text"].tolist()
    parts = [segment(texts[i : i + _BATCH], ready[i : i + _BATCH]) for i in range(0, len(texts), _BATCH)]
    return check(tabulate_tokens(parts, passages["passage_id"]), "tokens")


@dataclass(frozen=True)
class Segmented:
    """Kept tokens of some texts: passage (from 0), position, start, code of the word, each (n_tokens,); the words."""

    passage: np.ndarray
    position: np.ndarray
    start: np.ndarray
    code: np.ndarray
    words: np.ndarray
    n_passages: int
    counts: TermCounts

    def compact(self) -> Segmented:
        """The same in half the bytes, to be sent to another process."""
        names = ("passage", "position", "start", "code")
        return replace(self, **{name: getattr(self, name).astype(np.int32) for name in names})


class Segmenter:
    """Cuts batches of texts and keeps the words worth counting; a copy can be sent to another process."""

    def __init__(self, tokenizer: Tokenizer, stopwords: frozenset[str], min_chars: int) -> None:
        self._tokenizer, self._stopwords, self._min_chars = tokenizer, stopwords, min_chars

    def __call__(self, texts: Sequence[str], ready: Sequence[bool], *, audit: bool = False) -> Segmented:
        """Tokens of `texts`; ready: whether blanks part the words of a text already; audit: count terms, too."""
        cut = self._tokenizer.cut_all(texts)
        passage = np.searchsorted(cut.bounds, cut.starts, side="right") - 1
        start, code, words = cut.starts - cut.bounds[passage], cut.codes, cut.words
        if any(ready):
            passage, start, code, words = _with_parted(texts, ready, passage, start, code, words)
        kept = np.array([self._keeps(word) for word in words], dtype=bool)[code]
        passage, start, code = passage[kept], start[kept], code[kept]
        counts = count_terms(cut, self._tokenizer.terms) if audit else TermCounts()
        return Segmented(passage, _positions(passage), start, code, words, len(texts), counts)

    def _keeps(self, word: str) -> bool:
        if word in self._stopwords:
            return False
        return word in self._tokenizer.terms or _has_content(word, self._min_chars)


def _with_parted(
    texts: Sequence[str],
    ready: Sequence[bool],
    passage: np.ndarray,
    start: np.ndarray,
    code: np.ndarray,
    words: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The same arrays with the words of parted texts as blanks part them."""
    number = {word: i for i, word in enumerate(words)}
    parted = [
        (i, match.start(), number.setdefault(match[0], len(number)))
        for i, (text, is_ready) in enumerate(zip(texts, ready, strict=True))
        if is_ready
        for match in _PARTED.finditer(text)
    ]
    asked = ~np.array(ready, dtype=bool)[passage]
    added = np.array(parted, dtype=np.int64).reshape(-1, 3).T
    columns = [
        np.concatenate([old[asked], new]) for old, new in zip((passage, start, code), added, strict=True)
    ]
    order = np.lexsort((columns[1], columns[0]))
    passage, start, code = (column[order] for column in columns)
    return passage, start, code, np.array([*number, ""], dtype=object)[:-1]


def _positions(passage: np.ndarray) -> np.ndarray:
    """Number of each token within its passage."""
    places = np.arange(len(passage))
    first = np.flatnonzero(np.diff(passage, prepend=-1))
    return places - np.repeat(first, np.diff(first, append=len(passage)))


def _has_content(word: str, min_chars: int) -> bool:
    return (
        len(word) >= min_chars
        and _LETTER.search(word) is not None
        and not _NUMBER.fullmatch(word)
        and not _PLACEHOLDER.fullmatch(word)
    )


def tabulate_tokens(parts: Sequence[Segmented], passage_ids: pd.Series) -> pd.DataFrame:
    """Table `tokens` of texts that were segmented in parts, in the order of `passage_ids`."""
    terms = sorted({word for part in parts for word in part.words[np.unique(part.code)]})
    number = {term: i for i, term in enumerate(terms)}
    offsets = np.cumsum([0, *(part.n_passages for part in parts)])
    codes = [np.array([number.get(w, -1) for w in part.words], dtype=np.int64)[part.code] for part in parts]
    passages = [part.passage + offset for part, offset in zip(parts, offsets, strict=False)]
    return pd.DataFrame(
        {
            "passage_id": pd.Categorical.from_codes(
                _join(passages), categories=pd.Index(passage_ids, dtype="str")
            ),
            "position": _join([part.position for part in parts]),
            "start": _join([part.start for part in parts]),
            "term": pd.Categorical.from_codes(_join(codes), categories=pd.Index(terms, dtype="str")),
        }
    )


def _join(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, dtype=np.int64), *arrays]).astype(np.int64)
