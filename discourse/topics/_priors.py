"""Withheld passages come in; the prior of the topics that lets one half of each foretell the other goes out."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from discourse.topics import _kernels
from discourse.topics._grid import Grid
from discourse.topics._state import State, to_shares

FEWEST_WITHHELD, MOST_WITHHELD = 50, 300
LEARNING_ROUNDS = 30
BORROWED_TOKENS = 0.25


def choose_withheld(n_passages: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the passages that wait outside while alpha is learnt; none where there are too few to teach it."""
    n_withheld = min(n_passages // 10, MOST_WITHHELD)
    withheld = np.zeros(n_passages, dtype=bool)
    if n_withheld >= FEWEST_WITHHELD:
        withheld[rng.choice(n_passages, n_withheld, replace=False)] = True
    return withheld


class Completion:
    """Withheld passages, each in two halves: alpha is right when the seen half foretells the hidden one.

    Every passage is there twice, the halves in either role.
    """

    def __init__(
        self, counts: sparse.csr_matrix, grid: Grid, n_topics: int, rng: np.random.Generator
    ) -> None:
        half = rng.binomial(counts.data.astype(np.int64), 0.5).astype(np.float64)
        self.seen = np.concatenate([half, counts.data - half])
        self.hidden = np.concatenate([counts.data - half, half])
        self.rows = np.tile(grid.term_row[counts.indices], 2)
        self.passage_start = np.concatenate([counts.indptr, counts.indptr[1:] + counts.nnz]).astype(np.int64)
        seen_lengths = np.add.reduceat(np.append(self.seen, 0.0), self.passage_start[:-1])
        self.hidden_lengths = np.add.reduceat(np.append(self.hidden, 0.0), self.passage_start[:-1])
        self.seen_lengths = seen_lengths
        self.amounts = np.repeat(seen_lengths[:, None] / n_topics, n_topics, axis=1)

    def learn_alpha(self, state: State) -> np.ndarray:
        """Alpha (n_topics,) that makes the hidden tokens likeliest under the topics as they are.

        Fixed point of the gradient of sum log[(n_k + alpha_k) phi_kw / (n + sum alpha)], as Minka's for the
        Polya distribution. Every topic borrows a quarter of a token, so that
        no topic falls to zero, from where it could never come back.
        """
        topics = slice(0, state.n_topics)
        chances = (state.term_topic[self.rows, topics] / state.total[topics]).astype(np.float64)
        alpha, demand = state.alpha.copy(), np.empty(state.n_topics)
        for _ in range(LEARNING_ROUNDS):
            _kernels.complete_passages(
                self.passage_start, self.seen, self.hidden, chances, alpha, self.amounts, demand
            )
            supply = (self.hidden_lengths / (self.seen_lengths + alpha.sum())).sum()
            evidence = alpha * demand  # hidden tokens that the prior, not the seen half, accounts for
            alpha = to_shares(evidence + BORROWED_TOKENS) * evidence.sum() / supply
        return alpha
