"""Means of shares and their standard errors come in; intervals that respect 0 and 1, and their p, go out.

Shares are skewed: a group that misses its rare large documents has too small a mean and too small an SE at
once, so that a t interval lies below the truth. On the logit scale the interval reaches further up.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit, stdtrit

from discourse.compare._stats import Design, Effects

_BISECTIONS = 48
_SMALLEST_LOG_P = -37.0  # p of 1e-16


def bound_shares(
    mean: np.ndarray, se: np.ndarray, df: float, p: float | np.ndarray = 0.05
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of mean shares: mean and SE on the logit scale (delta method), Student's t, and back.

    mean, se: (n_columns,), 0 to 1. Where the SE is 0, or the mean 0 or 1, both bounds are the mean.
    """
    moving = (se > 0) & (mean > 0) & (mean < 1)
    inner = np.where(moving, mean, 0.5)
    reach = -stdtrit(df, np.asarray(p) / 2.0) * np.where(moving, se, 0.0) / (inner * (1.0 - inner))
    low, high = expit(logit(inner) - reach), expit(logit(inner) + reach)
    return np.where(moving, low, mean), np.where(moving, high, mean)


def bound_differences(
    values: np.ndarray, design: Design, effects: Effects
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """95 % bounds of the differences and the two-sided p that agrees with them, each (n_columns,).

    The t interval of `effects`; with a single stratum the hull of it and of the interval that recovers its
    variances from the logit intervals of the two groups, because t alone covered .83 to .86 where one group
    spreads three times as widely as the other (docs/calibration.md). p is the larger of the two.
    Reference: Zou & Donner (2008), Statistics in Medicine 27(10).
    """
    low, high = effects.difference - effects.half_width, effects.difference + effects.half_width
    if len(design.sizes) > 1:
        return low, high, effects.p
    sides = [_Side(values[group]) for group in (design.target, ~design.target)]
    recovered = _recover(sides[0], sides[1], np.full(values.shape[1], 0.05))
    agreed = np.maximum(effects.p, _invert(sides[0], sides[1]))
    return np.minimum(low, recovered[0]), np.maximum(high, recovered[1]), agreed


class _Side:
    """One group: means, standard errors, degrees of freedom."""

    def __init__(self, values: np.ndarray) -> None:
        n_units = len(values)
        self.mean = values.mean(axis=0)
        self.se = values.std(axis=0, ddof=1) / np.sqrt(n_units)
        # Two or three units: n - 1 would cover .99, one more covers .965 to .98.
        self.df = float(max(n_units - 1, min(n_units, 3)))


def _recover(target: _Side, reference: _Side, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the differences at level 1 - p: squared distances of the groups' bounds add."""
    low_target, high_target = bound_shares(target.mean, target.se, target.df, p)
    low_reference, high_reference = bound_shares(reference.mean, reference.se, reference.df, p)
    difference = target.mean - reference.mean
    return (
        difference - np.hypot(target.mean - low_target, high_reference - reference.mean),
        difference + np.hypot(high_target - target.mean, reference.mean - low_reference),
    )


def _invert(target: _Side, reference: _Side) -> np.ndarray:
    """P at which 0 lies on a bound (n_columns,), found by bisection of log p; 1 without a difference."""
    still = target.mean == reference.mean
    below, above = np.full(len(still), _SMALLEST_LOG_P), np.zeros(len(still))
    for _ in range(_BISECTIONS):
        middle = (below + above) / 2.0
        low, high = _recover(target, reference, np.exp(middle))
        inside = (low <= 0) & (high >= 0)
        below, above = np.where(inside, middle, below), np.where(inside, above, middle)
    return np.where(still, 1.0, np.exp((below + above) / 2.0))
