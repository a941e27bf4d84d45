"""Folded passages come in; out go pairs of stretches that share rare shingles, candidates for a copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from discourse.corpus.folding import FoldedText

_MIX = np.uint64(0x9E3779B97F4A7C15)
_EVENTS_A_BLOCK = 4_000_000


@dataclass(frozen=True)
class Candidates:
    """Pairs of stretches, one row each: letters ``start_a:end_a`` and ``start_b:end_b`` of a `FoldedText`, int64."""

    start_a: np.ndarray
    end_a: np.ndarray
    start_b: np.ndarray
    end_b: np.ndarray
    n_anchors: np.ndarray

    def __len__(self) -> int:
        return len(self.start_a)

    def __getitem__(self, rows: np.ndarray) -> Candidates:
        return Candidates(
            self.start_a[rows], self.end_a[rows], self.start_b[rows], self.end_b[rows], self.n_anchors[rows]
        )


def find_candidates(
    folded: FoldedText,
    searched: np.ndarray,
    *,
    shingle: int,
    max_repeats: int,
    min_anchors: int,
    drift: int,
    gap: int,
) -> Iterator[Candidates]:
    """Pairs of stretches of different passages that share rare shingles in the same order, block by block.

    searched (n_passages,) bool: which passages take part. A shingle of `shingle` letters is an anchor if it occurs
    2 to `max_repeats` times; at least `min_anchors` whose shifts lie within `drift` of a neighbour and whose places
    within `gap` make a candidate.
    """
    first, partner, n_partners = _rare_shingles(folded, searched, shingle, max_repeats)
    total = np.cumsum(n_partners)
    start = 0
    while start < len(first):
        done = total[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(total, done + _EVENTS_A_BLOCK, side="right")))
        # a passage is never cut in two: the shifts of a pair are looked at together
        while stop < len(first) and folded.owner[first[stop]] == folded.owner[first[stop - 1]]:
            stop += 1
        counts = n_partners[start:stop]
        a = np.repeat(first[start:stop], counts)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        b = partner[0][np.repeat(partner[1][start:stop], counts) + within]
        yield _cluster(folded, a, b, shingle, min_anchors, drift, gap)
        start = stop


def weigh_letters(
    folded: FoldedText, group: np.ndarray, searched: np.ndarray, *, shingle: int, floor: float
) -> np.ndarray:
    """How rare the words around each letter are, `floor` to 1: 1 in two documents at most, `floor` in all.

    group (n_passages,): number of the document. A shingle in d of n documents weighs log(n / (d - 1)) / log(n);
    a letter weighs the mean of the shingles that cover it; letters inside 《》 weigh `floor`.
    """
    n_documents = len(np.unique(group[searched])) if searched.any() else 0
    weights = np.ones(len(folded.letters), dtype=np.float64)
    if n_documents > 1:
        starts, keys = _shingles(folded, searched, shingle)
        value = _document_weights(keys, group[folded.owner[starts]], n_documents)
        total, count = np.zeros(len(weights) + 1), np.zeros(len(weights) + 1)
        for shift in range(shingle):
            total[starts + shift] += value
            count[starts + shift] += 1
        covered = count[:-1] > 0
        weights[covered] = total[:-1][covered] / count[:-1][covered]
    weights[folded.in_title] = floor
    return np.maximum(weights, floor)


def _document_weights(keys: np.ndarray, group: np.ndarray, n_documents: int) -> np.ndarray:
    order = np.argsort(keys, kind="stable")
    key, document = keys[order], group[order]
    opens = np.concatenate([[True], key[1:] != key[:-1]])
    new = opens | np.concatenate([[True], document[1:] != document[:-1]])
    number = np.cumsum(opens) - 1
    n_in = np.bincount(number, weights=new)
    weight = np.log(n_documents / np.maximum(n_in - 1, 1)) / np.log(n_documents)
    out = np.empty(len(keys))
    out[order] = weight[number]
    return out


def _shingles(folded: FoldedText, searched: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Starts (ascending) and keys of all shingles that lie within one searched passage."""
    n = max(0, len(folded.letters) - size + 1)
    inside = (folded.owner[:n] == folded.owner[size - 1 :]) & searched[folded.owner[:n]]
    starts = np.flatnonzero(inside)
    keys = np.zeros(len(starts), dtype=np.uint64)
    for shift in range(size):
        keys = (keys ^ folded.letters[starts + shift].astype(np.uint64)) * _MIX
        keys ^= keys >> np.uint64(29)
    return starts, keys


def _rare_shingles(
    folded: FoldedText, searched: np.ndarray, size: int, max_repeats: int
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Places of rare shingles in reading order; where their later occurrences are listed; how many those are."""
    starts, keys = _shingles(folded, searched, size)
    order = np.argsort(keys, kind="stable")
    key, place = keys[order], starts[order]
    opens = (
        np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.zeros(0, np.int64)
    )
    sizes = np.diff(np.append(opens, len(key)))
    rare = np.repeat((sizes >= 2) & (sizes <= max_repeats), sizes)
    last = np.repeat(opens + sizes, sizes)
    index = np.flatnonzero(rare)
    n_partners = (last - np.arange(len(key)) - 1)[index]
    reading = np.argsort(place[index], kind="stable")
    return place[index][reading], (place, (index + 1)[reading]), n_partners[reading]


def _cluster(
    folded: FoldedText, a: np.ndarray, b: np.ndarray, size: int, min_anchors: int, drift: int, gap: int
) -> Candidates:
    """Anchors of the same two passages whose shifts are near each other become one candidate."""
    other = folded.owner[a] != folded.owner[b]
    a, b = a[other], b[other]
    pair = folded.owner[a].astype(np.int64) * len(folded.bounds) + folded.owner[b]
    shift = b - a
    order = np.lexsort((shift, pair))
    pair, shift = pair[order], shift[order]
    cluster = np.cumsum(
        np.concatenate([[True], (pair[1:] != pair[:-1]) | (np.diff(shift) > drift)])[: len(a)]
    )
    inner = np.lexsort((a[order], cluster))
    a, b, cluster = a[order][inner], b[order][inner], cluster[inner]
    opens = np.concatenate([[True], (cluster[1:] != cluster[:-1]) | (np.diff(a) > gap)])[: len(a)]
    firsts = np.flatnonzero(opens)
    if not len(firsts):
        return Candidates(*(np.zeros(0, np.int64),) * 5)
    n_anchors = np.diff(np.append(firsts, len(a)))
    found = Candidates(
        np.minimum.reduceat(a, firsts),
        np.maximum.reduceat(a, firsts) + size,
        np.minimum.reduceat(b, firsts),
        np.maximum.reduceat(b, firsts) + size,
        n_anchors,
    )
    return found[n_anchors >= min_anchors]
