"""Passages and a tokenizer come in, the tokens worth counting go out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from discourse.contracts import check
from discourse.errors import SettingError
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


def segment_passages(
    passages: pd.DataFrame,
    tokenizer: Tokenizer,
    *,
    stopwords: str | Path | Sequence[str | Path] = ("general", "official"),
    min_chars: int = 2,
) -> pd.DataFrame:
    """Cut passages into tokens and leave out what carries no content.

    Left out are blanks and punctuation; numbers, in digits or characters, alone or with a measure
    word (2024, 二十, 第三, 三年, 万亿元); placeholders (XX, **, 某某); words of fewer than `min_chars`
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
    keep = _keeper(read_stopwords(stopwords), tokenizer.terms, min_chars)
    ready = passages.get("is_segmented", [False] * len(passages))
    rows = [
        (passage, position, start, term)
        for passage, (text, is_ready) in enumerate(zip(passages["text"], ready, strict=True))
        for position, (term, start) in enumerate(
            token for token in (_parted(text) if is_ready else tokenizer.cut(text)) if keep(token[0])
        )
    ]
    return check(_tabulate(rows, passages["passage_id"]), "tokens")


def _parted(text: str) -> list[tuple[str, int]]:
    """Words that blanks part already, and where they start."""
    return [(match[0], match.start()) for match in _PARTED.finditer(text)]


def _keeper(stopwords: frozenset[str], terms: frozenset[str], min_chars: int) -> Callable[[str], bool]:
    """Answer whether a word is kept, decided once for each different word."""
    decided: dict[str, bool] = {}

    def keep(word: str) -> bool:
        if word not in decided:
            decided[word] = word not in stopwords and (word in terms or _has_content(word, min_chars))
        return decided[word]

    return keep


def _has_content(word: str, min_chars: int) -> bool:
    return (
        len(word) >= min_chars
        and _LETTER.search(word) is not None
        and not _NUMBER.fullmatch(word)
        and not _PLACEHOLDER.fullmatch(word)
    )


def _tabulate(rows: list[tuple[int, int, int, str]], passage_ids: pd.Series) -> pd.DataFrame:
    passages, positions, starts, terms = zip(*rows, strict=True) if rows else ((), (), (), ())
    all_passages = pd.Index(passage_ids, dtype="str")
    all_terms = pd.Index(sorted(set(terms)), dtype="str")
    return pd.DataFrame(
        {
            "passage_id": pd.Categorical.from_codes(np.array(passages, np.int64), categories=all_passages),
            "position": np.array(positions, np.int64),
            "start": np.array(starts, np.int64),
            "term": pd.Categorical(terms, categories=all_terms),
        }
    )
