"""Arrays of units and the two groups they belong to come in; effects, permutations and p-values go out.

One rule serves both comparisons: least squares of the values on the group and indicators of the strata. With
a single stratum it is the two-sample comparison: OLS gives the pooled variance, HC2 gives Welch's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import comb, prod

import numpy as np
from scipy.special import nctdtrinc, stdtr, stdtrit, xlogy

MAX_RELABELLINGS = 20_000
# Two labellings that are mirror images give the same |t| up to the last bits: they must count as equal.
_TIE = 1e-8
_BLOCK = 1_000


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
        """Two-sided p of difference / SE; 1 where there is neither a difference nor any variation."""
        still = (self.difference == 0) & (self.se == 0)
        t = self.difference / np.where(still, 1.0, self.se)
        return 2.0 * stdtr(self.df, -np.abs(t))

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


def count_relabellings(design: Design) -> int:
    """Count the ways to deal the target's labels out inside the strata."""
    return prod(comb(int(n), int(k)) for n, k in zip(design.sizes, design.targets, strict=True))


def smallest_p(design: Design, n_permutations: int) -> float:
    """Smallest two-sided permutation p that the design allows.

    Where every stratum is balanced, each labelling has a mirror image with the same |t|.
    """
    total = count_relabellings(design)
    if total > MAX_RELABELLINGS:
        return 1.0 / (n_permutations + 1)
    mirrored = bool((2 * design.targets == design.sizes).all())
    return (2.0 if mirrored else 1.0) / total


def relabel(design: Design, n_permutations: int, seed: int) -> np.ndarray:
    """Relabellings of the units inside their strata (n_labellings, n_units) bool, the observed one included.

    All of them where there are at most 20,000; else the observed one and `n_permutations` random ones.
    """
    if count_relabellings(design) <= MAX_RELABELLINGS:
        return _all_relabellings(design)
    rng = np.random.default_rng(seed)
    labels = np.empty((n_permutations + 1, len(design.target)), dtype=bool)
    labels[0] = design.target
    for stratum, n_targets in enumerate(design.targets):
        members = np.flatnonzero(design.strata == stratum)
        order = np.argsort(rng.random((n_permutations, len(members))), axis=1)
        labels[1:, members] = order < n_targets
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
    blocks = (labels[i : i + _BLOCK].astype(np.float64) for i in range(0, len(labels), _BLOCK))
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
    return (permuted >= observed * (1.0 - _TIE)).mean(axis=0)


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
