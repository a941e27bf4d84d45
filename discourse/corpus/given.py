"""What the columns of a table say of its texts comes in; it wins over what was read off the texts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import pandas as pd

from discourse.contracts import check
from discourse.corpus.columns import FIELDS
from discourse.corpus.gazetteer import PLACE_FIELDS, Gazetteer, read_gazetteer

RULE = "table"
_PUBLISHED = "published"
_PUBLISHED_CONFIDENCE = 0.8  # the day of publication stands in for the day of the text


def readable_sources(sources: pd.DataFrame) -> pd.DataFrame:
    """Sources that hold a text: those without `error`."""
    return sources[sources["error"].isna()].reset_index(drop=True) if "error" in sources else sources


def prefer_given(attributions: pd.DataFrame, documents: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Attributions with the cells of tables in place of what was inferred for the same fields.

    Parameters
    ----------
    attributions, documents, sources
        Tables of those names; `given` of sources is JSON, field -> value. Every document of a source takes its
        cells, but several documents of one source do not share a title.

    Returns
    -------
    pandas.DataFrame
        `attributions`; rows from a table have the rule "table", the cell as quote, no offsets, confidence 1.
        An inferred city or district that does not lie in a given place goes, and an inferred date of another
        year than the given one. A column of publication dates fills `date` only where the text has none.

    """
    if "given" not in sources or sources["given"].isna().all():
        return attributions
    given = {
        s: json.loads(g)
        for s, g in zip(sources["source_id"], sources["given"], strict=True)
        if isinstance(g, str)
    }
    n_texts = documents["source_id"].value_counts()
    gazetteer = read_gazetteer()
    inferred = _by_document(attributions)
    rows: list[dict[str, object]] = []
    gone: set[tuple[str, str]] = set()
    for doc_id, source_id in zip(documents["doc_id"], documents["source_id"], strict=True):
        cells = dict(given.get(source_id, {}))
        if n_texts[source_id] > 1:
            cells.pop("title", None)
        known = inferred.get(doc_id, {})
        gone |= {(doc_id, field) for field in (*cells, *_contradicted(cells, known, gazetteer))}
        rows += _rows(doc_id, cells, known)
    kept = [pair not in gone for pair in zip(attributions["doc_id"], attributions["field"], strict=True)]
    added = pd.DataFrame(rows, columns=list(attributions.columns)).astype(attributions.dtypes.to_dict())
    parts = [part for part in (attributions[kept], added) if len(part)]
    return check(pd.concat(parts, ignore_index=True) if parts else attributions[kept], "attributions")


def join_about(
    sources: pd.DataFrame, about: Sequence[tuple[str, str, Mapping[str, str]]]
) -> tuple[pd.DataFrame, list[str]]:
    """Join what tables about files say to the files they name, and what to note of rows that name none.

    Parameters
    ----------
    sources
        Table of that name.
    about
        Path of the table, name of the file, fields. A name is a path or its end, with or without suffix.

    Returns
    -------
    tuple
        sources with `given` filled, a table's own columns giving way; sentences on rows without their file.

    """
    if not about:
        return sources, []
    paths = [_where(path, member) for path, member in zip(sources["path"], sources["member"], strict=True)]
    places: dict[str, set[str]] = {}
    for path in paths:
        for end in _ends(path):
            places.setdefault(end, set()).add(path)
    cells: dict[str, dict[str, str]] = {}
    lost: dict[str, list[str]] = {}
    for table, name, fields in about:
        named = places.get(name.replace("\\", "/").strip("/").casefold(), set())
        if len(named) == 1:
            cells.setdefault(next(iter(named)), {}).update(fields)
        else:
            lost.setdefault(table, []).append(f"{name} ({'no' if not named else len(named)} files)")
    pairs = zip(paths, sources["given"], strict=True)
    given = pd.Series([_merge(own, cells.get(path)) for path, own in pairs], sources.index, dtype="str")
    return sources.assign(given=given), [
        f"{table}: {len(names)} rows name no file, or several: {', '.join(names[:3])}"
        for table, names in lost.items()
    ]


def _merge(own: object, cells: Mapping[str, str] | None) -> object:
    """JSON of a source's own cells, overwritten by those of a table about it."""
    if not cells:
        return own
    return json.dumps(
        json.loads(own if isinstance(own, str) else "{}") | cells, ensure_ascii=False, sort_keys=True
    )


def _where(path: str, member: object) -> str:
    return f"{path}/{member}" if isinstance(member, str) else path


def _ends(path: str) -> Iterator[str]:
    """Every name by which a table may mean a file: ``a/b.txt``, ``a/b``, ``b.txt``, ``b``."""
    parts = PurePosixPath(path.casefold()).parts
    for i in range(len(parts)):
        end = PurePosixPath(*parts[i:])
        yield end.as_posix()
        yield end.with_suffix("").as_posix()


def _by_document(attributions: pd.DataFrame) -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = {}
    for doc_id, field, value in zip(
        attributions["doc_id"], attributions["field"], attributions["value"], strict=True
    ):
        values.setdefault(doc_id, {})[field] = value
    return values


def _rows(doc_id: str, cells: Mapping[str, str], known: Mapping[str, str]) -> Iterator[dict[str, object]]:
    cells = dict(cells)
    published = cells.pop(_PUBLISHED, "")
    confidence = 1.0
    if published and "date" not in cells and "date" not in known:
        if cells.get("year", published[:4]) == published[:4]:
            cells["date"], confidence = published, _PUBLISHED_CONFIDENCE
    if "date" in cells and "year" not in cells:
        cells["year"] = cells["date"][:4]
    for field in FIELDS:
        if field in cells:
            sure = confidence if field == "date" else 1.0
            row = dict(doc_id=doc_id, field=field, value=cells[field], quote=cells[field], rule=RULE)
            yield row | dict(start=pd.NA, end=pd.NA, confidence=sure)


def _contradicted(cells: Mapping[str, str], known: Mapping[str, str], gazetteer: Gazetteer) -> Iterator[str]:
    """Inferred fields that cannot be true beside the given cells."""
    if "year" in cells and "date" not in cells and known.get("date", cells["year"])[:4] != cells["year"]:
        yield "date"
    if "date" in cells:
        yield "year"
    lowest = next((field for field in reversed(PLACE_FIELDS) if field in cells), None)
    units = [unit for unit in gazetteer.find_units(cells[lowest]) if unit.level == lowest] if lowest else []
    for field in PLACE_FIELDS:
        if not units or field in cells or field not in known or lowest is None:
            continue
        held = [unit for unit in gazetteer.find_units(known[field]) if unit.level == field]
        below = PLACE_FIELDS.index(field) > PLACE_FIELDS.index(lowest)
        codes = {u.code for u in units} if below else {u.code for u in held}
        inside = held if below else units
        if held and not any(codes & {up.code for up in gazetteer.lineage(unit).values()} for unit in inside):
            yield field
