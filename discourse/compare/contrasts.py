"""Shares of documents and their metadata come in; differences between groups and their worth go out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from discourse.compare import _permutation, _stats
from discourse.compare.groups import Units, gather_units
from discourse.contracts import check
from discourse.errors import DataError, SettingError, suggest

_INFERENCE = ["low", "high", "effect_size", "sd_ratio", "mdd", "p", "p_permutation", "p_smallest"]


@dataclass(frozen=True)
class _Pair:
    """Two groups face to face: names, values (n_units, n_topics), design, documents on either side."""

    target: str
    reference: str
    values: np.ndarray
    design: _stats.Design
    n_documents: tuple[int, int]
    n_strata_dropped: int

    @property
    def n_units(self) -> tuple[int, int]:
        """Units of target and reference."""
        n_target = int(self.design.target.sum())
        return n_target, len(self.design.target) - n_target

    @property
    def testable(self) -> bool:
        """Whether the variation inside both groups can be estimated."""
        return min(self.n_units) >= 2


def contrast_prevalence(
    shares: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    by: str,
    cluster: str | None = None,
    strata: str | None = None,
    pairs: Literal["all"] | Sequence[Sequence[str]] = "all",
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
        Column of `documents` that names the groups. Documents without a value there are left out.
    cluster
        Column whose values are the units (``"source"``, ``"city"``, ``"speaker"``): where the group is
        decided there, documents are averaged inside it first. Without it the document is the unit.
    strata
        Column within whose values groups are compared (region within level, year). Strata with one of the two
        groups only are dropped and counted in the flags. The difference then weighs strata by n_a n_b / n.
    pairs
        ``"all"``, or a list of (target, reference). Of levels the higher one is the target.
    stability
        Stability of the topics over models, 0 to 1: a Series by topic, or the `topics` table.
    min_stability
        Topics below it are flagged.
    seed, n_permutations
        Of the random relabellings, used where there are more than 20,000 possible ones.

    Returns
    -------
    DataFrame
        `contrasts`: one row per pair and topic.

        - prevalence_target, prevalence_reference, difference (target - reference), ratio: shares, 0 to 1.
        - low, high, p: a 95 % t interval and the two-sided p of the same t.
        - effect_size: difference / pooled SD. sd_ratio: SD of the target / SD of the reference.
        - mdd: the smallest true difference that this design finds (unadjusted) with 80 % power.
        - p_permutation: from |difference| / SE under all relabellings of the units (in their strata);
          p_smallest: the smallest value that it can take here.
        - p_adjusted, adjustment: family-wise over the topics of the one pair that can be adjusted ("max-T",
          or "Holm" where p_smallest is above .05), over pairs x topics where there are several ("Holm").
          NA with two units in a group (2 against 5 or more excepted).
        - q: Benjamini-Hochberg over pairs x topics; exploratory.
        - n_documents_*, n_units_*: after documents without group or stratum were left out.
        - flags: short phrases joined by "; ", empty if there is nothing to say. "no overlap": every unit of
          one group lies above every unit of the other.
        - verdict: "higher" or "lower" where p_adjusted is at most .05; else "cannot tell";
          "descriptive only" where a group has one unit: then only shares, difference and ratio are given.

    Raises
    ------
    SettingError
        A column or a group does not exist.
    DataError
        Fewer than two groups; a group that varies inside a unit; no stratum with both groups; a topic that
        does not vary inside the groups although they differ (copies of one text).

    Notes
    -----
    Attenuation makes the differences slightly conservative: a topic's share in a short document is estimated
    with error. Several factors: call several times; no adjustment reaches across calls.

    References: Bell & McCaffrey (2002), Survey Methodology 28(2); Chung & Romano (2013), Annals of
    Statistics 41(2); Westfall & Young (1993), Resampling-based multiple testing.
    """
    units = gather_units(shares, documents, by=by, cluster=cluster, strata=strata)
    chosen = [_face(units, *names) for names in _choose_pairs(units, by, pairs)]
    unstable = _unstable_topics(stability, min_stability)
    blocks = [_contrast(pair, units, unstable, seed, n_permutations) for pair in chosen]
    table = pd.concat(blocks, ignore_index=True)
    table.insert(0, "factor", by)
    return check(_judge(table).drop(columns="p_max_t"), "contrasts")


def _choose_pairs(
    units: Units, by: str, pairs: Literal["all"] | Sequence[Sequence[str]]
) -> list[tuple[str, str]]:
    if len(units.order) < 2:
        raise DataError(
            f"by='{by}' has one group with documents, '{units.order[0]}', and a contrast needs two: "
            "compare by another column or fill its missing values in"
        )
    if isinstance(pairs, str):
        if pairs != "all":
            raise SettingError(f"pairs='{pairs}' must be 'all' or a list of (target, reference)")
        return list(combinations(units.order, 2))
    chosen = [_checked_pair(units, by, pair) for pair in pairs]
    if not chosen or len({frozenset(pair) for pair in chosen}) < len(chosen):
        raise SettingError(f"pairs must name at least one pair and no pair twice, found {list(pairs)}")
    return chosen


def _checked_pair(units: Units, by: str, pair: Sequence[str]) -> tuple[str, str]:
    names = [str(name) for name in pair] if not isinstance(pair, str) else [pair]
    if len(names) != 2 or names[0] == names[1]:
        raise SettingError(f"a pair is two different groups (target, reference), found {names}")
    for name in names:
        if name not in units.order:
            raise SettingError(
                f"'{name}' is not a group of by='{by}' that has documents. "
                f"{suggest(name, units.order)}Groups: {', '.join(units.order)}."
            )
    return names[0], names[1]


def _face(units: Units, target: str, reference: str) -> _Pair:
    """Take the units of the two groups, in strata that hold both."""
    members = units.members(target) | units.members(reference)
    table = units.table.loc[members]
    both = table.groupby("stratum")["group"].transform("nunique").to_numpy() == 2
    if not both.any():
        raise DataError(
            f"'{target}' and '{reference}' never meet in one stratum: strata must hold both groups; "
            "choose coarser strata or none"
        )
    kept = table.loc[both]
    is_target = (kept["group"] == target).to_numpy()
    return _Pair(
        target=target,
        reference=reference,
        values=units.shares[members][both],
        design=_stats.Design(is_target, np.unique(kept["stratum"], return_inverse=True)[1]),
        n_documents=(
            int(kept.loc[is_target, "n_documents"].sum()),
            int(kept.loc[~is_target, "n_documents"].sum()),
        ),
        n_strata_dropped=table["stratum"].nunique() - kept["stratum"].nunique(),
    )


def _unstable_topics(stability: pd.Series | pd.DataFrame | None, min_stability: float) -> set[int]:
    if stability is None:
        return set()
    values = stability.set_index("topic")["stability"] if isinstance(stability, pd.DataFrame) else stability
    return {int(str(topic)) for topic in values.index[values < min_stability]}


def _contrast(pair: _Pair, units: Units, unstable: set[int], seed: int, n_permutations: int) -> pd.DataFrame:
    """One pair: a row a topic, all but what depends on the other pairs."""
    columns = _test(pair, units, seed, n_permutations) if pair.testable else _describe(pair)
    names = {"target": pair.target, "reference": pair.reference, "topic": units.topics}
    table = pd.DataFrame(names | columns)
    table["n_documents_target"], table["n_documents_reference"] = pair.n_documents
    table["n_units_target"], table["n_units_reference"] = pair.n_units
    table["flags"] = pd.Series(_flags(pair, units, table, unstable), dtype="str")
    return table


def _describe(pair: _Pair) -> dict[str, np.ndarray]:
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


def _test(pair: _Pair, units: Units, seed: int, n_permutations: int) -> dict[str, np.ndarray]:
    effects = _stats.estimate_effects(pair.values, pair.design)
    _refuse_broken(pair, units, effects)
    p_permutation, p_max_t = _permute(pair, seed, n_permutations)
    return _shown(effects.mean_target, effects.mean_reference) | {
        "difference": effects.difference,
        "low": effects.difference - effects.half_width,
        "high": effects.difference + effects.half_width,
        "effect_size": _divide(effects.difference, effects.sd_pooled),
        "sd_ratio": _divide(effects.sd_target, effects.sd_reference),
        "mdd": effects.detectable,
        "p": effects.p,
        "p_permutation": p_permutation,
        "p_smallest": np.full(len(p_permutation), _permutation.smallest_p(pair.design, n_permutations)),
        "p_max_t": p_max_t,
    }


def _refuse_broken(pair: _Pair, units: Units, effects: _stats.Effects) -> None:
    """Raise `DataError` where the error cannot be estimated: nothing is dropped silently."""
    broken = ~np.isfinite(effects.se) | ~np.isfinite(effects.p)
    if broken.any():
        topic = units.topics[int(np.flatnonzero(broken)[0])]
        raise DataError(
            f"topic {topic} differs between '{pair.target}' and '{pair.reference}' but does not vary inside "
            "them, so its error cannot be estimated: look for copies of one text, or join them with cluster="
        )


def _permute(pair: _Pair, seed: int, n_permutations: int) -> tuple[np.ndarray, np.ndarray]:
    """Permutation p of each topic, and its family-wise p by max-T."""
    # The same relabellings whichever of the two groups is called the target.
    swap = pair.target > pair.reference
    design = _stats.Design(~pair.design.target if swap else pair.design.target, pair.design.strata)
    labels = _permutation.relabel(design, n_permutations, seed)
    observed = _permutation.studentise(pair.values, design.target[None, :], design)[0]
    permuted = _permutation.studentise(pair.values, labels, design)
    return _permutation.permutation_p(observed, permuted), _permutation.max_t(observed, permuted)


def _flags(pair: _Pair, units: Units, table: pd.DataFrame, unstable: set[int]) -> list[str]:
    shared = _size_flags(pair, units.noun)
    values, is_target = pair.values, pair.design.target
    apart = (values[is_target].min(axis=0) > values[~is_target].max(axis=0)) | (
        values[is_target].max(axis=0) < values[~is_target].min(axis=0)
    )
    unequal = (table["sd_ratio"] > 2) | (table["sd_ratio"] < 0.5)
    flags = []
    for row, topic in enumerate(units.topics):
        own = {
            "unequal dispersion": bool(unequal[row]),
            "no variation": pair.testable and table["difference"][row] == 0 and table["low"][row] == 0,
            "no overlap": pair.testable and bool(apart[row]),
            "topic unstable": topic in unstable,
        }
        flags.append("; ".join([*shared, *(name for name, holds in own.items() if holds)]))
    return flags


def _size_flags(pair: _Pair, noun: str) -> list[str]:
    """Say what follows from the numbers of units alone."""
    sizes = dict(zip((pair.target, pair.reference), pair.n_units, strict=True))
    many = "documents" if noun == "document" else "units"
    alone = [
        f"group '{name}' has 1 {noun}: the variation between {many} cannot be estimated, so no interval and "
        "no p-value is given (at least 2 are required, 5 or more are advised)"
        for name, n_units in sizes.items()
        if n_units == 1
    ]
    smallest, largest = min(sizes.values()), max(sizes.values())
    holds = {
        "rests on normality": smallest == 2,
        "small sample": smallest in (3, 4),
        "unbalanced": pair.testable and largest > 2 * smallest,
        f"strata dropped: {pair.n_strata_dropped}": pair.n_strata_dropped > 0,
    }
    return alone + [name for name, true in holds.items() if true]


def _judge(table: pd.DataFrame) -> pd.DataFrame:
    """Adjust p over the family that the design fixes, and say what each row amounts to."""
    smallest = table[["n_units_target", "n_units_reference"]].min(axis=1)
    adjustable = table["p"].notna() & ((table["p_smallest"] <= 0.05) | (smallest >= 3))
    one_pair = len(table.loc[adjustable, ["target", "reference"]].drop_duplicates()) == 1
    by_max_t = adjustable & (table["p_smallest"] <= 0.05) & one_pair
    holm = _stats.holm(table["p"].where(adjustable).to_numpy(dtype=np.float64))
    table["p_adjusted"] = table["p_max_t"].where(by_max_t, holm)
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
