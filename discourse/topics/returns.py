"""Topics of several models come in; which of them come back under other seeds, beyond chance, goes out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

FOUND = 0.7  # corrected affinity from which on a topic is found again (docs/topics.md: planted corpora)
RETURNS, OFTEN = 0.9, 0.5  # share of the other models in which it is found
BADGES = ("returns", "returns often", "does not return")


def score_returns(reference: np.ndarray, others: Sequence[np.ndarray]) -> pd.DataFrame:
    """How well each topic of a model comes back in other models of as many topics or fewer.

    Topics are paired one to one so that the sum of affinities sum_w sqrt(phi phi') is largest (Hungarian
    algorithm). Affinity alone says little: topics of one corpus share its common words and a large `eta` smooths
    all of them alike, so that unrelated ones reach .35 with eta = 0.01, .55 with 0.1 and .80 with 0.5. So each is
    rescaled: chance, the mean affinity of all pairs of different topics of the two models, becomes 0 and equality 1.

    Parameters
    ----------
    reference
        phi (n_topics, n_terms) of the model whose topic numbers count.
    others
        phi of the other models, on the same terms.

    Returns
    -------
    DataFrame
        One row a topic. affinity, chance and stability (the rescaled affinity): means over the other models,
        0 in a model that has no topic left for it; n_models, n_found: other models, and those in which its
        stability is at least .7; returning: n_found / n_models; badge: "returns" (at least .9), "returns often"
        (at least .5), "does not return". NA without another model. partners: list of the topic in each model, -1
        where none is left.
    """
    pairs = [_pair(reference, other) for other in others]
    n_topics = len(reference)
    figures = {
        name: np.array([own[name] for own in pairs]).mean(axis=0) if pairs else np.full(n_topics, np.nan)
        for name in ("affinity", "chance", "stability", "found")
    }
    partners = np.array([own["partner"] for own in pairs], dtype=np.int64).reshape(len(pairs), n_topics)
    returning = figures.pop("found")
    return pd.DataFrame(
        {
            "topic": np.arange(n_topics),
            **figures,
            "n_models": len(pairs),
            "n_found": np.nan_to_num(np.round(returning * len(pairs))).astype(np.int64),
            "returning": returning,
            "badge": name_badges(returning),
            "partners": [partners[:, topic].tolist() for topic in range(n_topics)],
        }
    )


def name_badges(returning: np.ndarray) -> pd.Series:
    """Badge of each share of models in which a topic is found again; NA for NaN."""
    shares = np.round(returning, 12)  # a weighted mean of equal shares may miss them by the last bit
    badge = np.select([shares >= RETURNS, shares >= OFTEN], BADGES[:2], BADGES[2]).astype(object)
    badge[~np.isfinite(returning)] = pd.NA
    return pd.Series(badge, dtype="str")


def measure_chance(affinity: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> float:
    """Mean affinity of the pairs of topics that were not paired; 0 where there is no such pair."""
    n_different = affinity.size - len(rows)
    return float((affinity.sum() - affinity[rows, columns].sum()) / n_different) if n_different else 0.0


def _pair(reference: np.ndarray, other: np.ndarray) -> dict[str, np.ndarray]:
    """Affinity, chance, stability, whether found, and partner of each topic of the reference in one model."""
    # einsum: the same sum whatever the number of BLAS threads
    affinity = np.minimum(np.einsum("iw,jw->ij", np.sqrt(reference), np.sqrt(other)), 1.0)
    rows, columns = linear_sum_assignment(affinity, maximize=True)
    chance = measure_chance(affinity, rows, columns)
    own, partner = np.zeros(len(reference)), np.full(len(reference), -1)
    own[rows], partner[rows] = affinity[rows, columns], columns
    stability = np.where(partner >= 0, (own - chance) / max(1 - chance, 1e-12), 0.0)
    return {
        "affinity": own,
        "chance": np.full(len(reference), chance),
        "stability": stability,
        "found": (stability >= FOUND).astype(float),
        "partner": partner,
    }
