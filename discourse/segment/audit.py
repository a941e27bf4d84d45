"""Passages and a tokenizer come in; what became of each lexicon term goes out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd

from discourse.contracts import check
from discourse.segment.tokenizer import Tokenizer

_N_HOLDERS = 3


def audit_lexicon(passages: pd.DataFrame, tokenizer: Tokenizer) -> pd.DataFrame:
    """What became of each lexicon term in the passages.

    Returns `lexicon_audit`, sorted by term: n_in_text counts the term as a plain string; n_produced counts it as a
    token; status is ``produced`` (at least once), ``swallowed`` (in the text, never a token) or ``absent``;
    swallowed_by names the up to three longer words that hold most of the occurrences which are no token, the
    most frequent first, joined by ``" / "`` (words that only meet inside the term by ``"+"``); NA if there are none.
    """
    check(passages, "passages")
    text, words, starts = _join_tokens(passages["text"].tolist(), tokenizer)
    produced = Counter(words)
    rows = []
    for term in sorted(tokenizer.terms):
        places = list(_find_all(text, term))
        holders = Counter(_holder(words, starts, place, place + len(term)) for place in places)
        del holders[term]
        rows.append((term, len(places), produced[term], _status(len(places), produced[term]), _most_frequent(holders)))
    columns = ["term", "n_in_text", "n_produced", "status", "swallowed_by"]
    return check(pd.DataFrame(rows, columns=columns).astype({c: "str" for c in ("term", "status", "swallowed_by")}), "lexicon_audit")


def _join_tokens(texts: list[str], tokenizer: Tokenizer) -> tuple[str, list[str], list[int]]:
    """All texts as one, parted by line breaks (which no term holds), its tokens and where each starts."""
    offsets = np.cumsum([0, *(len(text) + 1 for text in texts)])
    tokens = [
        (word, int(offset) + start)
        for text, offset in zip(texts, offsets, strict=False)
        for word, start in tokenizer.cut(text)
    ]
    return "\n".join(texts), [word for word, _ in tokens], [start for _, start in tokens]


def _find_all(text: str, term: str) -> Iterator[int]:
    place = text.find(term)
    while place >= 0:
        yield place
        place = text.find(term, place + len(term))


def _holder(words: list[str], starts: list[int], start: int, end: int) -> str:
    """Token, or neighbouring tokens joined by "+", that cover the span."""
    return "+".join(words[bisect_right(starts, start) - 1 : bisect_left(starts, end)])


def _status(n_in_text: int, n_produced: int) -> str:
    if n_in_text == 0:
        return "absent"
    return "produced" if n_produced else "swallowed"


def _most_frequent(holders: Counter[str]) -> str | None:
    ranked = sorted(holders, key=lambda word: (-holders[word], word))
    return " / ".join(ranked[:_N_HOLDERS]) or None
