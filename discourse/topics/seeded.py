"""Counts and themes come in; a topic model goes out whose first topics are about the themes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import DocumentTermMatrix, TopicModel
from discourse.errors import SettingError, suggest
from discourse.topics.lda import fit_lda


def fit_seeded(
    dtm: DocumentTermMatrix,
    themes: Mapping[str, Sequence[str]],
    *,
    n_others: int = 10,
    weight: float = 0.1,
    **settings: Any,
) -> TopicModel:
    """Fit topics of which some are told beforehand what they are about, for confirmatory work.

    `fit_lda` with its setting `themes`, the number of topics counted by what is left for other subjects.

    Parameters
    ----------
    dtm
        Counts (n_passages, n_terms).
    themes
        Name of a theme -> its terms, such as `find_themes` takes from a lexicon. Terms outside the vocabulary
        are passed over.
    n_others
        Further topics without a theme, for all that the texts also talk about; 0 leaves no room for it.
    weight
        Share of the occurrences of a theme's terms (above 0) that the prior gives to its topic.
    settings
        Further arguments of `fit_lda`.

    Returns
    -------
    TopicModel
        Topic 0 is the first theme and so on; the others follow by decreasing prevalence. `settings["themes"]`
        holds the terms that were used, by theme.

    Raises
    ------
    SettingError
        No theme; a setting out of range.
    DataError
        A theme with no term of the vocabulary.

    References: Lu, Ott, Cardie & Tsou (2011), ICDM Workshops; Watanabe & Baturo (2024), Social Science Computer
    Review (seeded LDA).
    """
    if isinstance(n_others, bool) or not isinstance(n_others, int | np.integer) or n_others < 0:
        raise SettingError(f"n_others must be a whole number of at least 0, is {n_others!r}.")
    n_topics = max(len(themes) + int(n_others), 2)
    return fit_lda(dtm, n_topics=n_topics, themes=themes, theme_weight=weight, **settings)


def find_themes(
    themes: Mapping[str, Sequence[str]] | Sequence[str], lexicon: pd.DataFrame
) -> dict[str, list[str]]:
    """Terms of themes that are named by a lexicon; themes that bring their own terms pass through.

    lexicon: contract `lexicon`. Raises SettingError for a name that the lexicon does not have.
    """
    if isinstance(themes, Mapping):
        return {str(theme): list(terms) for theme, terms in themes.items()}
    terms = lexicon.groupby("theme", sort=False, observed=True)["term"].agg(list)
    for theme in themes:
        if theme not in terms.index:
            raise SettingError(
                f"themes: the lexicon has no theme {theme!r}. {suggest(str(theme), terms.index)}"
                f'Themes: {", ".join(terms.index)}; or give the terms: [topics.lda.themes] {theme} = ["..."].'
            )
    return {theme: terms[theme] for theme in themes}
