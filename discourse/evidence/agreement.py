"""Ratings of several coders in, Krippendorff's alpha with an interval out; plain NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from discourse.errors import DataError, SettingError

Scale = Literal["nominal", "ordinal", "interval"]
SCALES = ("nominal", "ordinal", "interval")
MIN_CLUSTERS = 5  # fewer cannot be resampled to any purpose


@dataclass(frozen=True)
class Agreement:
    """Alpha (1 agreement, 0 as by chance, below 0 systematic disagreement) and its 95 % interval; NaN: undefined."""

    alpha: float
    low: float
    high: float
    n_units: int


def estimate_agreement(
    ratings: np.ndarray,
    *,
    scale: Scale = "nominal",
    clusters: np.ndarray | None = None,
    n_draws: int = 2000,
    seed: int = 1,
) -> Agreement:
    """Krippendorff's alpha with a percentile interval from resampling units.

    ratings: (n_units, n_coders), NaN where a coder gave none. clusters: (n_units,) what the units belong to,
    resampled whole; None: each unit by itself. The coders are taken as given: the interval speaks of other
    units, not of other coders. It is NaN with fewer than five clusters, or where the ratings of most
    resamples do not vary. n_units counts units that at least two coders rated.

    References: Krippendorff (2011), Computing Krippendorff's alpha-reliability; Zapf et al. (2016), BMC Medical
    Research Methodology 16:93 (resampling of units).
    """
    counts, values = _count(ratings)
    alpha = _alpha(counts, values, scale)
    groups = np.arange(len(ratings)) if clusters is None else np.asarray(clusters)
    if len(groups) != len(ratings):
        raise DataError(f"clusters has {len(groups)} values for {len(ratings)} units: give one a unit")
    pairable = counts.sum(axis=1) >= 2
    names, member = np.unique(groups[pairable], return_inverse=True)
    n_units = int(pairable.sum())
    if len(names) < MIN_CLUSTERS or np.isnan(alpha):
        return Agreement(alpha, np.nan, np.nan, n_units)
    rng = np.random.default_rng(seed)
    draws = np.array(
        [_alpha(counts[pairable][_weigh(rng, len(names), member)], values, scale) for _ in range(n_draws)]
    )
    known = draws[np.isfinite(draws)]
    if len(known) < n_draws / 2:
        return Agreement(alpha, np.nan, np.nan, n_units)
    low, high = np.percentile(known, [2.5, 97.5])
    return Agreement(alpha, float(low), float(high), n_units)


def score_alpha(ratings: np.ndarray, *, scale: Scale = "nominal") -> float:
    """Krippendorff's alpha of ratings (n_units, n_coders), NaN where missing; NaN where no two can be compared.

    1 minus observed over expected disagreement. Where all ratings are the same there is nothing to agree
    about, and alpha is NaN.
    """
    counts, values = _count(ratings)
    return _alpha(counts, values, scale)


def _count(ratings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How often each unit got each value: (n_units, n_values), and the values in order."""
    ratings = np.asarray(ratings, dtype=np.float64)
    if ratings.ndim != 2:
        raise DataError(f"ratings must be units x coders, found {ratings.ndim} dimensions")
    values = np.unique(ratings[np.isfinite(ratings)])
    return (ratings[:, :, None] == values).sum(axis=1).astype(np.float64), values


def _weigh(rng: np.random.Generator, n_clusters: int, member: np.ndarray) -> np.ndarray:
    """Rows of the units in a resample of clusters, each as often as its cluster was drawn."""
    times = np.bincount(rng.integers(n_clusters, size=n_clusters), minlength=n_clusters)
    return np.repeat(np.arange(len(member)), times[member])


def _alpha(counts: np.ndarray, values: np.ndarray, scale: str) -> float:
    """Alpha from value counts: coincidences within units against those of all values thrown together."""
    if scale not in SCALES:
        raise SettingError(f"scale={scale!r} is not known; scales: {', '.join(SCALES)}")
    counts = counts[counts.sum(axis=1) >= 2]
    if not len(counts):
        return float("nan")
    n_raters = counts.sum(axis=1, keepdims=True)
    coincidences = (counts / (n_raters - 1)).T @ counts - np.diag((counts / (n_raters - 1)).sum(axis=0))
    totals = coincidences.sum(axis=1)
    distance = _distances(totals, values, scale)
    expected = totals @ distance @ totals / (totals.sum() - 1)
    return float(1 - (coincidences * distance).sum() / expected) if expected > 1e-12 else float("nan")


def _distances(totals: np.ndarray, values: np.ndarray, scale: str) -> np.ndarray:
    """Squared difference of each pair of values; the ordinal one counts the ratings between them."""
    if scale == "nominal":
        return 1.0 - np.eye(len(values))
    place = values if scale == "interval" else np.cumsum(totals) - totals / 2
    return (place[:, None] - place[None, :]) ** 2
