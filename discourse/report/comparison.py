"""Prevalence, contrasts, keyness and exemplars in, the comparison sections of the payload out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from discourse.contracts import LEVELS, topic_columns
from discourse.report.anchors import Anchors
from discourse.report.labels import flag_texts, group_label, label, plain, rows
from discourse.report.naming import describe_codebook
from discourse.report.robustness import Curves, read_badges
from discourse.report.survival import Asked, ask_models

MAX_CONTRASTS = 200
MAX_CURVES = 24  # of each list: the first ones, which are the findings and the largest differences
MAX_DOTS = 40  # documents drawn one by one in each group and topic
N_WORDS = 15
MANY, MAX_QUOTES = 12, 2  # with more groups than these, so many quotations of each in a topic
MIN_LOG_RATIO = 0.585  # log2 of 1.5: half again as frequent as in the reference
FINDINGS = ("higher", "lower")

Tables = Mapping[str, pd.DataFrame]


def compare_factors(held: Tables, anchors: Anchors) -> list[dict[str, Any]]:
    """One entry a factor: its groups, what each topic's share is in each of them, and the contrasts.

    Contrasts with an interval stand under `tested`; those with one document on a side stand under `described`
    and have a difference only. Both lists end at `MAX_CONTRASTS`; `n_tested` and `n_described` count all.
    anchors: where the passages of each topic and group stand on the page, so that numbers can lead to them.
    """
    badges, curves, asked = read_badges(held), Curves(held), ask_models(held)
    return [
        _compare_factor(held, factor, anchors, badges, curves, asked)
        for factor in _factors(held["prevalence"])
    ]


def _factors(table: pd.DataFrame) -> list[str]:
    return [str(factor) for factor in table["factor"].dropna().unique()]


def _compare_factor(
    held: Tables,
    factor: str,
    anchors: Anchors,
    badges: Mapping[Any, Any],
    curves: Curves,
    asked: Asked,
) -> dict[str, Any]:
    prevalence = held["prevalence"][held["prevalence"]["factor"] == factor]
    contrasts = held["contrasts"][held["contrasts"]["factor"] == factor]
    tested = contrasts["low"].notna()
    groups = _describe_groups(prevalence, factor)
    dots = _dots(held, factor)
    names = dict(zip(held["topics"]["topic"], held["topics"]["label"], strict=True))
    excluded = {own["topic"] for own in (describe_codebook(held) or {"excluded": []})["excluded"]}
    topics = [
        {
            "topic": topic,
            "label": plain(names.get(topic, "")),
            "excluded": topic in excluded,
            "groups": [
                _describe_cell(prevalence, group, dots.get(group["group"], []), topic) for group in groups
            ],
        }
        for topic in sorted({int(topic) for topic in prevalence["topic"]})
    ]
    for entry in topics:
        for cell in entry["groups"]:
            cell["anchor"] = anchors.get((entry["topic"], factor, cell["group"]))
            cell["models"] = asked.get((factor, cell["group"], entry["topic"]))
    listed = {
        name: _describe_contrasts(contrasts[own], factor, names, anchors, badges, curves)
        for name, own in (("tested", tested), ("described", ~tested))
    }
    return listed | {
        "factor": factor,
        "label": label("factor", factor),
        "groups": groups,
        "n_unknown": _n_unknown(held["documents"], factor),
        "axis": _axis(topics),
        "topics": topics,
        "n_tested": int(tested.sum()),
        "n_described": int((~tested).sum()),
        "n_described_pairs": len(contrasts[~tested].drop_duplicates(["target", "reference"])),
    }


def _describe_groups(prevalence: pd.DataFrame, factor: str) -> list[dict[str, Any]]:
    """List the groups with their numbers of documents; levels from the centre down."""
    groups = prevalence.drop_duplicates("group")
    described = rows(groups, "group", "n_documents", "n_passages")
    if factor == "level":
        described.sort(key=lambda row: LEVELS.index(row["group"]) if row["group"] in LEVELS else len(LEVELS))
    return [
        row | {"label": group_label(factor, row["group"]), "colour": i % 8} for i, row in enumerate(described)
    ]


def _describe_cell(
    prevalence: pd.DataFrame, group: Mapping[str, Any], documents: list[dict[str, Any]], topic: int
) -> dict[str, Any]:
    """Describe one topic in one group: share, interval, number of documents, and every document's share."""
    cell = prevalence[(prevalence["topic"] == topic) & (prevalence["group"] == group["group"])]
    found = rows(cell, "prevalence", "low", "high", "n_documents")
    numbers = found[0] if found else {"prevalence": None, "low": None, "high": None, "n_documents": 0}
    dots = [{"title": row["title"], "share": row["shares"][topic]} for row in documents]
    dots = _spread_out(sorted(dots, key=lambda dot: dot["share"])) if len(dots) > MAX_DOTS else dots
    return dict(group) | numbers | {"dots": dots}


def _spread_out(dots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep `MAX_DOTS` of many dots, evenly from the smallest share to the largest."""
    step = (len(dots) - 1) / (MAX_DOTS - 1)
    return [dots[round(step * place)] for place in range(MAX_DOTS)]


def _dots(held: Tables, factor: str) -> dict[str, list[dict[str, Any]]]:
    """Shares of the documents in every group, so that a reader sees each document, not only their mean."""
    documents = held["documents"]
    if factor not in documents.columns or not len(held["shares"]):
        return {}
    joined = held["shares"].merge(documents[["doc_id", "title", factor]].dropna(subset=factor), on="doc_id")
    columns = topic_columns(held["shares"])
    numbers = [int(column[6:]) for column in columns]
    dots: dict[str, list[dict[str, Any]]] = {}
    for row in rows(joined, "doc_id", "title", factor, *columns):
        shares = dict(zip(numbers, (row[column] for column in columns), strict=True))
        entry = {"title": row["title"] or row["doc_id"], "shares": shares}
        dots.setdefault(str(row[factor]), []).append(entry)
    return dots


def _n_unknown(documents: pd.DataFrame, factor: str) -> int:
    return int(documents[factor].isna().sum()) if factor in documents.columns else 0


def _axis(topics: list[dict[str, Any]]) -> float:
    """Right end of the axis, the same for all topics of a factor: the next tenth above the largest number."""
    numbers = [
        number
        for topic in topics
        for cell in topic["groups"]
        for number in [cell["prevalence"], cell["high"], *(dot["share"] for dot in cell["dots"])]
        if number is not None
    ]
    return min(1.0, (int(max(numbers, default=0.0) * 10 - 1e-9) + 1) / 10)


def _describe_contrasts(
    contrasts: pd.DataFrame,
    factor: str,
    names: Mapping[Any, Any],
    anchors: Anchors,
    badges: Mapping[Any, Any],
    curves: Curves,
) -> list[dict[str, Any]]:
    """List the contrasts: findings first, then by the size of the difference."""
    order = pd.DataFrame(
        {
            "finding": ~contrasts["verdict"].isin(FINDINGS),
            "size": -contrasts["difference"].abs(),
            "topic": contrasts["topic"],
        }
    ).sort_values(["finding", "size", "topic"], kind="stable")
    columns = (
        "target", "reference", "topic", "prevalence_target", "prevalence_reference", "difference",
        "low", "high", "effect_size", "p", "p_adjusted", "q",
        "p_permutation", "p_smallest", "n_documents_target", "n_documents_reference", "flags", "verdict",
        "mdd", "adjustment",
    )  # fmt: skip
    described = rows(contrasts.loc[order.index].head(MAX_CONTRASTS), *columns)
    for place, row in enumerate(described):
        key = (factor, row["target"], row["reference"], row["topic"])
        badge = badges.get(key)
        row |= {
            "robustness": badge and badge | {"curve": curves.find(key) if place < MAX_CURVES else None},
            "anchors": [anchors.get((row["topic"], factor, row[side])) for side in ("target", "reference")],
            "label": plain(names.get(row["topic"], "")),
            "groups": [row["target"], row["reference"]],
            "target": group_label(factor, row["target"]),
            "reference": group_label(factor, row["reference"]),
            "finding": row["verdict"] in FINDINGS,
            "verdict": label("verdict", row["verdict"]),
            "flags": flag_texts(row["flags"] or ""),
        }
    return described


def mark_vocabulary(held: Tables) -> list[dict[str, Any]]:
    """One entry a factor and target: words at least half again as frequent in it, in the table's order."""
    keyness = held["keyness"]
    columns = (
        "term", "n_target", "n_reference", "rate_target", "rate_reference", "log_ratio", "log_odds", "p", "q",
        "n_documents_target", "n_documents_reference", "dp", "burst",
    )  # fmt: skip
    described = []
    for (factor, target, reference), words in keyness.groupby(["factor", "target", "reference"], sort=False):
        marking = words[words["log_ratio"] >= MIN_LOG_RATIO].head(N_WORDS)
        entries = rows(marking, *columns)
        described.append(
            {
                "factor": label("factor", factor),
                "target": group_label(str(factor), target),
                "group": str(target),
                "factor_name": str(factor),
                "reference": group_label(str(factor), str(reference)),
                "tested": any(entry["p"] is not None for entry in entries),
                "flags": flag_texts(str(words["flags"].iloc[0])) if "flags" in words else [],
                "words": entries,
            }
        )
    factors = _factors(keyness)
    return sorted(described, key=lambda entry: (factors.index(entry["factor_name"]), _level_order(entry)))


def _level_order(entry: Mapping[str, Any]) -> int:
    """Put levels from the centre down and leave every other factor in the order of the table."""
    levels = LEVELS if entry["factor_name"] == "level" else ()
    return levels.index(entry["group"]) if entry["group"] in levels else 0


def quote_groups(held: Tables, n_documents: int) -> list[dict[str, Any]]:
    """One entry a topic: passages over the whole corpus, then by factor and group, and counter-examples.

    n_documents: how many documents the page lists; a quotation of one of them has its place there.
    """
    places = {doc_id: place for place, doc_id in enumerate(held["documents"]["doc_id"].head(n_documents))}
    exemplars = held["exemplars"].merge(
        held["passages"][["passage_id", "position"]], on="passage_id", how="left"
    ).merge(held["documents"][["doc_id", "title"]], on="doc_id", how="left")  # fmt: skip
    columns = (
        "factor",
        "group",
        "role",
        "rank",
        "passage_id",
        "doc_id",
        "title",
        "position",
        "theta",
        "start",
        "end",
        "quote",
    )
    described = []
    for topic in rows(held["topics"].sort_values("topic"), "topic", "label"):
        quotes = rows(exemplars[exemplars["topic"] == topic["topic"]], *columns)
        for quote in quotes:
            quote["document"] = places.get(quote["doc_id"])
        overall = [quote for quote in quotes if quote["factor"] is None]
        grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for quote in quotes:
            if quote["factor"] is not None:
                grouped.setdefault((quote["factor"], quote["group"]), []).append(quote)
        described.append(
            topic
            | {
                "exemplars": _ranked(overall, "exemplar"),
                "counters": _ranked(overall, "counter"),
                "groups": [
                    {
                        "factor_name": factor,
                        "group": group,
                        "factor": label("factor", factor),
                        "label": group_label(factor, group),
                        "exemplars": _ranked(of_group, "exemplar")[
                            : MAX_QUOTES if len(grouped) > MANY else None
                        ],
                        "counters": _ranked(of_group, "counter"),
                    }
                    for (factor, group), of_group in grouped.items()
                ],
            }
        )
    return described


def _ranked(quotes: list[dict[str, Any]], role: str) -> list[dict[str, Any]]:
    return sorted((quote for quote in quotes if quote["role"] == role), key=lambda quote: int(quote["rank"]))
