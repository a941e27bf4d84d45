"""The gold of attribution: pages annotated by hand, what the software reads in them, and the score."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from discourse.corpus.documents import build_documents
from discourse.corpus.sources import read_sources

FIELDS = (
    *("date", "province", "city", "district", "level", "role"),
    *("speaker", "author", "author_unit", "publisher", "genre"),
)
GOLD = Path(__file__).parents[1] / "gold" / "attribution"
Row = Mapping[str, str]


def read_gold(path: Path, split: str) -> dict[str, Row]:
    """Gold rows of one half, by the name of the page."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file) if row["split"] == split}


def read_pages(folder: Path) -> dict[str, Row]:
    """What the software reads off the pages of a folder: name -> field -> value, "" where nothing."""
    documents, _, _ = build_documents(read_sources(folder))
    first = documents.drop_duplicates("source_id")
    return {
        str(row["source_id"]): {field: _text(row.get(field)) for field in FIELDS}
        for row in first.to_dict("records")
    }


def score_fields(read: Mapping[str, Row], gold: Mapping[str, Row]) -> pd.DataFrame:
    """One row a field: n pages, n known in the gold, n found, n right, precision, recall, NA rate.

    A value is right where it is the gold's or one that the gold accepts; an empty one that the gold accepts is
    not missing.
    """
    rows = []
    for field in FIELDS:
        verdicts = [_judge(read.get(name, {}).get(field, ""), row, field) for name, row in gold.items()]
        found, right = sum(v != "none" and v != "missing" for v in verdicts), verdicts.count("right")
        wanted = right + verdicts.count("missing") + verdicts.count("wrong_known")
        rows.append(
            dict(
                field=field,
                n=len(verdicts),
                known=sum(bool(row[field]) for row in gold.values()),
                found=found,
                right=right,
                precision=right / found if found else float("nan"),
                recall=right / wanted if wanted else float("nan"),
                na_rate=1 - found / len(verdicts),
            )
        )
    return pd.DataFrame(rows)


def list_faults(read: Mapping[str, Row], gold: Mapping[str, Row]) -> list[str]:
    """Every field that is wrong or missing, in words."""
    return [
        f"{name}: {field} {verdict}: {read.get(name, {}).get(field, '')!r}, gold {row[field]!r}"
        for name, row in gold.items()
        for field in FIELDS
        for verdict in [_judge(read.get(name, {}).get(field, ""), row, field)]
        if verdict not in ("right", "none")
    ]


def _judge(value: str, gold: Row, field: str) -> str:
    accepted = {a.partition("=")[2] for a in gold["accepted"].split(";") if a.partition("=")[0] == field}
    if value:
        if value == gold[field] or value in accepted:
            return "right"
        return "wrong_known" if gold[field] else "wrong"
    return "none" if not gold[field] or "" in accepted else "missing"


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)
