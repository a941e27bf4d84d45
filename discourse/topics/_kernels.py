"""Compiled loops of the CVB0 engine: C-contiguous arrays of stated dtype come in and are filled in place.

Every array with a topic axis is padded with zeros to a multiple of `LANES` topics, so that a loop over topics
has no remainder. Slow twins of all kernels are in `tests/topics/reference_cvb0.py`; with
``NUMBA_DISABLE_JIT=1`` all of this runs as plain Python.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numba import config, njit

from discourse.topics._vectors import LANES, update_four, update_one, update_two, weigh_one

__all__ = [
    "LANES",
    "are_compiled",
    "complete_passages",
    "count_kept",
    "count_tokens",
    "share_documents",
    "sweep",
    "sweep_kept",
]
SHORT = 48  # topics up to which four pairs at once beat two: above it, memory is the limit and not the adder
_ONE = np.float32(1.0)
_SHARE = np.uint32(65535)  # lower half of a kept responsibility
_UNIT = np.float32(1 / 65535)
_NEGLIGIBLE = np.float32(1 / 512)


def _compiled(function: Any) -> Any:
    """Compile for any thread, and keep the result on disk where there is a place to write to."""
    options = {"nogil": True, "error_model": "numpy", "boundscheck": False}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # numba found no folder for its cache: compile in every process instead
        return njit(**options)(function)


def are_compiled() -> bool:
    """Whether the kernels lie compiled on disk; else the first fit takes some seconds longer."""
    folder = getattr(getattr(sweep, "stats", None), "cache_path", None)
    return config.DISABLE_JIT or bool(folder and any(Path(folder).glob("_kernels.sweep-*.nbi")))


@_compiled
def count_tokens(
    first: int,
    last: int,
    visit_passage: np.ndarray,
    visit_start: np.ndarray,
    pair_term: np.ndarray,
    pair_count: np.ndarray,
    gamma: np.ndarray,
    passage_topic: np.ndarray,
    term_topic: np.ndarray,
) -> None:
    """Add count * gamma of the visits first to last - 1 to the float64 tables passage_topic and term_topic.

    Shapes as in `sweep`. Exact where the running float32 tables have drifted.
    """
    for visit in range(first, last):
        here = passage_topic[visit_passage[visit]]
        for pair in range(visit_start[visit], visit_start[visit + 1]):
            there = term_topic[pair_term[pair]]
            row = gamma[pair]
            count = np.float64(pair_count[pair])
            for k in range(row.shape[0]):
                amount = count * np.float64(row[k])
                here[k] += amount
                there[k] += amount


@_compiled
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


@_compiled
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


@_compiled
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


@_compiled
def sweep(
    first: int,
    last: int,
    visit_passage: np.ndarray,
    visit_start: np.ndarray,
    pair_term: np.ndarray,
    pair_count: np.ndarray,
    gamma: np.ndarray,
    passage_topic: np.ndarray,
    term_topic: np.ndarray,
    topic_total: np.ndarray,
    topic_change: np.ndarray,
    scratch: np.ndarray,
    measure: bool,
) -> float:
    """Update the responsibilities of all pairs of the visits first to last - 1, and the counts with them.

    visit_passage (n_visits,) int32, visit_start (n_visits + 1,) int64: which pairs belong to which passage;
    pair_term int32, pair_count float32 (n_pairs,); gamma (n_pairs, n_padded) float32, rows sum to 1;
    passage_topic (n_passages, n_padded), term_topic (n_terms, n_padded): float32 soft counts plus alpha, plus
    eta; topic_total (n_padded,) float32: soft counts plus n_terms * eta, as they were before this call;
    topic_change (n_padded,) float32: what this call adds to them; scratch (5, n_padded) float32.
    Returns the sum over tokens of the log of the unnormalised predictive probability, if `measure`, else 0.
    Equation: Asuncion et al. (2009), eq. 14, one responsibility for all tokens of a pair.
    """
    n_padded = topic_total.shape[0]
    log_likelihood = 0.0
    for visit in range(first, last):
        passage = visit_passage[visit]
        for k in range(n_padded):
            # totals move little within a passage: one division a visit instead of one a pair
            scratch[0, k] = _ONE / (topic_total[k] + topic_change[k])
            topic_change[k] -= passage_topic[passage, k]
        pair, end = visit_start[visit], visit_start[visit + 1]
        while pair < end:
            if end - pair >= 4 and n_padded <= SHORT:
                width = 4
                update_four(gamma, pair, passage_topic, passage, term_topic, pair_term, scratch, pair_count)
            elif end - pair >= 2:
                width = 2
                update_two(gamma, pair, passage_topic, passage, term_topic, pair_term, scratch, pair_count)
            else:
                width = 1
                update_one(gamma, pair, passage_topic, passage, term_topic, pair_term, scratch, pair_count)
            if measure:
                for i in range(width):
                    log_likelihood += pair_count[pair + i] * np.log(np.float64(scratch[1 + i, 0]))
            pair += width
        for k in range(n_padded):
            topic_change[k] += passage_topic[passage, k]
    return log_likelihood


@_compiled
def sweep_kept(
    first: int,
    last: int,
    visit_passage: np.ndarray,
    visit_start: np.ndarray,
    pair_term: np.ndarray,
    pair_count: np.ndarray,
    kept: np.ndarray,
    passage_topic: np.ndarray,
    term_topic: np.ndarray,
    topic_total: np.ndarray,
    topic_change: np.ndarray,
    scratch: np.ndarray,
    measure: bool,
) -> float:
    """Do what `sweep` does with the largest responsibilities of a pair only.

    kept (n_pairs, n_kept) uint32: the topic in the upper half, its share in the lower, in units of 1 / 65535;
    a row's shares sum to 1. The others as in `sweep`; scratch (5, n_padded), n_padded at least n_kept.
    All topics are weighed at each visit, so that one that was dropped can come back.
    """
    n_padded = topic_total.shape[0]
    log_likelihood = 0.0
    for visit in range(first, last):
        passage = visit_passage[visit]
        here = passage_topic[passage]
        for k in range(n_padded):
            scratch[0, k] = _ONE / (topic_total[k] + topic_change[k])
            topic_change[k] -= here[k]
        for pair in range(visit_start[visit], visit_start[visit + 1]):
            there, row, count = term_topic[pair_term[pair]], kept[pair], pair_count[pair]
            _move(row, here, there, -_ONE)
            total = weigh_one(passage_topic, passage, term_topic, pair_term[pair], scratch)
            if count > _ONE:
                _move(row, here, there, _ONE - count)
            _keep_largest(row, scratch, total)
            _move(row, here, there, count)
            if measure:
                log_likelihood += count * np.log(np.float64(total))
        for k in range(n_padded):
            topic_change[k] += here[k]
    return log_likelihood


@_compiled
def _move(row: np.ndarray, here: np.ndarray, there: np.ndarray, count: float) -> None:
    """Add count times the shares of one pair to the counts of its passage and of its term."""
    for i in range(row.shape[0]):
        share = np.uint32(row[i] & _SHARE)
        if share == 0:
            return
        k, amount = row[i] >> np.uint32(16), count * (np.float32(share) * _UNIT)
        here[k] += amount
        there[k] += amount


@_compiled
def _keep_largest(row: np.ndarray, scratch: np.ndarray, total: float) -> None:
    """Fill row with the topics of the largest weights scratch[1]; scratch[2:4] is used up.

    Weights below `_NEGLIGIBLE` of the total are left out; of equal ones the lower topic number comes first.
    """
    weights, chosen, topics = scratch[1], scratch[2], scratch[3]
    least, n_chosen, n_kept = total * _NEGLIGIBLE, 0, row.shape[0]
    for k in range(weights.shape[0]):
        if weights[k] > least:
            chosen[n_chosen], topics[n_chosen] = weights[k], np.float32(k)
            n_chosen += 1
    if n_chosen > n_kept:
        _bring_forward(chosen, topics, n_chosen, n_kept)
        n_chosen = n_kept
    mass = np.float32(0)
    for i in range(n_chosen):
        mass += chosen[i]
    left = np.int64(_SHARE)
    for i in range(n_kept - 1, -1, -1):
        if i >= n_chosen:
            row[i] = 0
            continue
        # the first takes what rounding left over, so that the row sums to 1 exactly
        share = left if i == 0 else np.int64(chosen[i] / mass / _UNIT + np.float32(0.5))
        left -= share
        row[i] = np.uint32(np.int64(topics[i]) << 16 | share)


@_compiled
def _bring_forward(values: np.ndarray, labels: np.ndarray, n_values: int, n_wanted: int) -> None:
    """Sort so far that the first n_wanted of n_values are the largest, in falling order."""
    for i in range(1, n_values):
        value, label = values[i], labels[i]
        place = min(i, n_wanted)
        if place == n_wanted and value <= values[n_wanted - 1]:
            continue
        place = min(i, n_wanted - 1)
        while place > 0 and values[place - 1] < value:
            values[place], labels[place] = values[place - 1], labels[place - 1]
            place -= 1
        values[place], labels[place] = value, label


@_compiled
def count_kept(
    first: int,
    last: int,
    visit_passage: np.ndarray,
    visit_start: np.ndarray,
    pair_term: np.ndarray,
    pair_count: np.ndarray,
    kept: np.ndarray,
    passage_topic: np.ndarray,
    term_topic: np.ndarray,
) -> None:
    """Do what `count_tokens` does, from the rows of `sweep_kept`."""
    for visit in range(first, last):
        here = passage_topic[visit_passage[visit]]
        for pair in range(visit_start[visit], visit_start[visit + 1]):
            there, count = term_topic[pair_term[pair]], np.float64(pair_count[pair])
            for packed in kept[pair]:
                amount = count * np.float64(packed & _SHARE) / 65535.0
                here[packed >> np.uint32(16)] += amount
                there[packed >> np.uint32(16)] += amount
