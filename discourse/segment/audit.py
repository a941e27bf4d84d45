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
    """Account for each lexicon term: where it stands in the passages, and what became of it there.

    Parameters
    ----------
    passages
        `passages`.
    tokenizer
        As `build_tokenizer` gives it; its terms are audited, its shields are not.

    Returns
    -------
    pandas.DataFrame
        `lexicon_audit`, sorted by term. n_in_text: occurrences as a plain string; n_produced: as a token,
        before any stop list; status: ``produced`` (at least once), ``swallowed`` (in the text, never a token)
        or ``absent``; swallowed_by: up to three words that took the most of the other occurrences, most
        frequent first, joined by ``" / "``, neighbours that share an occurrence by ``"+"``; NA if none did.
    """
    check(passages, "passages")
    text, tokens, starts = _join_tokens(passages["text"].tolist(), tokenizer)
    produced = Counter(tokens)
    rows = []
    for term in sorted(tokenizer.terms):
        places = list(_find_all(text, term))
        holders = Counter(_holder(tokens, starts, place, place + len(term)) for place in places)
        del holders[term]
        status = _status(len(places), produced[term])
        rows.append((term, len(places), produced[term], status, _most_frequent(holders)))
    words = dict.fromkeys(("term", "status", "swallowed_by"), "str")
    counts = dict.fromkeys(("n_in_text", "n_produced"), "int64")
    table = pd.DataFrame(rows, columns=["term", "n_in_text", "n_produced", "status", "swallowed_by"])
    return check(table.astype(words | counts), "lexicon_audit")


def _join_tokens(texts: list[str], tokenizer: Tokenizer) -> tuple[str, list[str], list[int]]:
    """All texts as one, parted by line breaks (which no term holds), its tokens and where each starts."""
    offsets = np.cumsum([0, *(len(text) + 1 for text in texts)])
    cut = [
        (word, int(offset) + start)
        for text, offset in zip(texts, offsets, strict=False)
        for word, start in tokenizer.cut(text)
    ]
    return "\n".join(texts), [word for word, _ in cut], [start for _, start in cut]


def _find_all(text: str, term: str) -> Iterator[int]:
    place = text.find(term)
    while place >= 0:
        yield place
        place = text.find(term, place + len(term))


def _holder(tokens: list[str], starts: list[int], start: int, end: int) -> str:
    """Token, or neighbouring tokens joined by "+", that cover the span."""
    return "+".join(tokens[bisect_right(starts, start) - 1 : bisect_left(starts, end)])


def _status(n_in_text: int, n_produced: int) -> str:
    if n_in_text == 0:
        return "absent"
    return "produced" if n_produced else "swallowed"


def _most_frequent(holders: Counter[str]) -> str | None:
    ranked = sorted(holders, key=lambda word: (-holders[word], word))
    return " / ".join(ranked[:_N_HOLDERS]) or None
