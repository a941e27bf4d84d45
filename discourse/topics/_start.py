"""Counts come in; the topics that the CVB0 engine begins with go out."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def first_topics(
    counts: sparse.csr_matrix,
    allowed: np.ndarray,
    n_topics: int,
    rng: np.random.Generator,
    eta: float | np.ndarray | None = None,
) -> np.ndarray:
    """Make counts (n_topics, n_terms) to begin with: a passage a topic, and the whole corpus with noise.

    The passages are drawn far apart (k-means++ on Hellinger distances), which saves five to ten sweeps against
    noise alone; the noise keeps topics apart where passages repeat. A topic whose row of the matrix eta
    (n_topics, n_terms) raises terms begins with the mean of the passages that hold them instead.
    allowed (n_passages,) bool: passages to draw from.
    """
    passages = counts[_distant_passages(counts, allowed, n_topics, rng)].toarray().astype(np.float64)
    if isinstance(eta, np.ndarray):
        _lead_by_terms(passages, counts, allowed, eta)
    everything = np.asarray(counts.sum(axis=0), dtype=np.float64) / n_topics
    return passages + everything * rng.uniform(0.9, 1.1, passages.shape)


def _lead_by_terms(
    passages: np.ndarray, counts: sparse.csr_matrix, allowed: np.ndarray, eta: np.ndarray
) -> None:
    """Put the mean of the passages with raised terms in the place of the passages that were drawn."""
    raised = eta - eta.min(axis=1, keepdims=True)
    for topic in np.flatnonzero(raised.any(axis=1)):
        weights = (counts @ (raised[topic] / raised[topic].max())) * allowed
        if weights.any():
            passages[topic] = counts.T @ (weights / weights.sum())


def _distant_passages(
    counts: sparse.csr_matrix, allowed: np.ndarray, n_chosen: int, rng: np.random.Generator
) -> list[int]:
    """Draw passages one by one, each with a chance that grows with its distance from those drawn."""
    lengths = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    roots = sparse.csr_matrix(sparse.diags_array(1 / np.sqrt(np.maximum(lengths, 1))) @ counts.sqrt())
    distance = np.ones(len(lengths))
    chosen: list[int] = []
    for _ in range(n_chosen):
        chances = distance * lengths * allowed
        if not chances.any():  # fewer different passages than topics
            chances = lengths * allowed
        chosen.append(int(rng.choice(len(lengths), p=chances / chances.sum())))
        likeness = roots @ roots[[chosen[-1]]].toarray().ravel()
        distance = np.minimum(distance, np.where(likeness < 1 - 1e-9, 1 - likeness, 0))
    return chosen
