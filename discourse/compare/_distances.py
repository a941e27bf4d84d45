"""Profiles (mean shares over all topics) come in; distances, their errors and the Welch-type statistic go out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import gammaln, xlogy

from discourse.compare._permutation import bound_permutations, draw_orders, split_labels

Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]


def jensen_shannon(target: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence in nats of the last axis: 0 equal, log 2 = .693 nothing in common."""
    middle = (target + reference) / 2.0
    return (xlogy(target, _ratio(target, middle)) + xlogy(reference, _ratio(reference, middle))).sum(-1) / 2.0


def hellinger_squared(target: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Squared Hellinger distance of the last axis: 0 equal, 1 nothing in common."""
    return ((np.sqrt(target) - np.sqrt(reference)) ** 2).sum(-1) / 2.0


def jensen_shannon_bias(target: np.ndarray, reference: np.ndarray) -> float:
    """Expected excess of the plug-in divergence of two groups (n_units, n_topics): second order."""
    middle = (target.mean(axis=0) + reference.mean(axis=0)) / 2.0
    return float(_ratio(_variance_of_mean(target) + _variance_of_mean(reference), middle).sum() / 8.0)


def hellinger_bias(target: np.ndarray, reference: np.ndarray) -> float:
    """Expected excess of the plug-in squared distance: 1 - sum sqrt(ab), the roots opened to second order."""
    a, b = target.mean(axis=0), reference.mean(axis=0)
    spread = _ratio(_variance_of_mean(target), a**2) + _ratio(_variance_of_mean(reference), b**2)
    return float((np.sqrt(a * b) * spread).sum() / 8.0)


def jackknife_se(target: np.ndarray, reference: np.ndarray, distance: Distance) -> float:
    """Jackknife SE of the distance of two mean profiles, leaving one unit out at a time."""
    a, b = target.mean(axis=0), reference.mean(axis=0)
    without_target = distance((target.sum(axis=0) - target) / (len(target) - 1), b)
    without_reference = distance(a, (reference.sum(axis=0) - reference) / (len(reference) - 1))
    return float(
        np.sqrt(
            sum(
                (len(d) - 1) / len(d) * ((d - d.mean()) ** 2).sum()
                for d in (without_target, without_reference)
            )
        )
    )


def scale_profiles(values: np.ndarray) -> np.ndarray:
    """Shares (n_units, n_topics) divided by the root of their mean: small topics count as much as large ones.

    Squared distances between rows are chi-square distances. Topics that nobody talks about stay 0.
    """
    return _ratio(values, np.sqrt(values.mean(axis=0)))


def deal_groups(groups: np.ndarray, strata: np.ndarray, n_permutations: int, seed: int) -> np.ndarray:
    """Group codes (n_permutations + 1, n_units) dealt anew inside the strata, the observed ones first."""
    rng = np.random.default_rng(seed)
    n_permutations = bound_permutations(n_permutations, len(groups))
    small = groups.astype(np.min_scalar_type(int(groups.max(initial=0))))  # a byte a unit, not eight
    dealt = np.tile(small, (n_permutations + 1, 1))
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        for rows, order in draw_orders(n_permutations, len(members), rng):
            dealt[rows.start + 1 : rows.stop + 1, members] = small[members][order]
    return dealt


def smallest_p(groups: np.ndarray, strata: np.ndarray, n_permutations: int) -> float:
    """Smallest p of a statistic of any number of groups that relabellings inside the strata allow.

    Groups of the same sizes in every stratum can change places without changing the statistic.
    """
    sizes = np.zeros((strata.max() + 1, groups.max() + 1), dtype=np.int64)
    np.add.at(sizes, (strata, groups), 1)
    logs = gammaln(sizes.sum(axis=1) + 1.0).sum() - gammaln(sizes + 1.0).sum()
    alike = np.unique(sizes, axis=1, return_counts=True)[1]
    n_permutations = bound_permutations(n_permutations, len(groups))
    return float(max(np.exp(gammaln(alike + 1.0).sum() - logs), 1.0 / (n_permutations + 1)))


def welch_statistic(values: np.ndarray, labels: np.ndarray, n_groups: int) -> np.ndarray:
    """Wd* (n_labellings,) of profiles (n_units, n_columns) under group codes (n_labellings, n_units).

    The numerator of Welch's ANOVA with squared distances in place of squares: groups that spread widely weigh
    less, so that unequal dispersion is not taken for a difference. Every group needs two units.
    Reference: Hamidi et al. (2019), Microbiome 7:51.
    """
    return np.concatenate([_welch_block(values, block, n_groups) for block in split_labels(labels)])


def _welch_block(values: np.ndarray, labels: np.ndarray, n_groups: int) -> np.ndarray:
    squares = (values**2).sum(axis=1)
    floor = 1e-12 * max(float(squares.sum()), 1e-300)
    sizes = np.bincount(labels[0], minlength=n_groups).astype(np.float64)
    means = np.empty((n_groups, len(labels), values.shape[1]))
    weights = np.empty((n_groups, len(labels)))
    for group in range(n_groups):
        inside = (labels == group).astype(np.float64)
        means[group] = inside @ values / sizes[group]
        scatter = inside @ squares - sizes[group] * (means[group] ** 2).sum(axis=1)
        weights[group] = sizes[group] * (sizes[group] - 1.0) / np.maximum(scatter, floor)
    total = weights.sum(axis=0)
    centre = (weights[:, :, None] * means).sum(axis=0) / total[:, None]
    between = (weights * ((means - centre) ** 2).sum(axis=2)).sum(axis=0) / (n_groups - 1)
    lack = ((1.0 - weights / total) ** 2 / (sizes[:, None] - 1.0)).sum(axis=0)
    return between / (1.0 + 2.0 * (n_groups - 2) / (n_groups**2 - 1) * lack)


def _variance_of_mean(values: np.ndarray) -> np.ndarray:
    return values.var(axis=0, ddof=1) / len(values)


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient; 0 where the denominator is 0, since the numerator is 0 there too."""
    return np.divide(
        numerator,
        denominator,
        out=np.zeros(np.broadcast_shapes(numerator.shape, denominator.shape)),
        where=denominator > 0,
    )
