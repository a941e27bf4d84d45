"""Compiled loops of the CVB0 engine: C-contiguous arrays of stated dtype come in and are filled in place.

Every array with a topic axis is padded with zeros to a multiple of `LANES` topics, so that a loop over topics
has no remainder. Slow twins of all kernels are in `tests/topics/reference_cvb0.py`; with
``NUMBA_DISABLE_JIT=1`` all of this runs as plain Python. `_kernels_kept` does the same where a pair keeps its
largest responsibilities only, `_kernels_given` reads passages with phi as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numba import config, njit

from discourse.topics._vectors import LANES, update_four, update_one, update_two

__all__ = ["LANES", "are_compiled", "compiled", "count_tokens", "sweep"]
SHORT = 48  # topics up to which four pairs at once beat two: above it, memory is the limit and not the adder
_ONE = np.float32(1.0)


def compiled(function: Any) -> Any:
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


@compiled
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


@compiled
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
