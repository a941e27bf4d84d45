"""Units come in; the pairs of groups that are compared, each with its design, go out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from discourse.compare import _stats
from discourse.compare.groups import Units
from discourse.errors import DataError, SettingError, suggest

REST = "rest"


@dataclass(frozen=True)
class Pair:
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


def choose_pairs(
    units: Units, by: str, pairs: Literal["all", "rest"] | Sequence[Sequence[str]]
) -> list[tuple[str, str]]:
    """List (target, reference): all pairs in the order of the groups, each against the rest, or those given."""
    if len(units.order) < 2:
        raise DataError(
            f"by='{by}' has one group with documents, '{units.order[0]}', and a contrast needs two: "
            "compare by another column or fill its missing values in"
        )
    if isinstance(pairs, str):
        if pairs == REST and REST not in units.order:
            return [(group, REST) for group in units.order]
        if pairs != "all":
            raise SettingError(
                f"pairs='{pairs}' must be 'all', 'rest' (unless a group has that name) or a list of "
                "(target, reference)"
            )
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


def face(units: Units, target: str, reference: str) -> Pair:
    """Take the units of the two groups, in strata that hold both."""
    against_rest = reference == REST and REST not in units.order
    is_target = units.members(target)
    is_reference = ~is_target if against_rest else units.members(reference)
    strata, codes = np.unique(units.table["stratum"].to_numpy(dtype=object), return_inverse=True)
    n_target, n_reference = (
        np.bincount(codes[group], minlength=len(strata)) for group in (is_target, is_reference)
    )
    both = (n_target > 0) & (n_reference > 0)
    if not both.any():
        raise DataError(
            f"'{target}' and '{reference}' never meet in one stratum: strata must hold both groups; "
            "choose coarser strata or none"
        )
    kept = (is_target | is_reference) & both[codes]
    n_documents = units.table["n_documents"].to_numpy()
    return Pair(
        target=target,
        reference=reference,
        values=units.shares[kept],
        design=_stats.Design(is_target[kept], np.unique(codes[kept], return_inverse=True)[1]),
        n_documents=(
            int(n_documents[kept & is_target].sum()),
            int(n_documents[kept & is_reference].sum()),
        ),
        n_strata_dropped=int(((n_target + n_reference > 0) & ~both).sum()),
    )


def size_flags(pair: Pair, noun: str) -> list[str]:
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
