"""How well attribution reads pages: ``python benchmarks/attribution.py [--texts DIR --gold CSV] [--split S]``.

The gold is ``tests/gold/attribution`` (see its README), beside it a folder of .txt with a gold of the same columns.
``--faults`` lists what is wrong, for the development half only. Prints Markdown; ``--write`` keeps it.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from discourse.corpus.documents import build_documents
from discourse.corpus.sources import read_sources

FIELDS = (
    "date province city district level role speaker author author_unit publisher genre".split()  # noqa: SIM905
)
GOLD = Path(__file__).parents[1] / "tests" / "gold" / "attribution"
_OUTPUT = Path(__file__).with_suffix(".md")
Row = Mapping[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, help="a folder of .txt with a gold of its own")
    parser.add_argument("--gold", type=Path, help="that gold")
    parser.add_argument("--split", choices=("development", "held_out"), default="held_out")
    parser.add_argument("--faults", action="store_true", help="list what is wrong; never for held-out pages")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    read, gold = read_pages(GOLD / options.split), read_gold(GOLD / "gold.csv", options.split)
    parts = [_section("Invented pages", read, gold)]
    if options.faults and options.split == "development":
        print("\n".join(list_faults(read, gold)))
    if options.texts:
        others, others_gold = read_pages(options.texts), read_gold(options.gold, options.split)
        parts.append(_section("Reports of 21 provinces", others, others_gold))
        if options.faults and options.split == "development":
            print("\n".join(list_faults(others, others_gold)))
    report = "\n\n".join(parts) + "\n"
    print(report)
    if options.write:
        _OUTPUT.write_text(
            f"# Attribution, measured\n\nWritten by `benchmarks/attribution.py`; split: {options.split}.\n\n{report}",
            encoding="utf-8",
        )


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


def _section(title: str, read: Mapping[str, Row], gold: Mapping[str, Row]) -> str:
    table = score_fields(read, gold)
    lines = [f"## {title} (n = {len(gold)})", "", "| " + " | ".join(table.columns) + " |", "|---" * 8 + "|"]
    for row in table.itertuples(index=False):
        lines.append("| " + " | ".join(_cell(value) for value in row) + " |")
    wrong = int((table["found"] - table["right"]).sum())
    lines += ["", f"Values given: {int(table['found'].sum())}, wrong: {wrong}."]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.2f}"
    return str(value)


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)


if __name__ == "__main__":
    main()
