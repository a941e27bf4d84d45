"""Column names and cells of somebody's table come in, our fields and values go out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from discourse.contracts import LEVELS
from discourse.corpus.gazetteer import PLACE_FIELDS, Gazetteer, Unit, read_gazetteer
from discourse.corpus.wordlists import read_sections

FIELDS = (
    *("title", "date", "year", *PLACE_FIELDS, "region", "level", "role", "speaker"),
    *("author", "author_unit", "publisher", "genre"),
)
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2}))?|(\d{4})(\d{2})(\d{2})")
_MISSING = frozenset({"", "na", "n/a", "nan", "none", "null", "nat", "-", "--", "—", "无", "不详", "未知"})


@dataclass(frozen=True)
class Columns:
    """Names of the columns that hold the text, its words and each of our fields; `text` may be a guess."""

    text: str = ""
    tokens: str = ""
    fields: Mapping[str, str] | None = None


def name_columns(names: Iterable[str]) -> dict[str, str]:
    """Which of the columns is which: field (or ``text``, ``tokens``, ``file``, ``doc_id``) -> column name."""
    plain = {_plain(name): name for name in reversed([str(name) for name in names])}
    found = {}
    for field, aliases in _aliases().items():
        column = next((plain[alias] for alias in aliases if alias in plain), None)
        if column is not None:
            found[field] = column
    return found


def find_columns(names: Sequence[str], text_column: str = "") -> Columns:
    """Column of the text, of ready-made words, and of each field; `text_column` names the first by hand."""
    found = name_columns(names)
    text = next((name for name in names if text_column and _plain(name) == _plain(text_column)), "")
    text = text or found.get("text", "")
    taken = {text, found.get("tokens", "")}
    fields = {
        field: found[field]
        for field in (*FIELDS, "published")
        if field in found and found[field] not in taken
    }
    return Columns(text, "" if text_column else found.get("tokens", ""), fields)


def read_value(field: str, value: str) -> str:
    """A cell in the form of `documents`: ISO date, year of four digits, level in our words; "" for none."""
    value = value.strip()
    if value.casefold() in _MISSING:
        return ""
    if field in ("date", "published"):
        return _iso_date(value)
    if field == "year":
        year = re.search(r"(?<!\d)\d{4}(?!\d)", value)
        return year[0] if year else ""
    if field == "level":
        return value if value in LEVELS else _levels().get(value, "")
    return value


def complete_places(values: Mapping[str, str]) -> dict[str, str]:
    """`values` with places in full (云南 -> 云南省) where the gazetteer knows one unit of that name there."""
    completed, above = dict(values), ""
    gazetteer = _gazetteer()
    for level in PLACE_FIELDS:
        unit = _unit(values.get(level, ""), level, above, gazetteer)
        if unit is not None:
            completed[level], above = unit.name, unit.code
    return completed


def _unit(name: str, level: str, above: str, gazetteer: Gazetteer) -> Unit | None:
    units = [unit for unit in gazetteer.find_units(name) if unit.level == level] if name else []
    inside = (
        [u for u in units if above in {up.code for up in gazetteer.lineage(u).values()}] if above else units
    )
    return inside[0] if len(inside) == 1 else None


def _iso_date(value: str) -> str:
    match = _DATE.match(value)
    if match is None:
        return ""
    year, month, day = (match[1], match[2], match[3]) if match[1] else (match[4], match[5], match[6])
    parts = [year, *(f"{int(part):02d}" for part in (month, day) if part)]
    return "-".join(parts) if 1 <= int(month) <= 12 and 1 <= int(day or 1) <= 31 else year


def _plain(name: object) -> str:
    bare = re.sub(r"[(（\[【].*?[)）\]】]", "", str(name))
    return re.sub(r"[\s_\-\ufeff]+", "", bare).casefold()


@cache
def _aliases() -> dict[str, list[str]]:
    sections = read_sections("table_columns.txt")
    return {field: [_plain(a) for a in names] for field, names in sections.items() if ":" not in field}


@cache
def _levels() -> dict[str, str]:
    sections = read_sections("table_columns.txt").items()
    return {word: name.split(":")[1] for name, words in sections if ":" in name for word in words}


@cache
def _gazetteer() -> Gazetteer:
    return read_gazetteer()
