"""Which region of a study a document belongs to: documents and labels of units in, the column `region` out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import pandas as pd

from discourse.contracts import check
from discourse.corpus.gazetteer import PLACE_FIELDS, Gazetteer, Unit, read_gazetteer
from discourse.errors import SettingError


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
