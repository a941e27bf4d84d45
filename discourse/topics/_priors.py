"""Withheld passages come in; the priors that let one half of each foretell the other go out."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from discourse.topics import _kernels_given
from discourse.topics._grid import Grid
from discourse.topics._state import State, to_shares

FEWEST_WITHHELD, MOST_WITHHELD = 50, 300
LEARNING_ROUNDS = 10  # each time; thirty give the same fit (docs/lda.md)
BORROWED_TOKENS = 0.25
ETA_STEPS = 1.6 ** np.arange(-2.0, 3.0)  # values of eta that are tried, times the one at hand
ETA_ROUNDS = 2  # over the seen halves for each
# A fit wants more smoothing than its counts do when they are read out: once and a half as much was best on work
# reports, docstrings and planted texts alike (docs/lda.md).
ETA_IN_FITTING = 1.5
ETA_RANGE = 1e-3, 1.0


def choose_withheld(n_passages: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the passages that wait outside while priors are learnt; none where there are too few to teach it."""
    n_withheld = min(n_passages // 10, MOST_WITHHELD)
    withheld = np.zeros(n_passages, dtype=bool)
    if n_withheld >= FEWEST_WITHHELD:
        withheld[rng.choice(n_passages, n_withheld, replace=False)] = True
    return withheld


class Completion:
    """Withheld passages, each in two halves: priors are right when the seen half foretells the hidden one.

    Every passage is there twice, the halves in either role.
    """

    def __init__(
        self, counts: sparse.csr_matrix, grid: Grid, n_topics: int, rng: np.random.Generator
    ) -> None:
        half = rng.binomial(counts.data.astype(np.int64), 0.5).astype(np.float64)
        self.seen = np.concatenate([half, counts.data - half])
        self.hidden = np.concatenate([counts.data - half, half])
        terms, pair_term = np.unique(counts.indices, return_inverse=True)
        self.rows, self.pair_term = grid.term_row[terms], np.tile(pair_term, 2).astype(np.int32)
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
        chances = self._chances(state, float(state.eta))
        alpha, demand = state.alpha.copy(), np.empty(state.n_topics)
        for _ in range(LEARNING_ROUNDS):
            self._complete(chances, alpha, self.amounts, demand)
            supply = (self.hidden_lengths / (self.seen_lengths + alpha.sum())).sum()
            evidence = alpha * demand  # hidden tokens that the prior, not the seen half, accounts for
            alpha = to_shares(evidence + BORROWED_TOKENS) * evidence.sum() / supply
        return alpha

    def read(self, state: State) -> None:
        """Read the seen halves under a given alpha, as `learn_alpha` does under its own: eta is learnt from that."""
        chances, demand = self._chances(state, float(state.eta)), np.empty(state.n_topics)
        for _ in range(LEARNING_ROUNDS):
            self._complete(chances, state.alpha, self.amounts, demand)

    def learn_eta(self, state: State) -> float:
        """Eta for the fit to go on with, from the one that makes the hidden tokens likeliest.

        The counts of terms in topics stay as they are; the likelihoods of five values a factor of 1.6 apart
        are joined by a parabola.
        """
        tried = float(state.eta) / ETA_IN_FITTING * ETA_STEPS
        likelihoods = [self._foretell(self._chances(state, eta), state.alpha) for eta in tried]
        best = _peak(np.log(tried), np.array(likelihoods))
        return float(np.clip(np.exp(best) * ETA_IN_FITTING, *ETA_RANGE))

    def _chances(self, state: State, eta: float) -> np.ndarray:
        """Phi of the withheld passages' terms (n_terms, n_topics) with another eta."""
        topics, more = slice(0, state.n_topics), eta - float(state.eta)
        counts = state.term_topic[self.rows, topics] + more
        total = state.total[topics] + len(state.term_topic) * more
        return np.ascontiguousarray(np.maximum(counts, 1e-9) / total, dtype=np.float64)

    def _foretell(self, chances: np.ndarray, alpha: np.ndarray) -> float:
        """Log likelihood of the hidden tokens, the amounts left as they were."""
        amounts, demand, likelihood = self.amounts.copy(), np.empty(len(alpha)), 0.0
        for _ in range(ETA_ROUNDS):
            likelihood = self._complete(chances, alpha, amounts, demand)
        return likelihood

    def _complete(
        self, chances: np.ndarray, alpha: np.ndarray, amounts: np.ndarray, demand: np.ndarray
    ) -> float:
        """Read the seen halves once more, in place; log likelihood of the hidden ones."""
        halves = self.passage_start, self.pair_term, self.seen, self.hidden
        return _kernels_given.complete_passages(*halves, chances, alpha, amounts, demand)


def _peak(places: np.ndarray, heights: np.ndarray) -> float:
    """Where the parabola through the highest of evenly spaced points and its neighbours is highest."""
    top = int(np.argmax(heights))
    if top in (0, len(places) - 1):
        return float(places[top])
    before, here, after = heights[top - 1 : top + 2]
    curvature = before - 2 * here + after
    shift = 0.5 * (before - after) / curvature if curvature else 0.0
    return float(places[top] + shift * (places[1] - places[0]))
