"""What was asked beside the run in: other segmentations, human coders; their parts of the payload out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from discourse.report.labels import group_label, label, plain, rows

MAX_MOVED = 60
SETTINGS = ("both", "no_hmm", "no_lexicon", "neither")
MEASURES = ("precision", "accepted")

Tables = Mapping[str, pd.DataFrame]


def describe_segmentation(held: Tables) -> dict[str, Any]:
    """Counts of verdicts by kind, and the rows: those that move first, findings before the rest.

    n: rows of the table; counts: one entry a kind and verdict; rows: at most `MAX_MOVED` that do not hold. All
    is empty where the table speaks of other topics than the run's.
    """
    table = held["segmentation"]
    if not len(table) or not _same_topics(table, held["topics"]):
        return {"n": 0, "n_moved": 0, "declared": None, "counts": [], "rows": []}
    moved = table[table["verdict"] != "holds"]
    order = moved.assign(_late=~moved["is_finding"].astype(bool)).sort_values(
        ["_late", "kind", "factor", "target", "reference", "item"], kind="stable"
    )
    columns = ("factor", "target", "reference", "kind", "item", "label", "is_finding", "verdict", "moved_by")
    estimates = tuple(f"estimate_{name}" for name in SETTINGS)
    listed = rows(order.head(MAX_MOVED), *columns, *estimates)
    for row in listed:
        factor = row["factor"]
        row |= {
            "factor_name": factor,
            "groups": [row["target"], row["reference"]],
            "estimates": [row.pop(name) for name in estimates],
            "topic": int(row["item"]) if row["kind"] == "topic" else None,
            "factor": label("factor", factor),
            "target": group_label(factor, row["target"]),
            "reference": group_label(factor, row["reference"]),
            "verdict": label("segmentation", row["verdict"]),
            "moved_by": label("moved", row["moved_by"]) if row["moved_by"] else None,
            "holds": False,
        }
    counts = table.groupby(["kind", "verdict"], sort=True).size().reset_index(name="n")
    return {
        "n": len(table),
        "n_moved": len(moved),
        "declared": label("segmentation", table["declared"].iloc[0]),
        "names": [label("segmentation", name) for name in SETTINGS],
        "counts": [
            {
                "kind": label("kind", row["kind"]),
                "verdict": label("segmentation", row["verdict"]),
                "n": row["n"],
            }
            for row in rows(counts, "kind", "verdict", "n")
        ],
        "rows": listed,
    }


def _same_topics(table: pd.DataFrame, topics: pd.DataFrame) -> bool:
    """Whether the topics of the table still have the numbers and labels of the run."""
    own = table.loc[table["kind"] == "topic", ["item", "label"]].drop_duplicates()
    names = {str(topic): str(name) for topic, name in zip(topics["topic"], topics["label"], strict=True)}
    return all(names.get(str(item)) == str(name) for item, name in own.itertuples(index=False, name=None))


def describe_coding(held: Tables) -> list[dict[str, Any]]:
    """Scores of the coders: each task over all topics, then each topic; empty where nobody coded."""
    table = held["coding_scores"]
    own = table[table["measure"].isin(MEASURES)]
    order = own.assign(_single=own["topic"].notna()).sort_values(["_single", "task", "topic"], kind="stable")
    names = dict(zip(held["topics"]["topic"], held["topics"]["label"], strict=True))
    columns = (
        "task", "measure", "topic", "n_items", "n_coders", "n_answers", "n_missing", "score", "low", "high",
        "chance", "p_adjusted", "alpha", "alpha_low", "alpha_high", "verdict",
    )  # fmt: skip
    return [
        row
        | {
            "label": None if row["topic"] is None else plain(names.get(row["topic"], "")),
            "task": label("task", row["task"]),
            "measure": label("measure", row["measure"]),
            "verdict": label("coding", row["verdict"]),
        }
        for row in rows(order, *columns)
    ]
