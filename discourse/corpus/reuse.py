"""Passages come in, a table of the spans they share goes out: who repeats whom, which words, how closely."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from discourse.contracts import check, empty
from discourse.corpus.commonness import weigh_letters
from discourse.corpus.folding import FoldedText, fold_texts
from discourse.corpus.matching import Progress, Store, match_passages
from discourse.corpus.spans import Span, Thresholds
from discourse.corpus.wordlists import read_terms
from discourse.errors import DataError, SettingError

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def find_reuse(
    passages: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    min_chars: int = 20,
    min_weight: float = 12.0,
    min_similarity: float = 0.4,
    max_repeats: int = 25,
    n_workers: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Find the spans that a passage repeats from another one, word for word or edited.

    Texts are compared by their letters and digits alone. Passages with the same letters come first: each
    repeats the earliest of them, which then stands for all. Then every rare run of three letters (or of 4, 6,
    9, 14 where the shorter is common) that two passages share is an anchor; anchors in the same order make a
    candidate; its surroundings are aligned (Levenshtein) and cut to the spans where matches outweigh edits.
    A pair may share several spans.
    Within one document only a passage that mostly stands there twice counts, not a speaker's refrain.

    Parameters
    ----------
    passages, documents
        Their contracts; of `documents` only doc_id, date and year are read.
    min_chars
        Letters of the longer side of a span.
    min_weight
        What the matched letters must weigh together. A letter weighs 1 where at most two documents have the
        words around it, and down to 0.1 where all have, in set phrases (``stopwords/set_phrases.txt``) and in
        names of documents between 《 and 》. With 12, twelve rare letters or 120 of the commonest make reuse.
    min_similarity
        Twice the matched letters over the letters of both sides, 0-1.
    max_repeats
        Letters in a row that occur more often than this in the corpus are no anchor. Higher finds more, slowly.
    n_workers
        Processes; the table is the same for any number.
    store, progress
        Keeps finished blocks; is called with the number of anchors done and of all.

    Returns
    -------
    `reuse`, one row a span: passage_id repeats source_passage_id; start, end, source_start, source_end are
    offsets in ``documents.text``; n_chars letters of the copy; similarity; weight; earlier: doc_id of the
    document with the earlier date, NA where a date is unknown or both are the same; text, source_text as they
    stand. The source is the passage of the earlier document; undated documents come after dated ones, then
    doc_id and position decide.

    Raises
    ------
    SettingError
        A threshold is out of its range.
    DataError
        A passage belongs to no document.
    """
    _check_settings(min_chars, min_weight, min_similarity, max_repeats)
    dates = _read_dates(documents)
    passages = _put_earliest_first(passages, dates)
    folded = fold_texts(passages["text"].tolist())
    number = np.arange(len(passages))
    original = _first_of_its_words(folded)
    searched = (original == number) & (folded.sizes >= min_chars)
    document = pd.factorize(passages["doc_id"])[0]
    thresholds = Thresholds(min_chars, min_weight, min_similarity)
    spans = list(
        _whole_passages(folded, number[(original != number) & (folded.sizes >= min_chars)], original)
    )
    spans += match_passages(
        folded,
        weigh_letters(
            folded, document, searched, phrases=read_terms("set_phrases.txt"), n_threads=n_workers
        ),  # freed as soon as spread
        searched,
        thresholds,
        max_repeats=max_repeats,
        n_workers=n_workers,
        store=store,
        progress=progress,
    )
    spans = [span for span in spans if not _is_refrain(span, folded, document)]
    return check(_build_table(spans, passages, folded, dates), "reuse")


def _check_settings(min_chars: int, min_weight: float, min_similarity: float, max_repeats: int) -> None:
    if min_chars < 8:
        raise SettingError(
            f"min_chars={min_chars}: needs to be 8 or more, or every set phrase is a copy; 20 is usual"
        )
    if min_weight < 0:
        raise SettingError(f"min_weight={min_weight}: cannot be negative; 12 is usual, 0 lets set phrases in")
    if not 0 <= min_similarity <= 1:
        raise SettingError(f"min_similarity={min_similarity}: is a share between 0 and 1; 0.4 is usual")
    if max_repeats < 2:
        raise SettingError(
            f"max_repeats={max_repeats}: what two passages share occurs twice, so 2 or more; 25 is usual"
        )


def _read_dates(documents: pd.DataFrame) -> dict[str, str]:
    """Date of each document by doc_id as far as known: ``2024-07-15``, ``2024-07``, ``2024`` or empty."""
    years = documents["year"] if "year" in documents.columns else pd.Series(pd.NA, index=documents.index)
    dates = {}
    for doc_id, date, year in zip(documents["doc_id"], documents["date"], years, strict=True):
        known = isinstance(date, str) and _DATE.fullmatch(date)
        dates[str(doc_id)] = str(date) if known else "" if pd.isna(year) else f"{int(year):04d}"
    return dates


def _put_earliest_first(passages: pd.DataFrame, dates: dict[str, str]) -> pd.DataFrame:
    foreign = sorted(set(passages["doc_id"].astype(str)) - dates.keys())
    if foreign:
        raise DataError(
            f"passages: {len(foreign)} of their documents are not in `documents` (first: {foreign[0]!r}); "
            "pass the documents that the passages were split from"
        )
    date = passages["doc_id"].astype(str).map(dates)
    keys = passages[["doc_id", "position", "passage_id"]].assign(undated=date == "", date=date)
    order = (
        keys.reset_index(drop=True).sort_values(["undated", "date", "doc_id", "position", "passage_id"]).index
    )
    return passages.iloc[order].reset_index(drop=True)


def _first_of_its_words(folded: FoldedText) -> np.ndarray:
    """For each passage the number of the earliest one with the same letters."""
    first: dict[str, int] = {}
    return np.array([first.setdefault(folded.of(i), i) for i in range(len(folded.sizes))], dtype=np.int64)


def _whole_passages(folded: FoldedText, copies: np.ndarray, original: np.ndarray) -> Iterator[Span]:
    for copy in copies.tolist():
        a, b, size = int(folded.bounds[original[copy]]), int(folded.bounds[copy]), int(folded.sizes[copy])
        yield Span(a, a + size, b, b + size, size, float(size))


def _is_refrain(span: Span, folded: FoldedText, document: np.ndarray) -> bool:
    """Whether a span lies within one document and is not most of a passage that stands there twice."""
    a, b = folded.owner[span.start_a], folded.owner[span.start_b]
    is_double = span.similarity >= 0.8 and 2 * (span.end_b - span.start_b) > folded.sizes[b]
    return bool(document[a] == document[b]) and not is_double


def _build_table(
    spans: list[Span], passages: pd.DataFrame, folded: FoldedText, dates: dict[str, str]
) -> pd.DataFrame:
    if not spans:
        return empty("reuse")
    texts, starts = passages["text"].tolist(), passages["start"].tolist()
    ids, doc_ids = passages["passage_id"].tolist(), passages["doc_id"].tolist()
    rows = []
    for span in spans:
        a, b = int(folded.owner[span.start_a]), int(folded.owner[span.start_b])
        source_start, source_end = folded.places(span.start_a, span.end_a)
        start, end = folded.places(span.start_b, span.end_b)
        known_earlier = _is_earlier(dates[doc_ids[a]], dates[doc_ids[b]])
        rows.append(
            {
                "passage_id": ids[b],
                "source_passage_id": ids[a],
                "doc_id": doc_ids[b],
                "source_doc_id": doc_ids[a],
                "start": starts[b] + start,
                "end": starts[b] + end,
                "source_start": starts[a] + source_start,
                "source_end": starts[a] + source_end,
                "n_chars": span.end_b - span.start_b,
                "similarity": span.similarity,
                "weight": span.weight,
                "earlier": doc_ids[a] if known_earlier else None,
                "text": texts[b][start:end],
                "source_text": texts[a][source_start:source_end],
            }
        )
    table = pd.DataFrame(rows).astype({"earlier": "str"})
    table = _without_itself(table)
    return table.sort_values(["doc_id", "start", "source_doc_id", "source_start", "end"]).reset_index(
        drop=True
    )


def _is_earlier(one: str, two: str) -> bool:
    """Whether date `one` comes before `two`, compared as far as both are known."""
    size = min(len(one), len(two))
    return one[:size] < two[:size]


def _without_itself(table: pd.DataFrame) -> pd.DataFrame:
    """Drop what two overlapping passages of one document share because it is the same text."""
    meets = (table["start"] < table["source_end"]) & (table["source_start"] < table["end"])
    return table[~((table["doc_id"] == table["source_doc_id"]) & meets)]
