"""Passages and a tokenizer come in, the tokens worth counting go out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from discourse.contracts import check
from discourse.errors import SettingError
from discourse.segment.lexicon import read_stopwords
from discourse.segment.tokenizer import Tokenizer

_LETTER = re.compile(r"[^\W\d_]")
# 二十, 第三, 两个, 一百多项, 3.5%: how many, not what
_NUMBER = re.compile(r"第?[\d零〇一二三四五六七八九十百千万亿两几数]+[多余]?[个項项名条種种位件次类批处所点步]?")
# what a scraped text puts where a name was: XX, X, **, ××, 某某
_PLACEHOLDER = re.compile(r"[XxＸｘ×*＊某]+")


def segment_passages(
    passages: pd.DataFrame,
    tokenizer: Tokenizer,
    *,
    stopwords: str | Path | Sequence[str | Path] = ("general", "official"),
    min_chars: int = 2,
) -> pd.DataFrame:
    """Tokens of the passages, without what carries no content.

    Left out are blanks and punctuation; numbers, in digits or characters, alone or with a measure word
    (``2024``, 二十, 第三, 两个); placeholders (``XX``, ``**``, 某某); words of fewer than `min_chars` characters;
    and stop words. Terms of the lexicon are kept whatever they look like (``12345``, 十四五), unless a stop list
    names them.

    Parameters
    ----------
    passages
        `passages`; rows in the order that the tokens shall have.
    tokenizer
        As `build_tokenizer` gives it.
    stopwords
        Packaged lists or paths of your own; an empty list keeps every word.
    min_chars
        Shortest word to keep. Words of one character are four in ten running words of such texts, and nearly all
        are particles, suffixes cut off names (市, 区), or verbs with many meanings (抓, 建, 强).

    Returns
    -------
    pandas.DataFrame
        `tokens`: passage_id (category: all passages, in their order, also those without a token), position
        (counts the kept tokens of a passage from 0), start (offset of the token in the passage's text), term
        (category, sorted). ``text[start : start + len(term)] == term``.
    """
    check(passages, "passages")
    if min_chars < 1:
        raise SettingError(f"min_chars={min_chars} keeps nothing less than 1 does: the shortest word has 1 character")
    keep = _keeper(read_stopwords(stopwords), tokenizer.terms, min_chars)
    rows = [
        (number, position, start, term)
        for number, text in enumerate(passages["text"])
        for position, (term, start) in enumerate(token for token in tokenizer.cut(text) if keep(token[0]))
    ]
    table = pd.DataFrame(rows, columns=["passage_id", "position", "start", "term"])
    return check(
        pd.DataFrame(
            {
                "passage_id": pd.Categorical.from_codes(
                    table["passage_id"].astype("int64"), categories=pd.Index(passages["passage_id"], dtype="str")
                ),
                "position": table["position"].astype("int64"),
                "start": table["start"].astype("int64"),
                "term": pd.Categorical(table["term"], categories=pd.Index(sorted(set(table["term"])), dtype="str")),
            }
        ),
        "tokens",
    )


def _keeper(stopwords: frozenset[str], terms: frozenset[str], min_chars: int) -> Callable[[str], bool]:
    """Whether a word is kept, decided once for each different word."""
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
