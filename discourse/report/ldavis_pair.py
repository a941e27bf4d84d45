"""Expected counts of each topic by document in; what two pyLDAvis panels need to set two groups side by side, out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from discourse.contracts import TopicModel
from discourse.report.labels import Text, group_label, label

MAX_NUMBERS = 120_000  # counts in the page, of all groups: about 400 kB
MAX_TERMS = 300
MIN_TERMS = 40


@dataclass(frozen=True)
class GroupCounts:
    """Expected tokens of every group in every topic, (n_groups, n_topics), and of the terms shown there.

    counts: (n_groups, n_topics, n_terms); terms: rows of the vocabulary; names and n_documents: of the groups.
    """

    names: Sequence[Text]
    n_documents: Sequence[int]
    terms: Sequence[str]
    tokens: np.ndarray
    counts: np.ndarray


def count_groups(
    model: TopicModel,
    divided: Iterable[sparse.csr_matrix],
    groups: Sequence[tuple[str, str, np.ndarray]],
) -> GroupCounts:
    """Add up the expected counts of each topic by group.

    divided: for each topic its expected counts (n_documents, n_terms); groups: factor, group, and which
    documents it has, bool (n_documents,). Kept are the terms that lead a topic by probability or by lift.
    """
    chosen = _choose_terms(model, len(groups))
    members = sparse.csr_matrix(np.array([own for _, _, own in groups], dtype=np.float64))
    tokens, counts = [], []
    for topic in divided:
        of_groups = (members @ topic).tocsr()
        tokens.append(np.asarray(of_groups.sum(axis=1)).ravel())
        counts.append(of_groups[:, chosen].toarray())
    return GroupCounts(
        names=[_name(factor, group) for factor, group, _ in groups],
        n_documents=[int(own.sum()) for _, _, own in groups],
        terms=[str(model.vocabulary[place]) for place in chosen],
        tokens=np.stack(tokens, axis=1),
        counts=np.stack(counts, axis=1),
    )


def _choose_terms(model: TopicModel, n_groups: int) -> np.ndarray:
    """Terms that lead some topic, turn by turn, as many as the page has room for."""
    room = int(np.clip(MAX_NUMBERS // max(1, n_groups * model.n_topics), MIN_TERMS, MAX_TERMS))
    overall = np.maximum(model.term_counts / model.term_counts.sum(), 1e-12)
    relevance = 0.6 * np.log(np.maximum(model.phi, 1e-300)) + 0.4 * np.log(
        np.maximum(model.phi, 1e-300) / overall
    )
    orders = [np.argsort(-score, axis=1, kind="stable") for score in (model.phi, relevance)]
    turns = np.stack(orders, axis=1).reshape(-1, len(model.vocabulary)).T.ravel()
    _, first = np.unique(turns, return_index=True)
    return np.sort(turns[np.sort(first)][:room])


def _name(factor: str, group: str) -> Text:
    own, by = group_label(factor, group), label("factor", factor)
    return Text(zh=f"{by['zh']}：{own['zh']}", en=f"{by['en']}: {own['en']}")


def pack_groups(groups: GroupCounts, numbers: Sequence[int]) -> dict[str, Any]:
    """All of it as plain numbers, topics in places of their own numbers; a number that is gone has no tokens."""
    n_rows = numbers[-1] + 1
    tokens = np.zeros((len(groups.names), n_rows))
    counts = np.zeros((len(groups.names), n_rows, len(groups.terms)))
    tokens[:, list(numbers)], counts[:, list(numbers)] = groups.tokens, groups.counts
    return {
        "terms": list(groups.terms),
        "groups": [
            {
                "name": f"{name['zh']}" + (f" {name['en']}" if name["en"] != name["zh"] else ""),
                "n": n,
                "tokens": np.round(own, 2).tolist(),
                "counts": [_sparse(row) for row in of_topics],
            }
            for name, n, own, of_topics in zip(groups.names, groups.n_documents, tokens, counts, strict=True)
        ],
    }


def _sparse(row: np.ndarray) -> list[list[Any]]:
    """Places and counts of what occurs at least a twentieth of a time."""
    rounded = np.round(row, 1)
    places = np.flatnonzero(rounded)
    return [places.tolist(), rounded[places].tolist()]
