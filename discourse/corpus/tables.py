"""A table whose rows are texts comes in (CSV, Excel, JSON lines, Parquet); its rows with what they tell go out."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import pandas as pd
import pyarrow.parquet as parquet
from pyarrow.lib import ArrowException
from python_calamine import CalamineWorkbook

from discourse.corpus.archives import Budget, guard_zip, read_part
from discourse.corpus.columns import Columns, complete_places, find_columns, name_columns, read_value
from discourse.corpus.encodings import decode_text
from discourse.corpus.readers import refuse_macros
from discourse.errors import SourceError

SUFFIXES = (".csv", ".tsv", ".xlsx", ".xls", ".jsonl", ".ndjson", ".json", ".parquet")
Cells = Mapping[str, Any]
_MAX_CELLS = 20_000_000
_HEADER_ROWS = 10
_MIN_TEXT = 50  # mean length from which an unnamed column may be the text
_VBA_STREAM = "_VBA_PROJECT".encode("utf-16-le")
_BAD_LINE = re.compile(r"[Ll]ine (\d+): expected (\d+) fields?, saw (\d+)")
_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')


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
    frames, encoding, n_lost, faults = _read_frames(data, suffix, budget)
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


def read_cells(data: bytes, suffix: str, budget: Budget) -> list[Cells]:
    """Every record of a table as a dict of its cells: for a table of metadata."""
    return [record for _, records in _read_frames(data, suffix, budget)[0] for record in records]


Frames = tuple[list[tuple[str, list[Cells]]], str, int, list[str]]


def _read_frames(data: bytes, suffix: str, budget: Budget) -> Frames:
    """Records of each sheet, encoding, losses, and faults of single records."""
    try:
        return _FRAMES[suffix](data, budget)
    except SourceError:
        raise
    except Exception as error:  # whatever a parser of a foreign format raises, the file is what is wrong
        raise SourceError(f"is damaged ({_reason(error)}); open it and save it again") from error


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__


def _read_csv(data: bytes, budget: Budget) -> Frames:
    decoded = decode_text(data)
    text = decoded.text.removeprefix("\ufeff")
    header = text[: text.find("\n") if "\n" in text else len(text)]
    separator = max(",\t;|", key=lambda mark: (header.count(mark), mark == ","))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            dtype="str",
            keep_default_na=False,
            on_bad_lines="warn",
            index_col=False,
        )
    faults = [
        f"line {line} has {found} cells, the header {expected}; put the cell with a comma into quotation marks"
        for warning in caught
        for line, expected, found in _BAD_LINE.findall(str(warning.message))
    ]
    records: list[Cells] = [{str(k): v for k, v in record.items()} for record in frame.to_dict("records")]
    return [("", records)], decoded.encoding, decoded.n_lost, faults


def _read_excel(data: bytes, budget: Budget) -> Frames:
    if data.startswith(b"PK"):
        _guard_workbook(data, budget)
    elif _VBA_STREAM in data:
        refuse_macros(["vbaProject.bin"])
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [
            (name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names
        ]
    except Exception:
        raise
    except BaseException as error:  # the Rust library's panic is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise SourceError("is a damaged workbook; open it in Excel and save it again") from None
    return (
        [(name, list(_records(grid))) for name, grid in sheets],
        "xlsx" if data.startswith(b"PK") else "xls",
        0,
        [],
    )


def _guard_workbook(data: bytes, budget: Budget) -> None:
    """Sizes and macros, and no sheet so wide that its empty cells would fill the memory."""
    archive: zipfile.ZipFile = guard_zip(data, budget.n_bytes)
    refuse_macros(archive.namelist())
    for info in archive.infolist():
        budget.spend(info.file_size)
        if not info.filename.endswith((".xml", ".rels")):
            continue
        part = read_part(archive, info.filename, info.file_size)
        if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
            raise SourceError("declares XML entities, which no spreadsheet writes; it is not read")
        if "/worksheets/" in info.filename:
            _guard_area(part)


def _guard_area(sheet: bytes) -> None:
    width = height = 0
    for letters, digits in _CELL.findall(sheet):
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        width, height = max(width, column), max(height, int(digits))
    if width * height > _MAX_CELLS:
        raise SourceError(
            f"has a sheet of {height:,} x {width:,} cells, nearly all empty; delete empty rows and columns"
        )


def _records(grid: Sequence[Sequence[Any]]) -> Iterator[Cells]:
    """Records under the header, which is the row of the first ten that names most columns of ours."""
    if not grid:
        return
    candidates = range(min(_HEADER_ROWS, len(grid)))
    first = next((i for i in candidates if any(cell_text(value) for value in grid[i])), 0)
    known = [len(name_columns([cell_text(value) for value in grid[i]])) for i in candidates]
    header = max(candidates, key=lambda i: (known[i], i == first, -i))
    names = [cell_text(value) or f"column {i}" for i, value in enumerate(grid[header], start=1)]
    for row in grid[header + 1 :]:
        if any(cell_text(value) for value in row):
            yield dict(zip(names, row, strict=False))


def _read_json_lines(data: bytes, budget: Budget) -> Frames:
    decoded = decode_text(data)
    records: list[Cells] = []
    faults = []
    for number, line in enumerate(decoded.text.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            faults.append(f"line {number} is no JSON ({_reason(error)}); mend or delete it")
            continue
        if isinstance(record, dict):
            records.append(record)
        else:
            faults.append(f"line {number} is no JSON object; write one {{...}} a line")
    return [("", records)], decoded.encoding, decoded.n_lost, faults


def _read_json(data: bytes, budget: Budget) -> Frames:
    decoded = decode_text(data)
    try:
        content = json.loads(decoded.text.removeprefix("\ufeff"))
    except RecursionError:
        raise SourceError("is JSON nested too deeply to be a table; write a list of objects") from None
    except ValueError as error:
        if decoded.text.lstrip().startswith("{") and "Extra data" in str(error):
            return _read_json_lines(data, budget)
        raise
    if isinstance(content, dict):
        lists = [value for value in content.values() if isinstance(value, list) and value]
        content = lists[0] if len(lists) == 1 else [content]
    if not isinstance(content, list) or not all(isinstance(record, dict) for record in content):
        raise SourceError("is no list of JSON objects; write [{...}, {...}]")
    return [("", content)], decoded.encoding, decoded.n_lost, []


def _read_parquet(data: bytes, budget: Budget) -> Frames:
    """Read in batches, so that a file that swells is met before it has filled the memory."""
    records: list[Cells] = []
    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        for batch in file.iter_batches(batch_size=1000):
            budget.spend(batch.nbytes)
            records += batch.to_pylist()
    except (ArrowException, OSError) as error:
        raise SourceError(f"is a damaged Parquet file ({_reason(error)}); write it again") from error
    return [("", records)], "parquet", 0, []


_FRAMES: dict[str, Callable[[bytes, Budget], Frames]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".xlsx": _read_excel,
    ".xls": _read_excel,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".json": _read_json,
    ".parquet": _read_parquet,
}


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


def cell_text(value: Any) -> str:
    """A cell as text: whole numbers without a point, dates in ISO form, nothing for nothing."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) else str(value)


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
