"""Tokens and metadata of documents come in; the terms that mark each of several groups against the rest go out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import factorial, prod

import numpy as np
import pandas as pd

from discourse.compare import _permutation, _stats
from discourse.compare._counts import Counts, count_terms, group_documents
from discourse.compare.groups import order_groups
from discourse.compare.keyness import comparable_rates, score_keyness
from discourse.contracts import check
from discourse.errors import DataError

# one block of permuted |t|: 20 million numbers at most
_BLOCK_SIZE = 20_000_000


def score_group_keyness(
    tokens: pd.DataFrame,
    passages: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    by: str,
    min_count: int = 20,
    min_documents: int = 3,
    min_listed: int = 5,
    seed: int = 1,
    n_permutations: int = 9999,
) -> pd.DataFrame:
    """Score the terms that mark each group against all the others, over one vocabulary.

    Every group is set against the documents of all the other groups, so that the same terms are counted,
    listed and tested for each. Bigrams and themes are scored by the same function: see `build_bigrams` and
    `build_themes`.

    Parameters
    ----------
    tokens, passages, documents, by, min_count, min_documents, min_listed, seed, n_permutations
        As for `score_keyness`.

    Returns
    -------
    DataFrame
        `keyness` as `score_keyness` gives it, group after group (levels from the centre down), with one more
        column: p_adjusted, family-wise over all tested terms of all groups, by step-down max-T over the same
        relabellings of documents. It is NA for groups that cannot be tested, and for groups whose smallest
        possible p is above .05.

    Raises
    ------
    SettingError, DataError
        As `score_keyness`; fewer than two groups have tokens.

    References
    ----------
    Westfall & Young (1993), Resampling-Based Multiple Testing, algorithm 2.8.
    """
    labels = group_documents(documents, by)
    counted = count_terms(tokens, passages, labels)
    present = [group for group in order_groups(labels, by) if (counted.groups == group).any()]
    if len(present) < 2:
        found = f"'{present[0]}' only" if present else "none"
        raise DataError(
            f"by='{by}': keyness needs two groups of documents with tokens, found {found}: choose another"
        )
    tables = [
        score_keyness(
            tokens,
            passages,
            documents,
            by=by,
            target=group,
            min_count=min_count,
            min_documents=min_documents,
            min_listed=min_listed,
            seed=seed,
            n_permutations=n_permutations,
        )
        for group in present
    ]
    adjusted = _adjust_jointly(counted, tables, n_permutations, seed)
    tables = [table.assign(p_adjusted=p) for table, p in zip(tables, adjusted, strict=True)]
    return check(pd.concat(tables, ignore_index=True), "keyness")


def _adjust_jointly(
    counted: Counts, tables: list[pd.DataFrame], n_permutations: int, seed: int
) -> list[np.ndarray]:
    """Family-wise p of every term in every group that can be tested, in the rows' order of each table."""
    groups = [str(table["target"].iloc[0]) if len(table) else "" for table in tables]
    testable = [
        g for g, table in zip(groups, tables, strict=True) if _can_reach(counted, g, table, n_permutations)
    ]
    adjusted = [np.full(len(table), np.nan) for table in tables]
    if not testable:
        return adjusted
    tested = tables[groups.index(testable[0])].dropna(subset="t")["term"].to_numpy(dtype=object)
    wanted = np.isin(counted.terms, tested)
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
    values = comparable_rates(counted, wanted)
    observed = _absolute_t(values, counted.groups[None, :], groups)[0]
    order = np.argsort(-observed, kind="stable")
    threshold = observed[order] * (1.0 - _permutation.TIE)
    reached, n_labellings = np.zeros(len(observed)), 0
    block = max(1, _BLOCK_SIZE // max(len(observed), 1))
    for labellings in relabel_groups(counted.groups, n_permutations, seed, block=block):
        permuted = _absolute_t(values, labellings, groups)[:, order[::-1]]
        # the maximum over this column and all with a smaller observed statistic
        successive = np.maximum.accumulate(permuted, axis=1)[:, ::-1]
        reached += (successive >= threshold).sum(axis=0)
        n_labellings += len(labellings)
    adjusted = np.empty_like(observed)
    adjusted[order] = np.maximum.accumulate(reached / n_labellings)
    return adjusted.reshape(len(groups), -1)


def _absolute_t(values: np.ndarray, labellings: np.ndarray, groups: list[str]) -> np.ndarray:
    """|t| of each group against the rest (n_labellings, n_groups * n_terms)."""
    return np.concatenate(
        [np.abs(_permutation.pooled_t(values, labellings == group)) for group in groups], axis=1
    )


def relabel_groups(
    groups: np.ndarray, n_permutations: int, seed: int, *, block: int = 1_000
) -> Iterator[np.ndarray]:
    """Deal the labels of the documents out anew, in blocks (n_labellings, n_documents), the observed one included.

    All ways where there are at most 20,000; else the observed labels and `n_permutations` random ones.
    """
    sizes = Counter(groups.tolist())
    total = factorial(len(groups)) // prod(factorial(size) for size in sizes.values())
    if total <= _permutation.MAX_RELABELLINGS:
        ways = np.array(list(_arrangements(sizes, len(groups))), dtype=object)
        yield from (ways[start : start + block] for start in range(0, len(ways), block))
        return
    rng = np.random.default_rng(seed)
    yield groups[None, :]
    for start in range(0, n_permutations, block):
        n = min(block, n_permutations - start)
        yield groups[np.argsort(rng.random((n, len(groups))), axis=1)]


def _arrangements(sizes: Counter[str], n: int) -> Iterator[list[str]]:
    """Every different order of the labels, each once."""
    if n == 0:
        yield []
        return
    for label in sorted(label for label, left in sizes.items() if left):
        sizes[label] -= 1
        for rest in _arrangements(sizes, n - 1):
            yield [label, *rest]
        sizes[label] += 1
