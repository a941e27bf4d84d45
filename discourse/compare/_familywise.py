"""Counts of terms and groups of documents come in; p-values that hold for all terms and groups at once go out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import factorial, prod
from typing import Any

import numpy as np
import pandas as pd

from discourse.compare import _permutation, _stats
from discourse.compare._counts import Counts, comparable_rates

# one block of permuted statistics: 20 million numbers at most
_BLOCK_SIZE = 20_000_000


def adjust_jointly(
    counted: Counts, tables: list[pd.DataFrame], n_permutations: int, seed: int
) -> list[np.ndarray]:
    """Family-wise p of every term in every group that can be tested, in the rows' order of each table.

    counted: its `groups` are all the labels that are dealt out. tables: `keyness` of one target each. NA for
    groups that are not tested, or whose documents can be dealt out in too few ways for p <= .05.
    Reference: Westfall & Young (1993), Resampling-Based Multiple Testing, algorithm 4.1.
    """
    groups = [str(table["target"].iloc[0]) if len(table) else "" for table in tables]
    testable = [
        g for g, table in zip(groups, tables, strict=True) if _can_reach(counted, g, table, n_permutations)
    ]
    adjusted = [np.full(len(table), np.nan) for table in tables]
    if not testable:
        return adjusted
    wanted = counted.find(tables[groups.index(testable[0])].dropna(subset="t")["term"])
    p = dict(zip(testable, _step_down(counted, wanted, testable, n_permutations, seed), strict=True))
    terms = counted.terms[wanted].tolist()
    for place, (group, table) in enumerate(zip(groups, tables, strict=True)):
        if group in p:
            values = dict(zip(terms, p[group].tolist(), strict=True))
            adjusted[place] = np.array([values.get(term, np.nan) for term in table["term"]])
    return adjusted


def _can_reach(counted: Counts, group: str, table: pd.DataFrame, n_permutations: int) -> bool:
    """Whether the group is tested at all and its documents can be dealt out in enough ways for p <= .05."""
    if not len(table) or table["t"].isna().all():
        return False
    design = _stats.Design(counted.groups == group, np.zeros(len(counted.groups), dtype=np.int64))
    return _permutation.smallest_p(design, n_permutations) <= 0.05


def _step_down(
    counted: Counts, wanted: np.ndarray, groups: list[str], n_permutations: int, seed: int
) -> np.ndarray:
    """Step-down max-T p (n_groups, n_terms) over all groups and terms together."""
    names, codes = np.unique(counted.groups.astype(str), return_inverse=True)
    targets = np.searchsorted(names, groups)
    rates = partial(comparable_rates, counted, wanted)
    observed = _correlations(rates, codes[None, :], targets)[0]
    order = np.argsort(-observed, kind="stable")
    t = observed * np.sqrt((len(codes) - 2) / np.maximum(1.0 - observed**2, 1e-12))
    threshold = _permutation.as_correlation(t[order] * (1.0 - _permutation.TIE), len(codes))
    reached, n_labellings = np.zeros(len(observed)), 0
    block = max(1, _BLOCK_SIZE // max(len(observed), len(codes), 1))
    for labellings in relabel_groups(codes, n_permutations, seed, block=block):
        permuted = _correlations(rates, labellings, targets)[:, order[::-1]]
        # the maximum over this column and all with a smaller observed statistic
        successive = np.maximum.accumulate(permuted, axis=1)[:, ::-1]
        reached += (successive >= threshold).sum(axis=0)
        n_labellings += len(labellings)
    adjusted = np.empty_like(observed)
    adjusted[order] = np.maximum.accumulate(reached / n_labellings)
    return adjusted.reshape(len(groups), -1)


def _correlations(
    rates: Callable[[], Iterable[np.ndarray]], labellings: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """|correlation| of each group against the rest (n_labellings, n_groups * n_terms): |t| grows with it."""
    blocks = []
    for values in rates():
        unit = _permutation.scale(values)
        blocks.append([np.abs(_permutation.correlate(unit, labellings == target)) for target in targets])
    return np.concatenate([part for group in zip(*blocks, strict=True) for part in group], axis=1)


def relabel_groups(
    groups: np.ndarray, n_permutations: int, seed: int, *, block: int = 1_000
) -> Iterator[np.ndarray]:
    """Deal the labels of the documents out anew, in blocks (n_labellings, n_documents), the observed one included.

    All ways where there are at most 20,000; else the observed labels and `n_permutations` random ones.
    """
    sizes = Counter(groups.tolist())
    total = factorial(len(groups)) // prod(factorial(size) for size in sizes.values())
    if total <= _permutation.MAX_RELABELLINGS:
        ways = np.array(list(_arrangements(sizes, len(groups))), dtype=groups.dtype)
        yield from (ways[start : start + block] for start in range(0, len(ways), block))
        return
    rng = np.random.default_rng(seed)
    n_permutations = _permutation.bound_permutations(n_permutations, len(groups))
    yield groups[None, :]
    for start in range(0, n_permutations, block):
        n = min(block, n_permutations - start)
        yield groups[np.argsort(rng.random((n, len(groups))), axis=1)]


def _arrangements(sizes: Counter[Any], n: int) -> Iterator[list[Any]]:
    """Every different order of the labels, each once."""
    if n == 0:
        yield []
        return
    for label in sorted(label for label, left in sizes.items() if left):
        sizes[label] -= 1
        for rest in _arrangements(sizes, n - 1):
            yield [label, *rest]
        sizes[label] += 1
