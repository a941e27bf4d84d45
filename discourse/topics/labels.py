"""A topic model comes in; the tables that people read of it go out: terms, labels, theta."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from discourse.contracts import DocumentTermMatrix, TopicModel, check, topic_columns
from discourse.errors import SettingError
from discourse.topics.candidates import suggest_labels
from discourse.topics.quality import score_coherence, score_exclusivity, score_frex, top_positions
from discourse.topics.returns import score_returns

LABEL_TERMS = 4  # words in a label
SEPARATOR = " · "


def rank_terms(model: TopicModel, *, n_terms: int = 30) -> pd.DataFrame:
    """Most probable terms of each topic, with their FREX.

    Returns the table `topic_terms`: `rank` 1 is the most probable term; `phi` is its probability in the
    topic; `frex` (0-1) weighs probability and exclusivity equally (`quality.score_frex`), over the vocabulary
    of the model.
    """
    if isinstance(n_terms, bool) or not isinstance(n_terms, int | np.integer) or n_terms < 1:
        raise SettingError(f"n_terms must be a whole number of at least 1, is {n_terms!r}.")
    tops, frex = top_positions(model.phi, n_terms), score_frex(model.phi)
    n_shown = tops.shape[1]
    table = pd.DataFrame(
        {
            "topic": np.repeat(np.arange(model.n_topics), n_shown),
            "term": model.vocabulary[tops.ravel()].to_numpy(),
            "rank": np.tile(np.arange(1, n_shown + 1), model.n_topics),
            "phi": np.take_along_axis(model.phi, tops, axis=1).ravel(),
            "frex": np.take_along_axis(frex, tops, axis=1).ravel(),
        }
    )
    return check(table.astype({"term": "str"}), "topic_terms")


def describe_topics(
    model: TopicModel,
    dtm: DocumentTermMatrix,
    alignment: pd.DataFrame | None = None,
    shares: pd.DataFrame | None = None,
    phrase_uses: pd.DataFrame | None = None,
    others: Sequence[TopicModel] = (),
) -> pd.DataFrame:
    """Name each topic and say how large, how good and how stable it is.

    Parameters
    ----------
    model
        The reference model.
    dtm
        The counts that it was fitted to.
    alignment
        Contract `alignment` to other models; without it stability is NA.
    shares
        Contract `shares` of the model; with it the table says how far a topic is one document.
    phrase_uses
        Contract `phrase_uses` of the passages; with it set phrases may name a topic too.
    others
        Models of the same counts under other seeds; with them each topic has a badge.

    Returns
    -------
    DataFrame
        Contract `topics`. `candidates`: words and set phrases that could name the topic (`suggest_labels`);
        `label`: the first four of them, or the name of its theme where it was led by one.
        `prevalence`: length-weighted mean theta; sums to 1. `coherence`: mean NPMI of the ten most probable
        terms over passages (-1 to 1). `exclusivity`: their mean FREX (0-1). `stability`: mean over the other
        models of the affinity (0-1) of the topic that corresponds to it, 0 where none does; a larger `eta`
        alone makes it larger. With `shares` also `concentration`: the largest part of the topic's tokens that
        one document holds (1: the topic is that document). With `others` also `returning`: the share of them
        in which the topic is found again beyond chance, and `badge`: "returns", "returns often", "does not
        return" (`returns.score_returns`).
    """
    candidates = suggest_labels(model, phrase_uses)
    table = pd.DataFrame(
        {
            "topic": np.arange(model.n_topics),
            "label": pd.Series(_labels(model, candidates), dtype="str"),
            "prevalence": model.lengths @ model.theta / model.lengths.sum(),
            "coherence": score_coherence(model, dtm),
            "exclusivity": score_exclusivity(model),
            "stability": _stability(alignment, model.n_topics),
        }
    )
    table["candidates"] = pd.Series([SEPARATOR.join(own) for own in candidates], dtype="str")
    if others:
        found = score_returns(model.phi, [other.phi for other in others])
        table[["returning", "badge"]] = found[["returning", "badge"]]
    if shares is not None:
        table["concentration"] = _concentration(shares)
    return check(table, "topics")


def theta_table(model: TopicModel) -> pd.DataFrame:
    """Theta as the table `theta`: one row a passage, one column a topic, rows sum to 1."""
    table = pd.DataFrame(model.theta, columns=[f"topic_{topic}" for topic in range(model.n_topics)])
    table.insert(0, "passage_id", model.passages.to_numpy())
    return check(table.astype({"passage_id": "str"}), "theta")


def _labels(model: TopicModel, candidates: list[list[str]]) -> list[str]:
    """Label of each topic; a second topic with the same words is told apart by its number.

    Topics that were led by themes bear their names.
    """
    themes = list(model.settings.get("themes", ()))
    labels: list[str] = []
    for topic, own in enumerate(candidates):
        label = themes[topic] if topic < len(themes) else SEPARATOR.join(own[:LABEL_TERMS])
        labels.append(label if label not in labels else f"{label} ({topic})")
    return labels


def _stability(alignment: pd.DataFrame | None, n_topics: int) -> np.ndarray:
    """Mean over the models in `alignment` of the best affinity to each topic; NaN without a model."""
    if alignment is None or alignment.empty:
        return np.full(n_topics, np.nan)
    best = alignment.groupby(["model_id", "matched"], observed=True)["affinity"].max().unstack(fill_value=0)
    return best.reindex(columns=range(n_topics), fill_value=0.0).mean(axis=0).to_numpy()


def _concentration(shares: pd.DataFrame) -> np.ndarray:
    """Largest part of each topic's tokens that stands in one document."""
    tokens = shares[topic_columns(shares)].to_numpy() * shares[["n_tokens"]].to_numpy()
    return tokens.max(axis=0) / tokens.sum(axis=0)
