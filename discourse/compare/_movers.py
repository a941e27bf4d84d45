"""Differences in many models and the settings of these come in; which setting moves each difference goes out."""

from __future__ import annotations

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from discourse.compare import _stats
from discourse.contracts import CONTRACTS

FEWEST_MODELS = 3
_STILL = 1e-24  # the last bits of equal differences are not variance
_SEED, _INTERPLAY = "seed", "interplay"


def find_movers(difference: np.ndarray, universes: pd.DataFrame) -> tuple[list[str | None], np.ndarray]:
    """Setting that moves each row of difference (n_contrasts, n_models) most, and its share of the variance.

    Share (0-1) of the variance over the models that have the row; None and NA where fewer than three have it,
    or where none differs.
    """
    settings = universes[_varied(universes)].astype("str")
    moved_by: list[str | None] = [None] * len(difference)
    share = np.full(len(difference), np.nan)
    masks, mask_of = np.unique(np.isfinite(difference), axis=0, return_inverse=True)
    for number, mask in enumerate(masks):
        rows = np.flatnonzero(mask_of.ravel() == number)
        if mask.sum() < FEWEST_MODELS:
            continue
        components = split_variance(difference[np.ix_(rows, mask)].T, settings[mask])
        total = np.sum(list(components.values()), axis=0)
        names = [name for name in components if name != _INTERPLAY]
        parts = np.array([components[name] for name in names])
        for row, part, whole in zip(rows, parts.T, total, strict=True):
            if part.max() > _STILL:
                moved_by[row] = names[int(part.argmax())]
                share[row] = round(float(part.max() / whole), 12)
    return moved_by, share


def split_variance(values: np.ndarray, settings: pd.DataFrame) -> dict[str, np.ndarray]:
    """Variance of values (n_models, n_columns) that comes from each setting, the seed, and settings together.

    Of a setting: the variance of its main effects by least squares, every level weighing the same, less what
    noise alone would give. Of the seed: the variance of models with the same settings. Interplay: what is left
    of the residual variance. No part is below 0.
    """
    blocks = {str(name): _indicators(settings[name]) for name in settings}
    design = np.column_stack([np.ones(len(values)), *blocks.values()])
    with threadpool_limits(limits=1):  # the last bits must not depend on threads
        inverse = np.linalg.pinv(design.T @ design)
        effects = inverse @ (design.T @ values)
        residuals = values - design @ effects
        n_free = len(values) - int(np.linalg.matrix_rank(design))
    error = (residuals**2).sum(axis=0) / max(n_free, 1)
    seed = _variance_within(values, settings)
    components, first = {}, 1
    for name, block in blocks.items():
        own = slice(first, first + block.shape[1])
        components[name] = _variance_between(effects[own], inverse[own, own], error)
        first = own.stop
    return components | {_SEED: seed, _INTERPLAY: np.maximum(error - seed, 0.0)}


def _varied(universes: pd.DataFrame) -> list[str]:
    """Columns of `universes` that hold a setting, the seed excepted, and that vary."""
    outcome = set(CONTRACTS["universes"].columns) - {"n_topics", "engine"}
    return [str(name) for name in universes if name not in outcome and universes[name].nunique() > 1]


def _indicators(levels: pd.Series) -> np.ndarray:
    """One column a level but the first, (n_models, n_levels - 1)."""
    return pd.get_dummies(levels, dtype="float64").to_numpy()[:, 1:]


def _variance_between(effects: np.ndarray, inverse: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Variance of level effects (n_levels - 1, n_columns) and of the first level's 0, corrected for noise."""
    n_levels = len(effects) + 1
    plain = np.vstack([np.zeros(effects.shape[1]), effects]).var(axis=0)
    noise = error * (np.trace(inverse) - inverse.sum() / n_levels) / n_levels
    return np.maximum(plain - noise, 0.0)


def _variance_within(values: np.ndarray, settings: pd.DataFrame) -> np.ndarray:
    """Mean variance of models with the same settings."""
    cells = pd.MultiIndex.from_frame(settings) if len(settings.columns) else np.zeros(len(values))
    codes, names = pd.factorize(cells)
    return (_stats.centre(values, codes) ** 2).sum(axis=0) / max(len(values) - len(names), 1)
