"""Slow twins: the statistics of `discourse.compare` as papers write them, one labelling at a time."""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import log, sqrt

import numpy as np
from scipy import optimize, stats


def design_matrix(target: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Group indicator first, then one indicator a stratum."""
    return np.column_stack([target.astype(float), *(strata == s for s in np.unique(strata))]).astype(float)


def hat(x: np.ndarray) -> np.ndarray:
    return x @ np.linalg.inv(x.T @ x) @ x.T


def regression(y: np.ndarray, target: np.ndarray, strata: np.ndarray) -> tuple[float, float, float]:
    """Coefficient of the group, max(OLS, HC2) standard error, min(residual, Bell-McCaffrey) df."""
    x = design_matrix(target, strata)
    inverse = np.linalg.inv(x.T @ x)
    residuals = y - hat(x) @ y
    leverage = np.diag(hat(x))
    ols = residuals @ residuals / (len(y) - x.shape[1]) * inverse
    hc2 = inverse @ (x.T * (residuals**2 / (1 - leverage))) @ x @ inverse
    df = min(len(y) - x.shape[1], bell_mccaffrey(x))
    return float(inverse[0] @ x.T @ y), sqrt(max(ols[0, 0], hc2[0, 0])), df


def bell_mccaffrey(x: np.ndarray) -> float:
    """Satterthwaite df of the HC2 variance of the first coefficient, the (n, n) matrix G formed."""
    inverse = np.linalg.inv(x.T @ x)
    annihilator = np.eye(len(x)) - hat(x)
    weights = (x @ inverse[:, 0]) / np.sqrt(np.diag(annihilator))
    g = annihilator * weights
    roots = np.linalg.eigvalsh(g.T @ g)
    return float(roots.sum() ** 2 / (roots**2).sum())


def labellings(target: np.ndarray, strata: np.ndarray) -> list[tuple[bool, ...]]:
    """Every distinct relabelling that keeps the number of targets in each stratum."""

    def kept(labels: tuple[bool, ...]) -> bool:
        return all(sum(np.array(labels)[strata == s]) == target[strata == s].sum() for s in np.unique(strata))

    return [labels for labels in product((False, True), repeat=len(target)) if kept(labels)]


def absolute_t(values: np.ndarray, target: np.ndarray, strata: np.ndarray) -> np.ndarray:
    fits = [regression(column, target, strata) for column in values.T]
    return np.array([abs(coefficient) / se for coefficient, se, _ in fits])


def permutation(values: np.ndarray, target: np.ndarray, strata: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Permutation p of each column, and step-down max-T p, counted one labelling at a time."""
    observed = absolute_t(values, target, strata)
    permuted = [absolute_t(values, np.array(labels), strata) for labels in labellings(target, strata)]
    alone = np.mean([row >= observed - 1e-9 for row in permuted], axis=0)
    order = sorted(range(len(observed)), key=lambda k: -observed[k])
    adjusted, worst = np.zeros(len(observed)), 0.0
    for place, k in enumerate(order):
        left = order[place:]
        worst = max(worst, np.mean([max(row[j] for j in left) >= observed[k] - 1e-9 for row in permuted]))
        adjusted[k] = worst
    return alone, adjusted


def holm(p: list[float]) -> list[float]:
    order = sorted(range(len(p)), key=lambda i: p[i])
    return [
        min(1.0, max((len(p) - j) * p[order[j]] for j in range(order.index(i) + 1))) for i in range(len(p))
    ]


def deviation_of_proportions(occurrences: list[int], lengths: list[int]) -> float:
    """Gries (2008): half the sum of |observed share - expected share| over the parts of a corpus."""
    return (
        sum(
            abs(n / sum(occurrences) - size / sum(lengths))
            for n, size in zip(occurrences, lengths, strict=True)
        )
        / 2
    )


def monroe_log_odds(target: Counter, reference: Counter, term: str, weight: float = 1000.0) -> float:
    """Equation 16 of Monroe et al. (2008), alpha_w = weight x share of the term in both together."""
    n_a, n_b = sum(target.values()), sum(reference.values())
    alpha = weight * (target[term] + reference[term]) / (n_a + n_b)
    a, b = target[term] + alpha, reference[term] + alpha
    return log(a / (n_a + weight - a)) - log(b / (n_b + weight - b))


def difference_of_shares(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float]:
    """Interval of a difference of mean shares and the p at which it touches 0, one number at a time."""
    n_a, n_b = len(a), len(b)
    difference = a.mean() - b.mean()
    pooled = ((n_a - 1) * a.var(ddof=1) + (n_b - 1) * b.var(ddof=1)) / (n_a + n_b - 2) * (1 / n_a + 1 / n_b)
    se = sqrt(max(pooled, a.var(ddof=1) / n_a + b.var(ddof=1) / n_b))
    df = (1 / n_a + 1 / n_b) ** 2 / (1 / (n_a**2 * (n_a - 1)) + 1 / (n_b**2 * (n_b - 1)))

    def logit_bound(x: np.ndarray, level: float, sign: int) -> float:
        own_df = {2: 2, 3: 3}.get(len(x), len(x) - 1)
        m = x.mean()
        reach = stats.t.ppf(1 - level / 2, own_df) * x.std(ddof=1) / sqrt(len(x)) / (m * (1 - m))
        odds = m / (1 - m) * np.exp(sign * min(reach, 700))
        return odds / (1 + odds)

    def bounds(level: float) -> tuple[float, float]:
        half = stats.t.ppf(1 - level / 2, df) * se
        below = sqrt((a.mean() - logit_bound(a, level, -1)) ** 2 + (logit_bound(b, level, 1) - b.mean()) ** 2)
        above = sqrt((logit_bound(a, level, 1) - a.mean()) ** 2 + (b.mean() - logit_bound(b, level, -1)) ** 2)
        return min(difference - half, difference - below), max(difference + half, difference + above)

    p = optimize.brentq(lambda level: bounds(level)[0 if difference > 0 else 1], 1e-12, 1 - 1e-12, xtol=1e-14)
    return *bounds(0.05), p
