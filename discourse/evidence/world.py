"""Topic model, passages and topics in, a `World` out: the words and passages that questions are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from discourse.contracts import TopicModel
from discourse.errors import ContractError
from discourse.evidence.exemplars import find_exemplars

N_TOP = 20  # most probable terms that words are drawn from
N_SHOWN_TOPICS = 3  # topics of a passage beside one intruder (Chang et al. 2009)
MIN_THETA = 0.1  # a passage holds a topic from here on
MIN_TOKENS = 20
MAX_CHARACTERS = 600  # a longer passage is not read with care
N_QUOTES, QUOTE_CHARACTERS = 2, 160


@dataclass(frozen=True)
class World:
    """What questions are drawn from.

    topics: numbers of the topics that may be asked about. `phi[topic, term]` and `theta[passage, topic]` go by
    topic number, rows of theta and `held` by those of `pool`, the passages that may be shown. tops: positions of
    a topic's most probable terms, best first. held: (n_passages, 3) topics that a passage holds, -1 for none.
    has_low: (n_passages,) whether there is a topic that it does not hold.
    """

    vocabulary: pd.Index
    topics: tuple[int, ...]
    labels: dict[int, str]
    phi: np.ndarray
    tops: dict[int, np.ndarray]
    pool: pd.DataFrame
    theta: np.ndarray
    held: np.ndarray
    has_low: np.ndarray
    quotes: dict[int, tuple[str, ...]]

    def words(self, positions: Sequence[int] | np.ndarray) -> tuple[str, ...]:
        """Terms at these positions of the vocabulary."""
        return tuple(str(self.vocabulary[i]) for i in positions)


def build_world(model: TopicModel, passages: pd.DataFrame, topics: pd.DataFrame) -> World:
    """Gather words, labels and readable passages of the topics that may be asked about.

    topics: contract `topics`, one row a topic of the model; in order of their numbers they are its rows.
    """
    topics = topics.sort_values("topic", kind="stable")
    if len(topics) != model.n_topics:
        raise ContractError(
            f"topics has {len(topics)} topics, the model {model.n_topics}: give the topics of this model."
        )
    numbers = topics["topic"].to_numpy(dtype=np.int64)
    excluded = (
        topics["excluded"].to_numpy(dtype=bool) if "excluded" in topics else np.zeros(len(topics), bool)
    )
    asked = [int(topic) for topic in numbers[~excluded]]
    phi = _by_number(model.phi.T, numbers).T
    pool = _readable(model, passages)
    theta = _by_number(model.theta[pool["row"].to_numpy()], numbers)
    held, has_low = _hold(theta, np.array(asked, dtype=np.int64))
    return World(
        model.vocabulary,
        tuple(asked),
        dict(zip(numbers.tolist(), topics["label"].astype(str), strict=True)),
        phi,
        {topic: _ranked(model.vocabulary, phi[topic]) for topic in asked},
        pool,
        theta,
        held,
        has_low,
        _quotes(model, passages, numbers),
    )


def _by_number(columns: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Put columns under their topic numbers; numbers that are not there hold 0."""
    placed = np.zeros((len(columns), int(numbers.max(initial=0)) + 1))
    placed[:, numbers] = columns
    return placed


def _readable(model: TopicModel, passages: pd.DataFrame) -> pd.DataFrame:
    """Modelled passages that are long enough, short enough, and repeat no earlier one."""
    rows = pd.DataFrame(
        {
            "passage_id": model.passages.astype("str"),
            "row": np.arange(len(model.passages)),
            "n": model.lengths,
        }
    )
    pool = rows.merge(passages, on="passage_id", how="inner", validate="one_to_one")
    own = pool["reuse_id"].isna() if "reuse_id" in pool else True
    fits = (pool["n"] >= MIN_TOKENS) & (pool["text"].str.len() <= MAX_CHARACTERS) & own
    pool = pool[fits].sort_values("passage_id", kind="stable").drop_duplicates("text")
    return pool.reset_index(drop=True)


def _hold(theta: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the up to three topics that each passage holds, and whether one is left that it does not."""
    own = theta[:, asked]
    order = np.argsort(-own, axis=1, kind="stable")[:, :N_SHOWN_TOPICS]
    held = np.where(np.take_along_axis(own, order, axis=1) >= MIN_THETA, asked[order], -1)
    has_low: np.ndarray = np.any(own <= low_bound(theta, held)[:, None], axis=1)
    return held, has_low


def low_bound(theta: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Theta up to which a passage does not hold a topic: half of its smallest shown one, below a tenth."""
    shares = np.where(held >= 0, np.take_along_axis(theta, np.maximum(held, 0), axis=1), 1.0)
    return np.minimum(0.5 * shares.min(axis=1, initial=1.0), np.nextafter(MIN_THETA, 0))


def _ranked(vocabulary: pd.Index, phi: np.ndarray) -> np.ndarray:
    """Positions of the most probable terms, best first; ties by the term."""
    return np.lexsort((vocabulary.to_numpy(dtype=str), -phi))[:N_TOP]


def _quotes(model: TopicModel, passages: pd.DataFrame, numbers: np.ndarray) -> dict[int, tuple[str, ...]]:
    found = find_exemplars(
        model, passages, n=N_QUOTES, n_counter=0, max_characters=QUOTE_CHARACTERS, min_tokens=MIN_TOKENS
    )
    return {int(topic): tuple(found.loc[found["topic"] == row, "quote"]) for row, topic in enumerate(numbers)}
