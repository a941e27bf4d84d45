"""What the user knows better: documents and a table of metadata or of regions in, corrected documents out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import LEVELS, check
from discourse.corpus.gazetteer import PLACE_FIELDS, Gazetteer, Unit, read_gazetteer
from discourse.errors import DataError, SettingError, suggest

METADATA_COLUMNS = tuple("title date year province city district region level role speaker genre".split())
_KEYS = ("doc_id", "file")
_CLEAR = "NA"
Cells = dict[tuple[str, str], str]  # (doc_id, field) -> value


def override_attributions(
    documents: pd.DataFrame, attributions: pd.DataFrame, metadata: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Let the user's metadata win over whatever was read off the texts.

    Parameters
    ----------
    documents, attributions
        Tables of those names. A column `path` of `documents`, if there is one, is what `file` may match, too.
    metadata
        One row a document (`doc_id`) or file (`file`: path, file name with or without its ending, or
        source_id; it stands for all documents of the file), and any metadata columns of `documents`. An
        empty cell changes nothing, "NA" clears. A row by `doc_id` wins over one by `file`. What a given cell
        implies follows it unless the row says otherwise: a date brings its year, a place the units above it,
        and a unit that does not lie in the new place goes.

    Returns
    -------
    tuple of pandas.DataFrame
        documents and attributions; what came from here has the rule "metadata" and confidence 1.

    Raises
    ------
    DataError
        A column that is unknown or missing, a row that matches no document, two rows for one key, a level or
        year that is none.
    """
    _require_columns(metadata)
    cells = _cells(documents, metadata)
    documents, table = documents.copy(), attributions.copy()
    for (doc_id, field), value in cells.items():
        _set(documents, doc_id, field, value)
    replaced = [key in cells for key in zip(table["doc_id"], table["field"], strict=True)]
    table = _append(table[~np.array(replaced, dtype=bool)], cells)
    return check(documents, "documents"), check(table, "attributions")


def assign_regions(documents: pd.DataFrame, regions: Mapping[str, str] | None) -> pd.DataFrame:
    """Label each document with the region that the study compares.

    Parameters
    ----------
    documents
        Table `documents`.
    regions
        Label -> full name of an administrative unit (``{"云南": "云南省", "福州": "福州市"}``). A document
        whose province, city or district is that unit gets the label, the most specific unit wins, a document
        of none gets NA. A name that several units bear (鼓楼区) is written with the one above it
        (福州市鼓楼区). Without `regions` the region is the province.

    Returns
    -------
    pandas.DataFrame
        documents with the column `region` filled. A region that the user's metadata gave already stays.

    Raises
    ------
    SettingError
        A name that no unit or several units bear, with the nearest names.
    """
    documents = documents.copy()
    given = documents["region"] if "region" in documents else pd.Series(pd.NA, documents.index)
    found = documents["province"] if regions is None else _regions(documents, regions)
    documents["region"] = given.where(given.notna(), found).astype("str")
    return check(documents, "documents")


def _require_columns(metadata: pd.DataFrame) -> None:
    known = (*_KEYS, *METADATA_COLUMNS)
    for column in map(str, metadata.columns):
        if column not in known:
            raise DataError(
                f"metadata: {column!r} is not a column that documents have. {suggest(column, known)}"
                f"Columns: {', '.join(known)}."
            )
    if not any(key in metadata.columns for key in _KEYS):
        raise DataError("metadata: no column says which document a row is about: add 'doc_id' or 'file'.")


def _cells(documents: pd.DataFrame, metadata: pd.DataFrame) -> Cells:
    """Collect what changes; rows by file go first, so that rows by doc_id overwrite them."""
    rows = [{str(name): _text(value) for name, value in row.items()} for row in metadata.to_dict("records")]
    cells: Cells = {}
    seen: set[str] = set()
    gazetteer = read_gazetteer()
    for row in sorted(rows, key=lambda row: bool(row.get("doc_id"))):
        name, doc_ids = _match(documents, row)
        if name in seen:
            raise DataError(f"metadata: {name!r} has two rows, a document or file has one: merge them.")
        seen.add(name)
        given = {field: _valid(name, field, row[field]) for field in METADATA_COLUMNS if row.get(field)}
        for doc_id in doc_ids:
            known = documents.loc[documents["doc_id"] == doc_id].iloc[0].to_dict()
            values = _implied(given, known, gazetteer) | given
            cells.update({(doc_id, field): value for field, value in values.items()})
    return cells


def _match(documents: pd.DataFrame, row: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return what the row names, and the documents that it means."""
    doc_ids, source_ids = documents["doc_id"].astype("str"), documents["source_id"].astype("str")
    name = row.get("doc_id") or row.get("file", "")
    if row.get("doc_id"):
        matched, choices = doc_ids[doc_ids == name], list(doc_ids)
    else:
        paths = documents.get("path", source_ids).astype("str")
        named = [_is_file(name, *pair) for pair in zip(paths, source_ids, strict=True)]
        matched, choices = doc_ids[np.array(named, dtype=bool)], sorted(set(source_ids))
    if matched.empty:
        raise DataError(
            f"metadata: the row {name!r} matches no document. {suggest(name, choices)}"
            f"Known: {', '.join(choices[:8])}{' ...' if len(choices) > 8 else ''}."
        )
    return name, list(matched)


def _is_file(name: str, path: str, source_id: str) -> bool:
    """Whether `name` is the source or ends its path: ``data/one.txt`` is ``one.txt`` and ``one``, too."""
    wanted, parts = PurePath(name.replace("\\", "/")), PurePath(path.replace("\\", "/")).parts
    ends = bool(wanted.parts) and parts[-len(wanted.parts) :] == wanted.parts
    return ends or source_id in (name, wanted.name, wanted.stem)


def _valid(name: str, field: str, value: str) -> str:
    if field == "level" and value not in (*LEVELS, _CLEAR):
        raise DataError(
            f"metadata: {name!r} has the level {value!r}, which is none. {suggest(value, LEVELS)}"
            f"Levels: {', '.join(LEVELS)}."
        )
    if field == "year" and value != _CLEAR:
        value = value.removesuffix(".0")
        if not value.isdecimal():
            raise DataError(f"metadata: {name!r} has the year {value!r}, not a number: write four digits.")
    return value


def _implied(given: Mapping[str, str], known: Mapping[Any, Any], gazetteer: Gazetteer) -> dict[str, str]:
    """Derive what the given cells say without words: a date its year, a place the units above it."""
    implied: dict[str, str] = {}
    if "date" in given:
        implied["year"] = given["date"][:4] if given["date"][:4].isdecimal() else _CLEAR
    lowest = next((field for field in reversed(PLACE_FIELDS) if given.get(field, _CLEAR) != _CLEAR), None)
    units = [unit for unit in gazetteer.find_units(given[lowest]) if unit.level == lowest] if lowest else []
    if len(units) != 1 or lowest is None:
        return implied
    lineage = gazetteer.lineage(units[0])
    for field in PLACE_FIELDS[: PLACE_FIELDS.index(lowest)]:
        implied[field] = lineage[field].name if field in lineage else _CLEAR
    for field in PLACE_FIELDS[PLACE_FIELDS.index(lowest) + 1 :]:
        held = gazetteer.find_units(known[field]) if isinstance(known[field], str) else ()
        if held and not any(units[0].code in _codes_above(unit, gazetteer) for unit in held):
            implied[field] = _CLEAR
    return implied


def _codes_above(unit: Unit, gazetteer: Gazetteer) -> set[str]:
    return {above.code for above in gazetteer.lineage(unit).values()}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else "" if value is None or value != value else str(value)


def _set(documents: pd.DataFrame, doc_id: str, field: str, value: str) -> None:
    rows, cleared = documents["doc_id"] == doc_id, value == _CLEAR
    if field == "year":
        documents["year"] = documents["year"].astype("Int64")
        documents.loc[rows, "year"] = pd.NA if cleared else int(value)
    else:
        documents[field] = documents[field].astype("str")
        documents.loc[rows, field] = pd.NA if cleared else value


def _append(table: pd.DataFrame, cells: Cells) -> pd.DataFrame:
    """Add a row for each cell that is not cleared; the user's words have no place in the text."""
    rows = [(doc_id, field, value, value) for (doc_id, field), value in cells.items() if value != _CLEAR]
    added = pd.DataFrame(rows, columns=["doc_id", "field", "value", "quote"]).astype("str")
    nowhere = pd.array([pd.NA] * len(rows), dtype="Int64")
    added = added.assign(start=nowhere, end=nowhere, rule="metadata", confidence=1.0)
    table = table.astype({"start": "Int64", "end": "Int64"})
    parts = [part for part in (table, added[list(table.columns)]) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else table.reset_index(drop=True)


def _regions(documents: pd.DataFrame, regions: Mapping[str, str]) -> pd.Series[str]:
    gazetteer = read_gazetteer()
    wanted = [(label, _region_lineage(label, name, gazetteer)) for label, name in regions.items()]
    labels = [_label(row, wanted) for row in documents.to_dict("records")]
    return pd.Series(labels, documents.index, dtype="str")


def _region_lineage(label: str, name: str, gazetteer: Gazetteer) -> dict[str, str]:
    """Names by level of the unit that a study means by a full name, and of those above it."""
    units = gazetteer.find_units(name)
    mentions = gazetteer.find_mentions(name)
    if not units and mentions and mentions[0].start == 0 and mentions[-1].end == len(name):
        units = mentions[-1].units
    if len(units) == 1 and name.endswith(units[0].name):
        return {level: unit.name for level, unit in gazetteer.lineage(units[0]).items()}
    if len(units) > 1:
        rule = "is borne by several units: write the one above before it"
        near = [_full_name(unit, gazetteer) for unit in units]
    else:
        rule, near = "is no administrative unit's full name", _nearest(name, gazetteer)
    raise SettingError(f"[regions] {label} = {name!r} {rule}. Did you mean {' or '.join(near)}?")


def _full_name(unit: Unit, gazetteer: Gazetteer) -> str:
    lineage = gazetteer.lineage(unit)
    return "".join(
        lineage[level].name
        for level in (PLACE_FIELDS[1:] if "city" in lineage else PLACE_FIELDS)
        if level in lineage
    )


def _nearest(name: str, gazetteer: Gazetteer) -> list[str]:
    """Find the nearest names of units, first those whose short name it is."""
    near = [unit.name for unit in gazetteer.find_units(name)]
    for level in PLACE_FIELDS:
        names = [unit.name for unit in gazetteer.units.values() if unit.level == level]
        near += get_close_matches(name, names, n=2, cutoff=0.5)
    return list(dict.fromkeys(near))[:4] or ["云南省", "福州市"]


def _label(row: Mapping[Any, Any], wanted: Iterable[tuple[str, dict[str, str]]]) -> str | None:
    """Label of the most specific unit in which the document lies; a city without its province counts."""
    hits = [
        (len(lineage), label)
        for label, lineage in wanted
        for lowest in [max(lineage, key=PLACE_FIELDS.index)]
        if row[lowest] == lineage[lowest]
        and all(not isinstance(row[level], str) or row[level] == name for level, name in lineage.items())
    ]
    return max(hits, key=lambda hit: hit[0])[1] if hits else None
