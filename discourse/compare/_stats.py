"""Arrays of units and the two groups they belong to come in; effects and adjusted p-values go out.

One rule serves both comparisons: least squares of the values on the group and indicators of the strata. With
a single stratum it is the two-sample comparison: OLS gives the pooled variance, HC2 gives Welch's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import nctdtrinc, stdtr, stdtrit, xlogy


@dataclass(frozen=True)
class Design:
    """Who is compared with whom: `target` (n_units,) bool, `strata` (n_units,) int codes 0..n_strata-1.

    Every stratum must hold both groups.
    """

    target: np.ndarray
    strata: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Units of each stratum (n_strata,)."""
        return np.bincount(self.strata)

    @property
    def targets(self) -> np.ndarray:
        """Units of the target in each stratum (n_strata,)."""
        return np.bincount(self.strata, weights=self.target).astype(np.int64)

    @property
    def fraction(self) -> np.ndarray:
        """Share of the target in the stratum of each unit (n_units,)."""
        return (self.targets / self.sizes)[self.strata]

    @property
    def information(self) -> float:
        """Sum of squares of the group indicator inside the strata: sum of n_a n_b / n."""
        return float((self.targets * (self.sizes - self.targets) / self.sizes).sum())

    @property
    def residual_df(self) -> int:
        """Units less the rank of the design."""
        return len(self.target) - len(self.sizes) - 1


@dataclass(frozen=True)
class Effects:
    """What one contrast says about each column of values; every array is (n_columns,), `df` one number.

    The means weigh strata by n_a n_b / n, so that their difference is the least-squares coefficient; with one
    stratum they are the plain means of the groups.
    """

    mean_target: np.ndarray
    mean_reference: np.ndarray
    difference: np.ndarray
    sd_target: np.ndarray
    sd_reference: np.ndarray
    sd_pooled: np.ndarray
    se: np.ndarray
    df: float

    @property
    def p(self) -> np.ndarray:
        """Two-sided p of difference / SE; without any variation 1 if the means are equal, else NA."""
        varies = self.se > 0
        t = self.difference / np.where(varies, self.se, 1.0)
        still = np.where(self.difference == 0, 1.0, np.nan)
        return np.where(varies, 2.0 * stdtr(self.df, -np.abs(t)), still)

    @property
    def half_width(self) -> np.ndarray:
        """Half of the 95 % interval."""
        return t_quantile(0.975, self.df) * self.se

    @property
    def detectable(self) -> np.ndarray:
        """Smallest true difference that a two-sided 5 % test of this design finds with probability .8."""
        return nctdtrinc(self.df, 0.2, t_quantile(0.975, self.df)) * self.se


def mean_differences(values: np.ndarray, design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Means of target and reference (n_columns,) of `values` (n_units, n_columns).

    Strata weigh n_a n_b / n, so that the means differ by the least-squares coefficient.
    """
    weights = np.where(design.target, 1.0 - design.fraction, design.fraction) / design.information
    weighted = weights[:, None] * values
    return weighted[design.target].sum(axis=0), weighted[~design.target].sum(axis=0)


def estimate_effects(values: np.ndarray, design: Design) -> Effects:
    """Differences between two groups with honest standard errors.

    SE = max(OLS, HC2); df = min(residual df, Bell-McCaffrey). With one stratum: max(pooled, Welch) and
    (1/n_a + 1/n_b)^2 / (1/(n_a^2 (n_a-1)) + 1/(n_b^2 (n_b-1))). Needs two units in each group.
    References: Bell & McCaffrey (2002), Survey Methodology 28(2); Imbens & Kolesar (2016), REStat 98(4).
    """
    mean_target, mean_reference = mean_differences(values, design)
    difference = mean_target - mean_reference
    group = design.target - design.fraction
    residuals = centre(values, design.strata) - group[:, None] * difference
    leverage = 1.0 / design.sizes[design.strata] + group**2 / design.information
    ols = (residuals**2).sum(axis=0) / design.residual_df
    hc2 = ((group**2 / (1.0 - leverage))[:, None] * residuals**2).sum(axis=0) / design.information
    # The last bits of equal values are not variation.
    noise = 1e-12 * np.abs(values).max(axis=0, initial=0.0)
    se = np.sqrt(np.maximum(ols, hc2) / design.information)
    return Effects(
        mean_target=mean_target,
        mean_reference=mean_reference,
        difference=np.where(np.abs(difference) <= noise, 0.0, difference),
        sd_target=_sd_within(values[design.target], design.strata[design.target]),
        sd_reference=_sd_within(values[~design.target], design.strata[~design.target]),
        sd_pooled=np.sqrt(ols),
        se=np.where(se <= noise, 0.0, se),
        df=min(float(design.residual_df), _bell_mccaffrey(design, group, leverage)),
    )


def centre(values: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """`values` (n_units, n_columns) less the mean of their stratum."""
    sums = np.zeros((strata.max() + 1, values.shape[1]))
    np.add.at(sums, strata, values)
    sizes = np.maximum(np.bincount(strata), 1)
    return values - (sums / sizes[:, None])[strata]


def _sd_within(values: np.ndarray, strata: np.ndarray) -> np.ndarray:
    df = len(values) - len(np.unique(strata))
    if df < 1:
        return np.full(values.shape[1], np.nan)
    return np.sqrt((centre(values, strata) ** 2).sum(axis=0) / df)


def _bell_mccaffrey(design: Design, group: np.ndarray, leverage: np.ndarray) -> float:
    """Satterthwaite df of the HC2 variance under equal variances: trace(M)^2 / trace(M^2).

    M = D (I - H) D with D the HC2-scaled weights of the coefficient, summed without forming M.
    """
    squares = (group / design.information) ** 2 / (1.0 - leverage)
    diagonal = (squares**2 * (1.0 - leverage) ** 2).sum()
    # off the diagonal (I - H)_ij = -(1/n_s inside a stratum) - g_i g_j / information; squared, term by term
    inside = _pairs_within(squares, design.strata) / design.sizes**2
    crossed = 2.0 * _pairs_within(squares * group, design.strata) / design.sizes / design.information
    everywhere = _pairs_within(squares * group**2, np.zeros_like(design.strata)) / design.information**2
    return float(1.0 / design.information**2 / (diagonal + inside.sum() + crossed.sum() + everywhere.sum()))


def _pairs_within(weights: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Sum over i != j of weights_i weights_j in each stratum."""
    return np.bincount(strata, weights=weights) ** 2 - np.bincount(strata, weights=weights**2)


def t_quantile(probability: float, df: float | np.ndarray) -> np.ndarray:
    """Quantile of Student's t."""
    return stdtrit(df, probability)


def holm(p: np.ndarray) -> np.ndarray:
    """Family-wise p; NA stays NA and is not counted.

    Reference: Holm (1979), Scandinavian Journal of Statistics 6(2).
    """

    def step_down(ordered: np.ndarray) -> np.ndarray:
        return np.maximum.accumulate(ordered * np.arange(len(ordered), 0, -1))

    return _adjust(p, step_down)


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Adjust p for the false discovery rate; NA stays NA and is not counted.

    Reference: Benjamini & Hochberg (1995), JRSS B 57(1).
    """

    def step_up(ordered: np.ndarray) -> np.ndarray:
        scaled = ordered * len(ordered) / np.arange(1, len(ordered) + 1)
        return np.minimum.accumulate(scaled[::-1])[::-1]

    return _adjust(p, step_up)


def _adjust(p: np.ndarray, rule: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted[order] = np.minimum(rule(p[order]), 1.0)
    return adjusted


def log_likelihood_ratio(
    target: np.ndarray, reference: np.ndarray, n_target: int, n_reference: int
) -> np.ndarray:
    """G2 of the four-cell table (term or not) x (target or reference), from counts and sizes in tokens.

    Reference: Dunning (1993), Computational Linguistics 19(1).
    """
    observed = np.stack([target, reference, n_target - target, n_reference - reference]).astype(np.float64)
    rows = np.stack([observed[0] + observed[1], observed[2] + observed[3]])[[0, 0, 1, 1]]
    columns = np.array([n_target, n_reference, n_target, n_reference], dtype=np.float64)[:, None]
    # 0 log 0 = 0; an expected cell is 0 only where its observed cell is
    expected = np.where(observed > 0, rows * columns / (n_target + n_reference), 1.0)
    return np.maximum(2.0 * xlogy(observed, observed / expected).sum(axis=0), 0.0)
