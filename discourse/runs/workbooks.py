"""Two versions of a workbook come in; the first cell in which they differ goes out."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from discourse.runs.guard import guard_zip

_MOST_CELLS = 20_000_000


def find_cell(found: Path, expected: Path) -> tuple[str, Any, Any] | None:
    """Sheet and cell (``topics!C5``), the value found, the value expected; None where all cells are the same.

    Raises ValueError where a file would unpack out of proportion or holds entities of XML.
    """
    for path in (found, expected):
        _refuse_entities(path)
    first, second = (load_workbook(path, read_only=True) for path in (found, expected))
    try:
        if first.sheetnames != second.sheetnames:
            return "sheets", first.sheetnames, second.sheetnames
        pairs = zip(first.worksheets, second.worksheets, strict=True)
        return next((told for one, other in pairs for told in _in_sheet(one, other)), None)
    finally:
        first.close()
        second.close()


def _in_sheet(one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    n_cells = 0
    rows = zip_longest(one.iter_rows(values_only=True), other.iter_rows(values_only=True), fillvalue=())
    for number, (row, expected) in enumerate(rows, start=1):
        n_cells += len(row)
        if n_cells > _MOST_CELLS:
            raise ValueError("more cells than a sheet of ours has")
        for place, (value, wanted) in enumerate(zip_longest(row, expected), start=1):
            if value != wanted:
                yield f"{one.title}!{get_column_letter(place)}{number}", value, wanted


def _refuse_entities(path: Path) -> None:
    guard_zip(path)
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.filename.endswith((".xml", ".rels")) and b"<!" in archive.read(info)[:4096]:
                raise ValueError(f"{info.filename} declares entities")
