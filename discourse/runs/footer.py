"""The end of a Parquet file comes in; what it says of its columns goes out, read without the library.

Arrow's own accessors end the whole process where a codec or a histogram of a column is not what it should be, so the
few numbers that the guard needs are read here. Source: the Thrift compact protocol, and Parquet's ``parquet.thrift``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MAGIC = b"PAR1"
_LARGEST = 64_000_000  # bytes of a footer
# in a footer, read at a million a second; a table of 50 million rows has half as many
_MOST_VALUES = 1_000_000
_DEEPEST = 32
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
_ROW_GROUPS, _COLUMNS, _GROUP_ROWS, _META_DATA = 4, 1, 3, 3  # numbers of fields in parquet.thrift
_PATH, _CODEC, _N_VALUES, _UNPACKED = 3, 4, 5, 6


@dataclass(frozen=True)
class Chunk:
    """One column of one row group: its name, number of its codec, values, and bytes when it is unpacked.

    n_rows: of its row group.
    """

    name: str
    codec: int
    n_values: int
    n_bytes: int
    n_rows: int


def read_chunks(path: Path) -> list[Chunk]:
    """Columns of every row group. Raises ValueError where the footer is not one."""
    try:
        about = _Reader(_footer(path)).struct()
        return list(_chunks(about))
    except (IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"its footer is not that of a Parquet file ({type(error).__name__})") from None


def _footer(path: Path) -> bytes:
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 8))
        ending = file.read(8)
        length = int.from_bytes(ending[:4], "little")
        if ending[4:] != _MAGIC or length > min(size - 8, _LARGEST):
            raise ValueError("its footer is not that of a Parquet file")
        file.seek(size - 8 - length)
        return file.read(length)


def _chunks(about: dict[int, Any]) -> Iterator[Chunk]:
    for group in about[_ROW_GROUPS]:
        for column in group[_COLUMNS]:
            facts = column[_META_DATA]
            numbers = [facts[number] for number in (_CODEC, _N_VALUES, _UNPACKED)] + [group[_GROUP_ROWS]]
            if not all(isinstance(number, int) and number >= 0 for number in numbers):
                raise ValueError("a column of it has a negative size")
            yield Chunk(".".join(part.decode("utf-8") for part in facts[_PATH]), *numbers)


class _Reader:
    """Thrift's compact protocol: numbers of fields -> values."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place, self._n_values = data, 0, 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """Fields of a struct by their numbers."""
        if depth > _DEEPEST:
            raise ValueError("its footer is nested too deep")
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            kind = head & 0x0F
            number = number + (head >> 4) if head >> 4 else self._signed()
            fields[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        self._n_values += 1
        if self._n_values > _MOST_VALUES:
            raise ValueError("its footer says more than that of any table of ours")
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind in (_I16, _I32, _I64):
            return self._signed()
        if kind == _DOUBLE:
            return self._bytes(8)
        if kind == _BINARY:
            return self._bytes(self._unsigned())
        if kind in (_LIST, _SET):
            return self._list(depth)
        if kind == _MAP:
            return self._map(depth)
        if kind == _STRUCT:
            return self.struct(depth + 1)
        raise ValueError(f"its footer holds values of an unknown kind ({kind})")

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        length = self._counted(head >> 4 if head >> 4 < 15 else self._unsigned())
        if depth > _DEEPEST:
            raise ValueError("its footer is nested too deep")
        return [self._value(head & 0x0F, depth + 1) for _ in range(length)]

    def _map(self, depth: int) -> list[Any]:
        length = self._counted(self._unsigned())
        kinds = self._byte() if length else 0
        if depth > _DEEPEST:
            raise ValueError("its footer is nested too deep")
        return [
            (self._value(kinds >> 4, depth + 1), self._value(kinds & 0x0F, depth + 1)) for _ in range(length)
        ]

    def _counted(self, length: int) -> int:
        """A length that can be true: each of so many values takes a byte at least."""
        if length > len(self._data) - self._place:
            raise ValueError("its footer ends too early")
        return length

    def _signed(self) -> int:
        number = self._unsigned()
        return (number >> 1) ^ -(number & 1)

    def _unsigned(self) -> int:
        number = shift = 0
        while shift < 64:
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7
        raise ValueError("its footer holds a number without end")

    def _byte(self) -> int:
        byte = self._data[self._place]
        self._place += 1
        return byte

    def _bytes(self, length: int) -> bytes:
        start = self._place
        self._place += self._counted(length)
        return self._data[start : self._place]
