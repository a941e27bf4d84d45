"""Folded passages come in; out go pairs of stretches that share rare shingles, candidates for a copy.

All shared rare shingles are found, by sorting. MinHash with LSH estimates the likeness of whole texts: it
loses the sentence inside a longer passage and the copy with many edits (see docs/reuse.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np

from discourse.corpus.folding import FoldedText, map_shingles

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
    sizes: Sequence[int] = (3, 4, 6, 9, 14),
    min_length: int = 6,
    drift: int = 16,
    gap: int = 60,
) -> Iterator[Candidates]:
    """Pairs of stretches of two passages that share rare shingles in the same order, block by block.

    searched (n_passages,) bool: which passages take part. Letters in a row are an anchor where they occur 2 to
    `max_repeats` times; from each letter the shortest of `sizes` that is so rare is taken, for the larger the
    corpus the longer are its rare words. Anchors whose shifts differ by at most `drift` from the next, and
    whose places by at most `gap`, make a candidate if they span `min_length` letters. Stretch a is the earlier.
    """
    anchors = find_anchors(folded, searched, sizes=sizes, max_repeats=max_repeats)
    for rows in split_anchors(anchors, folded):
        yield chain_anchors(anchors, folded, rows, min_length=min_length, drift=drift, gap=gap)


def split_anchors(anchors: Anchors, folded: FoldedText) -> Iterator[slice]:
    """Rows of anchors to be chained together: all of a passage, and so few that the memory is bounded."""
    n_done = np.cumsum(anchors.n_partners, dtype=np.int64)
    start = 0
    while start < len(n_done):
        stop = int(np.searchsorted(n_done, n_done[start] + _ANCHORS_A_BLOCK))
        stop = max(start + 1, stop)
        while (
            stop < len(n_done) and folded.owner[anchors.place[stop]] == folded.owner[anchors.place[stop - 1]]
        ):
            stop += 1
        yield slice(start, stop)
        start = stop


def chain_anchors(
    anchors: Anchors, folded: FoldedText, rows: slice, *, min_length: int = 6, drift: int = 16, gap: int = 60
) -> Candidates:
    """Candidates that some rows of the anchors make; see `find_candidates`."""
    found = _chain(folded, *anchors.pairs(rows), drift, gap)
    return found.take(found.end_a - found.start_a >= min_length)


@dataclass(frozen=True)
class Anchors:
    """Places and sizes of rare shingles in reading order; later places of the same one are a slice of `listed`."""

    place: np.ndarray
    size: np.ndarray
    first_partner: np.ndarray
    n_partners: np.ndarray
    listed: np.ndarray

    def pairs(self, rows: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Every place in `rows`, beside every later place of its shingle, and the size."""
        counts = self.n_partners[rows].astype(np.int64)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        partner = self.listed[np.repeat(self.first_partner[rows], counts) + within]
        place, size = np.repeat(self.place[rows], counts), np.repeat(self.size[rows], counts)
        return place.astype(np.int64), partner.astype(np.int64), size.astype(np.int64)


def find_anchors(
    folded: FoldedText,
    searched: np.ndarray,
    *,
    max_repeats: int,
    sizes: Sequence[int] = (3, 4, 6, 9, 14),
    n_threads: int = 1,
) -> Anchors:
    """Find the rare shingles that occur at least twice; see `find_candidates`."""
    undecided = searched[folded.owner]
    found, n_listed = [], 0
    for size in sizes:
        decided = []
        find = partial(_rare_shingles, size=size, max_repeats=max_repeats)
        for anchors, rare in map_shingles(find, folded, undecided, size, n_threads=n_threads):
            found.append(replace(anchors, first_partner=anchors.first_partner + np.int32(n_listed)))
            decided.append(rare)
            n_listed += len(anchors.listed)
        for rare in decided:
            undecided[rare] = False
    joined = Anchors(*(np.concatenate([getattr(part, c.name) for part in found]) for c in fields(Anchors)))
    order = np.argsort(joined.place)
    return Anchors(
        joined.place[order],
        joined.size[order],
        joined.first_partner[order],
        joined.n_partners[order],
        joined.listed,
    )


def _rare_shingles(
    starts: np.ndarray, keys: np.ndarray, *, size: int, max_repeats: int
) -> tuple[Anchors, np.ndarray]:
    """Anchors of one size, and the places where a longer shingle need not be tried."""
    order = np.argsort(keys, kind="stable")
    keys, starts = keys[order], starts[order]
    opens = np.flatnonzero(_changes(keys))
    counts = np.diff(opens, append=len(keys))
    rare = np.repeat(counts <= max_repeats, counts)
    kept = np.repeat((counts >= 2) & (counts <= max_repeats), counts)
    listed, counts = starts[kept], counts[(counts >= 2) & (counts <= max_repeats)]
    row = np.arange(len(listed))
    n_partners = (np.repeat(np.cumsum(counts), counts) - row - 1).astype(np.int32)
    first = (row + 1).astype(np.int32)
    return Anchors(listed, np.full(len(listed), size, dtype=np.int8), first, n_partners, listed), starts[rare]


def _chain(
    folded: FoldedText, a: np.ndarray, b: np.ndarray, size: np.ndarray, drift: int, gap: int
) -> Candidates:
    """Anchors of the same two passages become one candidate if near each other in place and in shift."""
    different = folded.owner[a] != folded.owner[b]
    a, b, size = a[different], b[different], size[different]
    pair = folded.owner[a].astype(np.int64) * len(folded.bounds) + folded.owner[b]
    order = np.lexsort((b - a, pair))
    a, b, size, pair = a[order], b[order], size[order], pair[order]
    lane = np.cumsum(_changes(pair) | (np.diff(b - a, prepend=(b - a)[:1]) > drift))
    order = np.lexsort((a, lane))
    a, b, size, lane = a[order], b[order], size[order], lane[order]
    opens = np.flatnonzero(_changes(lane) | (np.diff(a, prepend=a[:1]) > gap))
    if not len(opens):
        return Candidates(*(np.zeros(0, dtype=np.int64) for _ in fields(Candidates)))
    return Candidates(
        start_a=np.minimum.reduceat(a, opens),
        end_a=np.maximum.reduceat(a + size, opens),
        start_b=np.minimum.reduceat(b, opens),
        end_b=np.maximum.reduceat(b + size, opens),
        n_anchors=np.diff(opens, append=len(a)),
    )


def _changes(values: np.ndarray) -> np.ndarray:
    """Mark values that differ from the one before; the first always does."""
    changed = np.ones(len(values), dtype=bool)
    changed[1:] = values[1:] != values[:-1]
    return changed
