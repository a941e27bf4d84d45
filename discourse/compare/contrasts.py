"""Shares of documents and their metadata come in; differences between groups and their worth go out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from discourse.compare import _intervals, _permutation, _stats
from discourse.compare.groups import Units, gather_units
from discourse.compare.pairs import Pair, choose_pairs, face, size_flags
from discourse.contracts import check

_INFERENCE = ["low", "high", "effect_size", "sd_ratio", "mdd", "p", "p_permutation", "p_smallest"]


def contrast_prevalence(
    shares: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    by: str,
    cluster: str | None = None,
    strata: str | None = None,
    pairs: Literal["all", "rest"] | Sequence[Sequence[str]] = "all",
    stability: pd.Series | pd.DataFrame | None = None,
    min_stability: float = 0.8,
    seed: int = 1,
    n_permutations: int = 9999,
) -> pd.DataFrame:
    """Differences between groups in the share that each topic receives, every unit weighing 1.

    Parameters
    ----------
    shares
        One row a document, one column a topic, rows sum to 1.
    documents
        Metadata, joined by ``doc_id``.
    by
        Column of `documents` that names the groups, or a crossing of two (``"region:level"``). Documents
        without a value there are left out.
    cluster
        Column whose values are the units (``"source"``, ``"city"``, ``"speaker"``): where the group is
        decided there, documents are averaged inside it first. Without it the document is the unit.
    strata
        Column within whose values groups are compared (region within level, year). Strata with one of the two
        groups only are dropped and counted in the flags. The difference then weighs strata by n_a n_b / n.
    pairs
        ``"all"``; ``"rest"``, each group against all the others together; or a list of (target, reference).
        Of levels the higher one is the target.
    stability
        Stability of the topics over models, 0 to 1: a Series by topic, or the `topics` table.
    min_stability
        Topics below it are flagged.
    seed, n_permutations
        Of the random relabellings, used where there are more than 20,000 possible ones. Beyond 10,000 units they
        are fewer, at least 999, which is noted.

    Returns
    -------
    DataFrame
        `contrasts`: one row per pair and topic.

        - prevalence_target, prevalence_reference, difference (target - reference), ratio: shares, 0 to 1.
        - low, high, p: a 95 % interval (cut at -1 and 1, beyond which no difference of shares can lie) and
          the two-sided p that agrees with it: p is at most .05 where the
          interval leaves 0 out. A t interval, widened to hold the interval recovered from the two groups'
          own logit intervals; within strata the t interval alone.
        - effect_size: difference / pooled SD. sd_ratio: SD of the target / SD of the reference.
        - mdd: the smallest true difference that this design finds (unadjusted) with 80 % power.
        - p_permutation: from the absolute difference / SE under all relabellings of the units (in their strata);
          p_smallest: the smallest value that it can take here.
        - p_adjusted, adjustment: family-wise over the topics of the one pair that can be adjusted ("max-T",
          or "Holm" where p_smallest is above .05), over pairs x topics where there are several ("Holm").
          Never below p. NA with two units in a group (2 against 5 or more excepted).
        - q: Benjamini-Hochberg over pairs x topics; exploratory.
        - n_documents_*, n_units_*: after documents without group or stratum were left out.
        - flags: short phrases joined by "; ", empty if there is nothing to say. "no overlap": every unit of
          one group lies above every unit of the other. "no variation within groups": the groups differ and
          their units do not (copies of one text), so that no error can be estimated.
        - verdict: "higher" or "lower" where p_adjusted is at most .05; else "cannot tell";
          "descriptive only" where a group has one unit, or nothing varies inside the groups: then only
          shares, difference and ratio are given.

    Raises
    ------
    SettingError
        A column or a group does not exist.
    DataError
        Fewer than two groups; a group that varies inside a unit; no stratum with both groups.

    Notes
    -----
    Attenuation makes the differences slightly conservative: a topic's share in a short document is estimated
    with error. Several factors: call several times; no adjustment reaches across calls.

    References: Bell & McCaffrey (2002), Survey Methodology 28(2); Chung & Romano (2013), Annals of
    Statistics 41(2); Westfall & Young (1993), Resampling-based multiple testing; Zou & Donner (2008),
    Statistics in Medicine 27(10).
    """
    units = gather_units(shares, documents, by=by, cluster=cluster, strata=strata)
    chosen = [face(units, *names) for names in choose_pairs(units, by, pairs)]
    unstable = _unstable_topics(stability, min_stability)
    blocks = [_contrast(pair, units, unstable, seed, n_permutations) for pair in chosen]
    table = pd.DataFrame({name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]})
    table = table.astype({"target": "str", "reference": "str", "flags": "str"})
    table.insert(0, "factor", by)
    return check(_judge(table).drop(columns="p_max_t"), "contrasts")


def _unstable_topics(stability: pd.Series | pd.DataFrame | None, min_stability: float) -> set[int]:
    if stability is None:
        return set()
    values = stability.set_index("topic")["stability"] if isinstance(stability, pd.DataFrame) else stability
    return {int(str(topic)) for topic in values.index[values < min_stability]}


def _contrast(
    pair: Pair, units: Units, unstable: set[int], seed: int, n_permutations: int
) -> dict[str, np.ndarray]:
    """One pair: columns with a value a topic, all but what depends on the other pairs."""
    columns = _test(pair, seed, n_permutations) if pair.testable else _describe(pair)
    same = {
        "target": pair.target,
        "reference": pair.reference,
        "n_documents_target": pair.n_documents[0],
        "n_documents_reference": pair.n_documents[1],
        "n_units_target": pair.n_units[0],
        "n_units_reference": pair.n_units[1],
    }
    topics = np.array(units.topics)
    repeated = {name: np.full(len(topics), value) for name, value in same.items()}
    flags = np.array(_flags(pair, units, columns, unstable), dtype=object)
    return {"target": repeated["target"], "reference": repeated["reference"], "topic": topics} | (
        columns | repeated | {"flags": flags}
    )


def _describe(pair: Pair) -> dict[str, np.ndarray]:
    """Shares and differences alone: with one unit in a group nothing can be inferred."""
    unknown = np.full(pair.values.shape[1], np.nan)
    shown = _shown(*_stats.mean_differences(pair.values, pair.design))
    return shown | {name: unknown for name in [*_INFERENCE, "p_max_t"]}


def _shown(target: np.ndarray, reference: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "prevalence_target": target,
        "prevalence_reference": reference,
        "difference": target - reference,
        "ratio": _divide(target, reference),
    }


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return np.where(denominator > 0, numerator / np.where(denominator > 0, denominator, 1.0), np.nan)


def _test(pair: Pair, seed: int, n_permutations: int) -> dict[str, np.ndarray]:
    effects = _stats.estimate_effects(pair.values, pair.design)
    low, high, p = _intervals.bound_differences(pair.values, pair.design, effects)
    p_permutation, p_max_t = _permute(pair, seed, n_permutations)
    inferred = {
        "low": np.maximum(low, -1.0),
        "high": np.minimum(high, 1.0),
        "effect_size": _divide(effects.difference, effects.sd_pooled),
        "sd_ratio": _divide(effects.sd_target, effects.sd_reference),
        "mdd": effects.detectable,
        "p": p,
        "p_permutation": p_permutation,
        "p_smallest": np.full(len(p), _permutation.smallest_p(pair.design, n_permutations)),
        "p_max_t": p_max_t,
    }
    # Groups that differ although nothing varies inside them have no error that could be estimated.
    known = np.isfinite(effects.se) & np.isfinite(effects.p)
    shown = _shown(effects.mean_target, effects.mean_reference) | {"difference": effects.difference}
    return shown | {name: np.where(known, values, np.nan) for name, values in inferred.items()}


def _permute(pair: Pair, seed: int, n_permutations: int) -> tuple[np.ndarray, np.ndarray]:
    """Permutation p of each topic, and its family-wise p by max-T."""
    # The same relabellings whichever of the two groups is called the target.
    swap = pair.target > pair.reference
    design = _stats.Design(~pair.design.target if swap else pair.design.target, pair.design.strata)
    labels = _permutation.relabel(design, n_permutations, seed)
    observed = _permutation.studentise(pair.values, design.target[None, :], design)[0]
    permuted = _permutation.studentise(pair.values, labels, design)
    return _permutation.permutation_p(observed, permuted), _permutation.max_t(observed, permuted)


def _flags(pair: Pair, units: Units, columns: Mapping[str, np.ndarray], unstable: set[int]) -> list[str]:
    shared = size_flags(pair, units.noun)
    values, is_target = pair.values, pair.design.target
    apart = (values[is_target].min(axis=0) > values[~is_target].max(axis=0)) | (
        values[is_target].max(axis=0) < values[~is_target].min(axis=0)
    )
    unequal = (columns["sd_ratio"] > 2) | (columns["sd_ratio"] < 0.5)
    flags = []
    for row, topic in enumerate(units.topics):
        own = {
            "unequal dispersion": bool(unequal[row]),
            "no variation": pair.testable and columns["high"][row] == 0 == columns["low"][row],
            "no variation within groups": pair.testable and bool(np.isnan(columns["p"][row])),
            "no overlap": pair.testable and bool(apart[row]),
            "topic unstable": topic in unstable,
        }
        flags.append("; ".join([*shared, *(name for name, holds in own.items() if holds)]))
    return flags


def _judge(table: pd.DataFrame) -> pd.DataFrame:
    """Adjust p over the family that the design fixes, and say what each row amounts to."""
    smallest = table[["n_units_target", "n_units_reference"]].min(axis=1)
    adjustable = table["p"].notna() & ((table["p_smallest"] <= 0.05) | (smallest >= 3))
    one_pair = len(table.loc[adjustable, ["target", "reference"]].drop_duplicates()) == 1
    by_max_t = adjustable & (table["p_smallest"] <= 0.05) & one_pair
    holm = _stats.holm(table["p"].where(adjustable).to_numpy(dtype=np.float64))
    # max-T asks who was dealt which label, p also how far shares reach: a finding satisfies both
    table["p_adjusted"] = np.fmax(table["p_max_t"].where(by_max_t, holm), table["p"].where(adjustable))
    table["adjustment"] = pd.Series(np.select([by_max_t, adjustable], ["max-T", "Holm"], ""), dtype="str")
    table["q"] = _stats.benjamini_hochberg(table["p"].to_numpy(dtype=np.float64))
    found = table["p_adjusted"] <= 0.05
    table["verdict"] = pd.Series(
        np.select(
            [table["p"].isna(), found & (table["difference"] > 0), found & (table["difference"] < 0)],
            ["descriptive only", "higher", "lower"],
            "cannot tell",
        ),
        dtype="str",
    )
    return table
