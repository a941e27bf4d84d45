"""Themes and counts come in; the prior that lets topics grow around them goes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from discourse.contracts import DocumentTermMatrix
from discourse.errors import DataError, SettingError


def seed_prior(
    dtm: DocumentTermMatrix, themes: Mapping[str, Sequence[str]], *, n_topics: int, eta: float, weight: float
) -> np.ndarray:
    """Prior of terms in topics (n_topics, n_terms): row k is raised where the terms of theme k stand.

    It is eta + weight * count_w, count_w being how often a term of the theme occurs: as if that share of its
    occurrences were known to belong to the topic.
    """
    prior = np.full((n_topics, len(dtm.vocabulary)), float(eta))
    frequency = np.asarray(dtm.counts.sum(axis=0), dtype=np.float64).ravel()
    for topic, terms in enumerate(themes.values()):
        columns = dtm.vocabulary.get_indexer(pd.Index(terms))
        prior[topic, columns] += weight * frequency[columns]
    return prior


def known_terms(
    themes: Mapping[str, Sequence[str]], dtm: DocumentTermMatrix, *, n_topics: int
) -> dict[str, list[str]]:
    """Terms of each theme that the vocabulary has, each once.

    Raises SettingError for themes that are none, or more of them than topics; DataError for a theme without a
    term of the vocabulary.
    """
    _check_themes(themes, n_topics)
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


def note_strangers(
    themes: Mapping[str, Sequence[str]], phi: np.ndarray, vocabulary: pd.Index, *, n_terms: int = 10
) -> list[str]:
    """Sentence for every theme whose terms are none of the most probable of its topic: it is about something else."""
    notes = []
    for (theme, terms), row in zip(themes.items(), phi, strict=False):
        leading = vocabulary[np.argsort(-row, kind="stable")[:n_terms]]
        if not leading.isin(list(terms)).any():
            notes.append(
                f"theme {theme!r}: its topic is about {', '.join(leading[:4])} instead; the texts say too little "
                "of the theme. Do not read its share as the theme's: leave it out, or give it more of its terms."
            )
    return notes


def _check_themes(themes: Mapping[str, Sequence[str]], n_topics: int) -> None:
    if not isinstance(themes, Mapping):
        raise SettingError(
            f'themes must name the terms of each theme, such as {{"法治": ["法庭", "调解"]}}; found {themes!r}'
        )
    if not themes:
        raise SettingError(
            "themes is empty: name at least one theme and its terms, or leave the setting out."
        )
    for theme, terms in themes.items():
        if isinstance(terms, str) or not all(isinstance(term, str) for term in terms):
            raise SettingError(f"themes: the terms of {theme!r} must stand in a list, found {terms!r}.")
    if len(themes) > n_topics:
        raise SettingError(
            f"n_topics={n_topics} leaves no topic for some of {len(themes)} themes: each takes one, and what else "
            f"the texts talk about needs some too. Choose n_topics of at least {len(themes)}."
        )
