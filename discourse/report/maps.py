"""Distances, maps and trends in, their parts of the payload out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from discourse.contracts import LEVELS
from discourse.report.labels import flag_texts, group_label, label, plain, rows

MAX_POINTS = 500
MAX_PAIRS = 200
MAX_MATRIX = 35  # groups in a matrix of distances
EVERYBODY = "*"

Tables = Mapping[str, pd.DataFrame]


def map_factors(held: Tables) -> list[dict[str, Any]]:
    """One entry a factor: how far its groups are apart (pairs and matrix) and a map of all documents."""
    factors = [*held["profiles"]["factor"].unique(), *held["ordination"]["factor"].unique()]
    return [
        {
            "factor": str(factor),
            "label": label("factor", factor),
            **_distances(held["profiles"][held["profiles"]["factor"] == factor], str(factor)),
            "map": _map(held, str(factor)),
        }
        for factor in dict.fromkeys(factors)
    ]


def _distances(profiles: pd.DataFrame, factor: str) -> dict[str, Any]:
    """Pairs, farthest first, the test over all groups, and distances as a symmetric matrix.

    A distance is the corrected one where there is one, else the plug-in, which `corrected` says.
    """
    columns = (
        "target", "reference", "jsd", "jsd_low", "jsd_high", "jsd_plugin", "hellinger", "statistic", "p",
        "p_adjusted", "p_smallest", "n_documents_target", "n_documents_reference", "flags", "verdict",
    )  # fmt: skip
    pairs = rows(profiles, *columns)
    for pair in pairs:
        corrected = pair["jsd"] is not None
        pair |= {
            "names": [pair["target"], pair["reference"]],
            "evidence": None,
            "distance": pair["jsd"] if corrected else pair["jsd_plugin"],
            "corrected": corrected,
            "target": group_label(factor, pair["target"]),
            "reference": group_label(factor, pair["reference"]),
            "flags": [] if "has 1 " in (pair["flags"] or "") else flag_texts(pair["flags"] or ""),
            "verdict": label("verdict", pair["verdict"]),
        }
    overall = [pair for pair in pairs if pair["names"][0] == EVERYBODY]
    others = [pair for pair in pairs if pair["names"][0] != EVERYBODY]
    matrix = _matrix(others, factor)
    others.sort(key=lambda pair: (-(pair["distance"] or 0.0), pair["target"]["zh"], pair["reference"]["zh"]))
    return {
        "overall": overall[0] if overall else None,
        "pairs": others[:MAX_PAIRS],
        "n_pairs": len(others),
        "matrix": matrix,
    }


def _matrix(pairs: list[dict[str, Any]], factor: str) -> dict[str, Any] | None:
    names = [name for pair in pairs for name in pair["names"] if name != "rest"]
    groups = list(dict.fromkeys(names))
    if factor == "level":
        groups.sort(key=lambda group: LEVELS.index(group) if group in LEVELS else len(LEVELS))
    if not 2 < len(groups) <= MAX_MATRIX:
        return None
    found = {frozenset(pair["names"]): pair for pair in pairs}
    cells = [[found.get(frozenset((a, b))) if a != b else None for b in groups] for a in groups]
    return {
        "groups": [group_label(factor, group) for group in groups],
        "cells": [
            [
                None
                if cell is None
                else {
                    "names": cell["names"],
                    "distance": cell["distance"],
                    "corrected": cell["corrected"],
                    "evidence": None,
                }
                for cell in line
            ]
            for line in cells
        ],
        "largest": max((pair["distance"] or 0.0 for pair in pairs), default=0.0),
    }


def _map(held: Tables, factor: str) -> dict[str, Any] | None:
    """Points of a map: documents (at most `MAX_POINTS`, every so-manieth beyond), groups with ellipse, topics."""
    own = held["ordination"][held["ordination"]["factor"] == factor]
    if own.empty:
        return None
    documents = own[own["kind"] == "document"]
    step = -(-len(documents) // MAX_POINTS) or 1
    titles = dict(zip(held["documents"]["doc_id"], held["documents"]["title"], strict=True))
    groups = rows(
        own[own["kind"] == "group"], "name", "axis_1", "axis_2", "n_units", "ellipse_major", "ellipse_minor",
        "ellipse_angle",
    )  # fmt: skip
    places = {group["name"]: place for place, group in enumerate(groups)}
    return {
        "explained": [plain(own[f"explained_{axis}"].iloc[0]) for axis in (1, 2)],
        "n": len(documents),
        "documents": [
            {
                "title": plain(titles.get(row["name"])) or row["name"],
                "at": [row["axis_1"], row["axis_2"]],
                "place": places.get(row["group"], 0),
            }
            for row in rows(documents.iloc[::step], "name", "group", "axis_1", "axis_2")
        ],
        "groups": [
            {
                "label": group_label(factor, group["name"]),
                "at": [group["axis_1"], group["axis_2"]],
                "n": group["n_units"],
                "ellipse": None if group["ellipse_major"] is None
                else [group["ellipse_major"], group["ellipse_minor"], group["ellipse_angle"]],
            }
            for group in groups
        ],
        "topics": [
            {"topic": int(row["name"].rpartition("_")[2]), "at": [row["axis_1"], row["axis_2"]]}
            for row in rows(own[own["kind"] == "topic"], "name", "axis_1", "axis_2")
        ],
    }  # fmt: skip


def list_trends(held: Tables) -> list[dict[str, Any]]:
    """One entry an ordered factor: how the share of every topic moves along it."""
    names = dict(zip(held["topics"]["topic"], held["topics"]["label"], strict=True))
    columns = (
        "topic", "slope", "low", "high", "p", "p_adjusted", "q", "first", "last", "n_values", "n_documents",
        "flags", "verdict",
    )  # fmt: skip
    described = []
    for factor, own in held["trends"].groupby("factor", sort=False):
        topics = rows(own.sort_values("topic"), *columns)
        for row in topics:
            row |= {
                "label": plain(names.get(row["topic"], "")),
                "flags": flag_texts(row["flags"] or ""),
                "verdict": label("verdict", row["verdict"]),
            }
        described.append({"factor": str(factor), "label": label("factor", factor), "topics": topics})
    return described
