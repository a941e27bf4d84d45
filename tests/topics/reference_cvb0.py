"""Slow twins of the kernels of the CVB0 engine: float64, one number at a time, to be checked by eye."""

import numpy as np


def sweep(passages, terms, counts, gamma, passage_topic, term_topic, total):
    """Twin of `_kernels.sweep` for pairs that are updated one after the other; alters its tables.

    passages, terms, counts (n_pairs,); gamma (n_pairs, n_topics); passage_topic holds soft counts plus alpha,
    term_topic soft counts plus eta, total its column sums. Returns sum over tokens of log of the weights' sum.
    """
    log_likelihood = 0.0
    for pair, (d, w, count) in enumerate(zip(passages, terms, counts, strict=True)):
        old = gamma[pair].copy()
        weights = (passage_topic[d] - old) * (term_topic[w] - old) / total
        new = weights / weights.sum()
        gamma[pair] = new
        passage_topic[d] += count * (new - old)
        term_topic[w] += count * (new - old)
        total += count * (new - old)
        log_likelihood += count * np.log(weights.sum())
    return log_likelihood


def count_tokens(passages, terms, counts, gamma, n_passages, n_terms):
    """Twin of `_kernels.count_tokens`."""
    passage_topic, term_topic = np.zeros((n_passages, gamma.shape[1])), np.zeros((n_terms, gamma.shape[1]))
    for pair, (d, w, count) in enumerate(zip(passages, terms, counts, strict=True)):
        passage_topic[d] += count * gamma[pair]
        term_topic[w] += count * gamma[pair]
    return passage_topic, term_topic


def hidden_likelihood(alpha, amounts, seen, hidden, phi):
    """Twin of `_kernels_given.complete_passages`: dense seen, hidden (n_passages, n_terms), phi (n_topics, n_terms).

    Returns the amounts after one more round and the log likelihood of the hidden tokens under them.
    """
    amounts, log_likelihood = amounts.copy(), 0.0
    for d in range(len(seen)):
        new = np.zeros(len(alpha))
        for w in range(seen.shape[1]):
            share = (amounts[d] + alpha) * phi[:, w]
            new += seen[d, w] * share / share.sum()
        theta = (new + alpha) / (new + alpha).sum()
        amounts[d] = new
        log_likelihood += hidden[d] @ np.log(theta @ phi)
    return amounts, log_likelihood
