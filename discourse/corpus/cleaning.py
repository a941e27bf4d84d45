"""One repaired page comes in, the documents that it holds go out, with every edit that made them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from discourse.corpus.aligned import AlignedText, Change, Edit
from discourse.corpus.boilerplate import label_lines
from discourse.corpus.compilations import Part, split_compilation
from discourse.corpus.linebreaks import BLANKS, mend_lines
from discourse.corpus.lineforms import Vocabulary, inline_marks
from discourse.corpus.pages import Page
from discourse.corpus.repair import Repairer


@dataclass(frozen=True)
class Text:
    """One document: its row, and what attribution reads it from."""

    row: dict[str, Any]
    page: Page
    glyphs: AlignedText
    offset: int
    title_rule: str

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Raw offsets of ``page.text[start:end]``."""
        return self.glyphs.raw_span(self.offset + start, self.offset + end)


@dataclass(frozen=True)
class CleanedPage:
    """One source: its edits and the documents that it holds."""

    source_id: str
    edits: list[Edit]
    texts: list[Text]


def read_page(raw: str, repairer: Repairer, *, is_segmented: bool = False) -> AlignedText:
    """Repaired text of one source in whole lines; one whose words are parted already stays as it is."""
    return _untouched(raw) if is_segmented else mend_lines(repairer.repair(raw))


def lines_of(text: str) -> list[str]:
    """Lines without the blanks at their ends."""
    return [line.strip(BLANKS) for line in text.split("\n")]


def clean_page(
    page: AlignedText, source_id: str, vocabulary: Vocabulary, shared: frozenset[int]
) -> CleanedPage:
    """Parts, labels and bodies of one source."""
    lines = lines_of(page.text)
    parts = split_compilation(lines)
    labels = ["blank" if not line else "furniture" for line in lines]
    for part in parts:
        labels[part.start : part.end] = _label_part(lines, part, vocabulary, shared)
    return _assemble(page, source_id, labels, parts)


def keep_page(page: AlignedText, source_id: str) -> CleanedPage:
    """Take every line of a source for body."""
    lines = lines_of(page.text)
    labels = ["body" if line else "blank" for line in lines]
    return _assemble(page, source_id, labels, [Part(None, 0, len(lines))])


def _untouched(text: str) -> AlignedText:
    """A text as it is, but for one line feed at every line end."""
    ends = [Change(*match.span(), "\n") for match in re.finditer(r"\r\n?", text)]
    return AlignedText.of(text).replace(ends, "blank")


def _assemble(page: AlignedText, source_id: str, labels: Sequence[str], parts: Sequence[Part]) -> CleanedPage:
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
    return CleanedPage(source_id, body.edits(), texts)


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
        marks = inline_marks(page.text[first:last])
        changes += [Change(first + a, first + b, rule="furniture") for a, b in marks]
        changes.append(Change(last, next_start if i in lasts else end, rule="blank"))
    return page.replace([change for change in changes if change.start < change.end], "blank")


def _body_of(part: Part, page: AlignedText, body: AlignedText) -> tuple[str, int, int]:
    """Text of a part, and the raw span from its first to its last character."""
    spans = _line_spans(page.text)
    raw_starts = np.append(page.starts, np.int32(len(page.raw)))
    limits = raw_starts[[spans[part.start][0], min(spans[part.end - 1][1] + 1, len(page.text))]]
    first, last = (int(i) for i in body.starts.searchsorted(limits))
    return body.text[first:last], *body.raw_span(first, last)


def _read_text(page: AlignedText, labels: Sequence[str], part: Part, row: dict[str, Any]) -> Text:
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
    return Text(row, Page(text, lines, title), page, offset, rule)


def _title_rule(part: Part, labels: Sequence[str]) -> str:
    if part.heading is not None:
        return "part_heading"
    return "title_line_repeated" if list(labels).count("title") > 1 else "title_line"
