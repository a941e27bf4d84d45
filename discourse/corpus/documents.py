"""Raw sources -> documents: what each text says, which repairs that took, what it tells of its origin."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import CONTRACTS, check, empty
from discourse.corpus.aligned import AlignedText, Change, Edit
from discourse.corpus.attribution import Page, assign_regions, attribute_document, override_attributions
from discourse.corpus.boilerplate import label_lines, shared_edges
from discourse.corpus.compilations import Part, split_compilation
from discourse.corpus.gazetteer import Gazetteer, read_gazetteer
from discourse.corpus.given import prefer_given, readable_sources
from discourse.corpus.linebreaks import BLANKS, mend_lines
from discourse.corpus.lineforms import INLINE_MARK, Vocabulary, read_vocabulary
from discourse.corpus.repair import Repairer
from discourse.errors import SourceError

_FIELDS = (
    "title",
    "date",
    "year",
    "province",
    "city",
    "district",
    "region",
    "level",
    "role",
    "speaker",
    "genre",
)


def build_documents(
    sources: pd.DataFrame, *, regions: Mapping[str, str] | None = None, metadata: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Readable documents of `sources`, every edit that made them, and every field read from their words.

    A source that is a compilation becomes several documents, ``source_id.1`` and so on. A document's
    text is its body: paragraphs parted by one line feed, without title, byline, page furniture and appendix.
    regions: label -> administrative unit ("福州": "福州市"). metadata: the user's own table, which wins over
    what was read, as do the columns of a table of texts (`given` of `sources`). A source with an `error` is
    passed over; one whose words are parted by blanks already (`is_segmented`, then a column of `documents`,
    too) keeps every line as it is.

    Returns
    -------
    documents, edits, attributions : pandas.DataFrame
        `edits` never overlap within a source; those inside ``raw_start:raw_end`` of a document, applied to
        the raw text, give its text exactly; those outside any document have doc_id NA. Beyond the contract
        they carry `confidence`, 0-1: below 1 where lost bytes were restored by likelihood. A stretch that
        stays damaged is left as it is and listed with the rule ``lost_bytes_doubtful``. Offsets of
        attributions are raw, too.

    Raises
    ------
    SourceError
        Every source holds nothing but page furniture.

    """
    sources = readable_sources(sources)
    repairer, vocabulary = Repairer(list(sources["text"])), read_vocabulary()
    ready = list(sources.get("is_segmented", [False] * len(sources)))
    pages = [
        _untouched(text) if whole else mend_lines(repairer.repair(text))
        for text, whole in zip(sources["text"], ready, strict=True)
    ]
    shared = shared_edges([_lines_of(page.text) for page in pages])
    cleaned = [
        _keep_page(page, source_id) if whole else _clean_page(page, source_id, vocabulary, rows)
        for page, source_id, whole, rows in zip(pages, sources["source_id"], ready, shared, strict=True)
    ]
    _report_empty(list(sources["path"]), cleaned)
    texts = [text for page in cleaned for text in page.texts]
    documents, edits = _document_table(texts), _edit_table(cleaned)
    attributions = prefer_given(_attribution_table(texts), documents, sources)
    documents = _fill_fields(documents, attributions)
    if metadata is not None:
        documents, attributions = override_attributions(documents, attributions, metadata)
    documents = assign_regions(documents, regions)
    if any(ready):
        segmented = sources["source_id"][sources["is_segmented"]]
        documents = documents.assign(is_segmented=documents["source_id"].isin(segmented))
    return check(documents, "documents"), check(edits, "edits"), check(attributions, "attributions")


@dataclass(frozen=True)
class _Text:
    """One document: its row, and what attribution reads it from."""

    row: dict[str, Any]
    page: Page
    glyphs: AlignedText
    offset: int
    title_rule: str


@dataclass(frozen=True)
class _CleanedPage:
    """One source: its edits and the documents that it holds."""

    source_id: str
    edits: list[Edit]
    texts: list[_Text]


def _lines_of(text: str) -> list[str]:
    return [line.strip(BLANKS) for line in text.split("\n")]


def _untouched(text: str) -> AlignedText:
    """A text as it is, but for one line feed at every line end."""
    ends = [Change(*match.span(), "\n") for match in re.finditer(r"\r\n?", text)]
    return AlignedText.of(text).replace(ends, "blank")


def _keep_page(page: AlignedText, source_id: str) -> _CleanedPage:
    """Take every line of a source for body."""
    lines = _lines_of(page.text)
    labels = ["body" if line else "blank" for line in lines]
    return _assemble(page, source_id, labels, [Part(None, 0, len(lines))])


def _report_empty(paths: Sequence[str], pages: Sequence[_CleanedPage]) -> None:
    """Name the sources without a body; raise where there is no other."""
    empty_paths = [path for path, page in zip(paths, pages, strict=True) if not page.texts]
    if not empty_paths:
        return
    named = "; ".join(empty_paths[:3]) + (f" and {len(empty_paths) - 3} more" if len(empty_paths) > 3 else "")
    rule = f"{named}: no text is left once page furniture is removed; look at the file, or remove it"
    if len(empty_paths) == len(pages):
        raise SourceError(rule)
    warnings.warn(rule, stacklevel=3)


def _clean_page(
    page: AlignedText, source_id: str, vocabulary: Vocabulary, shared: frozenset[int]
) -> _CleanedPage:
    """Parts, labels and bodies of one source."""
    lines = _lines_of(page.text)
    parts = split_compilation(lines)
    labels = ["blank" if not line else "furniture" for line in lines]
    for part in parts:
        labels[part.start : part.end] = _label_part(lines, part, vocabulary, shared)
    return _assemble(page, source_id, labels, parts)


def _assemble(
    page: AlignedText, source_id: str, labels: Sequence[str], parts: Sequence[Part]
) -> _CleanedPage:
    """Documents of one source: those of its parts that have a body."""
    parts = [part for part in parts if "body" in labels[part.start : part.end]]
    lasts = [max(i for i in range(p.start, p.end) if labels[i] == "body") for p in parts]
    body = _delete_rest(page, labels, frozenset(lasts))
    texts = []
    for number, part in enumerate(parts, start=1):
        doc_id = source_id if len(parts) == 1 else f"{source_id}.{number}"
        text, raw_start, raw_end = _body_of(part, page, body)
        row = dict(doc_id=doc_id, source_id=source_id, raw_start=raw_start, raw_end=raw_end, text=text)
        texts.append(_read_text(page, labels, part, row))
    return _CleanedPage(source_id, body.edits(), texts)


def _label_part(
    lines: Sequence[str], part: Part, vocabulary: Vocabulary, shared: frozenset[int]
) -> list[str]:
    """Labels of the lines of one part; its heading is its title."""
    start = part.start if part.heading is None else part.heading + 1
    rows = frozenset(i - start for i in shared if start <= i < part.end)
    labels = label_lines(lines[start : part.end], vocabulary, shared=rows, has_title=part.heading is not None)
    return labels if part.heading is None else ["title", *labels]


def _line_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each line, its line feed left out."""
    ends = [match.start() for match in re.finditer("\n", text)] + [len(text)]
    return list(zip([0, *(end + 1 for end in ends[:-1])], ends, strict=True))


def _strip_span(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out the blanks at both ends of a span."""
    line = text[start:end]
    return end - len(line.lstrip(BLANKS)), start + len(line.rstrip(BLANKS))


def _delete_rest(page: AlignedText, labels: Sequence[str], lasts: frozenset[int]) -> AlignedText:
    """Leave the bodies alone, one behind the other; `lasts` are the lines that end one."""
    changes: list[Change] = []
    for i, (start, end) in enumerate(_line_spans(page.text)):
        next_start = min(end + 1, len(page.text))
        if labels[i] != "body":
            changes.append(Change(start, next_start, rule=labels[i]))
            continue
        first, last = _strip_span(page.text, start, end)
        changes.append(Change(start, first, rule="blank"))
        changes += [
            Change(first + match.start(), first + match.end(), rule="furniture")
            for match in INLINE_MARK.finditer(page.text[first:last])
        ]
        changes.append(Change(last, next_start if i in lasts else end, rule="blank"))
    return page.replace([change for change in changes if change.start < change.end], "blank")


def _body_of(part: Part, page: AlignedText, body: AlignedText) -> tuple[str, int, int]:
    """Text of a part, and the raw span from its first to its last character."""
    spans = _line_spans(page.text)
    raw_starts = [*page.starts, len(page.raw)]
    limits = [raw_starts[spans[part.start][0]], raw_starts[min(spans[part.end - 1][1] + 1, len(page.text))]]
    first, last = (int(i) for i in np.searchsorted(body.starts, limits))
    return body.text[first:last], *body.raw_span(first, last)


def _read_text(page: AlignedText, labels: Sequence[str], part: Part, row: dict[str, Any]) -> _Text:
    """Row, title and page of one document; offsets of the page count from the first line of the part."""
    spans = _line_spans(page.text)[part.start : part.end]
    offset, end = spans[0][0], spans[-1][1]
    inner = [_strip_span(page.text, *span) for span in spans]
    moved = [(a - offset, b - offset) for a, b in inner]
    part_labels = labels[part.start : part.end]
    lines = [span for span, label in zip(moved, part_labels, strict=True) if label == "body"]
    title = next((span for span, label in zip(moved, part_labels, strict=True) if label == "title"), None)
    text = page.text[offset:end]
    rule = "" if title is None else _title_rule(part, part_labels)
    row = row | {"title": None if title is None else text[slice(*title)]}
    return _Text(row, Page(text, lines, title), page, offset, rule)


def _title_rule(part: Part, labels: Sequence[str]) -> str:
    if part.heading is not None:
        return "part_heading"
    return "title_line_repeated" if list(labels).count("title") > 1 else "title_line"


def _document_table(texts: Sequence[_Text]) -> pd.DataFrame:
    rows = pd.DataFrame([text.row for text in texts])
    table = pd.concat([empty("documents"), rows], ignore_index=True)
    return table[list(CONTRACTS["documents"].columns)].astype({"raw_start": "int64", "raw_end": "int64"})


def _edit_table(pages: Sequence[_CleanedPage]) -> pd.DataFrame:
    """Edits of all sources; those inside a document bear its doc_id."""
    rows = [
        dict(source_id=page.source_id, doc_id=_document_at(page.texts, edit), **edit._asdict())
        for page in pages
        for edit in page.edits
    ]
    table = pd.DataFrame(rows, columns=list(CONTRACTS["edits"].columns))
    return table.astype({"doc_id": "str", "start": "int64", "end": "int64", "confidence": "float64"})


def _document_at(texts: Sequence[_Text], edit: Edit) -> str | None:
    inside = (
        t.row["doc_id"] for t in texts if t.row["raw_start"] <= edit.start and edit.end <= t.row["raw_end"]
    )
    return next(inside, None)


def _attribution_table(texts: Sequence[_Text]) -> pd.DataFrame:
    """Collect what attribution read, in raw offsets, and where the title stood."""
    gazetteer = read_gazetteer()
    tables = [
        table
        for text in texts
        for table in (_title_row(text), _raw_attributions(text, gazetteer))
        if len(table)
    ]
    columns = list(CONTRACTS["attributions"].columns)
    if not tables:
        return empty("attributions")
    table = pd.concat(tables, ignore_index=True)[columns]
    return table.astype({"start": "Int64", "end": "Int64", "confidence": "float64"})


def _title_row(text: _Text) -> pd.DataFrame:
    if text.page.title is None:
        return pd.DataFrame()
    title = text.row["title"]
    span = _raw_span(text, *text.page.title)
    row = dict(doc_id=text.row["doc_id"], field="title", value=title, quote=title, start=span[0], end=span[1])
    return pd.DataFrame([row | dict(rule=text.title_rule, confidence=1.0)])


def _raw_attributions(text: _Text, gazetteer: Gazetteer) -> pd.DataFrame:
    table = attribute_document(text.page, gazetteer=gazetteer)
    pairs = zip(table["start"], table["end"], strict=True)
    spans = [
        (None, None) if pd.isna(start) else _raw_span(text, int(start), int(end)) for start, end in pairs
    ]
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    return table.assign(
        doc_id=text.row["doc_id"], start=pd.array(starts, "Int64"), end=pd.array(ends, "Int64")
    )


def _raw_span(text: _Text, start: int, end: int) -> tuple[int, int]:
    return text.glyphs.raw_span(text.offset + start, text.offset + end)


def _fill_fields(documents: pd.DataFrame, attributions: pd.DataFrame) -> pd.DataFrame:
    """Fields of `documents` from the attributions; what nothing shows stays NA."""
    values = attributions.set_index(["field", "doc_id"])["value"].to_dict()
    columns = {name: [values.get((name, doc_id)) for doc_id in documents["doc_id"]] for name in _FIELDS}
    filled = documents.assign(**{name: pd.Series(column, dtype="str") for name, column in columns.items()})
    return filled.assign(year=pd.to_numeric(filled["year"]).astype("Int64"))
