"""Tokens and metadata of documents come in; the terms that mark each of several groups against the rest go out."""

from __future__ import annotations

import pandas as pd

from discourse.compare._counts import count_terms, group_documents
from discourse.compare._familywise import adjust_jointly
from discourse.compare.groups import order_groups
from discourse.compare.keyness import Limits, place_adjusted, score_counts
from discourse.contracts import check
from discourse.errors import DataError


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
        `keyness` as `score_keyness` gives it, group after group (levels from the centre down), but p_adjusted
        is family-wise over all tested terms of all groups together, by step-down max-T over the same
        relabellings of documents.

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
    limits = Limits(min_count, min_documents, min_listed)
    tables = [
        score_counts(counted, by, group, None, limits, seed=seed, n_permutations=n_permutations)
        for group in present
    ]
    adjusted = adjust_jointly(counted, tables, n_permutations, seed)
    tables = [place_adjusted(table, p) for table, p in zip(tables, adjusted, strict=True)]
    return check(pd.concat(tables, ignore_index=True), "keyness")
