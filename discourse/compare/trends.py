"""Shares and an ordered column such as the year come in; which topics rise and fall goes out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from math import factorial, prod

import numpy as np
import pandas as pd
from pandas.api import types

from discourse.compare import _permutation, _stats
from discourse.compare._regression import estimate_combination
from discourse.compare.groups import Units, gather_units, order_groups
from discourse.contracts import LEVELS, check
from discourse.errors import DataError, SettingError, require_column

_EVERYONE = "all documents"


@dataclass(frozen=True)
class _Trend:
    """Slopes (n_topics,) with interval and p, permutation p and the smallest that was possible."""

    slope: np.ndarray
    half_width: np.ndarray
    p: np.ndarray
    p_permutation: np.ndarray
    p_max_t: np.ndarray
    p_smallest: float


def estimate_trend(
    shares: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    by: str = "year",
    cluster: str | None = None,
    seed: int = 1,
    n_permutations: int = 9999,
) -> pd.DataFrame:
    """Change of the share of each topic along time or another ordered column.

    Parameters
    ----------
    shares
        One row a document, one column a topic, rows sum to 1.
    documents
        Metadata, joined by ``doc_id``. Documents without a value of `by` are left out.
    by
        A column of numbers (``"year"``), dates (``"date"``, read as years and their fractions), ``"level"``
        (steps from the centre down) or an ordered category (steps).
    cluster
        Column whose values have documents at several times (``"province"``): each has a slope of its own, and
        those slopes are the units. Needed wherever the same authors come back: their documents are not
        independent. Without it the document is the unit.
    seed, n_permutations
        Of the random relabellings, used where there are more than 20,000 possible ones. Beyond 10,000 units they
        are fewer, at least 999, which is noted.

    Returns
    -------
    DataFrame
        `trends`: one row a topic.

        - slope: change of the share a year (a step); low, high, p: without cluster least squares over
          documents, SE = max(OLS, HC2), Bell-McCaffrey df; with it Student's t over the slopes of clusters.
        - p_permutation: values of `by` dealt anew among documents, or signs of the clusters' slopes; p_smallest:
          the smallest p of the design.
        - p_adjusted: max-T over the topics where p_smallest is at most .05, else Holm; never below p. NA with
          fewer than four units. q: Benjamini-Hochberg; exploratory.
        - verdict: "rising", "falling", "cannot tell", "descriptive only" (no error can be estimated).

    Raises
    ------
    SettingError
        The column does not exist or has no order.
    DataError
        Fewer than two values of `by`; no cluster with two.

    Notes
    -----
    A straight line: shares that rise and fall again have no slope. See `estimate_prevalence` with the same
    `by` for the shares at each time.
    """
    check(documents, "documents")
    require_column("documents", documents.columns, by)
    numbers = _read_order(documents[by], by)
    timed = documents.assign(_time=numbers, **{_EVERYONE: "all"}).dropna(subset=["_time"])
    timed = timed.astype({_EVERYONE: "str"})
    kept = shares[shares["doc_id"].isin(timed["doc_id"])]
    if timed.loc[timed["doc_id"].isin(kept["doc_id"]), "_time"].nunique() < 2:
        raise DataError(f"by='{by}' has fewer than two values among the documents, and a trend needs two")
    alone = gather_units(kept, timed, by=_EVERYONE)
    time = timed.set_index("doc_id")["_time"].loc[alone.table["unit"]].to_numpy(dtype=np.float64)
    if cluster is None:
        n_units, trend = len(time), _over_documents(alone.shares, time, seed, n_permutations)
    else:
        slopes = _cluster_slopes(kept, timed, alone, time, cluster, by)
        n_units, trend = len(slopes), _over_clusters(slopes, seed, n_permutations)
    return check(_tabulate(trend, alone, time, by, n_units), "trends")


def _read_order(values: pd.Series, by: str) -> pd.Series:
    """Values of `by` as numbers, NA kept."""
    if isinstance(values.dtype, pd.CategoricalDtype) and values.dtype.ordered:
        return pd.Series(values.cat.codes, index=values.index).where(values.notna()).astype("float64")
    if by == "level":
        steps = {
            level: float(step) for step, level in enumerate(order_groups(values, by)) if level in LEVELS[:-1]
        }
        return values.map(steps).astype("float64")
    if types.is_numeric_dtype(values):
        return values.astype("float64")
    dates = pd.to_datetime(values, format="ISO8601", errors="coerce")
    if dates.notna().sum() == values.notna().sum() > 0:
        length = np.where(dates.dt.is_leap_year, 366.0, 365.0)
        return dates.dt.year + (dates.dt.day_of_year - 1) / length
    raise SettingError(
        f"by='{by}' has no order: a trend needs numbers (year), dates (2026-02-09), level or an ordered category"
    )


def _over_documents(values: np.ndarray, time: np.ndarray, seed: int, n_permutations: int) -> _Trend:
    x = np.column_stack([np.ones(len(time)), time - time.mean()])
    found = estimate_combination(values, x, np.array([0.0, 1.0]))
    unknown = np.full(values.shape[1], np.nan)
    if found is None or found.alone:
        slope = unknown if found is None else found.value
        return _Trend(slope, unknown, unknown, unknown, unknown, np.nan)
    dealt, p_smallest = _deal_times(x[:, 1], seed, n_permutations)
    permuted = np.concatenate([_studentise(values, block) for block in _permutation.split_labels(dealt)])
    p, p_max_t = _permutation.permutation_p(permuted[0], permuted), _permutation.max_t(permuted[0], permuted)
    return _Trend(found.value, found.half_width, found.p, p, p_max_t, p_smallest)


def _deal_times(time: np.ndarray, seed: int, n_permutations: int) -> tuple[np.ndarray, float]:
    """Centred times (n_labellings, n_units), the observed ones first, and the smallest two-sided p.

    All orders of up to seven units, else random ones. Orders that swap equal times are one arrangement; where
    times lie symmetrically each arrangement has a mirror image with the same |slope|.
    """
    n_units = len(time)
    counts = np.unique(time, return_counts=True)[1].tolist()
    arrangements = factorial(n_units) / prod(factorial(count) for count in counts)
    mirrored = bool(np.allclose(np.sort(time), np.sort(-time)))
    smallest = (2.0 if mirrored else 1.0) / arrangements
    if factorial(n_units) <= _permutation.MAX_RELABELLINGS:
        return time[np.array(list(permutations(range(n_units))))], smallest
    n_permutations = _permutation.bound_permutations(n_permutations, n_units)
    dealt = np.empty((n_permutations + 1, n_units))
    dealt[0] = time
    for rows, order in _permutation.draw_orders(n_permutations, n_units, np.random.default_rng(seed)):
        dealt[rows.start + 1 : rows.stop + 1] = time[order]
    return dealt, max(smallest, 1.0 / (n_permutations + 1))


def _studentise(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """|slope| / max(OLS, HC2) SE (n_labellings, n_topics) of values on each row of centred `times`."""
    n_units = len(values)
    centred = values - values.mean(axis=0)
    total = (centred**2).sum(axis=0)
    moving = total > 1e-24
    centred = centred / np.sqrt(np.where(moving, total, 1.0))
    information = float((times[0] ** 2).sum())
    slope = times @ centred / information
    ols = (1.0 - slope**2 * information) / max(n_units - 2, 1)
    weights = times**2 / np.maximum(1.0 - 1.0 / n_units - times**2 / information, 1e-9)
    squares = weights @ centred**2 - 2.0 * slope * ((weights * times) @ centred)
    hc2 = (squares + slope**2 * (weights * times**2).sum(axis=1)[:, None]) / information
    # values have unit length: 1e-12 stands for "no residual variation at all"
    return np.abs(slope) * moving / np.sqrt(np.maximum(np.maximum(ols, hc2), 1e-12) / information)


def _cluster_slopes(
    kept: pd.DataFrame, timed: pd.DataFrame, alone: Units, time: np.ndarray, cluster: str, by: str
) -> np.ndarray:
    """Least-squares slopes (n_clusters, n_topics) of the clusters that have two times or more."""
    units = gather_units(kept, timed, by=_EVERYONE, cluster=cluster)
    owner = units.doc_ids.set_index("doc_id")["unit"].loc[alone.table["unit"]].to_numpy()
    sizes = np.bincount(owner)
    late = time - (np.bincount(owner, weights=time) / sizes)[owner]
    information = np.bincount(owner, weights=late**2)
    slopes = np.zeros((len(sizes), alone.shares.shape[1]))
    np.add.at(slopes, owner, late[:, None] * alone.shares)
    moving = information > 1e-12
    if not moving.any():
        raise DataError(f"no '{cluster}' has documents at two values of '{by}': leave cluster= out")
    return slopes[moving] / information[moving, None]


def _over_clusters(slopes: np.ndarray, seed: int, n_permutations: int) -> _Trend:
    n_units, n_topics = slopes.shape
    mean, unknown = slopes.mean(axis=0), np.full(n_topics, np.nan)
    if n_units < 2:
        return _Trend(mean, unknown, unknown, unknown, unknown, np.nan)
    found = estimate_combination(slopes, np.ones((n_units, 1)), np.ones(1))
    signs, p_smallest = _deal_signs(n_units, seed, n_permutations)
    observed, permuted = _one_sample_t(slopes, np.ones((1, n_units)))[0], _one_sample_t(slopes, signs)
    p, p_max_t = _permutation.permutation_p(observed, permuted), _permutation.max_t(observed, permuted)
    if found is None:
        return _Trend(mean, unknown, unknown, p, p_max_t, p_smallest)
    return _Trend(mean, found.half_width, found.p, p, p_max_t, p_smallest)


def _deal_signs(n_units: int, seed: int, n_permutations: int) -> tuple[np.ndarray, float]:
    """Signs (n_labellings, n_units), the observed ones among them, and the smallest two-sided p."""
    if 2**n_units <= _permutation.MAX_RELABELLINGS:
        signs = 1.0 - 2.0 * ((np.arange(2**n_units)[:, None] >> np.arange(n_units)) & 1)
        return signs, 2.0 / 2**n_units
    n_permutations = _permutation.bound_permutations(n_permutations, n_units)
    dealt = np.random.default_rng(seed).integers(0, 2, (n_permutations + 1, n_units)) * 2.0 - 1.0
    dealt[0] = 1.0
    return dealt, 1.0 / (n_permutations + 1)


def _one_sample_t(values: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """|t| (n_labellings, n_topics) of the mean of signed values."""
    n_units = len(values)
    total = (values**2).sum(axis=0)
    unit = values / np.sqrt(np.where(total > 0, total, 1.0))
    mean = signs @ unit / n_units
    return np.abs(mean) * np.sqrt(n_units * (n_units - 1) / np.maximum(1.0 - n_units * mean**2, 1e-12))


def _tabulate(trend: _Trend, alone: Units, time: np.ndarray, by: str, n_units: int) -> pd.DataFrame:
    enough = n_units >= 4
    holm = _stats.holm(trend.p)
    stepped = trend.p_max_t if trend.p_smallest <= 0.05 else holm
    adjusted = np.fmax(stepped, trend.p) if enough else np.full(len(holm), np.nan)
    adjusted = np.where(np.isnan(trend.p), np.nan, adjusted)
    found = adjusted <= 0.05
    verdict = np.select(
        [np.isnan(trend.p), found & (trend.slope > 0), found & (trend.slope < 0)],
        ["descriptive only", "rising", "falling"],
        "cannot tell",
    )
    flags = "" if n_units >= 5 else "small sample"
    table = pd.DataFrame(
        {
            "factor": by,
            "topic": alone.topics,
            "slope": trend.slope,
            "low": trend.slope - trend.half_width,
            "high": trend.slope + trend.half_width,
            "p": trend.p,
            "p_adjusted": adjusted,
            "q": _stats.benjamini_hochberg(trend.p),
            "p_permutation": np.where(np.isnan(trend.p), np.nan, trend.p_permutation),
            "p_smallest": trend.p_smallest,
            "first": time.min(),
            "last": time.max(),
            "n_values": len(np.unique(time)),
            "n_documents": len(time),
            "n_units": n_units,
            "flags": flags,
            "verdict": verdict,
        }
    )
    return table.astype({name: "str" for name in ("factor", "flags", "verdict")})
