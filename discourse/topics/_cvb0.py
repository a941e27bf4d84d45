"""Engine: latent Dirichlet allocation by collapsed variational Bayes of zero order, the default.

Every (passage, term) pair has a vector of responsibilities: how much of it each topic takes. A sweep visits
all pairs and weighs each one anew by the counts of all others. It needs 4 bytes a pair and topic.

References: Asuncion, Welling, Smyth & Teh (2009), On smoothing and inference for topic models, UAI.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from discourse.topics import _kernels
from discourse.topics._grid import Grid, Run, build_grid, open_workers

MEASURE_EVERY = 5  # sweeps; the logarithms cost a tenth of a sweep
JOIN_AFTER = 20  # sweeps after which withheld passages come in
LEARN_AT = (10, 15, JOIN_AFTER)
FEWEST_WITHHELD, MOST_WITHHELD = 50, 300
LEARNING_ROUNDS = 30
BORROWED_TOKENS = 0.25


class Fit(NamedTuple):
    """What the engine answers with: arrays of a `TopicModel`, and how it came to them."""

    phi: np.ndarray
    theta: np.ndarray
    alpha: np.ndarray
    eta: float
    trace: list[tuple[int, float]]
    converged: bool
    n_iterations: int


def fit(
    counts: sparse.csr_matrix,
    *,
    n_topics: int,
    seed: int,
    alpha: float | None = None,
    eta: float | None = None,
    max_iterations: int = 200,
    tolerance: float = 1e-5,
    n_threads: int | None = None,
) -> Fit:
    """Fit topics to counts (n_passages, n_terms) by sweeps over all pairs.

    Parameters
    ----------
    counts
        Whole numbers, csr.
    n_topics, seed
        K, and where the noise of the start comes from.
    alpha
        Prior of one topic in a passage. If None it is learnt, one value a topic: a tenth of the passages
        (50 to 300) stays out of the first 20 sweeps, and alpha is chosen so that one half of each foretells
        the other; then they come in. Passages that were read cannot teach it: their topics know them
        already, and a third of the right alpha looks best. Under 500 passages it stays at 1.5 / n_topics.
    eta
        Prior of one term in a topic; 0.03 if None.
    max_iterations, tolerance
        It stops when a sweep raises the log likelihood by less than `tolerance` of its size (the mean of the
        last five sweeps), at the latest after `max_iterations`.
    n_threads
        All processors if None. The result is the same, byte for byte, with any number.

    Returns
    -------
    Fit
        phi and theta exact from the final responsibilities; trace: (iteration, log likelihood in nats per
        token, each token foretold by all others).
    """
    learns = alpha is None and max_iterations > JOIN_AFTER
    rng = np.random.default_rng(seed)
    withheld = _choose_withheld(counts.shape[0], rng) if learns else np.zeros(counts.shape[0], dtype=bool)
    state = _State(
        build_grid(counts, withheld=withheld),
        n_topics,
        alpha=1.5 / n_topics if alpha is None else alpha,
        eta=0.03 if eta is None else eta,
    )
    completion = _Completion(counts[withheld], state.grid, n_topics, rng) if withheld.any() else None
    with open_workers(n_threads, state.grid.n_blocks) as run:
        state.start(run, _first_topics(counts, withheld, n_topics, rng))
        trace, converged, iteration = _iterate(state, run, completion, max_iterations, tolerance)
        phi, theta = state.distributions(run)
    return Fit(phi, theta, state.alpha, state.eta, trace, converged, iteration)


def _choose_withheld(n_passages: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the passages that wait outside while alpha is learnt; none where there are too few to teach it."""
    n_withheld = min(n_passages // 10, MOST_WITHHELD)
    withheld = np.zeros(n_passages, dtype=bool)
    if n_withheld >= FEWEST_WITHHELD:
        withheld[rng.choice(n_passages, n_withheld, replace=False)] = True
    return withheld


def _first_topics(
    counts: sparse.csr_matrix, withheld: np.ndarray, n_topics: int, rng: np.random.Generator
) -> np.ndarray:
    """Make counts (n_topics, n_terms) to begin with: a passage a topic, and the whole corpus with noise.

    The passages are drawn far apart (k-means++ on Hellinger distances), which saves five to ten sweeps against
    noise alone; the noise keeps topics apart where passages repeat.
    """
    chosen = _distant_passages(counts, ~withheld, n_topics, rng)
    everything = np.asarray(counts.sum(axis=0), dtype=np.float64) / n_topics
    return counts[chosen].toarray() + everything * rng.uniform(0.9, 1.1, (n_topics, counts.shape[1]))


def _distant_passages(
    counts: sparse.csr_matrix, allowed: np.ndarray, n_chosen: int, rng: np.random.Generator
) -> list[int]:
    """Draw passages one by one, each with a chance that grows with its distance from those drawn."""
    lengths = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    roots = sparse.csr_matrix(sparse.diags_array(1 / np.sqrt(np.maximum(lengths, 1))) @ counts.sqrt())
    distance = np.ones(len(lengths))
    chosen: list[int] = []
    for _ in range(n_chosen):
        chances = distance * lengths * allowed
        if not chances.any():  # fewer different passages than topics
            chances = lengths * allowed
        chosen.append(int(rng.choice(len(lengths), p=chances / chances.sum())))
        likeness = roots @ roots[[chosen[-1]]].toarray().ravel()
        distance = np.minimum(distance, np.where(likeness < 1 - 1e-9, 1 - likeness, 0))
    return chosen


def _iterate(
    state: _State, run: Run, completion: _Completion | None, max_iterations: int, tolerance: float
) -> tuple[list[tuple[int, float]], bool, int]:
    """Sweep until it comes to rest."""
    trace: list[tuple[int, float]] = []
    for iteration in range(1, max_iterations + 1):
        measured = iteration % MEASURE_EVERY == 0 or iteration == max_iterations
        likelihood = state.sweep(run, measure=measured)
        if measured:
            trace.append((iteration, likelihood))
        if completion is not None and iteration in LEARN_AT:
            state.set_alpha(completion.learn_alpha(state))
        if completion is not None and iteration == JOIN_AFTER:
            state.join(run)
            completion = None
        elif measured and completion is None and _at_rest(trace, tolerance):
            return trace, True, iteration
    return trace, False, max_iterations


def _at_rest(trace: list[tuple[int, float]], tolerance: float) -> bool:
    if len(trace) < 2 or trace[-1][0] <= JOIN_AFTER + MEASURE_EVERY:
        return False
    (before, low), (now, high) = trace[-2:]
    return (high - low) / (now - before) < tolerance * abs(high)


class _State:
    """Responsibilities and counts of one fit; the topic axis is padded with zeros to whole vectors.

    passage_topic holds soft counts plus alpha, term_topic soft counts plus eta: float32, running along;
    total (n_padded,) float64 holds the column sums of term_topic.
    """

    def __init__(self, grid: Grid, n_topics: int, *, alpha: float, eta: float) -> None:
        self.grid, self.n_topics, self.eta = grid, n_topics, eta
        self.alpha = np.full(n_topics, alpha)
        self.n_padded = -(-n_topics // _kernels.LANES) * _kernels.LANES
        self.gamma = _zeros(len(grid.pair_term), self.n_padded)
        self.passage_topic = _zeros(len(grid.lengths), self.n_padded)
        self.term_topic = _zeros(len(grid.term_order), self.n_padded)
        self.total = np.ones(self.n_padded)
        self.scratch = [_zeros(5, self.n_padded) for _ in range(grid.n_blocks)]
        self.n_parts = 1  # visits up to cells[..., 1]: without the withheld; 2: all

    def start(self, run: Run, first_topics: np.ndarray) -> None:
        """Let a first sweep read the passages into topics (n_topics, n_terms) of counts that then go again.

        This costs one sweep and no random number for a pair.
        """
        topics = self.term_topic[:, : self.n_topics]
        topics[...] = first_topics[:, self.grid.term_order].T + self.eta
        self.passage_topic[:, : self.n_topics] = self.alpha
        self.total[: self.n_topics] = topics.sum(axis=0, dtype=np.float64)
        self.sweep(run)
        self.refresh(run)
        if not self.grid.withheld.any():
            self.n_parts = 2

    def join(self, run: Run) -> None:
        """Let the withheld passages in: their first visit finds no responsibilities yet and makes them."""
        self.n_parts = 2
        self.refresh(run)

    def sweep(self, run: Run, *, measure: bool = False) -> float:
        """Visit every pair once; return the mean log likelihood of a token given all others, if `measure`."""
        log_likelihood = 0.0
        for diagonal in range(self.grid.n_blocks):
            total = self.total.astype(np.float32)
            change = [np.zeros_like(total) for _ in range(self.grid.n_blocks)]

            def work(block: int) -> float:
                tables = self.gamma, self.passage_topic, self.term_topic
                counters = total, change[block], self.scratch[block]  # noqa: B023 - used up within the round
                return _kernels.sweep(*self._visits(block, diagonal), *tables, *counters, measure)  # noqa: B023

            log_likelihood += sum(run(work))
            for moved in change:  # in the order of blocks: the sum never depends on who was first
                self.total[: self.n_topics] += moved[: self.n_topics]
        return self._per_token(log_likelihood) if measure else 0.0

    def refresh(self, run: Run) -> None:
        """Put exact counts in the place of the running ones."""
        passage_topic, term_topic = self._count(run)
        self.passage_topic[:, : self.n_topics] = passage_topic + self.alpha
        self.term_topic[:, : self.n_topics] = term_topic + self.eta
        self.total[: self.n_topics] = term_topic.sum(axis=0) + self.eta * len(term_topic)

    def set_alpha(self, alpha: np.ndarray) -> None:
        """Exchange the prior within the running counts."""
        self.passage_topic[:, : self.n_topics] += (alpha - self.alpha).astype(np.float32)
        self.alpha = alpha

    def distributions(self, run: Run) -> tuple[np.ndarray, np.ndarray]:
        """Phi (n_topics, n_terms) and theta (n_passages, n_topics) by exact counts, terms in order."""
        passage_topic, term_topic = self._count(run)
        topics = np.empty((self.n_topics, len(term_topic)))
        topics[:, self.grid.term_order] = term_topic.T + self.eta
        passages = passage_topic + self.alpha
        return _shares(topics), _shares(passages)

    def _visits(self, block: int, diagonal: int) -> tuple[Any, ...]:
        """Arguments of a kernel that name the cell of a block on a diagonal."""
        grid = self.grid
        cell = grid.cells[block, (block + diagonal) % grid.n_blocks]
        return (
            cell[0],
            cell[self.n_parts],
            grid.visit_passage,
            grid.visit_start,
            grid.pair_term,
            grid.pair_count,
        )

    def _count(self, run: Run) -> tuple[np.ndarray, np.ndarray]:
        """Soft counts (n_passages, n_topics) and (n_terms, n_topics), float64, from the responsibilities."""
        tables = np.zeros(self.passage_topic.shape), np.zeros(self.term_topic.shape)
        for diagonal in range(self.grid.n_blocks):

            def work(block: int) -> float:
                _kernels.count_tokens(*self._visits(block, diagonal), self.gamma, *tables)  # noqa: B023
                return 0.0

            run(work)
        return tables[0][:, : self.n_topics], tables[1][:, : self.n_topics]

    def _per_token(self, log_likelihood: float) -> float:
        """Divide by the passages' lengths less the token left out, and by the number of tokens."""
        here = self.grid.lengths > 0
        if self.n_parts == 1:
            here &= ~self.grid.withheld
        lengths = self.grid.lengths[here]
        return float((log_likelihood - lengths @ np.log(lengths - 1 + self.alpha.sum())) / lengths.sum())


class _Completion:
    """Withheld passages, each in two halves: alpha is right when the seen half foretells the hidden one.

    Every passage is there twice, the halves in either role.
    """

    def __init__(
        self, counts: sparse.csr_matrix, grid: Grid, n_topics: int, rng: np.random.Generator
    ) -> None:
        half = rng.binomial(counts.data, 0.5).astype(np.float64)
        self.seen = np.concatenate([half, counts.data - half])
        self.hidden = np.concatenate([counts.data - half, half])
        self.rows = np.tile(grid.term_row[counts.indices], 2)
        self.passage_start = np.concatenate([counts.indptr, counts.indptr[1:] + counts.nnz]).astype(np.int64)
        seen_lengths = np.add.reduceat(np.append(self.seen, 0.0), self.passage_start[:-1])
        self.hidden_lengths = np.add.reduceat(np.append(self.hidden, 0.0), self.passage_start[:-1])
        self.seen_lengths = seen_lengths
        self.amounts = np.repeat(seen_lengths[:, None] / n_topics, n_topics, axis=1)

    def learn_alpha(self, state: _State) -> np.ndarray:
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
            alpha = _shares(evidence + BORROWED_TOKENS) * evidence.sum() / supply
        return alpha


def _shares(amounts: np.ndarray) -> np.ndarray:
    return amounts / amounts.sum(axis=-1, keepdims=True)


def _zeros(n_rows: int, n_columns: int) -> np.ndarray:
    """Zeros of float32 whose first lies at the start of a cache line."""
    n_bytes = n_rows * n_columns * 4
    room = np.zeros(n_bytes + 64, dtype=np.uint8)
    offset = -room.ctypes.data % 64
    return room[offset : offset + n_bytes].view(np.float32).reshape(n_rows, n_columns)
