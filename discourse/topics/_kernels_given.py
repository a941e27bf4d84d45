"""Compiled loops that read passages with phi given: arrays of stated dtype come in and are filled in place."""

from __future__ import annotations

import numpy as np

from discourse.topics._kernels import compiled


@compiled
def complete_passages(
    passage_start: np.ndarray,
    pair_term: np.ndarray,
    seen: np.ndarray,
    hidden: np.ndarray,
    chances: np.ndarray,
    alpha: np.ndarray,
    amounts: np.ndarray,
    demand: np.ndarray,
) -> float:
    """Read the seen tokens of every passage once more, then ask what alpha its hidden tokens would want.

    passage_start (n + 1,) int64; pair_term (n_pairs,) int32: row of chances; seen, hidden (n_pairs,) float64:
    tokens of a pair in either half; chances (n_terms, n_topics) float64: phi, terms in rows; amounts
    (n, n_topics) float64: soft counts of the seen tokens, updated; demand (n_topics,) float64: filled with
    sum_w hidden * phi / p(w). Pairs without tokens in a half are passed over there.
    Returns the log likelihood of the hidden tokens.
    """
    n_topics = alpha.shape[0]
    weights = np.empty(n_topics)
    demand[:] = 0.0
    log_likelihood = 0.0
    for passage in range(passage_start.shape[0] - 1):
        first, last = passage_start[passage], passage_start[passage + 1]
        for k in range(n_topics):
            weights[k] = amounts[passage, k] + alpha[k]
            amounts[passage, k] = 0.0
        for pair in range(first, last):
            if seen[pair] > 0:
                row = chances[pair_term[pair]]
                share = seen[pair] / _weigh_row(weights, row)
                for k in range(n_topics):
                    amounts[passage, k] += share * weights[k] * row[k]
        mass = 0.0
        for k in range(n_topics):
            weights[k] = amounts[passage, k] + alpha[k]
            mass += weights[k]
        for pair in range(first, last):
            if hidden[pair] > 0:
                row = chances[pair_term[pair]]
                total = _weigh_row(weights, row)
                share = hidden[pair] / total
                for k in range(n_topics):
                    demand[k] += share * row[k]
                log_likelihood += hidden[pair] * np.log(total / mass)
    return log_likelihood


@compiled
def share_documents(
    first: int,
    last: int,
    document_start: np.ndarray,
    passage_start: np.ndarray,
    pair_term: np.ndarray,
    pair_count: np.ndarray,
    chances: np.ndarray,
    n_rounds: int,
    shares: np.ndarray,
) -> None:
    """Fill the rows first to last - 1 of shares: of each document, what part of its tokens every topic has.

    document_start (n_documents + 1,) int64: its passages; passage_start (n_passages + 1,) int64: their pairs;
    pair_term (n_pairs,) int32: row of chances; pair_count (n_pairs,) float64; chances (n_terms, n_topics)
    float64: phi, terms in rows; shares (n_documents, n_topics) float64. Twin: `tests/reference.py`.
    """
    n_topics = chances.shape[1]
    weights, sums = np.empty(n_topics), np.empty(n_topics)
    for document in range(first, last):
        begin, end = document_start[document], document_start[document + 1]
        share, tokens = shares[document], np.zeros((end - begin, n_topics))
        share[:] = 1.0 / n_topics
        for _ in range(n_rounds):
            sums[:] = 0.0
            for passage in range(begin, end):
                here = tokens[passage - begin]
                for k in range(n_topics):
                    weights[k] = here[k] + share[k]
                    here[k] = 0.0
                for pair in range(passage_start[passage], passage_start[passage + 1]):
                    row = chances[pair_term[pair]]
                    part = pair_count[pair] / _weigh_row(weights, row)
                    for k in range(n_topics):
                        here[k] += part * weights[k] * row[k]
                for k in range(n_topics):
                    sums[k] += here[k]
            total = sums.sum()
            for k in range(n_topics):
                share[k] = sums[k] / total


@compiled
def _weigh_row(weights: np.ndarray, row: np.ndarray) -> float:
    """Sum of weights * row in four strands, which an adder works on side by side."""
    one, two, three, four = 0.0, 0.0, 0.0, 0.0
    whole = len(row) // 4 * 4
    for k in range(0, whole, 4):
        one += weights[k] * row[k]
        two += weights[k + 1] * row[k + 1]
        three += weights[k + 2] * row[k + 2]
        four += weights[k + 3] * row[k + 3]
    for k in range(whole, len(row)):
        one += weights[k] * row[k]
    return (one + two) + (three + four)
