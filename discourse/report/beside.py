"""A second topic model in; which topic of it belongs to which of the run's own goes out, for map and page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import TopicModel
from discourse.report.labels import Text

N_TERMS = 10


@dataclass(frozen=True)
class OtherModel:
    """A model to be set beside that of the run.

    name: what it is; model: topics under the numbers of `topics` (columns topic, label), one row each.
    similarity: (topics of the run, topics of the other), 1 the same, 0 no more alike than different topics.
    pairs: rows of both that belong together one to one, each topic at most once. least: similarity from which
    on a topic counts as found again.
    """

    name: Text
    model: TopicModel
    topics: pd.DataFrame
    similarity: np.ndarray
    pairs: Sequence[tuple[int, int]]
    least: float


@dataclass(frozen=True)
class Link:
    """Where a topic is found in the other model.

    row: of the other model; found: it is the same topic; joined: it is like enough, but that topic is rather
    another one's counterpart, so that the other model has both in one.
    """

    row: int
    similarity: float
    found: bool
    joined: bool = False


def link_topics(other: OtherModel) -> tuple[list[Link], list[Link]]:
    """The counterpart of every topic, in both directions: its partner where it is found again, else the nearest."""
    partners = dict(other.pairs)
    back = {b: a for a, b in other.pairs}
    return (
        [_link(row, partners.get(i), other.least) for i, row in enumerate(other.similarity)],
        [_link(column, back.get(j), other.least) for j, column in enumerate(other.similarity.T)],
    )


def _link(similarities: np.ndarray, partner: int | None, least: float) -> Link:
    if partner is not None and similarities[partner] >= least:
        return Link(partner, float(similarities[partner]), found=True)
    nearest = int(np.argmax(similarities))
    joined = bool(similarities[nearest] >= least)
    return Link(nearest, float(similarities[nearest]), found=False, joined=joined)


def describe_beside(other: OtherModel, model: TopicModel, topics: pd.DataFrame) -> dict[str, Any]:
    """The two models as a table of the page: each topic of the run, its counterpart, and what else lies near it.

    model, topics: of the run. `left`: topics of the other model that are no topic's counterpart.
    """
    own = _describe_topics(model, topics)
    there = _describe_topics(other.model, other.topics)
    onward, back = link_topics(other)
    rows = []
    for i, (topic, link) in enumerate(zip(own, onward, strict=True)):
        also = [
            there[j] | {"similarity": home.similarity}
            for j, home in enumerate(back)
            if home.row == i and j != link.row
        ]
        rows.append(topic | _counterpart(topic, there[link.row], link) | {"also": also})
    reached = {link.row for link in onward if link.found}
    left = [
        topic | {"near": own[link.row], "similarity": link.similarity}
        for j, (topic, link) in enumerate(zip(there, back, strict=True))
        if j not in reached
    ]
    return {
        "name": other.name,
        "n_topics": len(there),
        "n_found": sum(row["found"] for row in rows),
        "n_joined": sum(row["joined"] for row in rows),
        "rows": rows,
        "left": left,
    }


def _counterpart(topic: Mapping[str, Any], there: Mapping[str, Any], link: Link) -> dict[str, Any]:
    shared = [term for term in topic["terms"] if term in there["terms"]]
    return {
        "other": there,
        "similarity": link.similarity,
        "found": link.found,
        "joined": link.joined,
        "shared": shared,
        "only_here": [term for term in topic["terms"] if term not in shared],
        "only_there": [term for term in there["terms"] if term not in shared],
    }


def _describe_topics(model: TopicModel, topics: pd.DataFrame) -> list[dict[str, Any]]:
    """Number, label, share of tokens and leading terms of every topic, in the order of the model's rows."""
    weights = model.lengths / max(float(model.lengths.sum()), 1.0)
    shares = (model.theta * weights[:, None]).sum(axis=0)
    words = np.asarray(model.vocabulary, dtype=object)
    return [
        {
            "topic": int(number),
            "label": str(label),
            "prevalence": float(shares[row]),
            "terms": [str(word) for word in words[np.argsort(-model.phi[row], kind="stable")[:N_TERMS]]],
        }
        for row, (number, label) in enumerate(
            topics.sort_values("topic")[["topic", "label"]].itertuples(index=False)
        )
    ]
