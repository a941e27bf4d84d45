"""Tables whose footers and pages say what is not so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.hostile.files import wide_cells
from tests.hostile.spoiling import Spoil
from tests.hostile.thrift import I32, I64, Struct, build, change_footer, parse

# numbers of fields in parquet.thrift
_SCHEMA, _N_ROWS, _ROW_GROUPS = 2, 3, 4
_COLUMNS, _GROUP_ROWS = 1, 3
_META_DATA, _N_VALUES, _UNPACKED, _PACKED, _DATA_PLACE = 3, 5, 6, 7, 9
_PAGE_UNPACKED, _PAGE_VALUES = 2, 1
_DATA_HEAD, _DICTIONARY_HEAD = 5, 7
_BILLIONS = 4_000_000_000


def _footer(change: Callable[[Struct], object], name: str = "documents") -> Spoil:
    return lambda run, outside: change_footer(run / f"{name}.parquet", change)


def _groups(about: Struct) -> list[Struct]:
    return about[_ROW_GROUPS][1][1]


def _facts(group: Struct) -> list[Struct]:
    """What is said of each column of a row group."""
    return [column[_META_DATA][1] for column in group[_COLUMNS][1][1]]


def _set_rows(about: Struct) -> None:
    about[_N_ROWS] = (I64, _BILLIONS)


def _set_group_rows(about: Struct) -> None:
    for group in _groups(about):
        group[_GROUP_ROWS] = (I64, _BILLIONS)


def _set_values(about: Struct) -> None:
    for group in _groups(about):
        for facts in _facts(group):
            facts[_N_VALUES] = (I64, _BILLIONS)


def _set_unpacked(about: Struct) -> None:
    for group in _groups(about):
        for facts in _facts(group):
            facts[_UNPACKED] = (I64, 2**62)


def _many_groups(about: Struct) -> None:
    _groups(about).extend(_groups(about)[:1] * 20_000)


def _many_columns(about: Struct) -> None:
    """Four thousand columns more of the same name and place."""
    leaves = about[_SCHEMA][1][1]
    leaves.extend(leaves[-1:] * 4_000)
    leaves[0][5] = (I32, len(leaves) - 1)
    for group in _groups(about):
        columns = group[_COLUMNS][1][1]
        columns.extend(columns[-1:] * 4_000)


def _no_groups(about: Struct) -> None:
    _groups(about).clear()


def _places_outside(about: Struct) -> None:
    for facts in _facts(_groups(about)[0]):
        facts[_DATA_PLACE] = (I64, 2**40)


def _negative(about: Struct) -> None:
    about[_N_ROWS] = (I64, -1)
    for group in _groups(about):
        group[_GROUP_ROWS] = (I64, -1)


def _one_row_of_wide_cells(run: Path, outside: Path) -> None:
    wide_cells(run, outside)
    change_footer(run / "passages.parquet", lambda about: about.update({_N_ROWS: (I64, 1)}))


def _few_rows_of_wide_cells(run: Path, outside: Path) -> None:
    """Cells that swell to a hundred gigabytes, of a table that says it has one row."""
    wide_cells(run, outside)

    def lie(about: Struct) -> None:
        about[_N_ROWS] = (I64, 1)
        for group in _groups(about):
            group[_GROUP_ROWS] = (I64, 1)

    change_footer(run / "passages.parquet", lie)


def _page(head: int | None, field: int) -> Spoil:
    """The first page says that it holds two billion values or bytes."""

    def spoil(run: Path, outside: Path) -> None:
        path = run / "documents.parquet"
        names = pa.array([f"document {number % 9}" for number in range(1000)])
        pq.write_table(pa.table({"doc_id": names}), path)
        data = path.read_bytes()
        start, is_data = 4, head == _DATA_HEAD
        page, end = parse(data, start)
        n_dictionary = end - start + page[3][1]
        if is_data:
            start += n_dictionary
            page, end = parse(data, start)
        inner = page if head is None else page[head][1]
        inner[field] = (I32, 2**31 - 1)
        new = build(page)
        path.write_bytes(data[:start] + new + data[end:])
        change_footer(path, lambda about: _shift(about, len(new) - (end - start), is_data))

    return spoil


def _shift(about: Struct, n_bytes: int, is_data: bool) -> None:
    (facts,) = _facts(_groups(about)[0])
    facts[_PACKED] = (I64, facts[_PACKED][1] + n_bytes)
    if not is_data:
        facts[_DATA_PLACE] = (I64, facts[_DATA_PLACE][1] + n_bytes)


TABLES: dict[str, Spoil] = {
    "a footer of billions of rows": _footer(_set_rows),
    "a footer of row groups of billions of rows": _footer(_set_group_rows, "passages"),
    "a footer of billions of values": _footer(_set_values),
    "a footer of exabytes": _footer(_set_unpacked, "tokens"),
    "a footer of many row groups": _footer(_many_groups, "passages"),
    "a footer of many columns": _footer(_many_columns, "passages"),
    "a footer of no row groups": _footer(_no_groups),
    "a footer of negative sizes": _footer(_negative),
    "a footer whose pages lie behind the end": _footer(_places_outside, "topics"),
    "a table of few rows whose cells swell": _few_rows_of_wide_cells,
    "a table of one row whose cells swell": _one_row_of_wide_cells,
    "a dictionary page of two billion bytes": _page(None, _PAGE_UNPACKED),
    "a dictionary page of two billion words": _page(_DICTIONARY_HEAD, _PAGE_VALUES),
    "a data page of two billion values": _page(_DATA_HEAD, _PAGE_VALUES),
}
