"""Documents -> passages, the units of modelling, each with its place in the document's text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

import pandas as pd

from discourse.contracts import check
from discourse.errors import DataError, SettingError

_CLOSING = "”’」』）)》\"'"
_SENTENCE_END = re.compile(rf"[。！？!?…]+[{re.escape(_CLOSING)}]*")
_UNITS = ("paragraph", "document")


def split_passages(
    documents: pd.DataFrame,
    *,
    unit: Literal["paragraph", "document"] = "paragraph",
    min_chars: int = 40,
    max_chars: int = 0,
) -> pd.DataFrame:
    """Passages of the documents, in order.

    unit: ``paragraph``, or ``document`` for the whole text. min_chars: a shorter paragraph (a heading, a
    salutation, 下面,我讲4点意见。) is too short to be modelled and joins the paragraph that follows; the
    last one of a document joins the one before it; 0 joins nothing. max_chars: a longer passage is halved
    at a sentence end, and again, until none is longer; 0 cuts nothing. Both count characters of the text.

    Returns
    -------
    pandas.DataFrame
        `passages`: passage_id (``doc_id#0001`` ...), doc_id, position (from 0), start, end (offsets in the
        document's text), text (exactly ``text[start:end]``), reuse_id. reuse_id is NA, but for a passage that
        repeats an earlier one word for word, blanks and marks left aside, it is that passage's id.

    Raises
    ------
    SettingError
        Unknown unit or negative length.
    DataError
        There are no documents.

    """
    if unit not in _UNITS:
        raise SettingError(f"unit={unit!r} is not a unit of passages; choose one of: {', '.join(_UNITS)}.")
    if min_chars < 0 or max_chars < 0 or 0 < max_chars < min_chars:
        raise SettingError(
            f"min_chars={min_chars}, max_chars={max_chars}: lengths are 0 or more, the first the smaller."
        )
    if documents.empty:
        raise DataError("no documents to split into passages; read some sources first.")
    rows = [row for document in documents.itertuples() for row in _rows(document, unit, min_chars, max_chars)]
    return check(_mark_repeats(pd.DataFrame(rows)), "passages")


def _rows(document, unit: str, min_chars: int, max_chars: int) -> Iterator[dict[str, object]]:  # type: ignore[no-untyped-def]
    text = document.text
    spans = [(0, len(text))] if unit == "document" else _join_short(_paragraphs(text), min_chars)
    pieces = [piece for span in spans for piece in _cut_long(text, *span, max_chars)]
    for position, (start, end) in enumerate(pieces):
        passage_id = f"{document.doc_id}#{position + 1:04d}"
        yield dict(
            passage_id=passage_id,
            doc_id=document.doc_id,
            position=position,
            start=start,
            end=end,
            text=text[start:end],
        )


def _paragraphs(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"[^\n]+", text)]


def _join_short(spans: list[tuple[int, int]], min_chars: int) -> list[tuple[int, int]]:
    """Short paragraphs join the next one; short ones at the end join the one before."""
    joined: list[tuple[int, int]] = []
    waiting: int | None = None
    for start, end in spans:
        if end - start < min_chars:
            waiting = start if waiting is None else waiting
            continue
        joined.append((start if waiting is None else waiting, end))
        waiting = None
    if waiting is not None:
        first = joined.pop()[0] if joined else waiting
        joined.append((first, spans[-1][1]))
    return joined


def _cut_long(text: str, start: int, end: int, max_chars: int) -> list[tuple[int, int]]:
    """Halve a span at the sentence end nearest to its middle until no piece is too long or none is left."""
    start, end = _trim(text, start, end)
    inner = [match.end() for match in _SENTENCE_END.finditer(text, start, end) if match.end() < end]
    if not max_chars or end - start <= max_chars or not inner:
        return [(start, end)]
    middle = min(inner, key=lambda place: abs(2 * place - start - end))
    return _cut_long(text, start, middle, max_chars) + _cut_long(text, middle, end, max_chars)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return end - len(piece.lstrip()), start + len(piece.rstrip())


def _mark_repeats(passages: pd.DataFrame) -> pd.DataFrame:
    """`reuse_id`: the first passage that says the same, for all later ones."""
    keys = passages["text"].map(_letters)
    first = passages.groupby(keys, sort=False)["passage_id"].transform("first")
    repeats = (first != passages["passage_id"]) & (keys != "")
    return passages.assign(reuse_id=first.where(repeats).astype("str"))


def _letters(text: str) -> str:
    """Letters, characters and digits of `text`, widths folded."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(char for char in folded if unicodedata.category(char)[0] in "LN")
