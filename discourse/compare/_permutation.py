"""Arrays of units and the two groups they belong to come in; permutation p-values go out.

Every result is a count of labellings, so it does not hang on the last bits of a sum or on threads.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from itertools import combinations
from math import comb, prod

import numpy as np

from discourse.compare._stats import Design, centre

MAX_RELABELLINGS = 20_000
# Two labellings that are mirror images give the same |t| up to the last bits: they must count as equal.
TIE = 1e-8
_BLOCK = 1_000
_CELLS = 20_000_000  # of a block: labellings times units
MOST_CELLS, LEAST_PERMUTATIONS = (
    100_000_000,
    999,
)  # beyond 10,000 units each labelling tells more, and costs more


def count_relabellings(design: Design) -> int:
    """Count the ways to deal the target's labels out inside the strata."""
    return prod(comb(int(n), int(k)) for n, k in zip(design.sizes, design.targets, strict=True))


def bound_permutations(n_permutations: int, n_units: int) -> int:
    """How many random relabellings so many units get: as asked up to 10,000 units, then fewer, which is noted."""
    allowed = max(LEAST_PERMUTATIONS, MOST_CELLS // max(n_units, 1))
    if n_permutations <= allowed:
        return n_permutations
    warnings.warn(
        f"where more than 10,000 units are compared, fewer than {n_permutations:,} random relabellings are made "
        f"(at least {LEAST_PERMUTATIONS})",
        stacklevel=3,
    )
    return allowed


def split_labels(labels: np.ndarray) -> Iterable[np.ndarray]:
    """Rows of (n_labellings, n_units), some at a time, so that a block of them stays small."""
    size = max(1, min(_BLOCK, _CELLS // max(labels.shape[1], 1)))
    return (labels[start : start + size] for start in range(0, len(labels), size))


def draw_orders(
    n_permutations: int, n_units: int, rng: np.random.Generator
) -> Iterable[tuple[slice, np.ndarray]]:
    """Random orders of units, (rows, orders (n_rows, n_units)) at a time; blocks draw what one call would."""
    size = max(1, min(_BLOCK, _CELLS // max(n_units, 1)))
    for start in range(0, n_permutations, size):
        rows = slice(start, min(start + size, n_permutations))
        yield rows, np.argsort(rng.random((rows.stop - rows.start, n_units)), axis=1)


def smallest_p(design: Design, n_permutations: int) -> float:
    """Smallest two-sided permutation p that the design allows.

    Where every stratum is balanced, each labelling has a mirror image with the same |t|.
    """
    total = count_relabellings(design)
    if total > MAX_RELABELLINGS:
        return 1.0 / (bound_permutations(n_permutations, len(design.target)) + 1)
    mirrored = bool((2 * design.targets == design.sizes).all())
    return (2.0 if mirrored else 1.0) / total


def relabel(design: Design, n_permutations: int, seed: int) -> np.ndarray:
    """Relabellings of the units inside their strata (n_labellings, n_units) bool, the observed one included.

    All of them where there are at most 20,000; else the observed one and `n_permutations` random ones.
    """
    if count_relabellings(design) <= MAX_RELABELLINGS:
        return _all_relabellings(design)
    rng = np.random.default_rng(seed)
    n_permutations = bound_permutations(n_permutations, len(design.target))
    labels = np.empty((n_permutations + 1, len(design.target)), dtype=bool)
    labels[0] = design.target
    for stratum, n_targets in enumerate(design.targets):
        members = np.flatnonzero(design.strata == stratum)
        for rows, order in draw_orders(n_permutations, len(members), rng):
            labels[rows.start + 1 : rows.stop + 1, members] = order < n_targets
    return labels


def _all_relabellings(design: Design) -> np.ndarray:
    labels = np.zeros((1, len(design.target)), dtype=bool)
    for stratum, n_targets in enumerate(design.targets):
        members = np.flatnonzero(design.strata == stratum)
        chosen = np.array(list(combinations(members, int(n_targets))), dtype=np.int64)
        block = np.zeros((len(chosen), len(design.target)), dtype=bool)
        np.put_along_axis(block, chosen, True, axis=1)
        labels = (labels[:, None, :] | block[None, :, :]).reshape(-1, len(design.target))
    return labels


def studentise(values: np.ndarray, labels: np.ndarray, design: Design) -> np.ndarray:
    """Absolute difference / SE (n_labellings, n_columns) under each labelling of the units.

    The SE is that of `estimate_effects`, from three matrix products a block instead of a fit a labelling.
    Columns without variation get 0. Reference: Chung & Romano (2013), Annals of Statistics 41(2).
    """
    centred = centre(values, design.strata)
    total = (centred**2).sum(axis=0)
    moving = total > 1e-24 * np.maximum((values**2).sum(axis=0), 1e-300)
    centred = centred / np.sqrt(np.where(moving, total, 1.0))
    weights = _hc2_weights(design)
    blocks = (block.astype(np.float64) for block in split_labels(labels))
    return np.concatenate([_studentise_block(centred, block, design, weights) for block in blocks]) * moving


def _hc2_weights(design: Design) -> tuple[np.ndarray, np.ndarray]:
    """HC2 weight g^2 / (1 - h) that each unit would have in the target and in the reference."""

    def weight(group: np.ndarray) -> np.ndarray:
        return group**2 / (1.0 - 1.0 / design.sizes[design.strata] - group**2 / design.information)

    return weight(1.0 - design.fraction), weight(design.fraction)


def _studentise_block(
    centred: np.ndarray, labels: np.ndarray, design: Design, weights: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    inside, outside = weights
    fraction, information = design.fraction, design.information
    beta = labels @ centred / information
    ols = (1.0 - beta**2 * information) / design.residual_df
    # sum of weight * (y - g beta)^2, opened so that labels enter linearly
    squares = labels @ ((inside - outside)[:, None] * centred**2) + outside @ centred**2
    crossed_weights = inside * (1.0 - fraction) + outside * fraction
    crossed = labels @ (crossed_weights[:, None] * centred) - (outside * fraction) @ centred
    constant = np.where(design.target, inside * (1.0 - fraction) ** 2, outside * fraction**2).sum()
    hc2 = (squares - 2.0 * beta * crossed + beta**2 * constant) / information
    # values have unit length: 1e-12 stands for "no residual variation at all"
    return np.abs(beta) / np.sqrt(np.maximum(np.maximum(ols, hc2), 1e-12) / information)


def permutation_p(observed: np.ndarray, permuted: np.ndarray) -> np.ndarray:
    """Share of labellings (the observed one among them) whose statistic is at least the observed one."""
    return (permuted >= observed * (1.0 - TIE)).mean(axis=0)


def pooled_t(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Student's t (n_labellings, n_columns) of `values` (n_units, n_columns) that are centred on 0.

    Columns without variation get 0.
    """
    correlation = correlate(scale(values), labels)
    return correlation * np.sqrt((len(values) - 2) / np.maximum(1.0 - correlation**2, 1e-12))


def scale(values: np.ndarray) -> np.ndarray:
    """Columns that are centred on 0 brought to length 1; those without variation stay 0."""
    total = (values**2).sum(axis=0)
    return values / np.sqrt(np.where(total > 0, total, 1.0))


def correlate(unit: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Correlation of each column of length 1 with each labelling (n_labellings, n_columns).

    It is the difference of the two means in units of its largest possible size, and t grows with it: where
    only the order of |t| counts, it serves as well and costs no root.
    """
    n_units, n_target = len(unit), int(labels[0].sum())
    share = n_target * (n_units - n_target) / n_units
    return labels.astype(np.float64) @ unit / np.sqrt(share)


def as_correlation(t: np.ndarray, n_units: int) -> np.ndarray:
    """Correlation that belongs to a t of `pooled_t`."""
    return t / np.sqrt(t**2 + (n_units - 2))


def pooled_permutation_p(
    columns: Callable[[], Iterable[np.ndarray]], labels: np.ndarray, observed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Permutation p of each column by its own labellings, and by those of all columns together.

    columns: gives values (n_units, n_columns), centred on 0, some columns at a time. labels: (n_labellings,
    n_units), the observed one among them.
    observed: |t| (n_columns,). Reference for pooling: Storey & Tibshirani (2003), PNAS 100(16).
    """
    thresholds = as_correlation(observed * (1.0 - TIE), labels.shape[1])
    own = np.zeros(len(observed))
    pooled = np.zeros(len(observed))
    for block in split_labels(labels):
        permuted = np.abs(np.concatenate([correlate(scale(v), block) for v in columns()], axis=1))
        own += (permuted >= thresholds).sum(axis=0)
        pooled += permuted.size - np.searchsorted(np.sort(permuted, axis=None), thresholds, side="left")
    return own / len(labels), pooled / (len(labels) * len(observed))


def max_t(observed: np.ndarray, permuted: np.ndarray) -> np.ndarray:
    """Family-wise p of each column by the step-down maximum of the permuted statistics.

    Reference: Westfall & Young (1993), algorithm 4.1 with |t| in place of p.
    """
    order = np.argsort(-observed, kind="stable")
    # the maximum over this column and all with a smaller observed statistic
    successive = np.maximum.accumulate(permuted[:, order[::-1]], axis=1)[:, ::-1]
    stepped = np.maximum.accumulate(permutation_p(observed[order], successive))
    adjusted = np.empty_like(stepped)
    adjusted[order] = stepped
    return adjusted
