"""Contrasts adjusted for other columns, and words inside a topic, in; their parts of the payload out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from discourse.report.anchors import Anchors
from discourse.report.labels import flag_texts, group_label, label, plain, rows

MAX_ADJUSTED = 200
N_WORDINGS = 6
MAX_GROUPS = 12

Tables = Mapping[str, pd.DataFrame]


def list_adjusted(held: Tables, anchors: Anchors) -> list[dict[str, Any]]:
    """One entry a formula: its contrasts, findings first, then by the size of the difference."""
    names = dict(zip(held["topics"]["topic"], held["topics"]["label"], strict=True))
    columns = (
        "factor", "target", "reference", "topic", "difference", "low", "high", "p", "p_adjusted", "q",
        "n_documents_target", "n_documents_reference", "flags", "verdict",
    )  # fmt: skip
    described = []
    for formula, own in held["adjusted"].groupby("formula", sort=False):
        order = own.assign(
            _found=~own["verdict"].isin(("higher", "lower")), _size=-own["difference"].abs().fillna(0)
        ).sort_values(["_found", "_size", "topic"], kind="stable")
        contrasts = rows(order.head(MAX_ADJUSTED), *columns)
        for row in contrasts:
            factor = row["factor"]
            row |= {
                "groups": [row["target"], row["reference"]],
                "anchors": [
                    anchors.get((row["topic"], factor, row[side])) for side in ("target", "reference")
                ],
                "factor_name": factor,
                "factor": label("factor", factor),
                "label": plain(names.get(row["topic"], "")),
                "target": group_label(factor, row["target"]),
                "reference": group_label(factor, row["reference"]),
                "finding": row["verdict"] in ("higher", "lower"),
                "verdict": label("verdict", row["verdict"]),
                "flags": flag_texts(row["flags"] or ""),
            }
        described.append({"formula": str(formula), "n": len(own), "contrasts": contrasts})
    return described


def word_topics(held: Tables) -> list[dict[str, Any]]:
    """One entry a factor and group: in each topic the words that it uses more than the others do.

    `MAX_GROUPS` groups of a factor are listed; words come in the table's order, the most telling first.
    """
    columns = (
        "term", "n_target", "n_reference", "share_target", "share_reference", "log_odds", "low", "high",
        "n_documents_target",
    )  # fmt: skip
    names = dict(zip(held["topics"]["topic"], held["topics"]["label"], strict=True))
    described: list[dict[str, Any]] = []
    for factor, of_factor in held["vocabulary"].groupby("factor", sort=False):
        pairs = of_factor.groupby(["target", "reference"], sort=False)
        for (target, reference), own in list(pairs)[:MAX_GROUPS]:
            ahead = own[own["log_odds"] > 0]
            described.append(
                {
                    "factor_name": str(factor),
                    "group": str(target),
                    "factor": label("factor", factor),
                    "target": group_label(str(factor), target),
                    "reference": group_label(str(factor), reference),
                    "flags": flag_texts(str(own["flags"].iloc[0] or "")),
                    "n_left_out": max(0, pairs.ngroups - MAX_GROUPS),
                    "topics": [
                        {
                            "topic": int(str(topic)),
                            "label": plain(names.get(topic, "")),
                            "words": rows(words.head(N_WORDINGS), *columns),
                        }
                        for topic, words in ahead.groupby("topic", sort=True)
                    ],
                }
            )
    return described
