"""Counts and themes come in; a topic model goes out whose first topics are about the themes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from discourse.contracts import DocumentTermMatrix, TopicModel
from discourse.errors import DataError, SettingError
from discourse.topics import _cvb0
from discourse.topics.lda import check_arguments, fit_best


def fit_seeded(
    dtm: DocumentTermMatrix,
    themes: Mapping[str, Sequence[str]],
    *,
    n_others: int = 10,
    weight: float = 0.1,
    seed: int = 1,
    n_starts: int | None = None,
    alpha: float | None = None,
    eta: float = 0.03,
    max_iterations: int = 500,
    tolerance: float = 1e-5,
) -> TopicModel:
    """Fit topics of which some are told beforehand what they are about, for confirmatory work.

    Topic k of a theme has the prior eta + weight * count_w for the terms w of the theme, where count_w is how
    often the term occurs: as if that share of its occurrences were known to belong to the topic. All else is
    `fit_lda` with the engine cvb0. A theme that the corpus does not talk about stays a topic with a small
    share: it is not found because it was asked for, so look at its terms before its shares.

    Parameters
    ----------
    dtm
        Counts (n_passages, n_terms).
    themes
        Name of a theme -> its terms, such as the themes of a lexicon. Terms outside the vocabulary are passed
        over.
    n_others
        Further topics without a theme, for all that the texts also talk about; 0 leaves no room for it.
    weight
        Share of the occurrences of a theme's terms (above 0) that the prior gives to its topic.
    seed, n_starts, alpha, eta, max_iterations, tolerance
        As in `fit_lda`.

    Returns
    -------
    TopicModel
        Topic 0 is the first theme and so on; the others follow by decreasing prevalence. `settings["themes"]`
        holds the terms that were used, by theme.

    Raises
    ------
    SettingError
        No theme; a theme with no term of the vocabulary; a setting out of range.

    References: Lu, Ott, Cardie & Tsou (2011), ICDM Workshops; Watanabe & Baturo (2024), Social Science Computer
    Review (seeded LDA).
    """
    used = _known_terms(themes, dtm)
    _check_weights(n_others, weight)
    n_topics = len(used) + int(n_others)
    settings, given = check_arguments(
        dtm,
        n_topics=n_topics,
        seed=seed,
        engine="cvb0",
        n_starts=n_starts,
        alpha=alpha,
        eta=eta,
        max_iterations=max_iterations,
        tolerance=tolerance,
    )
    prior = np.full((n_topics, len(dtm.vocabulary)), float(eta))
    frequency = np.asarray(dtm.counts.sum(axis=0), dtype=np.float64).ravel()
    for topic, terms in enumerate(used.values()):
        columns = dtm.vocabulary.get_indexer(pd.Index(terms))
        prior[topic, columns] += weight * frequency[columns]
    given = {**given, "themes": used, "weight": float(weight)}
    return fit_best(_cvb0.fit, dtm, {**settings, "eta": prior}, given, n_fixed=len(used))


def _known_terms(themes: Mapping[str, Sequence[str]], dtm: DocumentTermMatrix) -> dict[str, list[str]]:
    if not themes:
        raise SettingError("themes is empty: name at least one theme and its terms, or use fit_lda.")
    vocabulary = set(dtm.vocabulary)
    known = {
        theme: [term for term in dict.fromkeys(terms) if term in vocabulary]
        for theme, terms in themes.items()
    }
    for theme, terms in known.items():
        if not terms:
            raise DataError(
                f"theme {theme!r} has no term in the vocabulary of {len(vocabulary)} terms: add terms that the "
                "texts use, or lower min_df."
            )
    return known


def _check_weights(n_others: int, weight: float) -> None:
    if isinstance(n_others, bool) or not isinstance(n_others, int | np.integer) or n_others < 0:
        raise SettingError(f"n_others must be a whole number of at least 0, is {n_others!r}.")
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < np.inf:
        raise SettingError(f"weight must be a number above 0, is {weight!r}; a usual value is 0.1.")
