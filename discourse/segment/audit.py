"""Passages and a tokenizer come in; what became of each lexicon term goes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from discourse.contracts import check
from discourse.segment.cutting import CutTexts
from discourse.segment.tokenizer import Tokenizer

_N_HOLDERS = 3
_BATCH = 2000  # passages that are cut at a time: bounds the memory, not the result


@dataclass
class TermCounts:
    """What became of terms: occurrences as plain strings, as tokens, and what took the others, (term, words)."""

    in_text: Counter[str] = field(default_factory=Counter)
    produced: Counter[str] = field(default_factory=Counter)
    held: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: TermCounts) -> None:
        """Take the counts of other texts in."""
        self.in_text.update(other.in_text)
        self.produced.update(other.produced)
        self.held.update(other.held)


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
    texts, counts = passages["text"].tolist(), TermCounts()
    for start in range(0, len(texts), _BATCH):
        counts.add(count_terms(tokenizer.cut_all(texts[start : start + _BATCH]), tokenizer.terms))
    return describe_terms(counts, tokenizer.terms)


def count_terms(cut: CutTexts, terms: frozenset[str]) -> TermCounts:
    """Count what became of terms in texts that are cut."""
    times = np.bincount(cut.codes, minlength=len(cut.words))
    produced = {word: int(n) for word, n in zip(cut.words, times, strict=True) if n and word in terms}
    counts = TermCounts(produced=Counter(produced))
    starts = np.flatnonzero(cut.begins)
    bounds = np.append(starts, len(cut.text)).tolist()
    places = list(_occurrences(cut, terms))
    firsts = np.searchsorted(starts, [place for place, _ in places], side="right") - 1
    stops = np.searchsorted(starts, [place + len(term) for place, term in places])
    for (_, term), first, stop in zip(places, firsts.tolist(), stops.tolist(), strict=True):
        counts.in_text[term] += 1
        holder = "+".join(cut.text[bounds[i] : bounds[i + 1]] for i in range(first, stop))
        if holder != term:
            counts.held[term, holder] += 1
    return counts


def describe_terms(counts: TermCounts, terms: Iterable[str]) -> pd.DataFrame:
    """Table `lexicon_audit` of terms whose fate in all texts was counted; see `audit_lexicon`."""
    holders: dict[str, list[tuple[int, str]]] = {}
    for (term, holder), n in counts.held.items():
        holders.setdefault(term, []).append((-n, holder))
    rows = [
        (
            term,
            counts.in_text[term],
            counts.produced[term],
            _status(counts.in_text[term], counts.produced[term]),
            " / ".join(holder for _, holder in sorted(holders.get(term, []))[:_N_HOLDERS]) or None,
        )
        for term in sorted(terms)
    ]
    words = dict.fromkeys(("term", "status", "swallowed_by"), "str")
    numbers = dict.fromkeys(("n_in_text", "n_produced"), "int64")
    table = pd.DataFrame(rows, columns=["term", "n_in_text", "n_produced", "status", "swallowed_by"])
    return check(table.astype(words | numbers), "lexicon_audit")


def _occurrences(cut: CutTexts, terms: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Where each term stands, as `str.count` counts: none overlaps another one of the same term."""
    ends: dict[str, int] = {}
    for place, term in cut.found:
        if term in terms and place >= ends.get(term, 0):
            ends[term] = place + len(term)
            yield place, term


def _status(n_in_text: int, n_produced: int) -> str:
    if n_in_text == 0:
        return "absent"
    return "produced" if n_produced else "swallowed"
