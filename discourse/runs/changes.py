"""Two versions of a file come in; one line that names the first place where they differ goes out."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import CONTRACTS
from discourse.runs.guard import guard_arrays, guard_table, read_bounded_json
from discourse.runs.store import DAMAGE

_LONGEST_HEAD = 20_000  # characters of the names of columns
_LONGEST_CELL = 100_000_000  # characters, of a raw text
_SHOWN, _AROUND = 40, 12  # characters of a value, and before the first that differs
SAME = "the same values in other bytes"


def name_change(found: Path, expected: Path) -> str:
    """What `found` has in another way than `expected`: row and column of a table, entry of JSON, line of a text.

    Both bear the name of a file of a run. Returns `SAME` where only the bytes differ.
    """
    ways = {
        ".parquet": _in_parquet,
        ".csv": _in_csv,
        ".json": _in_json,
        ".npz": _in_arrays,
        ".xlsx": _in_cells,
    }
    try:
        return ways.get(expected.suffix, _in_bytes)(found, expected)
    except (*DAMAGE, csv.Error):
        return "cannot be read any more"


def show_change(found: Any, expected: Any) -> str:
    """``'a' instead of 'b'``, long texts from shortly before the first character that differs."""
    if isinstance(found, str) and isinstance(expected, str) and max(len(found), len(expected)) > _SHOWN:
        place = first_difference(found, expected)
        cut = slice(max(0, place - _AROUND), place + _AROUND)
        return f"{found[cut]!r} instead of {expected[cut]!r} at character {place}"
    return f"{_short(found)} instead of {_short(expected)}"


def first_difference(first: Sequence[Any], second: Sequence[Any]) -> int:
    """Place of the first element that differs; the shorter length where one begins the other."""
    low, high = 0, min(len(first), len(second))
    while low < high:  # slices are compared faster than elements
        middle = (low + high + 1) // 2
        low, high = (middle, high) if first[low:middle] == second[low:middle] else (low, middle - 1)
    return low


def name_words(found: str, expected: str) -> str:
    """Which word of a list is gone, and which is new; a line is a word, ``#`` begins a remark."""
    before, after = _words(expected), _words(found)
    gone = [f"{_short(word)} (line {line}) is gone" for word, line in before.items() if word not in after]
    new = [f"{_short(word)} (line {line}) is new" for word, line in after.items() if word not in before]
    named = [*gone[:1], *new[:1]]
    n_more = len(gone) + len(new) - len(named)
    if named:
        return ", ".join(named) + (f"; and {n_more} more" if n_more else "")
    return f"the words are the same; {_in_lines(found, expected)}"


def name_rows(found: pd.DataFrame, expected: pd.DataFrame, key: Sequence[str]) -> str:
    """First row and column in which two tables differ, rows found by their key."""
    if list(found.columns) != list(expected.columns):
        gone = [name for name in expected.columns if name not in found.columns]
        new = [name for name in found.columns if name not in expected.columns]
        words = [f"column {name!r} is gone" for name in gone] + [f"column {name!r} is new" for name in new]
        return words[0] if words else "its columns stand in another order"
    key = key if key and all(_is_key(table, key) for table in (found, expected)) else ()
    first, second = _by_key(found, key), _by_key(expected, key)
    gone_rows = [row for row in second if row not in first]
    new_rows = [row for row in first if row not in second]
    cells = [
        (row, column, value, other)
        for row in second
        if row in first
        for column, value, other in zip(found.columns, first[row], second[row], strict=True)
        if not _is_equal(value, other)
    ]
    told = [
        f"row {row}, column {column}: {show_change(value, other)}" for row, column, value, other in cells[:1]
    ]
    told += [f"row {row} is gone" for row in gone_rows[: 1 - len(told)]]
    told += [f"row {row} is new" for row in new_rows[: 1 - len(told)]]
    if not told:
        return SAME if list(first) == list(second) else "its rows stand in another order"
    rest = [(len(cells), "cell"), (len(gone_rows), "row gone"), (len(new_rows), "row new")]
    n_more = sum(n for n, _ in rest) - 1
    return told[0] + (f"; and {n_more} more differences" if n_more else "")


def _in_parquet(found: Path, expected: Path) -> str:
    for path in (found, expected):
        guard_table(path)
    key = CONTRACTS[expected.stem].key if expected.stem in CONTRACTS else ()
    table, wanted = pd.read_parquet(found), pd.read_parquet(expected)
    told = name_rows(table, wanted, key)
    types = [(name, table[name].dtype, wanted[name].dtype) for name in wanted.columns if told == SAME]
    return next(
        (f"column {name}: type {one} instead of {two}" for name, one, two in types if one != two), told
    )


def _in_csv(found: Path, expected: Path) -> str:
    key = CONTRACTS[expected.stem].key if expected.stem in CONTRACTS else ()
    with open(found, encoding="utf-8-sig", newline="") as file:
        head = file.readline(_LONGEST_HEAD)
    if len(head) == _LONGEST_HEAD:
        return f"its first line has more than {_LONGEST_HEAD:,} characters"
    return name_rows(_read_csv(found), _read_csv(expected), key)


def _read_csv(path: Path) -> pd.DataFrame:
    """Cells as they are written."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
    finally:
        csv.field_size_limit(before)
    width = len(header)
    return pd.DataFrame([(row + [""] * width)[:width] for row in rows], columns=header, dtype="str")


def _is_key(table: pd.DataFrame, key: Sequence[str]) -> bool:
    """Whether each row has a key of its own."""
    return all(name in table.columns for name in key) and not table.duplicated(list(key)).any()


def _by_key(table: pd.DataFrame, key: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Rows by their key in words; by their number where they have none, or none that can be told apart."""
    rows = list(table.itertuples(index=False, name=None))
    names: list[str] = []
    if key:
        named = table[list(key)].itertuples(index=False, name=None)
        names = [", ".join(f"{n}={_short(v)}" for n, v in zip(key, values, strict=True)) for values in named]
    if len(set(names)) != len(rows):
        names = [f"number {i}" for i in range(1, len(rows) + 1)]
    return dict(zip(names, rows, strict=True))


def _is_equal(first: Any, second: Any) -> bool:
    if pd.isna(first) or pd.isna(second):
        return bool(pd.isna(first) and pd.isna(second))
    return bool(first == second)


def _in_json(found: Path, expected: Path) -> str:
    for name, value, other in _entries(read_bounded_json(found), read_bounded_json(expected)):
        return f"{name or 'the whole'}: {show_change(value, other)}"
    return SAME


def name_entries(found: Any, expected: Any) -> list[tuple[str, Any, Any]]:
    """Entries of two JSON values that differ: name, value found, value expected; None where there is none."""
    return list(_entries(found, expected))


def _entries(found: Any, expected: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in sorted({*found, *expected}):
            yield from _entries(found.get(key), expected.get(key), f"{name}.{key}" if name else key)
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for i, (value, other) in enumerate(zip(found, expected, strict=True)):
            yield from _entries(value, other, f"{name}[{i}]")
    elif found != expected:
        yield name, found, expected


def _in_arrays(found: Path, expected: Path) -> str:
    for path in (found, expected):
        guard_arrays(path)
    with np.load(found, allow_pickle=False) as first, np.load(expected, allow_pickle=False) as second:
        for name in second.files:
            if name not in first.files:
                return f"array {name} is gone"
            value, other = first[name], second[name]
            if value.shape != other.shape:
                return f"array {name}: shape {value.shape} instead of {other.shape}"
            if (places := np.argwhere(~_equal(value, other))).size:
                place = tuple(int(i) for i in places[0])
                where = ", ".join(map(str, place))
                return f"array {name}[{where}]: {value[place].item()!r} instead of {other[place].item()!r}"
        if new := [name for name in first.files if name not in second.files]:
            return f"array {new[0]} is new"
    return SAME


def _equal(value: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Element by element; what is no number is equal to itself."""
    same = value == other
    is_number = value.dtype.kind == other.dtype.kind == "f"
    return same | (np.isnan(value) & np.isnan(other)) if is_number else np.asarray(same)


def _in_cells(found: Path, expected: Path) -> str:
    from discourse.runs.workbooks import find_cell  # takes half a second to import

    told = find_cell(found, expected)
    return SAME if told is None else f"{told[0]}: {show_change(told[1], told[2])}"


def _in_bytes(found: Path, expected: Path) -> str:
    """Line of a text, byte of anything else."""
    data, wanted = found.read_bytes(), expected.read_bytes()
    try:
        return _in_lines(data.decode("utf-8", "replace"), wanted.decode("utf-8"))
    except UnicodeDecodeError:
        place = first_difference(data, wanted)
        return f"byte {place} of {len(data):,} instead of {len(wanted):,}" if data != wanted else SAME


def _in_lines(found: str, expected: str) -> str:
    lines = zip_longest(found.split("\n"), expected.split("\n"))
    for number, (line, other) in enumerate(lines, start=1):
        if line != other:
            return f"line {number}: {show_change(line, other)}"
    return SAME


def _words(text: str) -> dict[str, int]:
    lines = text.removeprefix("\ufeff").splitlines()
    words: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            words.setdefault(line.strip(), number)
    return words


def _short(value: Any) -> str:
    words = "nothing" if value is None else repr(value.item() if isinstance(value, np.generic) else value)
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"
