"""A table whose rows are texts comes in (CSV, Excel, JSON lines, Parquet); its rows with what they tell go out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from discourse.corpus.archives import Budget
from discourse.corpus.columns import Columns, complete_places, find_columns, name_columns, read_value
from discourse.corpus.records import Cells, cell_text, read_frames
from discourse.errors import SourceError

_MIN_TEXT = 50  # mean length from which an unnamed column may be the text


@dataclass(frozen=True)
class Row:
    """One text of a table: its number from 1, text, our fields, whether its words are parted by blanks already."""

    number: int
    text: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    is_segmented: bool = False
    error: str = ""


@dataclass(frozen=True)
class Table:
    """Texts of one file, how it was decoded, and what a person should know of the reading.

    about: what a table without texts says of files, (file name, fields) a row.
    """

    rows: Sequence[Row]
    encoding: str
    n_lost: int = 0
    remarks: tuple[str, ...] = ()
    about: Sequence[tuple[str, Mapping[str, str]]] = ()


def read_table(data: bytes, suffix: str, budget: Budget, text_column: str = "") -> Table:
    """Texts of a table with the fields that its columns give; or what a table about files says of them.

    The text is in the column `text_column`, else in one whose name says so (``stopwords/table_columns.txt``),
    else in the one column of long cells. A column of words (``tokens``) is taken before a text: its words,
    parted by single blanks, stay as they are. Numbers of rows count the records from 1, over all sheets.

    Raises
    ------
    SourceError
        The file is damaged, holds macros, unpacks out of proportion, or no column can be the text.

    """
    frames, encoding, n_lost, faults = read_frames(data, suffix, budget)
    rows: list[Row] = []
    about: list[tuple[str, Mapping[str, str]]] = []
    remarks: list[str] = []
    for records in (records for _, records in frames if records):
        names = list(dict.fromkeys(key for record in records for key in record))
        columns, remark = _text_columns(records, names, text_column)
        remarks += [remark] if remark else []
        if columns.text or columns.tokens:
            start = len(rows) + 1
            rows += [_read_row(number, record, columns) for number, record in enumerate(records, start)]
        elif file_column := name_columns(names).get("file"):
            about += [
                (cell_text(record.get(file_column)).strip(), _fields(record, columns)) for record in records
            ]
    if not rows and not faults and not about:
        heads = [name for _, records in frames for record in records[:1] for name in record]
        raise SourceError(_no_text(heads, text_column))
    rows += [Row(len(rows) + i, error=fault) for i, fault in enumerate(faults, start=1)]
    return Table(rows, encoding, n_lost, tuple(remarks), [pair for pair in about if pair[0]])


def _text_columns(records: Sequence[Cells], names: Sequence[str], text_column: str) -> tuple[Columns, str]:
    """Columns of a sheet, and what to remark where the text had to be guessed by the length of its cells."""
    columns = find_columns(names, text_column)
    if columns.text or columns.tokens or text_column:
        return columns, ""
    guess = _longest_column(records, names)
    remark = f"no column is named as text; {guess!r}, the one of long cells, was taken" if guess else ""
    return replace(columns, text=guess), remark


def _no_text(names: Sequence[str], text_column: str) -> str:
    wanted = repr(text_column) if text_column else "text, content, 正文 or the like"
    found = ", ".join(map(repr, names[:12])) or "no columns"
    return f"no column is named {wanted}: found {found}; name it in [corpus.sources] text_column"


def _read_row(number: int, record: Cells, columns: Columns) -> Row:
    words = _words(record.get(columns.tokens)) if columns.tokens else []
    text = " ".join(words) if words else cell_text(record.get(columns.text)) if columns.text else ""
    fault = _text_fault(text)
    if fault:
        return Row(number, error=fault)
    return Row(number, text, _fields(record, columns), bool(words))


def _fields(record: Cells, columns: Columns) -> dict[str, str]:
    cells = {name: cell_text(record.get(column)) for name, column in (columns.fields or {}).items()}
    given = {name: read_value(name, cell) for name, cell in cells.items() if not _text_fault(cell)}
    return complete_places({name: value for name, value in given.items() if value})


def _text_fault(text: str) -> str:
    if not text.strip():
        return "has no text in this row; fill the cell or delete the row"
    if "\0" in text:
        return "holds zero bytes in this row; clean the cell"
    if re.search("[\ud800-\udfff]", text):
        return "holds half a character (a lone surrogate) in this row; write the text again"
    return ""


def _words(value: Any) -> list[str]:
    """Words of a cell: a list, a list written out (``['基层', '治理']``), or words parted by blanks."""
    if isinstance(value, list | tuple):
        items: Iterable[Any] = value
    elif isinstance(value, str) and value.lstrip().startswith("["):
        items = ("".join(pair) for pair in re.findall(r"'([^']*)'|\"([^\"]*)\"", value))
    else:
        items = cell_text(value).split()
    return [word for item in items for word in str(item).split()]


def _longest_column(records: Sequence[Cells], names: Sequence[str]) -> str:
    """The one column whose cells are long, at least three times as long as any other's; else nothing."""
    sample = records[:200]
    lengths = {
        name: sum(len(cell_text(record.get(name))) for record in sample) / max(1, len(sample))
        for name in names
    }
    ranked = sorted(lengths, key=lambda name: -lengths[name])
    if not ranked or lengths[ranked[0]] < _MIN_TEXT:
        return ""
    return ranked[0] if len(ranked) == 1 or lengths[ranked[0]] >= 3 * lengths[ranked[1]] else ""
