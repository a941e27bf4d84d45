"""A topic model and its counts come in; how well each topic holds together and stands apart goes out."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.stats import rankdata

from discourse.contracts import DocumentTermMatrix, TopicModel
from discourse.topics.coherence import score_npmi
from discourse.topics.cooccurrence import count_in_passages

DUPLICATE_AFFINITY = 0.8  # as between models: two topics above it are one
_CHUNK = 2**17  # cells at a time: keeps the memory of large corpora small


def score_coherence(model: TopicModel, dtm: DocumentTermMatrix, *, n_terms: int = 10) -> np.ndarray:
    """NPMI coherence of each topic: how far its most probable terms meet in the same passages.

    `coherence.score_npmi` with whole passages as windows: -1 (never together) to 1 (only together); 0 is
    independence. Shape (n_topics,).
    """
    tops = top_positions(model.phi, n_terms)
    return score_npmi(tops, count_in_passages(dtm, np.unique(tops)))


def score_exclusivity(model: TopicModel, *, n_terms: int = 10) -> np.ndarray:
    """Mean FREX (0-1) of the `n_terms` most probable terms of each topic, shape (n_topics,)."""
    frex, tops = score_frex(model.phi), top_positions(model.phi, n_terms)
    return np.take_along_axis(frex, tops, axis=1).mean(axis=1)


def score_frex(phi: np.ndarray, *, weight: float = 0.5) -> np.ndarray:
    """Frequency and exclusivity of each term in each topic: (n_topics, n_terms), 0-1, high where both are.

    FREX_kw = 1 / (weight / E_k(phi_kw / sum_j phi_jw) + (1 - weight) / E_k(phi_kw)), the weighted harmonic
    mean of the term's standing in the topic by exclusivity and by probability; E_k is the empirical
    distribution function over the terms of topic k. The vocabulary should leave out rare terms, as
    `build_dtm` does: a term seen once is exclusive by accident.

    References: Bischof & Airoldi (2012), ICML; Airoldi & Bischof (2016), JASA 111.
    """
    exclusivity = phi / phi.sum(axis=0)
    return 1 / (weight / _standing(exclusivity) + (1 - weight) / _standing(phi))


def score_diversity(phi: np.ndarray, *, n_terms: int = 25) -> float:
    """Share of different terms among the `n_terms` most probable ones of all topics; 1: no term twice.

    Reference: Dieng, Ruiz & Blei (2020), TACL 8.
    """
    tops = top_positions(phi, n_terms)
    return len(np.unique(tops)) / tops.size


def find_duplicates(phi: np.ndarray, *, affinity: float = DUPLICATE_AFFINITY) -> list[tuple[int, int]]:
    """Pairs of topics of one model that say the same: sum_w sqrt(phi phi') of at least `affinity`.

    They share what one topic should hold, and a comparison would split its difference between them.
    """
    root = np.sqrt(phi)
    first, second = np.nonzero(np.triu(np.einsum("iw,jw->ij", root, root) >= affinity, 1))
    return list(zip(first.tolist(), second.tolist(), strict=True))


def score_likelihood(phi: np.ndarray, theta: np.ndarray, counts: sparse.csr_matrix) -> float:
    """Training log likelihood of the counts in nats per token: sum c log(theta phi) / sum c."""
    return float(counts.data @ np.log(mix_at(counts, theta, phi)) / counts.data.sum())


def mix_at(counts: sparse.csr_matrix, weights: np.ndarray, topics: np.ndarray) -> np.ndarray:
    """(weights @ topics) at the filled cells of `counts` only, shape (counts.nnz,)."""
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    by_term, mixed = np.ascontiguousarray(topics.T), np.empty(counts.nnz)
    for start in range(0, counts.nnz, _CHUNK):
        part = slice(start, start + _CHUNK)
        mixed[part] = np.einsum("ik,ik->i", weights[rows[part]], by_term[counts.indices[part]])
    return mixed


def top_positions(scores: np.ndarray, n_terms: int) -> np.ndarray:
    """Columns of the `n_terms` highest scores of each row, highest first; ties in column order."""
    return np.argsort(-_settle(scores), axis=1, kind="stable")[:, :n_terms]


def _standing(scores: np.ndarray) -> np.ndarray:
    """Empirical distribution function within each row: share of terms with a score as high or lower."""
    return rankdata(_settle(scores), method="max", axis=1) / scores.shape[1]


def _settle(scores: np.ndarray) -> np.ndarray:
    """Scores to twelve digits, so that equal terms tie whatever the last bits say."""
    return np.round(scores, 12)
