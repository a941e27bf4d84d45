"""Badges and specifications in; for every contrast its badge, and the curve of all models, go out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import CONTRACTS
from discourse.report.labels import label, plain, rows

BADGES = ("robust", "fragile", "model-made", "cannot tell")
MAX_POINTS = 300
MAX_LEVELS = 6

Key = tuple[str, str, str, int]
_KEY = ["factor", "target", "reference", "topic"]


def read_badges(held: Mapping[str, pd.DataFrame]) -> dict[Key, dict[str, Any]]:
    """Badge and figures of every contrast that `robustness` knows, by factor, target, reference, topic."""
    columns = (
        "badge", "failed", "n_models", "n_present", "same_sign", "significant", "median", "smallest", "largest",
        "moved_by", "moved_share",
    )  # fmt: skip
    return {
        _key(row): {name: row[name] for name in columns}
        | {
            "badge": label("badge", row["badge"]),
            "rank": BADGES.index(row["badge"]) if row["badge"] in BADGES else len(BADGES) - 1,
            "failed": [label("test", test.strip()) for test in (row["failed"] or "").split(";") if test.strip()],
            "moved_by": None if row["moved_by"] is None else label("setting", row["moved_by"]),
            "curve": None,
        }
        for row in rows(held["robustness"], *_KEY, *columns)
    }  # fmt: skip


class Curves:
    """Specification curves, looked up by contrast: every model in which its topic is present."""

    def __init__(self, held: Mapping[str, pd.DataFrame]) -> None:
        table = held["specifications"]
        self._table = table.astype({name: "str" for name in _KEY[:3]} | {"model_id": "str"})
        self._rows = self._table.groupby(_KEY, sort=False).indices
        self._universes = held["universes"].drop_duplicates("model_id").set_index("model_id")
        self._settings = _varied(held["universes"])

    def find(self, key: Key) -> dict[str, Any] | None:
        """Points from the smallest difference to the largest, and where each level of a setting stands.

        points: [difference, whether p < .05 (None without p)]; settings: their levels, each with the ranks of
        its models; n: models in which the topic is present, of which every so-manieth is kept beyond
        `MAX_POINTS`. None where no model has the topic.
        """
        own = self._table.iloc[self._rows.get(key, np.array([], dtype=np.intp))]
        own = own[own["present"] & own["difference"].notna()].sort_values(["difference", "model_id"])
        if own.empty:
            return None
        kept = own.iloc[
            np.unique(np.linspace(0, len(own) - 1, min(len(own), MAX_POINTS)).round().astype(int))
        ]
        points = [
            [plain(row["difference"]), None if row["p"] is None else row["p"] < 0.05]
            for row in rows(kept, "difference", "p")
        ]
        models = self._universes.reindex(kept["model_id"])
        return {
            "n": len(own),
            "points": points,
            "settings": [_levels(models[name], name, levels) for name, levels in self._settings],
        }


def _key(row: Mapping[str, Any]) -> Key:
    return row["factor"], row["target"], row["reference"], row["topic"]


def _varied(universes: pd.DataFrame) -> list[tuple[str, list[str]]]:
    """Settings that differ between models and have few enough levels to be shown, with these levels."""
    outcomes = set(CONTRACTS["universes"].columns) - {"n_topics", "engine"}
    varied = []
    for name in universes.columns:
        levels = sorted(universes[name].dropna().unique().tolist()) if name not in outcomes else []
        if 1 < len(levels) <= MAX_LEVELS:
            varied.append((str(name), [str(level) for level in levels]))
    return varied


def _levels(values: pd.Series, name: str, levels: list[str]) -> dict[str, Any]:
    words = [str(value) for value in values.tolist()]
    return {
        "name": label("setting", name),
        "levels": [
            {"value": level, "ranks": [rank for rank, word in enumerate(words) if word == level]}
            for level in levels
        ],
    }
