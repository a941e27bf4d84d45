"""What the user knows better: documents and a table of metadata in, corrected documents out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from discourse.contracts import CONTRACTS, LEVELS, check
from discourse.corpus.columns import FIELDS, complete_places, name_columns, read_value
from discourse.corpus.filenames import find_files
from discourse.corpus.gazetteer import PLACE_FIELDS, Gazetteer, Unit, read_gazetteer
from discourse.corpus.spelling import near_misspelling
from discourse.errors import DataError, suggest

METADATA_COLUMNS = FIELDS
RULE = "given"
_KEYS = ("doc_id", "file", "path")
_LONG = ("field", "value")
_FIXED = ("source_id", "raw_start", "raw_end", "text", "is_segmented")  # columns that no user's table changes
_CLEAR = "NA"
Cells = dict[tuple[str, str], str]  # (doc_id, field) -> value


class _Row(NamedTuple):
    """What the user says of one document or file: by which key, its name, field -> value."""

    key: str
    name: str
    values: dict[str, str]


def override_attributions(
    documents: pd.DataFrame,
    attributions: pd.DataFrame,
    metadata: pd.DataFrame,
    *,
    sources: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Let the user's metadata win over whatever was read off the texts.

    Parameters
    ----------
    documents, attributions
        Tables of those names.
    metadata
        Wide: one row a document (`doc_id`) or file (`file` or `path`: path or its end, with or without its
        suffix, or source_id; it stands for all documents of the file), and any columns of `documents`. An empty
        cell changes nothing, "NA" clears. A row by `doc_id` wins over one by `file`. What a given cell
        implies follows it unless the row says otherwise: a date brings its year, a place the units above it,
        and a unit that does not lie in the new place goes. Any other column (`period`) becomes a column of
        `documents`: whole numbers if all its cells are, else numbers, else words.
        Long, as ``attributions.csv`` of a run is: doc_id (or file), field, value, one row a field. Rows that say
        what was read anyway, by the same `rule`, change nothing; an empty value clears.
    sources
        Table of that name: the paths that `file` may mean.

    Returns
    -------
    tuple of pandas.DataFrame
        documents and attributions; what came from here has the rule "given" and confidence 1.

    Raises
    ------
    DataError
        A column that is missing or misspelt, a row that matches no document or files of the same name, two rows
        for one key, a level, date or year that is none.
    """
    is_long = set(_LONG) <= {str(name) for name in metadata.columns}
    rows = list(_long_rows(metadata, attributions) if is_long else _wide_rows(metadata))
    cells = _cells(documents, rows, sources)
    table = attributions
    pairs = zip(table["doc_id"].tolist(), table["field"].tolist(), strict=True)
    replaced = [pair in cells for pair in pairs]
    table = _append(table[~np.array(replaced, dtype=bool)], cells)
    return check(_fill(documents, cells), "documents"), check(table, "attributions")


def _wide_rows(metadata: pd.DataFrame) -> Iterator[_Row]:
    names = [str(name) for name in metadata.columns]
    for name in names:
        _require_known(name)
    if not any(key in names for key in _KEYS):
        raise DataError("metadata: no column says which document a row is about: add 'doc_id' or 'file'.")
    seen: set[tuple[str, str]] = set()
    for record in _records(metadata):
        key, name = _key(record)
        if (key, name) in seen:
            raise DataError(f"metadata: {name!r} has two rows, a document or file has one: merge them.")
        seen.add((key, name))
        yield _Row(key, name, {f: v for f, v in record.items() if v and f not in (*_KEYS, *_FIXED)})


def _long_rows(metadata: pd.DataFrame, attributions: pd.DataFrame) -> Iterator[_Row]:
    """One row a document or file, from one row a field."""
    columns = [attributions[name].tolist() for name in ("doc_id", "field", "value", "rule")]
    inferred = {(doc_id, field): (value, rule) for doc_id, field, value, rule in zip(*columns, strict=True)}
    names = {field: _our_name(field) for field in dict.fromkeys(map(_text, metadata["field"].tolist()))}
    found: dict[tuple[str, str], dict[str, str]] = {}
    for record in _records(metadata):
        key, name = _key(record)
        field = names[record["field"]]
        value = record["value"] or _CLEAR
        if inferred.get((name, field)) == (value, record.get("rule")):
            continue
        values = found.setdefault((key, name), {})
        if values.setdefault(field, value) != value:
            raise DataError(f"metadata: {name!r} has two values of {field!r}: keep one row.")
    for key, name in found:
        yield _Row(key, name, found[key, name])


def _our_name(field: str) -> str:
    """Our name of a field (省份 -> province), or the user's own, checked."""
    ours = name_columns([field])
    field = next((name for name in ours if name in METADATA_COLUMNS), field)
    if not field or field in (*_KEYS, *_FIXED):
        raise DataError(
            f"metadata: {field!r} in the column 'field' cannot be changed; write a field such as city."
        )
    _require_known(field)
    return field


def _records(metadata: pd.DataFrame) -> Iterator[dict[str, str]]:
    names = [str(name) for name in metadata.columns]
    for values in zip(*(metadata[name].tolist() for name in metadata.columns), strict=True):
        texts = zip(names, map(_text, values), strict=True)
        yield {name: text if name in _KEYS else _plain(text) for name, text in texts if name}


def _plain(text: str) -> str:
    """Text without the mark by which our own CSV wards off formulas."""
    return text[1:] if text[:2] in ("'=", "'+", "'-", "'@") else text


def _key(record: Mapping[str, str]) -> tuple[str, str]:
    if record.get("doc_id"):
        return "doc_id", record["doc_id"]
    return "file", record.get("file") or record.get("path", "")


def _require_known(name: str) -> None:
    """Refuse a column that is no field and nearly one, or that would be mistaken for something else."""
    known = (*_KEYS, *METADATA_COLUMNS, *_FIXED, *_LONG)
    if name in known:
        return
    near = near_misspelling(name, known)
    if near:
        raise DataError(
            f"metadata: {name!r} is not a column that documents have. Did you mean {near!r}? "
            f"Columns: {', '.join((*_KEYS, *METADATA_COLUMNS))}; any other name becomes a column of its own."
        )
    if ":" in name or re.fullmatch(r"topic_\d+", name):
        raise DataError(
            f"metadata: a column cannot be called {name!r} (':' parts crossed columns): rename it."
        )


def _cells(documents: pd.DataFrame, rows: Sequence[_Row], sources: pd.DataFrame | None) -> Cells:
    """Collect what changes; rows by file go first, so that rows by doc_id overwrite them."""
    cells: Cells = {}
    gazetteer = read_gazetteer()
    records = dict(
        zip(documents["doc_id"].tolist(), documents[[*PLACE_FIELDS]].to_dict("records"), strict=True)
    )
    named = find_files([row.name for row in rows if row.key == "file"], documents, sources)
    for row in sorted(rows, key=lambda row: row.key == "doc_id"):
        doc_ids = [row.name] if row.key == "doc_id" and row.name in records else named.get(row.name, [])
        if row.key == "doc_id" and row.name not in records or not doc_ids:
            raise _no_match(row.name, list(records))
        given = complete_places(
            {field: _valid(row.name, field, value) for field, value in row.values.items()}
        )
        for doc_id in doc_ids:
            values = _implied(given, records[doc_id], gazetteer) | given
            cells.update({(doc_id, field): value for field, value in values.items()})
    return cells


def _no_match(name: str, choices: Sequence[str]) -> DataError:
    return DataError(
        f"metadata: the row {name!r} matches no document. {suggest(name, choices)}"
        f"Known: {', '.join(choices[:8])}{' ...' if len(choices) > 8 else ''}."
    )


def _valid(name: str, field: str, value: str) -> str:
    if value == _CLEAR or field not in ("level", "year", "date"):
        return value
    valid = read_value(field, value)
    if field == "year" and not re.fullmatch(r"\d{4}(?:\.0|年)?", value):
        valid = ""
    if valid:
        return valid
    rules = {
        "level": f"which is none. {suggest(value, LEVELS)}Levels: {', '.join(LEVELS)}.",
        "year": "not a number: write four digits.",
        "date": "which is none: write 2024-03-05, 2024-03 or 2024.",
    }
    raise DataError(f"metadata: {name!r} has the {field} {value!r}, {rules[field]}")


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


def _fill(documents: pd.DataFrame, cells: Cells) -> pd.DataFrame:
    """Documents with the cells in their columns, a new column for every field that they lack."""
    changed: dict[str, dict[str, str]] = {}
    for (doc_id, field), value in cells.items():
        changed.setdefault(field, {})[doc_id] = value
    documents, doc_ids = documents.copy(), documents["doc_id"].tolist()
    for field, values in changed.items():
        old = documents[field].tolist() if field in documents else [None] * len(documents)
        new = [
            kept if (cell := values.get(doc_id)) is None else None if cell == _CLEAR else cell
            for doc_id, kept in zip(doc_ids, old, strict=True)
        ]
        if field == "year":
            documents[field] = pd.array(
                [None if v is None or pd.isna(v) else int(v) for v in new], dtype="Int64"
            )
        else:
            is_ours = field in CONTRACTS["documents"].columns
            documents[field] = (
                pd.Series(new, documents.index, dtype="str") if is_ours else _typed(new, documents)
            )
    return documents


def _typed(values: Sequence[str | None], documents: pd.DataFrame) -> pd.Series[Any]:
    """Whole numbers, numbers or words; 007 is a word, for it is a code."""
    known = [value for value in values if value is not None]
    plain = r"-?(?:0|[1-9]\d{0,15})"
    if known and all(re.fullmatch(plain, value) for value in known):
        whole = pd.array([None if value is None else int(value) for value in values], dtype="Int64")
        return pd.Series(whole, documents.index)
    if known and all(re.fullmatch(rf"{plain}(?:\.\d+)?", value) for value in known):
        return pd.Series([np.nan if value is None else float(value) for value in values], documents.index)
    return pd.Series(values, documents.index, dtype="str")


def _append(table: pd.DataFrame, cells: Cells) -> pd.DataFrame:
    """Add a row for each cell that is not cleared; the user's words have no place in the text."""
    rows = [(doc_id, field, value, value) for (doc_id, field), value in cells.items() if value != _CLEAR]
    added = pd.DataFrame(rows, columns=["doc_id", "field", "value", "quote"]).astype("str")
    nowhere = pd.array([pd.NA] * len(rows), dtype="Int64")
    added = added.assign(start=nowhere, end=nowhere, rule=RULE, confidence=1.0)
    table = table.astype({"start": "Int64", "end": "Int64"})
    parts: Iterable[pd.DataFrame] = (table, added[list(table.columns)])
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else table.reset_index(drop=True)
