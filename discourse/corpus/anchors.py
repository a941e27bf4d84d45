"""Folded passages come in; out go pairs of stretches that share rare shingles, candidates for a copy.

All shared rare shingles are found, by sorting. MinHash with LSH estimates the likeness of whole texts: it
loses the sentence inside a longer passage and the copy with many edits (figures in docs/reuse.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from discourse.corpus.folding import FoldedText, hash_shingles

_ANCHORS_A_BLOCK = 1_000_000  # bounds the memory, not the result


@dataclass(frozen=True)
class Candidates:
    """Pairs of stretches: letters ``start_a:end_a`` and ``start_b:end_b`` of a `FoldedText`, int64."""

    start_a: np.ndarray
    end_a: np.ndarray
    start_b: np.ndarray
    end_b: np.ndarray
    n_anchors: np.ndarray

    def take(self, rows: np.ndarray) -> Candidates:
        """Keep the candidates of these rows."""
        return Candidates(*(getattr(self, column.name)[rows] for column in fields(self)))

    def stretch(self, row: int) -> tuple[int, int, int, int]:
        """Start and end of the one stretch and of the other."""
        return int(self.start_a[row]), int(self.end_a[row]), int(self.start_b[row]), int(self.end_b[row])


def find_candidates(
    folded: FoldedText,
    searched: np.ndarray,
    *,
    max_repeats: int,
    shingle: int = 3,
    min_length: int = 6,
    drift: int = 16,
    gap: int = 60,
) -> Iterator[Candidates]:
    """Pairs of stretches of two passages that share rare shingles in the same order, block by block.

    searched (n_passages,) bool: which passages take part. `shingle` letters in a row are an anchor where they
    occur 2 to `max_repeats` times. Those whose shifts differ by at most `drift` from the next, and whose places by at
    most `gap`, make a candidate of `min_length` letters or more. Stretch a is of the earlier passage.
    """
    anchors = _find_anchors(folded, searched, shingle, max_repeats)
    n_done = np.cumsum(anchors.n_partners)
    start = 0
    while start < len(n_done):
        stop = int(np.searchsorted(n_done, n_done[start] + _ANCHORS_A_BLOCK))
        stop = max(start + 1, stop)
        while (
            stop < len(n_done) and folded.owner[anchors.place[stop]] == folded.owner[anchors.place[stop - 1]]
        ):
            stop += 1  # all anchors of a passage are looked at together
        a, b = anchors.pairs(slice(start, stop))
        different = folded.owner[a] != folded.owner[b]
        found = _chain(folded, a[different], b[different], shingle, drift, gap)
        yield found.take(found.end_a - found.start_a >= min_length)
        start = stop


@dataclass(frozen=True)
class _Anchors:
    """Places of rare shingles in reading order; later places of the same shingle are a slice of `listed`."""

    place: np.ndarray
    first_partner: np.ndarray
    n_partners: np.ndarray
    listed: np.ndarray

    def pairs(self, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        """Every place in `rows` beside every later place of its shingle."""
        counts = self.n_partners[rows]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        partner = self.listed[np.repeat(self.first_partner[rows], counts) + within]
        return np.repeat(self.place[rows], counts), partner


def _find_anchors(folded: FoldedText, searched: np.ndarray, shingle: int, max_repeats: int) -> _Anchors:
    starts, keys = hash_shingles(folded, searched, shingle)
    order = np.argsort(keys, kind="stable")
    keys, listed = keys[order], starts[order]
    opens = np.flatnonzero(np.diff(keys, prepend=~keys[:1]))
    sizes = np.diff(opens, append=len(keys))
    ends = np.repeat(opens + sizes, sizes)
    rows = np.flatnonzero(np.repeat((sizes >= 2) & (sizes <= max_repeats), sizes))
    rows = rows[np.argsort(listed[rows], kind="stable")]
    return _Anchors(listed[rows], rows + 1, ends[rows] - rows - 1, listed)


def _chain(
    folded: FoldedText, a: np.ndarray, b: np.ndarray, shingle: int, drift: int, gap: int
) -> Candidates:
    """Anchors of the same two passages become one candidate if near each other in place and in shift."""
    pair = folded.owner[a].astype(np.int64) * len(folded.bounds) + folded.owner[b]
    order = np.lexsort((b - a, pair))
    a, b, pair = a[order], b[order], pair[order]
    lane = np.cumsum(_changes(pair) | (np.diff(b - a, prepend=(b - a)[:1]) > drift))
    order = np.lexsort((a, lane))
    a, b, lane = a[order], b[order], lane[order]
    opens = np.flatnonzero(_changes(lane) | (np.diff(a, prepend=a[:1]) > gap))
    if not len(opens):
        return Candidates(*(np.zeros(0, dtype=np.int64) for _ in fields(Candidates)))
    return Candidates(
        start_a=np.minimum.reduceat(a, opens),
        end_a=np.maximum.reduceat(a, opens) + shingle,
        start_b=np.minimum.reduceat(b, opens),
        end_b=np.maximum.reduceat(b, opens) + shingle,
        n_anchors=np.diff(opens, append=len(a)),
    )


def _changes(values: np.ndarray) -> np.ndarray:
    """Mark values that differ from the one before; the first always does."""
    changed = np.ones(len(values), dtype=bool)
    changed[1:] = values[1:] != values[:-1]
    return changed
