"""Factors and documents in; short numbers of groups, by which the page filters all its parts, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from discourse.report.marks import find_lead

Places = dict[str, dict[str, str]]


def number_groups(factors: Sequence[Mapping[str, Any]]) -> Places:
    """Number of every group, ``factor.group`` counted from 0: factor to group to number."""
    return {
        factor["factor"]: {group["group"]: f"{f}.{g}" for g, group in enumerate(factor["groups"])}
        for f, factor in enumerate(factors)
    }


def place_documents(documents: pd.DataFrame, places: Places) -> dict[str, str]:
    """Numbers of the groups that a document belongs to, with blanks between them; ``0.x`` where it has none."""
    found: dict[str, list[str]] = {str(doc_id): [] for doc_id in documents["doc_id"]}
    for number, (factor, groups) in enumerate(places.items()):
        names = factor.split(":")
        if not set(names) <= set(documents.columns):
            continue
        parts = documents.dropna(subset=names)
        labels = [":".join(map(str, row)) for row in parts[names].itertuples(index=False, name=None)]
        for doc_id, label in zip(parts["doc_id"], labels, strict=True):
            if label in groups:
                found[str(doc_id)].append(groups[label])
        for own in found.values():
            if not any(place.startswith(f"{number}.") for place in own):
                own.append(f"{number}.x")
    return {doc_id: " ".join(numbers) for doc_id, numbers in found.items()}


def list_leads(factors: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One entry a factor: for every group the topic in which it is farthest ahead, and what models say of it."""
    described = []
    for place, factor in enumerate(factors):
        leads = [lead for group in factor["groups"] if (lead := find_lead(factor, group)) and lead["models"]]
        described.append(
            {
                "factor": place,
                "label": factor["label"],
                "leads": [
                    {
                        "group": lead["group"]["label"],
                        "place": f"{place}.{factor['groups'].index(lead['group'])}",
                        "n_documents": lead["group"]["n_documents"],
                        "topic": lead["topic"]["topic"],
                        "label": lead["topic"]["label"],
                        "own": lead["own"],
                        "most": lead["most"],
                        **lead["models"],
                    }
                    for lead in leads
                    if lead["ahead"] > 0
                ],
            }
        )
    return [entry for entry in described if entry["leads"]]
