"""Engine: latent Dirichlet allocation by collapsed variational Bayes of zero order, the default.

One vector of responsibilities for each (passage, term) pair; a sweep updates all of them, each against the
counts of all others. Work is cut into a fixed grid of passage blocks times term groups: the cells on one
diagonal share no row, so threads may take them in any order and every number of threads gives the same bytes.

References: Asuncion, Welling, Smyth & Teh (2009), UAI; Yan, Xu & Qi (2009), NIPS (the grid).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

from discourse.topics import _kernels


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
    alpha: float,
    eta: float,
    max_iterations: int = 100,
    tolerance: float = 1e-4,
    n_threads: int | None = None,
) -> Fit:
    """Fit topics to counts (n_passages, n_terms).

    alpha, eta: priors of one topic in a passage and of one term in a topic.
    """
    state = _State(_layout(counts), n_topics, alpha=alpha, eta=eta, rng=np.random.default_rng(seed))
    trace: list[tuple[int, float]] = []
    converged = False
    with _workers(n_threads, state.layout.n_blocks) as run:
        state.start(run)
        for iteration in range(1, max_iterations + 1):
            measured = iteration % _EVERY == 0 or iteration == max_iterations
            likelihood = state.sweep(run, measure=measured)
            if measured:
                trace.append((iteration, likelihood))
                converged = len(trace) > 1 and trace[-1][1] - trace[-2][1] < tolerance * _EVERY
            if converged:
                break
        phi, theta = state.distributions(run)
    return Fit(phi, theta, state.alpha, eta, trace, converged, iteration)


_EVERY = 5


@dataclass(frozen=True)
class _Layout:
    """Pairs in the order in which they are visited: by block of passages, group of terms, passage.

    cells (n_blocks, n_groups + 1): the visits of block b and group g are cells[b, g] to cells[b, g + 1].
    """

    n_blocks: int
    shape: tuple[int, int]
    n_tokens: int
    term_order: np.ndarray
    visit_passage: np.ndarray
    visit_start: np.ndarray
    cells: np.ndarray
    pair_term: np.ndarray
    pair_count: np.ndarray


def _layout(counts: sparse.csr_matrix, n_blocks: int | None = None) -> _Layout:
    n_blocks = n_blocks or _n_blocks(counts)
    n_passages, n_terms = counts.shape
    passage = np.repeat(np.arange(n_passages, dtype=np.int32), np.diff(counts.indptr))
    block = (np.arange(counts.nnz) * n_blocks // max(counts.nnz, 1))[counts.indptr[:-1].clip(0, max(counts.nnz - 1, 0))]
    term_order = _term_order(counts, n_blocks)
    row_of_term = np.empty(n_terms, dtype=np.int32)
    row_of_term[term_order] = np.arange(n_terms, dtype=np.int32)
    group_starts = _group_starts(n_terms, n_blocks)
    group = (np.searchsorted(group_starts, np.arange(n_terms), side="right") - 1)[row_of_term]
    cell = (block[passage] * n_blocks + group[counts.indices]).astype(np.uint16)
    order = np.argsort(cell, kind="stable")
    passage, cell = passage[order], cell[order]
    fresh = np.ones(counts.nnz, dtype=bool)
    fresh[1:] = (passage[1:] != passage[:-1]) | (cell[1:] != cell[:-1])
    starts = np.flatnonzero(fresh)
    edges = np.searchsorted(cell[starts], np.arange(n_blocks * n_blocks + 1))
    cells = np.stack([edges[b * n_blocks : (b + 1) * n_blocks + 1] for b in range(n_blocks)])
    return _Layout(
        n_blocks=n_blocks,
        shape=(n_passages, n_terms),
        n_tokens=int(counts.data.sum()),
        term_order=term_order,
        visit_passage=passage[starts],
        visit_start=np.append(starts, counts.nnz).astype(np.int64),
        cells=cells,
        pair_term=row_of_term[counts.indices[order]],
        pair_count=counts.data[order].astype(np.float32),
    )


def _n_blocks(counts: sparse.csr_matrix) -> int:
    """Side of the grid; a matter of the data alone, never of the machine."""
    return 4 if counts.nnz >= 20_000 else 1


def _term_order(counts: sparse.csr_matrix, n_groups: int) -> np.ndarray:
    """Terms dealt out to the groups by falling frequency: groups weigh the same, frequent rows lie together."""
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    falling = np.argsort(-frequency, kind="stable")
    return np.concatenate([falling[group::n_groups] for group in range(n_groups)])


def _group_starts(n_terms: int, n_groups: int) -> np.ndarray:
    sizes = [len(range(group, n_terms, n_groups)) for group in range(n_groups)]
    return np.concatenate([[0], np.cumsum(sizes)[:-1]])


Run = Callable[[Callable[[int], float], range], list[float]]


@contextmanager
def _workers(n_threads: int | None, n_blocks: int) -> Iterator[Run]:
    """A way to call a function for every block: results in the order of the blocks, whoever computed them."""
    n_threads = min(n_threads or len(os.sched_getaffinity(0)), n_blocks)
    if n_threads <= 1:
        yield lambda function, blocks: [function(block) for block in blocks]
        return
    with ThreadPoolExecutor(n_threads) as pool:
        yield lambda function, blocks: list(pool.map(function, blocks))


class _State:
    """Responsibilities and counts of one fit; topics padded to whole vectors."""

    def __init__(
        self, layout: _Layout, n_topics: int, *, alpha: float, eta: float, rng: np.random.Generator
    ) -> None:
        self.layout, self.n_topics = layout, n_topics
        self.n_padded = -(-n_topics // _kernels.LANES) * _kernels.LANES
        self.alpha, self.eta = np.full(n_topics, alpha), eta
        n_passages, n_terms = layout.shape
        self.gamma = _zeros((len(layout.pair_term), self.n_padded))
        self.passage_topic = _zeros((n_passages, self.n_padded))
        self.term_topic = _zeros((n_terms, self.n_padded))
        self.total = np.zeros(self.n_padded)
        self.scratch = [_zeros((5, self.n_padded)) for _ in range(layout.n_blocks)]
        self.rng = rng

    def start(self, run: Run) -> None:
        """Begin with noise in the topics; the first sweep reads passages into it one after the other."""
        noise = self.rng.gamma(0.5, size=(self.layout.shape[1], self.n_topics))
        self.term_topic[:, : self.n_topics] = noise + self.eta
        self.passage_topic[:, : self.n_topics] = self.alpha
        self.total[: self.n_topics] = self.term_topic[:, : self.n_topics].sum(axis=0, dtype=np.float64)
        self.total[self.n_topics :] = 1.0
        self.sweep(run)
        self.refresh(run)

    def sweep(self, run: Run, *, measure: bool = False) -> float:
        """One visit to every pair; log likelihood per token, each token left out in its turn, if `measure`."""
        likelihood = 0.0
        for diagonal in range(self.layout.n_blocks):
            change = [_zeros((self.n_padded,)) for _ in range(self.layout.n_blocks)]
            total = self.total.astype(np.float32)
            results = run(lambda b: self._sweep_cell(b, diagonal, total, change[b], measure), range(self.layout.n_blocks))  # noqa: B023, E501
            for moved in change:
                self.total[: self.n_topics] += moved[: self.n_topics]
            likelihood += sum(results)
        return likelihood / self.layout.n_tokens - self._log_lengths() if measure else 0.0

    def _sweep_cell(self, block: int, diagonal: int, total: np.ndarray, change: np.ndarray, measure: bool) -> float:
        layout = self.layout
        group = (block + diagonal) % layout.n_blocks
        return _kernels.sweep(
            layout.cells[block, group],
            layout.cells[block, group + 1],
            layout.visit_passage,
            layout.visit_start,
            layout.pair_term,
            layout.pair_count,
            self.gamma,
            self.passage_topic,
            self.term_topic,
            total,
            change,
            self.scratch[block],
            measure,
        )

    def _log_lengths(self) -> float:
        lengths = np.zeros(self.layout.shape[0])
        visits = np.add.reduceat(self.layout.pair_count, self.layout.visit_start[:-1], dtype=np.float64)
        np.add.at(lengths, self.layout.visit_passage, visits)
        full = lengths > 0
        return float((lengths[full] * np.log(lengths[full] - 1 + self.alpha.sum())).sum() / self.layout.n_tokens)

    def counts(self, run: Run) -> tuple[np.ndarray, np.ndarray]:
        """Soft counts (n_passages, n_padded), (n_terms, n_padded), float64, afresh from the responsibilities."""
        layout = self.layout
        passage_topic = np.zeros(self.passage_topic.shape)
        term_topic = np.zeros(self.term_topic.shape)

        def one(block: int, diagonal: int) -> float:
            group = (block + diagonal) % layout.n_blocks
            _kernels.count_tokens(
                layout.cells[block, group], layout.cells[block, group + 1],
                layout.visit_passage, layout.visit_start, layout.pair_term, layout.pair_count,
                self.gamma, passage_topic, term_topic,
            )
            return 0.0

        for diagonal in range(layout.n_blocks):
            run(lambda b: one(b, diagonal), range(layout.n_blocks))  # noqa: B023
        return passage_topic, term_topic

    def refresh(self, run: Run) -> None:
        """Put exact counts in the place of the running ones."""
        passage_topic, term_topic = self.counts(run)
        k = self.n_topics
        self.passage_topic[:, :k] = passage_topic[:, :k] + self.alpha
        self.term_topic[:, :k] = term_topic[:, :k] + self.eta
        self.total[:k] = term_topic[:, :k].sum(axis=0) + self.eta * len(term_topic)

    def distributions(self, run: Run) -> tuple[np.ndarray, np.ndarray]:
        """Phi (n_topics, n_terms) and theta (n_passages, n_topics), exact from the final counts."""
        passage_topic, term_topic = (table[:, : self.n_topics] for table in self.counts(run))
        topics = np.empty((self.n_topics, len(term_topic)))
        topics[:, self.layout.term_order] = term_topic.T + self.eta
        passages = passage_topic + self.alpha
        return topics / topics.sum(axis=1, keepdims=True), passages / passages.sum(axis=1, keepdims=True)


def _zeros(shape: tuple[int, ...]) -> np.ndarray:
    """Zeros of float32 that begin on a cache line."""
    n_bytes = int(np.prod(shape)) * 4
    room = np.zeros(n_bytes + 64, dtype=np.uint8)
    offset = -room.ctypes.data % 64
    return room[offset : offset + n_bytes].view(np.float32).reshape(shape)
