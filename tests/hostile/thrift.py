"""Structs of Thrift's compact protocol come in as bytes and go out as numbers of fields, and back again.

Only so can a footer of Parquet be made to say what no library would write. A struct: number -> (kind, value).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, STRUCT = 3, 4, 5, 6, 7, 8, 9, 10, 12
Struct = dict[int, tuple[int, Any]]


def parse(data: bytes, place: int = 0) -> tuple[Struct, int]:
    """A struct, and the place behind it."""
    fields: Struct = {}
    number = 0
    while head := data[place]:
        place, kind = place + 1, head & 15
        if head >> 4:
            number += head >> 4
        else:
            number, place = _signed(data, place)
        value, place = (kind == 1, place) if kind in (1, 2) else _parse_value(data, place, kind)
        fields[number] = (kind, value)
    return fields, place + 1


def build(fields: Struct) -> bytes:
    """The bytes of a struct."""
    out, before = b"", 0
    for number, (kind, value) in sorted(fields.items()):
        kind = (1 if value else 2) if kind in (1, 2) else kind
        out += bytes([(number - before) << 4 | kind]) + (b"" if kind in (1, 2) else _build_value(kind, value))
        before = number
    return out + b"\0"


def change_footer(path: Path, change: Any) -> None:
    """Change what the end of a Parquet file says of it; `change` gets the struct."""
    data = path.read_bytes()
    length = int.from_bytes(data[-8:-4], "little")
    about, _ = parse(data[-8 - length : -8])
    change(about)
    footer = build(about)
    path.write_bytes(data[: -8 - length] + footer + len(footer).to_bytes(4, "little") + b"PAR1")


def _parse_value(data: bytes, place: int, kind: int) -> tuple[Any, int]:
    if kind == BYTE:
        return data[place], place + 1
    if kind in (I16, I32, I64):
        return _signed(data, place)
    if kind == DOUBLE:
        return data[place : place + 8], place + 8
    if kind == BINARY:
        length, place = _unsigned(data, place)
        return data[place : place + length], place + length
    if kind == STRUCT:
        return parse(data, place)
    head, place = data[place], place + 1
    length = head >> 4
    if length == 15:
        length, place = _unsigned(data, place)
    items = []
    for _ in range(length):
        item, place = _parse_value(data, place, head & 15)
        items.append(item)
    return (head & 15, items), place


def _build_value(kind: int, value: Any) -> bytes:
    if kind == BYTE:
        return bytes([value])
    if kind in (I16, I32, I64):
        return _varint(value << 1 if value >= 0 else (-value << 1) - 1)
    if kind == DOUBLE:
        return bytes(value)
    if kind == BINARY:
        return _varint(len(value)) + value
    if kind == STRUCT:
        return build(value)
    of, items = value
    head = bytes([len(items) << 4 | of]) if len(items) < 15 else bytes([0xF0 | of]) + _varint(len(items))
    return head + b"".join(_build_value(of, item) for item in items)


def _signed(data: bytes, place: int) -> tuple[int, int]:
    number, place = _unsigned(data, place)
    return (number >> 1) ^ -(number & 1), place


def _unsigned(data: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (data[place] & 127) << shift
        place, shift = place + 1, shift + 7
        if data[place - 1] < 128:
            return number, place


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])
