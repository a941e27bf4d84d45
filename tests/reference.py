"""Slow twins: what the fast code must equal, written to be checked by eye. One function a twin."""

import math

import numpy as np


def document_share(counts: np.ndarray, phi: np.ndarray, n_rounds: int = 30) -> np.ndarray:
    """Twin of `topics._kernels_given.share_documents`: counts (n_passages, n_terms), phi (n_topics, n_terms)."""
    n_topics = len(phi)
    share = [1 / n_topics] * n_topics
    tokens = [[0.0] * n_topics for _ in counts]
    for _ in range(n_rounds):
        for passage, row in enumerate(counts):
            expected = [0.0] * n_topics
            for term, count in enumerate(row):
                chances = [(tokens[passage][k] + share[k]) * phi[k][term] for k in range(n_topics)]
                for k in range(n_topics):
                    expected[k] += count * chances[k] / sum(chances)
            tokens[passage] = expected
        total = sum(map(sum, tokens))
        share = [sum(row[k] for row in tokens) / total for k in range(n_topics)]
    return np.array(share)


def training_likelihood(phi: np.ndarray, theta: np.ndarray, counts: np.ndarray) -> float:
    """Twin of `topics.quality.score_likelihood`, all arrays dense."""
    return float((counts * np.log(theta @ phi)).sum() / counts.sum())


def mean_npmi(present: np.ndarray, epsilon: float = 1e-12) -> float:
    """Twin of `topics.quality._mean_npmi`: present (n_terms, n_passages) of 0 and 1."""
    values = []
    for i in range(len(present)):
        for j in range(i):
            both = np.mean(present[i] * present[j]) + epsilon
            values.append(math.log(both / (present[i].mean() * present[j].mean())) / -math.log(both))
    return sum(values) / len(values)


def frex(phi: np.ndarray, weight: float = 0.5) -> np.ndarray:
    """Twin of `topics.quality.score_frex`."""
    exclusivity = phi / phi.sum(axis=0)
    answer = np.zeros_like(phi)
    for k, w in np.ndindex(phi.shape):
        by_exclusivity = np.mean(exclusivity[k] <= exclusivity[k, w] + 1e-12)
        by_probability = np.mean(phi[k] <= phi[k, w] + 1e-12)
        answer[k, w] = 1 / (weight / by_exclusivity + (1 - weight) / by_probability)
    return answer
