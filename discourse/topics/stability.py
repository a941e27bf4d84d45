"""Topics of models that differ in their seed come in; how much of each model the others find again goes out."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from scipy.optimize import linear_sum_assignment

from discourse.topics.returns import FOUND, measure_chance


def score_stability(phis: Mapping[int, np.ndarray]) -> dict[int, tuple[float, float]]:
    """Stability and share of returning topics of each model, both NaN where there is one only.

    Parameters
    ----------
    phis
        Seed -> phi (n_topics, n_terms), all of one number of topics and one vocabulary.

    Returns
    -------
    dict
        Seed -> mean affinity of its topics to those of each other seed, paired one to one (Hungarian algorithm),
        above what two different topics have in common; and the share of its topics that return, each by itself.
        Both as `score_sizes` describes them.
    """
    roots = {seed: np.sqrt(phi.astype(np.float64)) for seed, phi in phis.items()}
    above: dict[int, list[float]] = {seed: [] for seed in roots}
    found: dict[int, list[float]] = {seed: [] for seed in roots}
    for one, other in combinations(roots, 2):
        affinity = roots[one] @ roots[other].T
        rows, columns = linear_sum_assignment(affinity, maximize=True)
        same, chance = affinity[rows, columns], measure_chance(affinity, rows, columns)
        for seed in (one, other):
            above[seed].append(_above_chance(affinity, same))
            found[seed].append(float(((same - chance) / (1 - chance) >= FOUND).mean()))
    return {seed: (_mean(above[seed]), _mean(found[seed])) for seed in roots}


def _above_chance(affinity: np.ndarray, same: np.ndarray) -> float:
    """Mean affinity of paired topics, rescaled so that the mean of all other pairs is 0 and equality is 1."""
    different = (affinity.sum() - same.sum()) / (affinity.size - len(same))
    return float((same.mean() - different) / (1 - different))


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
