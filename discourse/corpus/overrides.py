"""What the user knows better: documents and a table of metadata or of regions in, corrected documents out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath

import pandas as pd

from discourse.contracts import LEVELS, check
from discourse.corpus.gazetteer import PLACE_FIELDS, Gazetteer, Unit, read_gazetteer
from discourse.errors import DataError, SettingError, suggest

METADATA_COLUMNS = (
    "title",
    "date",
    "year",
    "province",
    "city",
    "district",
    "region",
    "level",
    "role",
    "speaker",
    "genre",
)
_KEYS = ("doc_id", "file")
_CLEAR = "NA"


def override_attributions(
    documents: pd.DataFrame, attributions: pd.DataFrame, metadata: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Let the user's metadata win over whatever was read off the texts.

    Parameters
    ----------
    documents, attributions
        Tables of those names. A column `path` of `documents`, if there is one, is what `file` may match too.
    metadata
        One row a document (`doc_id`) or file (`file`: path, file name with or without its ending, or source_id; it
        applies to all documents of the file), and any metadata columns of `documents`. An empty cell changes
        nothing, "NA" clears. A row by `doc_id` wins over one by `file`; a new date brings its year.

    Returns
    -------
    tuple of pandas.DataFrame
        documents and attributions; what came from here has the rule "metadata" and confidence 1.

    Raises
    ------
    DataError
        An unknown or missing column, a row that matches no document, two rows for one key, a level or year that is none.
    """
    key = _key(metadata)
    fields = [column for column in metadata.columns if column not in _KEYS]
    cells = _cells(documents, metadata, key, fields)
    documents, table = documents.copy(), attributions.copy()
    for (doc_id, field), value in cells.items():
        _set(documents, doc_id, field, value)
    touched = pd.MultiIndex.from_tuples(list(cells), names=["doc_id", "field"]) if cells else None
    if touched is not None:
        table = table[~pd.MultiIndex.from_frame(table[["doc_id", "field"]]).isin(touched)]
        table = _append(
            table, [(doc_id, field, value) for (doc_id, field), value in cells.items() if value != _CLEAR]
        )
    return check(documents, "documents"), check(table.reset_index(drop=True), "attributions")


def assign_regions(documents: pd.DataFrame, regions: Mapping[str, str] | None) -> pd.DataFrame:
    """Label of the region that the study compares for each document.

    Parameters
    ----------
    documents
        Table `documents`.
    regions
        Label -> full name of an administrative unit (``{"云南": "云南省", "福州": "福州市"}``). A document whose province, city or
        district is that unit gets the label, the most specific unit wins, a document of none gets NA. A name that several
        units bear (鼓楼区) is written with the one above it (福州市鼓楼区). Without `regions` the region is the province.

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
    if regions is None:
        found = documents["province"]
    else:
        gazetteer = read_gazetteer()
        wanted = [(label, *_region_unit(label, name, gazetteer)) for label, name in regions.items()]
        found = pd.Series([_region(row, wanted) for row in documents.to_dict("records")], documents.index)
    documents["region"] = given.where(given.notna(), found).astype("str")
    return check(documents, "documents")


def _key(metadata: pd.DataFrame) -> str:
    known = (*_KEYS, *METADATA_COLUMNS)
    for column in metadata.columns:
        if column not in known:
            raise DataError(
                f"metadata: {column!r} is not a column that documents have. {suggest(str(column), known)}"
                f"Columns: {', '.join(known)}."
            )
    present = [key for key in _KEYS if key in metadata.columns]
    if not present:
        raise DataError(
            "metadata: a column 'doc_id' or 'file' must say which document a row is about: add one."
        )
    return present[0]


def _cells(
    documents: pd.DataFrame, metadata: pd.DataFrame, key: str, fields: Iterable[str]
) -> dict[tuple[str, str], str]:
    """(doc_id, field) -> value; rows by file first, so that rows by doc_id overwrite them."""
    cells: dict[tuple[str, str], str] = {}
    seen: set[str] = set()
    rows = [{column: _text(value) for column, value in row.items()} for row in metadata.to_dict("records")]
    rows.sort(key=lambda row: bool(row.get("doc_id")))
    for row in rows:
        name, matched = _match(documents, row)
        if name in seen:
            raise DataError(
                f"metadata: {name!r} has two rows; one row a document or file is allowed: merge them."
            )
        seen.add(name)
        values = {field: _valid(name, field, row[field]) for field in fields if row[field]}
        cells.update({(doc_id, field): value for doc_id in matched for field, value in values.items()})
        cells.update(
            {
                (doc_id, "year"): _year(values["date"])
                for doc_id in matched
                if "date" in values and not row.get("year")
            }
        )
    return cells


def _match(documents: pd.DataFrame, row: Mapping[str, str]) -> tuple[str, list[str]]:
    doc_ids = documents["doc_id"].astype(str)
    name = row.get("doc_id") or row.get("file") or ""
    if row.get("doc_id"):
        matched, choices = doc_ids[doc_ids == name], list(doc_ids)
    else:
        files = documents["path"] if "path" in documents else documents["source_id"]
        sources = documents["source_id"].astype(str)
        wanted = PurePath(name.replace("\\", "/"))
        hit = (sources == name) | (sources == wanted.stem) | [_same_file(str(file), wanted) for file in files]
        matched, choices = doc_ids[hit], sorted(set(sources))
    if matched.empty:
        raise DataError(
            f"metadata: the row {name!r} matches no document. {suggest(name, choices)}"
            f"Known: {', '.join(choices[:8])}{' ...' if len(choices) > 8 else ''}."
        )
    return name, list(matched)


def _same_file(file: str, wanted: PurePath) -> bool:
    """Whether a path ends in the wanted one: ``data/a/one.txt`` is ``one.txt`` and ``a/one.txt``."""
    parts, tail = PurePath(file.replace("\\", "/")).parts, wanted.parts
    return bool(tail) and parts[-len(tail) :] == tail


def _valid(name: str, field: str, value: str) -> str:
    if value == _CLEAR:
        return value
    if field == "level" and value not in LEVELS:
        raise DataError(
            f"metadata: level {value!r} of {name!r} is none. {suggest(value, LEVELS)}Levels: {', '.join(LEVELS)}."
        )
    if field == "year":
        if not value.removesuffix(".0").isdecimal():
            raise DataError(
                f"metadata: year {value!r} of {name!r} is not a number: write it with four digits."
            )
        return value.removesuffix(".0")
    return value


def _year(date: str) -> str:
    return date[:4] if date[:4].isdecimal() and len(date) >= 4 else _CLEAR


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value).strip()  # type: ignore[call-overload]


def _set(documents: pd.DataFrame, doc_id: str, field: str, value: str) -> None:
    rows = documents["doc_id"] == doc_id
    if field == "year":
        documents["year"] = documents["year"].astype("Int64")
        documents.loc[rows, "year"] = pd.NA if value == _CLEAR else int(value)
        return
    documents[field] = documents[field].astype("str")
    documents.loc[rows, field] = pd.NA if value == _CLEAR else value


def _append(table: pd.DataFrame, cells: list[tuple[str, str, str]]) -> pd.DataFrame:
    """Attributions with a row for each cell; what the user says has no place in the text: start and end are NA."""
    added = pd.DataFrame(cells, columns=["doc_id", "field", "value"]).astype("str")
    added["quote"], added["rule"], added["confidence"] = added["value"], "metadata", 1.0
    added["start"], added["end"] = (pd.array([pd.NA] * len(added), dtype="Int64") for _ in range(2))
    kept = table.astype({"start": "Int64", "end": "Int64"})
    return pd.concat([kept, added[list(table.columns)]], ignore_index=True) if len(added) else kept


def _region_unit(label: str, name: str, gazetteer: Gazetteer) -> tuple[Unit, dict[str, str]]:
    """The unit that a study means by a full name, and its lineage as names by level."""
    mentions = gazetteer.find_mentions(name)
    units = gazetteer.find_units(name)
    if not units and mentions and mentions[-1].end == len(name) and mentions[0].start == 0:
        units = mentions[-1].units
    if len(units) != 1 or not name.endswith(units[0].name):
        names = [unit.name for unit in gazetteer.units.values()]
        found = "borne by several units" if len(units) > 1 else "no administrative unit's full name"
        near = suggest(name, [unit.name for unit in units] or names)
        above = (
            ""
            if len(units) < 2
            else f"Write the unit above before it, as in {_full(units[0], gazetteer)!r}. "
        )
        raise SettingError(
            f"[regions] {label} = {name!r} is {found}. {above or near}Give one unit's full name, such as '云南省'."
        )
    return units[0], {level: unit.name for level, unit in gazetteer.lineage(units[0]).items()}


def _full(unit: Unit, gazetteer: Gazetteer) -> str:
    return "".join(
        gazetteer.lineage(unit)[level].name for level in PLACE_FIELDS[1:] if level in gazetteer.lineage(unit)
    )


def _region(row: Mapping[str, object], wanted: Iterable[tuple[str, Unit, dict[str, str]]]) -> object:
    """Label of the most specific unit that the document lies in; a city without its province still counts."""
    hits = [
        (PLACE_FIELDS.index(unit.level), label)
        for label, unit, lineage in wanted
        if row[unit.level] == unit.name
        and all(pd.isna(row[level]) or row[level] == name for level, name in lineage.items())  # type: ignore[call-overload]
    ]
    return max(hits, key=lambda hit: hit[0])[1] if hits else pd.NA
