"""Counts or tokens come in; how often terms meet goes out: counted once, read for any number of models.

A window is a stretch of text in which terms may meet: a whole passage, or the sliding windows of c_v.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from discourse.contracts import DocumentTermMatrix
from discourse.errors import SettingError

_CHUNK = 2**21  # filled cells of windows at a time: keeps the memory of long passages small


@dataclass(frozen=True)
class Cooccurrence:
    """In how many windows terms stand, alone and in pairs.

    n_windows: of how many; alone (n_terms,) int64; together (n_terms, n_terms) csr int64, symmetric, `alone`
    on its diagonal. Terms are columns of the vocabulary; those not counted have zeros.
    """

    n_windows: int
    alone: np.ndarray
    together: sparse.csr_matrix

    def pairs(self, tops: np.ndarray) -> np.ndarray:
        """Windows that hold both of two terms: tops (n_topics, n_top) -> (n_topics, n_top, n_top)."""
        rows, columns = np.broadcast_arrays(tops[:, :, None], tops[:, None, :])
        found = np.asarray(self.together[rows.ravel(), columns.ravel()]).reshape(rows.shape)
        return found.astype(np.float64)


def count_in_passages(dtm: DocumentTermMatrix, terms: np.ndarray | None = None) -> Cooccurrence:
    """Count the passages with each term and each pair of `terms` (columns of the vocabulary; None: all)."""
    present = sparse.csr_matrix(
        (np.ones(dtm.counts.nnz, dtype=np.int64), dtm.counts.indices, dtm.counts.indptr), dtm.counts.shape
    )
    return _meet([present @ _chosen(len(dtm.vocabulary), terms)], dtm.counts.shape[0])


def count_in_windows(
    tokens: pd.DataFrame, vocabulary: pd.Index, terms: np.ndarray | None = None, *, window: int = 110
) -> Cooccurrence:
    """Count the sliding windows of `window` tokens with each term and each pair of `terms`.

    Windows move by one token and never leave a passage; a shorter passage is one window. All rows of `tokens`
    take up room, those outside the vocabulary too. As in gensim a term that stands twice in a window counts
    as gone when the first of the two leaves it, until it enters anew: this matters in passages longer than
    the window only, and without it the figures would not be comparable to published ones.
    """
    if isinstance(window, bool) or not isinstance(window, int | np.integer) or window < 1:
        raise SettingError(f"window must be a whole number of at least 1, is {window!r}; c_v takes 110.")
    passage, _ = pd.factorize(tokens["passage_id"].astype("str"))
    order = np.lexsort((tokens["position"].to_numpy(), passage))
    passage, lengths = passage[order], np.bincount(passage)
    place = np.arange(len(order)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    term = vocabulary.get_indexer(pd.Index(tokens["term"].astype("str"))[order])
    n_terms = len(vocabulary)
    wanted = np.asarray(_chosen(n_terms, terms).diagonal(), dtype=bool)
    kept = np.append(wanted, False)[term]
    n_windows = np.maximum(lengths - window + 1, 1)
    spans = _spans(passage[kept], term[kept], place[kept], n_windows, window)
    return _meet(_windows(*spans, np.cumsum(n_windows) - n_windows, n_terms), int(n_windows.sum()))


def _chosen(n_terms: int, terms: np.ndarray | None) -> sparse.csr_matrix:
    """Diagonal of ones at the terms that are asked for."""
    ones = np.zeros(n_terms, dtype=np.int64)
    ones[slice(None) if terms is None else np.asarray(terms)] = 1
    return sparse.csr_matrix(sparse.diags_array(ones, dtype=np.int64))


def _spans(
    passage: np.ndarray, term: np.ndarray, place: np.ndarray, n_windows: np.ndarray, window: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """First and last window of the passage in which an occurrence is seen: passage, term, first, last."""
    first = np.minimum(np.maximum(place - window + 1, 0), n_windows[passage] - 1)
    order = np.lexsort((place, term, passage))
    passage, term, place, first = passage[order], term[order], place[order], first[order]
    # it is seen until an occurrence of the same term leaves the window: the earliest one at `first` or later
    far = int(place.max(initial=0)) + 2
    group = np.cumsum(np.diff(passage, prepend=-1).astype(bool) | np.diff(term, prepend=-1).astype(bool))
    earliest = np.searchsorted(group * far + place, group * far + first)
    return passage, term, first, np.minimum(place[earliest], n_windows[passage] - 1)


def _windows(
    passage: np.ndarray,
    term: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    offsets: np.ndarray,
    n_terms: int,
) -> list[sparse.csr_matrix]:
    """Windows x terms, 1 where a term is seen, in parts of whole passages."""
    sizes = last - first + 1
    part = np.cumsum(sizes) // _CHUNK
    edges = np.flatnonzero(np.diff(part, prepend=-1) > 0)
    # a part begins where a passage begins
    starts = np.unique(np.append(np.searchsorted(passage, passage[edges]), len(passage)))
    parts = []
    for start, end in zip(starts[:-1], starts[1:], strict=True):
        repeats = sizes[start:end]
        steps = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        rows = np.repeat(offsets[passage[start:end]] - offsets[passage[start]] + first[start:end], repeats)
        cells = (rows + steps, np.repeat(term[start:end], repeats))
        seen = sparse.csr_matrix(
            (np.ones(len(steps), dtype=np.int64), cells), shape=(int((rows + steps).max()) + 1, n_terms)
        )
        seen.data[:] = 1  # seen twice is seen
        parts.append(seen)
    return parts


def _meet(parts: list[sparse.csr_matrix], n_windows: int) -> Cooccurrence:
    together = sum((part.T @ part for part in parts[1:]), start=parts[0].T @ parts[0]).tocsr()
    return Cooccurrence(n_windows, np.asarray(together.diagonal()), together)
