"""Tokens and metadata of documents come in; the terms that mark a target against a reference go out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy import sparse

from discourse.compare import _permutation, _stats
from discourse.compare._counts import Counts, comparable_rates, count_terms, group_documents
from discourse.compare._familywise import adjust_jointly
from discourse.compare.groups import order_groups
from discourse.contracts import check
from discourse.errors import DataError, SettingError, suggest

REST = "rest"
_PRIOR_WEIGHT = 1000.0


def score_keyness(
    tokens: pd.DataFrame,
    passages: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    by: str,
    target: str,
    reference: str | None = None,
    min_count: int = 20,
    min_documents: int = 3,
    min_listed: int = 5,
    seed: int = 1,
    n_permutations: int = 9999,
) -> pd.DataFrame:
    """Score the terms that mark the documents of a target group against those of a reference.

    Parameters
    ----------
    tokens, passages, documents
        The tables of their contracts.
    by
        Column of `documents` that names the groups. Documents without a value there are left out.
    target, reference
        Groups of `by`; without a reference, all the other documents that have a group ("rest").
    min_count, min_documents
        Terms with at least so many occurrences in at least so many of the documents compared are tested.
    min_listed
        Terms with fewer occurrences in the documents compared are not listed.
    seed, n_permutations
        Of the random relabellings of documents, used where there are more than 20,000 possible ones.

    Returns
    -------
    DataFrame
        `keyness`, one row a term, ordered by ``rank``: tested terms by t, those that mark the target first,
        then the others by log_odds.

        - n_target, n_reference: occurrences; rate_target, rate_reference: per 10,000 tokens.
        - log_odds: the effect size, a difference of log odds (target - reference) shrunk by a Dirichlet prior
          of weight 1000 x pooled frequency; its z is not given: it takes tokens for independent.
        - log_ratio: log2 of the ratio of rates, a count of 0 read as 1/2; g2: Dunning's likelihood ratio over
          the four-cell table. Both describe; as a test G2 flags 13 to 39 % of the terms of documents that
          were dealt out at random.
        - t: pooled t over documents of sqrt((count + 3/8) / length). p: each term's own permutation p.
          q: Benjamini-Hochberg on p pooled over the permuted absolute t of all tested terms. p_adjusted: family-wise
          over all tested terms, by step-down max-T (Westfall & Young 1993). NA where not tested, p_adjusted
          also where the documents can be dealt out in too few ways for p <= .05.
        - n_documents_target, n_documents_reference: documents of the group that hold the term.
        - dp: Gries' deviation of proportions over the documents compared, not normalised: 0 evenly spread,
          towards 1 the more the term sticks to few documents. burst: over half of the occurrences are in one
          document.
        - flags: "effect sizes only" with one document in a group; "ranking, not a test" with ten or fewer,
          where the power of the test is at most .08.

    Raises
    ------
    SettingError
        The column or a group does not exist.
    DataError
        No document of the target, or of the reference, has tokens; tokens of unknown passages.

    References
    ----------
    Monroe, Colaresi & Quinn (2008), Political Analysis 16(4). Lijffijt et al. (2016), Digital Scholarship in
    the Humanities 31(2). Dunning (1993), Computational Linguistics 19(1). Gries (2008), International Journal
    of Corpus Linguistics 13(4).
    """
    target, reference = str(target), None if reference is None else str(reference)
    counted = count_terms(
        tokens, passages, _pick_groups(group_documents(documents, by), by, target, reference)
    )
    _refuse_empty_side(counted.groups == target, by, target, reference)
    limits = Limits(min_count, min_documents, min_listed)
    table = score_counts(counted, by, target, reference, limits, seed=seed, n_permutations=n_permutations)
    labels = np.where(counted.groups == target, target, f"not {target}").astype(object)
    sides = Counts(counted.counts, counted.terms, labels)
    (p,) = adjust_jointly(sides, [table], n_permutations, seed)
    return check(place_adjusted(table, p), "keyness")


@dataclass(frozen=True)
class Limits:
    """Least occurrences and documents of a tested term, least occurrences of a listed one."""

    min_count: int
    min_documents: int
    min_listed: int


def score_counts(
    counted: Counts,
    by: str,
    target: str,
    reference: str | None,
    limits: Limits,
    *,
    seed: int,
    n_permutations: int,
) -> pd.DataFrame:
    """`keyness` of counted documents, the target against all others, without the family-wise p."""
    is_target = counted.groups == target
    smallest = int(min(is_target.sum(), (~is_target).sum()))
    table = describe_terms(counted, is_target, limits.min_listed)
    tested = (
        (smallest >= 2)
        & (table["n_target"] + table["n_reference"] >= limits.min_count)
        & (table["n_documents_target"] + table["n_documents_reference"] >= limits.min_documents)
    ).to_numpy()
    table = table.assign(**_test(counted, is_target, table["term"][tested], tested, seed, n_permutations))
    table.insert(0, "reference", REST if reference is None else reference)
    table.insert(0, "target", target)
    table.insert(0, "factor", by)
    return _rank(table.assign(flags=_flags(smallest)))


def place_adjusted(table: pd.DataFrame, p_adjusted: np.ndarray) -> pd.DataFrame:
    """`keyness` with its family-wise p beside the other two."""
    table = table.copy()
    table.insert(list(table.columns).index("q") + 1, "p_adjusted", p_adjusted)
    return table


def _pick_groups(groups: pd.Series, by: str, target: str, reference: str | None) -> pd.Series:
    """Documents of the two groups; refuses names that are no groups."""
    known = order_groups(groups, by)
    for name in [target] if reference is None else [target, reference]:
        if name not in known:
            raise SettingError(
                f"'{name}' is not a group of by='{by}'. {suggest(name, known)}Groups: {', '.join(known)}."
            )
    if target == reference:
        raise SettingError(f"target and reference must be two groups, both are '{target}'")
    return groups if reference is None else groups[groups.isin([target, reference])]


def _refuse_empty_side(is_target: np.ndarray, by: str, target: str, reference: str | None) -> None:
    for side, present in {target: is_target.any(), str(reference or REST): (~is_target).any()}.items():
        if not present:
            raise DataError(
                f"by='{by}': no document of '{side}' has tokens, so there is nothing to compare: "
                "choose another target or reference"
            )


def describe_terms(counted: Counts, is_target: np.ndarray, min_listed: int) -> pd.DataFrame:
    """Count, rate, size up and disperse the terms with at least `min_listed` occurrences."""
    totals = np.asarray(counted.counts.sum(axis=0)).ravel()
    listed = totals >= max(min_listed, 1)
    counts = counted.counts[:, np.flatnonzero(listed)]
    sides = np.flatnonzero(is_target), np.flatnonzero(~is_target)
    n_target, n_reference = (np.asarray(counts[side].sum(axis=0)).ravel() for side in sides)
    size_target, size_reference = (int(counted.lengths[side].sum()) for side in sides)
    n_documents = [np.asarray((counts[side] > 0).sum(axis=0)).ravel() for side in sides]
    return pd.DataFrame(
        {
            "term": pd.Series(counted.terms[listed], dtype="str"),
            "n_target": n_target,
            "n_reference": n_reference,
            "rate_target": n_target * 1e4 / size_target,
            "rate_reference": n_reference * 1e4 / size_reference,
            "log_ratio": binary_log_ratio(n_target, n_reference, size_target, size_reference),
            "log_odds": shrunk_log_odds(n_target, n_reference, size_target, size_reference),
            "g2": _stats.log_likelihood_ratio(n_target, n_reference, size_target, size_reference),
            "n_documents_target": n_documents[0],
            "n_documents_reference": n_documents[1],
            "dp": deviation_of_proportions(counts, counted.lengths),
            "burst": 2 * counts.max(axis=0).toarray().ravel() > totals[listed],
        }
    )


def binary_log_ratio(
    target: np.ndarray, reference: np.ndarray, n_target: int, n_reference: int
) -> np.ndarray:
    """Binary log of the ratio of rates; a count of 0 is read as 1/2 (Hardie 2014)."""
    return np.log2(np.where(target > 0, target, 0.5) / n_target) - np.log2(
        np.where(reference > 0, reference, 0.5) / n_reference
    )


def shrunk_log_odds(target: np.ndarray, reference: np.ndarray, n_target: int, n_reference: int) -> np.ndarray:
    """Difference of log odds under an informative Dirichlet prior: Monroe et al. (2008), equation 16.

    target, reference: counts of each term; n_target, n_reference: sizes in tokens. The prior has weight 1000
    in all, spread over the terms as they are in target and reference together.
    """
    prior = _PRIOR_WEIGHT * (target + reference) / (n_target + n_reference)
    return dirichlet_log_odds(target, reference, n_target, n_reference, prior, _PRIOR_WEIGHT)


def dirichlet_log_odds(
    target: np.ndarray,
    reference: np.ndarray,
    n_target: int,
    n_reference: int,
    prior: np.ndarray | float,
    weight: float,
) -> np.ndarray:
    """Difference of log odds when `prior` occurrences of each term, `weight` in all, are added to both sides."""
    first = np.log(target + prior) - np.log(n_target + weight - target - prior)
    second = np.log(reference + prior) - np.log(n_reference + weight - reference - prior)
    return first - second


def deviation_of_proportions(counts: sparse.csr_matrix, lengths: np.ndarray) -> np.ndarray:
    """Gries' DP of each term: half of sum |document's share of its occurrences - of all tokens|."""
    expected = lengths / lengths.sum()
    totals = np.asarray(counts.sum(axis=0)).ravel()
    cells = counts.tocoo()
    found = cells.data / totals[cells.col]
    # documents without the term add their expected share: start from all of them and correct the others
    excess = np.abs(found - expected[cells.row]) - expected[cells.row]
    return np.clip(0.5 * (1.0 + np.bincount(cells.col, weights=excess, minlength=len(totals))), 0.0, 1.0)


def _test(
    counted: Counts,
    is_target: np.ndarray,
    terms: pd.Series,
    tested: np.ndarray,
    seed: int,
    n_permutations: int,
) -> dict[str, np.ndarray]:
    """Columns t, p and q of the listed terms; NA for those that are not `tested`."""
    columns = {name: np.full(len(tested), np.nan) for name in ("t", "p", "q")}
    if not tested.any():
        return columns
    values = partial(comparable_rates, counted, counted.find(terms))
    design = _stats.Design(is_target, np.zeros(len(is_target), dtype=np.int64))
    t = np.concatenate([_permutation.pooled_t(block, is_target[None, :])[0] for block in values()])
    own, pooled = _permutation.pooled_permutation_p(
        values, _permutation.relabel(design, n_permutations, seed), np.abs(t)
    )
    columns["t"][tested], columns["p"][tested] = t, own
    columns["q"][tested] = _stats.benjamini_hochberg(pooled)
    return columns


def _flags(smallest: int) -> str:
    if smallest < 2:
        return "effect sizes only"
    return "ranking, not a test" if smallest <= 10 else ""


def _rank(table: pd.DataFrame) -> pd.DataFrame:
    """Order tested terms by t, then the others by log odds; ties by term."""
    untested = table["t"].isna()
    order = np.lexsort((table["term"], -table["log_odds"], -table["t"].fillna(0.0), untested))
    ranked = table.iloc[order].reset_index(drop=True)
    ranked.insert(3, "rank", np.arange(len(ranked)))
    return ranked
