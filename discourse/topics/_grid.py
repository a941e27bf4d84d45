"""Counts come in; their pairs go out in the order of visiting, cut into cells that threads can share.

Passages are cut into blocks, terms into as many groups. The cells on one diagonal of the grid share neither a
passage nor a term, so they may be worked on in any order, by any number of threads, with the same result.

Reference: Yan, Xu & Qi (2009), Parallel inference for latent Dirichlet allocation on GPUs, NIPS 22.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from scipy import sparse

FEW_PAIRS = 20_000  # below this a sweep is over before a second thread has begun
MANY_PAIRS = 2_000_000

Run = Callable[[Callable[[int], float]], list[float]]


@dataclass(frozen=True)
class Grid:
    """Pairs of a matrix (n_passages, n_terms), sorted by block, group, withheld or not, passage.

    A visit is a stretch of pairs of one passage: pairs visit_start[v] to visit_start[v + 1] - 1 belong to
    visit_passage[v]. The visits of block b and group g are cells[b, g, 0] to cells[b, g, 2] - 1; those of
    withheld passages begin at cells[b, g, 1]. pair_term: row of the term in the engine's tables, where
    term_order[row] is the column of the matrix. lengths (n_passages,): tokens.
    """

    n_blocks: int
    withheld: np.ndarray
    term_order: np.ndarray
    term_row: np.ndarray
    visit_passage: np.ndarray
    visit_start: np.ndarray
    cells: np.ndarray
    pair_term: np.ndarray
    pair_count: np.ndarray
    lengths: np.ndarray


def build_grid(counts: sparse.csr_matrix, *, withheld: np.ndarray, n_blocks: int | None = None) -> Grid:
    """Sort the pairs of counts (n_passages, n_terms) for the engine; withheld (n_passages,) bool.

    The side of the grid depends on the data alone, never on the machine: another grid is another result.
    """
    n_blocks = n_blocks or _choose_side(counts.nnz)
    passage = np.repeat(np.arange(counts.shape[0], dtype=np.int32), np.diff(counts.indptr))
    term_order, term_group = _deal_terms(counts, n_blocks)
    term_row = np.empty_like(term_order)
    term_row[term_order] = np.arange(len(term_order), dtype=np.int32)
    block = np.minimum(counts.indptr[:-1].astype(np.int64) * n_blocks // max(counts.nnz, 1), n_blocks - 1)
    cell = (block[passage] * n_blocks + term_group[counts.indices]) * 2 + withheld[passage]
    order = np.argsort(cell.astype(np.uint16), kind="stable")
    passage, cell = passage[order], cell[order]
    starts = np.flatnonzero(np.diff(cell, prepend=-1) | np.diff(passage, prepend=-1))
    edges = np.searchsorted(cell[starts], np.arange(2 * n_blocks * n_blocks + 1))
    return Grid(
        n_blocks=n_blocks,
        withheld=withheld,
        term_order=term_order,
        term_row=term_row,
        visit_passage=passage[starts],
        visit_start=np.append(starts, counts.nnz).astype(np.int64),
        cells=np.stack([edges[0:-1:2], edges[1::2], edges[2::2]], axis=1).reshape(n_blocks, n_blocks, 3),
        pair_term=term_row[counts.indices[order]],
        pair_count=counts.data[order].astype(np.float32),
        lengths=np.asarray(counts.sum(axis=1), dtype=np.float64).ravel(),
    )


def _choose_side(n_pairs: int) -> int:
    if n_pairs < FEW_PAIRS:
        return 1
    return 4 if n_pairs < MANY_PAIRS else 8


def _deal_terms(counts: sparse.csr_matrix, n_groups: int) -> tuple[np.ndarray, np.ndarray]:
    """Deal terms out by falling frequency: groups weigh the same, rows often used lie together.

    Returns the columns in their new order and the group of each column.
    """
    falling = np.argsort(-np.bincount(counts.indices, minlength=counts.shape[1]), kind="stable")
    group = np.empty(len(falling), dtype=np.int64)
    group[falling] = np.arange(len(falling)) % n_groups
    return falling[np.argsort(group[falling], kind="stable")].astype(np.int32), group


@contextmanager
def open_workers(n_threads: int | None, n_blocks: int) -> Iterator[Run]:
    """Give a function that calls another for every block: answers in the order of blocks, whoever worked.

    n_threads: at most so many, all processors if None.
    """
    n_threads = min(n_threads or _count_processors(), n_blocks)
    if n_threads <= 1:
        yield lambda work: [work(block) for block in range(n_blocks)]
        return
    with ThreadPoolExecutor(n_threads) as pool:
        yield lambda work: list(pool.map(work, range(n_blocks)))


def _count_processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
