"""Spans of documents come in; where they stand in the raw text, and what was mended there, goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from discourse.contracts import check
from discourse.errors import DataError, suggest


@dataclass(frozen=True)
class Trace:
    """One stretch of a document and the stretch of the raw text that it was read from.

    quote: ``documents.text[start:end]``. raw: ``sources.text[raw_start:raw_end]``, the shortest stretch that
    holds the whole quote and cuts no edit in two. reading: what `edits`, applied to `raw`, give; the quote
    stands in it from `lead` on: ``reading[lead : lead + len(quote)] == quote``. edits: rows of `edits` inside.
    """

    doc_id: str
    start: int
    end: int
    quote: str
    source_id: str
    raw_start: int
    raw_end: int
    raw: str
    reading: str
    lead: int
    edits: pd.DataFrame


def trace_span(
    sources: pd.DataFrame,
    documents: pd.DataFrame,
    edits: pd.DataFrame,
    *,
    doc_id: str,
    start: int,
    end: int,
) -> Trace:
    """Trace a stretch of a document back to the raw text of its file.

    Parameters
    ----------
    sources, documents, edits
        The tables of one run.
    doc_id, start, end
        ``documents.text[start:end]`` of that document, at least one character.

    Raises
    ------
    DataError
        No such document, a stretch that is empty or leaves its text, or tables of different runs: edits that
        do not make the text of the document.
    """
    (document,) = _pick_documents(check(documents, "documents"), [doc_id])
    text = str(documents.loc[documents["doc_id"] == doc_id, "text"].iloc[0])
    if not 0 <= start < end <= len(text):
        raise DataError(
            f"{doc_id}: {start}:{end} is no stretch of its text, which has {len(text)} characters: "
            "give a start below the end, both inside"
        )
    raw, own = _raw_text(check(sources, "sources"), document.source_id), _edits_of(edits, document)
    alignment = _align(document, _by_source(own).get(document.source_id, _NO_EDITS))
    _require_rebuilt(document, text, raw, own)
    places = alignment.widen(np.array([start]), np.array([end]))
    raw_start, raw_end, first, last = (int(place) for place in places[0])
    return Trace(
        doc_id=doc_id,
        start=start,
        end=end,
        quote=text[start:end],
        source_id=document.source_id,
        raw_start=raw_start,
        raw_end=raw_end,
        raw=raw[raw_start:raw_end],
        reading=text[first:last],
        lead=start - first,
        edits=own[(own["start"] >= raw_start) & (own["end"] <= raw_end)].reset_index(drop=True),
    )


def find_raw_spans(documents: pd.DataFrame, edits: pd.DataFrame, spans: pd.DataFrame) -> pd.DataFrame:
    """Raw offsets of many spans (columns doc_id, start, end): columns raw_start and raw_end, rows as in `spans`.

    Each is the shortest raw stretch that holds the whole span and cuts no edit in two, as in `trace_span`.
    Raises DataError where a document is unknown or its edits do not fit its text.
    """
    starts, ends = spans["start"].to_numpy(np.int64), spans["end"].to_numpy(np.int64)
    found = np.zeros((len(spans), 2), dtype=np.int64)
    codes, names = pd.factorize(spans["doc_id"])
    by_source = _by_source(edits)
    order = np.argsort(codes, kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(names)))])
    for number, document in enumerate(_pick_documents(documents, [str(name) for name in names])):
        rows = order[bounds[number] : bounds[number + 1]]
        alignment = _align(document, by_source.get(document.source_id, _NO_EDITS))
        found[rows] = alignment.widen(starts[rows], ends[rows])[:, :2]
    return pd.DataFrame(found, columns=["raw_start", "raw_end"], index=spans.index)


class _Document(NamedTuple):
    """Where a document stands in its source, and how long it is."""

    doc_id: str
    source_id: str
    raw_start: int
    raw_end: int
    n_chars: int


class _Edits(NamedTuple):
    """Edits of one source in the order of the raw text: raw offsets, length of the reading, is it the same."""

    starts: np.ndarray
    ends: np.ndarray
    lengths: np.ndarray
    marks: np.ndarray


_NONE = np.zeros(0, dtype=np.int64)
_NO_EDITS = _Edits(_NONE, _NONE, _NONE, _NONE.astype(bool))


@dataclass(frozen=True)
class _Alignment:
    """Stretches of a document that hold text, in order: where each begins in text and raw, what is an edit.

    text_starts, raw_starts, raw_ends, text_ends: (n_stretches,); whole: stretches that can only be taken whole.
    """

    text_starts: np.ndarray
    text_ends: np.ndarray
    raw_starts: np.ndarray
    raw_ends: np.ndarray
    whole: np.ndarray

    def widen(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Of each ``text[start:end]`` raw start, raw end, and start and end in the text once edits are taken whole.

        starts, ends: (n_spans,); returns (n_spans, 4).
        """
        first = np.searchsorted(self.text_starts, starts, side="right") - 1
        last = np.searchsorted(self.text_starts, ends - 1, side="right") - 1
        into = np.where(self.whole[first], 0, starts - self.text_starts[first])
        left = np.where(self.whole[last], 0, self.text_ends[last] - ends)
        spans = [self.raw_starts[first] + into, self.raw_ends[last] - left]
        return np.column_stack([*spans, self.text_starts[first] + into, self.text_ends[last] - left])


def _align(document: _Document, edits: _Edits) -> _Alignment:
    """Lay the text of a document beside its raw stretch: what stands between edits is the same in both."""
    inside = (edits.starts >= document.raw_start) & (edits.ends <= document.raw_end)
    starts, ends = edits.starts[inside], edits.ends[inside]
    # between, edit, between, edit, ..., between
    raw = np.concatenate([[document.raw_start], np.column_stack([starts, ends]).ravel()])
    raw_ends = np.append(raw[1:], document.raw_end)
    sizes = raw_ends - raw
    if (sizes < 0).any() or sizes[::2].sum() + edits.lengths[inside].sum() != document.n_chars:
        raise DataError(
            f"{document.doc_id}: its edits do not make its text: use sources, documents and edits of one run"
        )
    sizes[1::2] = edits.lengths[inside]
    text_ends = np.cumsum(sizes)
    whole = np.zeros(len(raw), dtype=bool)
    whole[1::2] = ~edits.marks[inside]
    held = sizes > 0
    return _Alignment((text_ends - sizes)[held], text_ends[held], raw[held], raw_ends[held], whole[held])


def _by_source(edits: pd.DataFrame) -> dict[str, _Edits]:
    codes, names = pd.factorize(edits["source_id"])
    starts = edits["start"].to_numpy(np.int64)
    order = np.lexsort((starts, codes))
    before, after = edits["before"].tolist(), edits["after"].tolist()
    columns = (
        starts,
        edits["end"].to_numpy(np.int64),
        np.array([len(text) for text in after], dtype=np.int64),
        np.array([one == other for one, other in zip(before, after, strict=True)], dtype=bool),
    )
    cuts = np.cumsum(np.bincount(codes, minlength=len(names)))[:-1]
    split = ([*np.split(column[order], cuts)][: len(names)] for column in columns)
    return {
        str(name): _Edits(starts, ends, lengths, marks)
        for name, starts, ends, lengths, marks in zip(names, *split, strict=True)
    }


def _pick_documents(documents: pd.DataFrame, doc_ids: Sequence[str]) -> list[_Document]:
    """Documents of these ids, in their order; raises DataError for one that does not exist."""
    names = pd.Index(documents["doc_id"])
    places = names.get_indexer(pd.Index(doc_ids, dtype=names.dtype))
    if (places < 0).any():
        unknown = doc_ids[int(np.flatnonzero(places < 0)[0])]
        near = suggest(unknown, names)
        raise DataError(
            f"there is no document {unknown!r}. {near}Documents: {', '.join(names[:5])}"
            + (" and others." if len(names) > 5 else ".")
        )
    chosen = documents.iloc[places]
    columns = (chosen[name].tolist() for name in ("doc_id", "source_id", "raw_start", "raw_end", "text"))
    return [
        _Document(doc_id, source_id, int(first), int(last), len(text))
        for doc_id, source_id, first, last, text in zip(*columns, strict=True)
    ]


def _require_rebuilt(document: _Document, text: str, raw: str, edits: pd.DataFrame) -> None:
    """Raise DataError unless the edits, applied to the raw text, give the text of the document."""
    pieces, cursor = [], document.raw_start
    for start, end, before, after in edits[["start", "end", "before", "after"]].itertuples(index=False):
        if raw[start:end] != before:
            break
        pieces += [raw[cursor:start], after]
        cursor = end
    if "".join([*pieces, raw[cursor : document.raw_end]]) != text:
        raise DataError(
            f"{document.doc_id}: raw text and edits do not give its text: "
            "use sources, documents and edits of one run"
        )


def _raw_text(sources: pd.DataFrame, source_id: str) -> str:
    rows = sources.loc[sources["source_id"] == source_id, "text"]
    if rows.empty:
        raise DataError(f"sources lack {source_id!r}: use sources, documents and edits of one run")
    return str(rows.iloc[0])


def _edits_of(edits: pd.DataFrame, document: _Document) -> pd.DataFrame:
    """Edits inside a document, in the order of the raw text."""
    inside = (edits["start"] >= document.raw_start) & (edits["end"] <= document.raw_end)
    return edits[inside & (edits["source_id"] == document.source_id)].sort_values("start", kind="stable")
