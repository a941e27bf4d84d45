"""Two topic models in; what two linked pyLDAvis panels need to set them side by side, out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import TopicModel
from discourse.report.beside import Link, OtherModel, link_topics
from discourse.report.ldavis_data import label_topics, place_topics, prepare_panel

N_TERMS = 16  # bars of a small panel


def pack_models(other: OtherModel, model: TopicModel, numbers: Sequence[int]) -> dict[str, Any]:
    """The other model's panel, the places of all topics on one plane, and which topic leads to which.

    numbers: of the topics of `model`, one for every row. ``places`` [x, y] and ``links`` [number there, similarity,
    found, joined] stand under the numbers of the tables.
    """
    theirs = [int(topic) for topic in sorted(other.topics["topic"])]
    labels = label_topics(other.topics, theirs[-1] + 1)
    places = place_topics(_stack([model, other.model]))
    onward, back = link_topics(other)
    return {
        "name": other.name,
        "data": prepare_panel(other.model, theirs, labels, n_terms=N_TERMS),
        "numbers": theirs,
        "places": [
            dict(zip(map(str, own), rows.tolist(), strict=True))
            for own, rows in ((numbers, places[: model.n_topics]), (theirs, places[model.n_topics :]))
        ],
        "links": [_number(onward, numbers, theirs), _number(back, theirs, numbers)],
    }


def _stack(models: Sequence[TopicModel]) -> np.ndarray:
    """Topics of all models over the terms of any of them, rows sum to 1."""
    terms = pd.Index(sorted({term for model in models for term in model.vocabulary}))
    stacked = []
    for model in models:
        phi = np.zeros((model.n_topics, len(terms)))
        phi[:, terms.get_indexer(model.vocabulary)] = model.phi
        stacked.append(phi)
    return np.concatenate(stacked)


def _number(links: Sequence[Link], own: Sequence[int], there: Sequence[int]) -> dict[str, list[Any]]:
    return {
        str(number): [there[link.row], round(link.similarity, 2), link.found, link.joined]
        for number, link in zip(own, links, strict=True)
    }
