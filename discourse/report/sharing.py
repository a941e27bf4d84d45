"""Set phrases and repeated text in, their parts of the payload out: who uses what, who repeats whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from discourse.report.coverage import UNKNOWN
from discourse.report.labels import group_label, label, plain, rows

MAX_PHRASES = 60
MAX_USES = 3
CONTEXT = 24  # characters either side of a phrase
MAX_REPEATS = 30
MAX_GROUPS = 35

Tables = Mapping[str, pd.DataFrame]


def list_phrases(held: Tables) -> dict[str, Any]:
    """Set phrases in the table's order, the most widespread first, each with some of its uses in context."""
    columns = (
        "phrase", "form", "variants", "n", "n_quoted", "n_documents", "share_of_documents", "first_doc_id",
        "first_date", "reach", "owner",
    )  # fmt: skip
    order = held["phrases"].sort_values(["n_documents", "n", "phrase"], ascending=[False, False, True])
    described = rows(order.head(MAX_PHRASES), *columns)
    uses = _uses(held, [row["phrase"] for row in described])
    for row in described:
        row |= {
            "form": label("form", row["form"]),
            "reach": label("reach", row["reach"]),
            "uses": uses.get(row["phrase"], []),
        }
    return {"n": len(order), "phrases": described}


def _uses(held: Tables, phrases: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Some uses of each phrase, documents in turn, with the words around them as they stand in the document."""
    own = held["phrase_uses"][held["phrase_uses"]["phrase"].isin(phrases)]
    turn = own.groupby(["phrase", "doc_id"], sort=False).cumcount()
    own = own.assign(turn=turn).sort_values(["turn", "doc_id", "start"], kind="stable")
    own = own.groupby("phrase", sort=False).head(MAX_USES)
    documents = held["documents"].set_index("doc_id")
    uses: dict[str, list[dict[str, Any]]] = {}
    for row in rows(own, "phrase", "doc_id", "start", "end", "quote"):
        if row["doc_id"] not in documents.index:
            continue
        text, start, end = str(documents.at[row["doc_id"], "text"]), row["start"], row["end"]
        uses.setdefault(row["phrase"], []).append(
            {
                "doc_id": row["doc_id"],
                "title": plain(documents.at[row["doc_id"], "title"]),
                "start": start,
                "left": text[max(start - CONTEXT, 0) : start],
                "quote": row["quote"],
                "right": text[end : end + CONTEXT],
            }
        )
    return uses


def describe_reuse(held: Tables) -> dict[str, Any]:
    """Matrix of who repeats whom, by factor, and the longest repeated spans, word for word on both sides."""
    table = held["reuse_matrix"]
    return {
        "n": len(held["reuse"]),
        "matrices": [
            _matrix(table[table["factor"] == factor], str(factor)) for factor in table["factor"].unique()
        ],
        "spans": _spans(held),
    }


def _matrix(own: pd.DataFrame, factor: str) -> dict[str, Any]:
    """Spans and share of letters: rows repeat, columns were there before; groups that are unknown come last."""
    found = {
        (row["group"], row["source_group"]): row
        for row in rows(own, "group", "source_group", "n_spans", "n_documents", "n_chars", "share")
    }
    names = {name for pair in found for name in pair}
    groups = [*sorted(name for name in names if name is not None), *([None] if None in names else [])]
    groups = groups[:MAX_GROUPS]
    return {
        "label": label("factor", factor),
        "groups": [UNKNOWN if group is None else group_label(factor, group) for group in groups],
        "cells": [
            [
                None if (a, b) not in found else [found[a, b]["n_spans"], found[a, b]["share"]]
                for b in groups
            ]
            for a in groups
        ],
        "largest": max((row["share"] for row in found.values()), default=0.0),
        "n_left_out": len(names) - len(groups),
    }  # fmt: skip


def _spans(held: Tables) -> list[dict[str, Any]]:
    titles = dict(zip(held["documents"]["doc_id"], held["documents"]["title"], strict=True))
    order = held["reuse"].sort_values(
        ["n_chars", "passage_id", "start", "source_passage_id"], ascending=[False, True, True, True]
    )
    columns = (
        "passage_id", "source_passage_id", "doc_id", "source_doc_id", "n_chars", "similarity", "earlier", "text",
        "source_text",
    )  # fmt: skip
    return [
        row
        | {
            "title": plain(titles.get(row["doc_id"])),
            "source_title": plain(titles.get(row["source_doc_id"])),
            "is_dated": row["earlier"] is not None,
        }
        for row in rows(order.head(MAX_REPEATS), *columns)
    ]
