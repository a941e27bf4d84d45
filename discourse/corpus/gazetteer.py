"""Administrative units of China and where a text names them: names in, units and mentions out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from discourse.errors import DataError
from discourse.resources import resource

PLACE_FIELDS = ("province", "city", "district")


@dataclass(frozen=True)
class Unit:
    """One administrative unit: code, full and short name, level, code of the unit above, older names."""

    code: str
    name: str
    short: str
    level: str
    parent: str
    former: tuple[str, ...] = ()
    since: str = ""


@dataclass(frozen=True)
class Mention:
    """Where a text names a unit: `units` are all that bear the name, `form` is full, former or short.

    `chained` says that the unit above stands directly before it (武汉市|汉阳区).
    """

    start: int
    end: int
    units: tuple[Unit, ...]
    form: str
    chained: bool = False

    @property
    def unit(self) -> Unit | None:
        """The unit, if the name belongs to one only."""
        return self.units[0] if len(self.units) == 1 else None


@dataclass(frozen=True)
class Gazetteer:
    """All units and all their names.

    units: by code; names: every name with its form and the codes that bear it; nouns: names that are words,
    too; sizes: lengths of the names that begin with two characters, longest first; heads: those pairs as
    numbers, sorted; firsts (65536,): whether a name begins with that character.
    """

    units: Mapping[str, Unit]
    names: Mapping[str, tuple[str, tuple[str, ...]]]
    nouns: frozenset[str]
    sizes: Mapping[str, tuple[int, ...]]
    heads: np.ndarray
    firsts: np.ndarray

    def lineage(self, unit: Unit) -> dict[str, Unit]:
        """Return the unit and those above it, by level: ``{"province": 江苏省, "city": 南京市}``."""
        chain = {unit.level: unit}
        while unit.parent:
            unit = self.units[unit.parent]
            chain[unit.level] = unit
        return chain

    def find_units(self, name: str) -> tuple[Unit, ...]:
        """All units that bear `name` in full, now or formerly, or in short."""
        return tuple(self.units[code] for code in self.names.get(name, ("", ()))[1])

    def find_mentions(self, text: str, first: int = 0, last: int | None = None) -> list[Mention]:
        """Find every mention in ``text[first:last]``, the longest name first at each position, in their order."""
        mentions: list[Mention] = []
        end, text = 0, text[:last]
        for start in (first + place for place in self._candidates(text[first:])):
            name = self._longest_name(text, start) if start >= end else None
            if name is None:
                continue
            mention = self._mention(name, start, mentions[-1] if mentions else None)
            if mention is not None:
                mentions.append(mention)
            end = start + len(name)
        return mentions

    def _candidates(self, text: str) -> list[int]:
        """Places at which the first two characters of a name stand."""
        codes = _code_points(text)
        likely = np.flatnonzero(self.firsts[np.minimum(codes[:-1], len(self.firsts) - 1)])
        pairs = _pair(codes[likely].astype(np.int64), codes[likely + 1])
        nearest = np.minimum(np.searchsorted(self.heads, pairs), len(self.heads) - 1)
        return [int(start) for start in likely[self.heads[nearest] == pairs]] if len(self.heads) else []

    def _longest_name(self, text: str, start: int) -> str | None:
        for size in self.sizes[text[start : start + 2]]:
            if text[start : start + size] in self.names:
                return text[start : start + size]
        return None

    def _mention(self, name: str, start: int, before: Mention | None) -> Mention | None:
        form, codes = self.names[name]
        units = tuple(self.units[code] for code in codes)
        if before is not None and before.end == start:
            above = {unit.code for unit in before.units}
            below = tuple(u for u in units if above & {up.code for up in self.lineage(u).values()} - {u.code})
            if below:
                return Mention(start, start + len(name), below, form, chained=True)
        return None if name in self.nouns else Mention(start, start + len(name), units, form)


def read_gazetteer(path: str | Path | None = None) -> Gazetteer:
    """Read the table of administrative units.

    Parameters
    ----------
    path
        A table with the columns of ``stopwords/gazetteer.tsv``, which is read when nothing is given.

    Raises
    ------
    DataError
        A line has not seven fields, or its parent is no unit of the table.
    """
    return _packaged() if path is None else _read(Path(path))


@cache
def _packaged() -> Gazetteer:
    return _read(resource("stopwords", "gazetteer.tsv"))


def _read(source: Path) -> Gazetteer:
    units = {unit.code: unit for unit in _read_units(source)}
    for unit in units.values():
        if unit.parent and unit.parent not in units:
            raise DataError(
                f"{source.name}: {unit.name} has the parent {unit.parent!r}, which is no unit's code: add it."
            )
    nouns = frozenset(read_words(resource("stopwords", "gazetteer_nouns.txt")))
    names = _index_names(units.values())
    sizes = _index_sizes(names)
    heads = np.array([[ord(head[0]), ord(head[1])] for head in sizes], dtype=np.int64).reshape(-1, 2)
    firsts = np.zeros(65536, dtype=bool)
    firsts[heads[:, 0]] = True
    return Gazetteer(units, names, nouns, sizes, np.sort(_pair(heads[:, 0], heads[:, 1])), firsts)


def read_rows(path: Path) -> list[list[str]]:
    """Rows of a tab-separated word list without its comments and its header."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line.strip() and not line.startswith("#")][1:]


def read_words(path: Path) -> list[str]:
    """Words of a list, one a line, without its comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _read_units(source: Path) -> Iterable[Unit]:
    for row in read_rows(source):
        if len(row) != 7:
            raise DataError(
                f"{source.name}: the line {row[0]!r} has {len(row)} fields, a unit has 7: see its header."
            )
        code, name, short, level, parent, former, since = row
        yield Unit(code, name, short, level, parent, tuple(former.split()), since)


def _index_names(units: Iterable[Unit]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Name -> form and codes; a full name hides the same short name, a short one that of a lower level.

    A name in use is shared with the units that bore it once: 江北区 is in 宁波, and was in 重庆.
    """
    full: dict[str, list[Unit]] = defaultdict(list)
    former: dict[str, list[Unit]] = defaultdict(list)
    short: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        full[unit.name].append(unit)
        short[unit.short].append(unit)
        for name in unit.former:
            former[name].append(unit)
    index = {name: ("short", _codes(_highest(bearers))) for name, bearers in short.items()}
    index |= {name: ("former", _codes(bearers)) for name, bearers in former.items()}
    return index | {
        name: ("full", _codes([*bearers, *former.get(name, ())])) for name, bearers in full.items()
    }


def _highest(units: list[Unit]) -> list[Unit]:
    top = min(PLACE_FIELDS.index(unit.level) for unit in units)
    return [unit for unit in units if PLACE_FIELDS.index(unit.level) == top]


def _codes(units: Iterable[Unit]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(unit.code for unit in units))


def _index_sizes(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """First two characters -> lengths of the names that begin with them; every name has two at least."""
    sizes: dict[str, set[int]] = defaultdict(set)
    for name in names:
        sizes[name[:2]].add(len(name))
    return {head: tuple(sorted(lengths, reverse=True)) for head, lengths in sizes.items()}


def _code_points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _pair(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Two characters as one number."""
    return first * 0x110000 + second
