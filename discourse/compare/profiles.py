"""Shares of documents and their metadata come in; how far apart whole topic profiles lie goes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from discourse.compare import _distances, _permutation, _stats
from discourse.compare.groups import Units, gather_units, rescale_shares
from discourse.compare.pairs import Pair, choose_pairs, face, size_flags
from discourse.contracts import check

ALL = "*"
_NUMBERS = ["jsd", "jsd_low", "jsd_high", "jsd_plugin", "hellinger", "hellinger_low", "hellinger_high"]
_TESTED = ["statistic", "p", "p_smallest"]


def compare_profiles(
    shares: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    by: str,
    cluster: str | None = None,
    strata: str | None = None,
    pairs: Literal["all", "rest"] | Sequence[Sequence[str]] = "all",
    seed: int = 1,
    n_permutations: int = 9999,
) -> pd.DataFrame:
    """Distances between the topic profiles of groups, and whether the groups differ at all.

    Parameters
    ----------
    shares
        One row a document, one column a topic, rows sum to 1.
    documents
        Metadata, joined by ``doc_id``.
    by
        Column of `documents` that names the groups, or a crossing of two (``"region:level"``).
    cluster, strata, pairs
        As in `contrast_prevalence`. Strata hold for the tests: profiles are centred and units dealt inside
        them. Distances are those of the plain means.
    seed, n_permutations
        Of the random relabellings, used where there are more than 20,000 possible ones. Beyond 10,000 units they
        are fewer, at least 999, which is noted.

    Returns
    -------
    DataFrame
        `profiles`: first a row for all groups with two units or more at once (target and reference ``"*"``,
        where there are at least two such groups and more than one pair), then one row a pair: the distance
        matrix in long form.

        - jsd: Jensen-Shannon divergence in nats (0 to .693) less its bias, floored at 0; jsd_low / jsd_high:
          95 % by a jackknife over units. jsd_plugin: not corrected, never to be shown alone: it counts the
          spread of documents as distance.
        - hellinger: Hellinger distance, 0 to 1, corrected in the same way, with its interval.
        - statistic, p: Welch-type PERMANOVA (Wd*) on shares divided by the root of the mean share, p by
          permutation of units (in their strata); p_smallest: the smallest p of the design; p_adjusted: Holm
          over the pairs whose p_smallest is at most .05; the row of all groups stands for itself.
        - verdict: "differ" (p_adjusted at most .05), "cannot tell", "descriptive only" (a group has one unit:
          only jsd_plugin is known, and it is too large).

    Raises
    ------
    SettingError, DataError
        As `contrast_prevalence`.

    References
    ----------
    Hamidi et al. (2019), Microbiome 7:51; Anderson (2001), Austral Ecology 26(1).
    """
    units = gather_units(rescale_shares(shares), documents, by=by, cluster=cluster, strata=strata)
    chosen = [face(units, *names) for names in choose_pairs(units, by, pairs)]
    rows = [_compare(pair, units.noun, seed, n_permutations) for pair in chosen]
    table = _adjust(pd.DataFrame(rows))
    overall = _compare_all(units, seed, n_permutations) if len(chosen) > 1 else None
    if overall is not None:
        table = pd.concat([pd.DataFrame([overall]), table], ignore_index=True)
    table["verdict"] = np.select(
        [table["p"].isna(), table["p_adjusted"] <= 0.05], ["descriptive only", "differ"], "cannot tell"
    )
    table.insert(0, "factor", by)
    words = ["factor", "target", "reference", "flags", "verdict"]
    return check(table.astype({name: "str" for name in words}), "profiles")


def _compare(pair: Pair, noun: str, seed: int, n_permutations: int) -> dict[str, object]:
    target, reference = pair.values[pair.design.target], pair.values[~pair.design.target]
    row: dict[str, object] = {"target": pair.target, "reference": pair.reference}
    row |= {name: np.nan for name in [*_NUMBERS, *_TESTED]}
    row["jsd_plugin"] = float(_distances.jensen_shannon(target.mean(axis=0), reference.mean(axis=0)))
    flags = size_flags(pair, noun)
    if pair.testable:
        row |= _measure(target, reference) | _test(pair, seed, n_permutations)
        flags += ["no variation within groups"] if np.isnan(row["p"]) else []  # type: ignore[call-overload]
    sizes = {
        "n_documents_target": pair.n_documents[0],
        "n_documents_reference": pair.n_documents[1],
        "n_units_target": pair.n_units[0],
        "n_units_reference": pair.n_units[1],
    }
    return row | sizes | {"flags": "; ".join(flags)}


def _measure(target: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    """Both distances, corrected, with their intervals."""
    a, b = target.mean(axis=0), reference.mean(axis=0)
    reach = float(_stats.t_quantile(0.975, len(target) + len(reference) - 2))
    jsd = float(_distances.jensen_shannon(a, b)) - _distances.jensen_shannon_bias(target, reference)
    jsd_half = reach * _distances.jackknife_se(target, reference, _distances.jensen_shannon)
    squared = float(_distances.hellinger_squared(a, b)) - _distances.hellinger_bias(target, reference)
    half = reach * _distances.jackknife_se(target, reference, _distances.hellinger_squared)
    return {
        "jsd": max(jsd, 0.0),
        "jsd_low": max(jsd - jsd_half, 0.0),
        "jsd_high": max(jsd + jsd_half, 0.0),
        "hellinger": max(squared, 0.0) ** 0.5,
        "hellinger_low": max(squared - half, 0.0) ** 0.5,
        "hellinger_high": min(max(squared + half, 0.0), 1.0) ** 0.5,
    }


def _test(pair: Pair, seed: int, n_permutations: int) -> dict[str, float]:
    scaled = _stats.centre(_distances.scale_profiles(pair.values), pair.design.strata)
    if _still(scaled, pair.design.target.astype(np.int64)):
        return {}
    labels = _permutation.relabel(pair.design, n_permutations, seed)
    permuted = _distances.welch_statistic(scaled, labels, 2)
    observed = _distances.welch_statistic(scaled, pair.design.target[None, :], 2)
    return {
        "statistic": float(observed[0]),
        "p": float(_permutation.permutation_p(observed, permuted[:, None])[0]),
        "p_smallest": _permutation.smallest_p(pair.design, n_permutations),
    }


def _still(scaled: np.ndarray, groups: np.ndarray) -> bool:
    """Whether nothing varies inside some group."""
    total = float((scaled**2).sum())
    inside = [
        float(((scaled[groups == g] - scaled[groups == g].mean(axis=0)) ** 2).sum())
        for g in np.unique(groups)
    ]
    return min(inside) <= 1e-12 * total


def _compare_all(units: Units, seed: int, n_permutations: int) -> dict[str, object] | None:
    """All groups that have two units at once; None where fewer than two groups have them."""
    table = units.table
    kept = (table.groupby("group")["unit"].transform("size") >= 2).to_numpy()
    groups = np.unique(table["group"].to_numpy(dtype=object)[kept], return_inverse=True)[1]
    if not kept.any() or groups.max() < 1:
        return None
    strata = np.unique(table["stratum"].to_numpy(dtype=object)[kept], return_inverse=True)[1]
    scaled = _stats.centre(_distances.scale_profiles(units.shares[kept]), strata)
    row: dict[str, object] = {"target": ALL, "reference": ALL} | {
        name: np.nan for name in [*_NUMBERS, *_TESTED]
    }
    n_left_out = table["group"].nunique() - int(groups.max()) - 1
    flags = [f"groups of one unit left out: {n_left_out}"] if n_left_out else []
    if _still(scaled, groups):
        flags.append("no variation within groups")
    else:
        labels = _distances.deal_groups(groups, strata, n_permutations, seed)
        permuted = _distances.welch_statistic(scaled, labels, int(groups.max()) + 1)
        p = float(_permutation.permutation_p(permuted[:1], permuted[:, None])[0])
        row |= {
            "statistic": float(permuted[0]),
            "p": p,
            "p_smallest": _distances.smallest_p(groups, strata, n_permutations),
            "p_adjusted": p,
        }
    n_documents, n_units = int(table["n_documents"][kept].sum()), int(kept.sum())
    sizes = {"n_documents_target": n_documents, "n_documents_reference": n_documents}
    sizes |= {"n_units_target": n_units, "n_units_reference": n_units}
    return row | sizes | {"flags": "; ".join(flags)}


def _adjust(table: pd.DataFrame) -> pd.DataFrame:
    adjustable = table["p_smallest"] <= 0.05
    p = table["p"].where(adjustable).to_numpy(dtype=np.float64)
    return table.assign(p_adjusted=_stats.holm(p))
