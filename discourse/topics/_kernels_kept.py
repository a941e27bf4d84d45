"""Compiled loops of the CVB0 engine where memory is short: of each pair the largest responsibilities are kept.

A kept responsibility is a uint32: the topic in its upper half, its share in the lower.
"""

from __future__ import annotations

import numpy as np

from discourse.topics._kernels import compiled
from discourse.topics._vectors import weigh_one

_ONE = np.float32(1.0)
_SHARE = np.uint32(65535)  # lower half of a kept responsibility
_UNIT = np.float32(1 / 65535)
_NEGLIGIBLE = np.float32(1 / 512)


@compiled
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


@compiled
def _move(row: np.ndarray, here: np.ndarray, there: np.ndarray, count: float) -> None:
    """Add count times the shares of one pair to the counts of its passage and of its term."""
    for i in range(row.shape[0]):
        share = np.uint32(row[i] & _SHARE)
        if share == 0:
            return
        k, amount = row[i] >> np.uint32(16), count * (np.float32(share) * _UNIT)
        here[k] += amount
        there[k] += amount


@compiled
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


@compiled
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


@compiled
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
