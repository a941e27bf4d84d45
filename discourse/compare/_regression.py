"""A design matrix and values come in; one linear combination of coefficients with an honest error goes out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from discourse.compare._stats import t_quantile

_ALONE = 1e-9  # 1 - leverage of a unit whose residual is 0 whatever it says


@dataclass(frozen=True)
class Estimate:
    """A combination of coefficients for each column of values: arrays (n_columns,), `df` one number.

    `alone`: it rests on a unit that nothing else predicts, so that no error can be known.
    """

    value: np.ndarray
    se: np.ndarray
    df: float
    alone: bool = False

    @property
    def p(self) -> np.ndarray:
        """Two-sided p of value / SE; NA where the error is unknown or 0."""
        known = self.se > 0
        t = np.abs(self.value) / np.where(known, self.se, 1.0)
        return np.where(known, 2.0 * stdtr(self.df, -t), np.nan)

    @property
    def half_width(self) -> np.ndarray:
        """Half of the 95 % interval."""
        return np.where(self.se > 0, t_quantile(0.975, self.df) * self.se, np.nan)


def estimate_combination(values: np.ndarray, x: np.ndarray, weights: np.ndarray) -> Estimate | None:
    """Least squares of `values` (n_units, n_columns) on `x` (n_units, n_columns_x): weights @ coefficients.

    SE = max(OLS, HC2), df = min(residual, Bell-McCaffrey); None where the data cannot tell the combination
    from others. References: Bell & McCaffrey (2002), Survey Methodology 28(2); Imbens & Kolesar (2016),
    REStat 98(4).
    """
    basis, singular, right = np.linalg.svd(x, full_matrices=False)
    kept = singular > 1e-10 * singular[0]
    basis, singular, right = basis[:, kept], singular[kept], right[kept]
    projected = right @ weights
    if np.abs(right.T @ projected - weights).max() > 1e-8 * max(np.abs(weights).max(), 1e-300):
        return None
    influence = basis @ (projected / singular)
    value = influence @ values
    free = 1.0 - (basis**2).sum(axis=1)
    alone = free < _ALONE
    residual_df = len(x) - len(singular)
    if residual_df < 1 or (np.abs(influence[alone]) > 1e-8 * np.abs(influence).max()).any():
        return Estimate(value, np.full(len(value), np.nan), np.nan, alone=True)
    residuals = values - basis @ (basis.T @ values)
    ols = (influence**2).sum() * (residuals**2).sum(axis=0) / residual_df
    scaled = np.where(alone, 0.0, influence**2 / np.where(alone, 1.0, free))
    se = np.sqrt(np.maximum(ols, scaled @ residuals**2))
    noise = 1e-12 * np.abs(values).max(axis=0, initial=0.0)
    df = min(float(residual_df), _bell_mccaffrey(scaled, free, basis))
    return Estimate(value, np.where(se <= noise, 0.0, se), df)


def _bell_mccaffrey(scaled: np.ndarray, free: np.ndarray, basis: np.ndarray) -> float:
    """Satterthwaite df of the HC2 variance: trace(M)^2 / trace(M^2), M = W (I - H) W, never formed."""
    crossed = basis.T @ (scaled[:, None] * basis)
    squared = (scaled**2 * (2.0 * free - 1.0)).sum() + (crossed**2).sum()
    return float((scaled * free).sum() ** 2 / squared)
