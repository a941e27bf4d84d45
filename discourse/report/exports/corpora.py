"""Tokens and a topic model come in; the modelled tokens go out as arrays: passage, term, position in the passage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from discourse.contracts import TopicModel
from discourse.errors import DataError


@dataclass(frozen=True)
class ModelledTokens:
    """Tokens that entered the model, passage by passage in reading order.

    rows, columns (n_tokens,): numbers of passage and term in the model.
    """

    rows: np.ndarray
    columns: np.ndarray

    def of_passage(self, n_passages: int) -> np.ndarray:
        """Where each passage begins and ends: (n_passages + 1,)."""
        return np.searchsorted(self.rows, np.arange(n_passages + 1))


def read_modelled(tokens: pd.DataFrame, model: TopicModel) -> ModelledTokens:
    """Keep the tokens whose term and passage the model knows, in reading order.

    Raises DataError where they are not those that the model was fitted to.
    """
    ordered = tokens.sort_values(["passage_id", "position"], kind="stable")
    rows = model.passages.get_indexer(pd.Index(ordered["passage_id"].astype("str")))
    columns = model.vocabulary.get_indexer(pd.Index(ordered["term"].astype("str")))
    known = (rows >= 0) & (columns >= 0)
    rows, columns = rows[known], columns[known]
    order = np.argsort(rows, kind="stable")
    found = ModelledTokens(rows[order].astype(np.int64), columns[order].astype(np.int64))
    if not np.array_equal(
        np.bincount(found.rows, minlength=len(model.passages)), model.lengths.astype(np.int64)
    ):
        raise DataError(
            "the tokens of this run are not those that its model was fitted to; run `discourse topics` again"
        )
    return found


def draw_topics(tokens: ModelledTokens, model: TopicModel, *, seed: int = 1) -> np.ndarray:
    """One topic a token, drawn from its posterior under the model, theta times phi: (n_tokens,) int64."""
    rng = np.random.default_rng(seed)
    drawn = np.empty(len(tokens.rows), dtype=np.int64)
    for start in range(0, len(drawn), _BLOCK):
        part = slice(start, start + _BLOCK)
        sums = (model.theta[tokens.rows[part]] * model.phi[:, tokens.columns[part]].T).cumsum(axis=1)
        at = rng.random(len(sums)) * sums[:, -1]
        drawn[part] = np.minimum((sums <= at[:, None]).sum(axis=1), model.n_topics - 1)
    return drawn


_BLOCK = 20_000


def one_word(term: str) -> str:
    """A term without blanks inside, for formats in which a blank ends a word."""
    return "_".join(str(term).split()) or "_"
