"""The bytes of a table come in, its records go out: CSV, Excel, JSON, JSON lines, Parquet."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd
import pyarrow.parquet as parquet
from pyarrow.lib import ArrowException
from python_calamine import CalamineWorkbook

from discourse.corpus.archives import Budget, guard_zip, read_part
from discourse.corpus.columns import name_columns
from discourse.corpus.encodings import decode_text
from discourse.corpus.readers import refuse_macros
from discourse.errors import SourceError

SUFFIXES = (".csv", ".tsv", ".xlsx", ".xls", ".jsonl", ".ndjson", ".json", ".parquet")
Cells = Mapping[str, Any]
Frames = tuple[list[tuple[str, list[Cells]]], str, int, list[str]]
_MAX_CELLS = 20_000_000
_MAX_COLUMNS = 10_000
_HEADER_ROWS = 10
_LOCKED = b"\xd0\xcf\x11\xe0"  # an encrypted workbook is wrapped in the container of old Office files
_VBA_STREAM = "_VBA_PROJECT".encode("utf-16-le")
_BAD_LINE = re.compile(r"[Ll]ine (\d+): expected (\d+) fields?, saw (\d+)")
_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')


def read_frames(data: bytes, suffix: str, budget: Budget) -> Frames:
    """Records of each sheet, encoding, losses, and faults of single records.

    Raises SourceError where the file is damaged, holds macros or unpacks out of proportion.
    """
    if not data:
        raise SourceError("the file is empty; remove it or put its table back")
    if suffix == ".xlsx" and data.startswith(_LOCKED):
        raise SourceError(
            "is locked by a password, or an old .xls by another name; open it in Excel and save it anew"
        )
    try:
        return _FRAMES[suffix](data, budget)
    except SourceError:
        raise
    except Exception as error:  # whatever a parser of a foreign format raises, the file is what is wrong
        raise SourceError(f"is damaged ({_reason(error)}); open it and save it again") from error


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__


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


def _read_csv(data: bytes, budget: Budget) -> Frames:
    decoded = decode_text(data)
    text = decoded.text.removeprefix("\ufeff")
    header = text[: text.find("\n") if "\n" in text else len(text)]
    separator = max(",\t;|", key=lambda mark: (header.count(mark), mark == ","))
    _guard_columns(header.count(separator) + 1, text, separator)
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


def _guard_columns(n_columns: int, text: str, separator: str) -> None:
    """Refuse a table whose cells, most of them empty, would fill the memory: a comma is one byte, a cell a hundred."""
    n_lines = text.count("\n") + 1
    n_filled = text.count(separator) + n_lines
    if n_columns > _MAX_COLUMNS or n_columns * n_lines > max(_MAX_CELLS, 10 * n_filled):
        raise SourceError(
            f"has {n_columns:,} columns and {n_lines:,} lines, more than a table of texts has; delete empty columns"
        )


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
