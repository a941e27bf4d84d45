"""Specifications of all models in; for every group and topic, in how many of them the group leads, goes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from discourse.report.labels import label, rows
from discourse.report.robustness import BADGES

Tables = Mapping[str, pd.DataFrame]
Asked = dict[tuple[str, str, int], dict[str, int]]

_KEY = ["factor", "group", "topic"]


def ask_models(held: Tables) -> Asked:
    """In how many models a group speaks more of a topic than every group it is compared with.

    n_models, n_present (topic found there), n_leads (group ahead of all others there), and the same three for
    models of another number of topics than the study's own: n_other, n_other_present, n_other_leads.
    """
    table = held["specifications"]
    if not len(table):
        return {}
    sides = pd.concat([_side(table, "target", 1.0), _side(table, "reference", -1.0)])
    sides = sides[sides["group"] != "rest"]
    models = sides.groupby([*_KEY, "model_id"], sort=False, observed=True).agg(
        present=("present", "all"), ahead=("ahead", "min")
    )
    models = models.reset_index().merge(_sizes(held["universes"]), on="model_id", how="left")
    models["leads"] = models["present"] & (models["ahead"] > 0)
    models["other_size"] = models["other_size"].fillna(False).astype(bool)
    for name in ("present", "leads"):
        models[f"other_{name}"] = models[name] & models["other_size"]
    counts = models.groupby(_KEY, sort=False, observed=True)[
        ["present", "leads", "other_size", "other_present", "other_leads"]
    ].sum()
    counts["n_models"] = models.groupby(_KEY, sort=False, observed=True).size()
    return {
        (str(row["factor"]), str(row["group"]), int(row["topic"])): {
            "n_models": row["n_models"],
            "n_present": row["present"],
            "n_leads": row["leads"],
            "n_other": row["other_size"],
            "n_other_present": row["other_present"],
            "n_other_leads": row["other_leads"],
        }
        for row in rows(counts.reset_index(), *_KEY, "n_models", *counts.columns[:-1])
    }


def _side(table: pd.DataFrame, side: str, sign: float) -> pd.DataFrame:
    """Differences as one side of the pair sees them."""
    return pd.DataFrame(
        {
            "factor": table["factor"].astype(str),
            "group": table[side].astype(str),
            "topic": table["topic"],
            "model_id": table["model_id"].astype(str),
            "present": table["present"].astype(bool),
            "ahead": sign * table["difference"],
        }
    )


def _sizes(universes: pd.DataFrame) -> pd.DataFrame:
    """Whether a model has another number of topics than the reference."""
    own = universes.loc[universes["is_reference"].astype(bool), "n_topics"]
    other = universes["n_topics"] != own.iloc[0] if len(own) else pd.Series(False, universes.index)
    return pd.DataFrame({"model_id": universes["model_id"].astype(str), "other_size": other}).drop_duplicates(
        "model_id"
    )


def count_badges(held: Tables) -> list[dict[str, Any]]:
    """One entry a factor: how many contrasts have each badge, and which settings move them most."""
    described = []
    for factor, own in held["robustness"].groupby("factor", sort=False):
        n = own["badge"].value_counts()
        moved = own["moved_by"].dropna().value_counts()
        described.append(
            {
                "label": label("factor", factor),
                "n": len(own),
                "badges": [
                    {"badge": label("badge", badge), "rank": rank, "n": int(n.get(badge, 0))}
                    for rank, badge in enumerate(BADGES)
                ],
                "moved_by": [
                    {"name": label("setting", name), "n": int(moved[name])}
                    for name in sorted(moved.index, key=lambda name: (-moved[name], name))
                ],
            }
        )
    return described


def list_sizes(held: Tables) -> list[dict[str, Any]]:
    """Models of the multiverse by number of topics: how many, how many converged."""
    universes = held["universes"]
    return [
        {
            "n_topics": int(str(size)),
            "n_models": len(own),
            "n_converged": int(own["converged"].sum()),
            "is_own": bool(own["is_reference"].any()),
        }
        for size, own in universes.groupby("n_topics", sort=True)
    ]
