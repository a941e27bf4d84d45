"""Folded passages come in; how rare the words around each letter are goes out: set phrases count little."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from discourse.corpus.folding import FoldedText, map_shingles

_SKETCH = np.uint64(2**64 // 16)  # one shingle in 16 stands for a document
_DOCUMENTS_A_BLOCK = 2000  # compared with all others at a time: bounds the memory, not the result
_MAX_SHARED = 100  # a shingle in more documents than this says nothing about two of them


def weigh_letters(
    folded: FoldedText,
    documents: np.ndarray,
    searched: np.ndarray,
    *,
    phrases: Iterable[str],
    shingle: int = 4,
    floor: float = 0.1,
    n_threads: int = 1,
) -> np.ndarray:
    """How rare the words around each letter are: (n_letters,) float64, `floor` to 1.

    documents (n_passages,) int: number of the document; searched (n_passages,) bool: the passages that count.
    A shingle in d of n documents weighs log(n / (d - 1)) / log(n): 1 in two, almost 0 in all; a letter weighs
    the mean of the shingles over it. Versions of one text count as one document, else a corpus of versions
    would consist of set phrases. Letters of `phrases` and between 《 and 》 weigh `floor`.
    """
    family = _join_versions(folded, documents, searched, n_threads=n_threads)
    with_shingles = searched & (folded.sizes >= shingle)
    n_families = len(np.unique(family[documents[with_shingles]]))
    rarity = np.full(len(folded.letters), np.nan)  # of the shingle that begins at each letter

    def rate(starts: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return starts, _rarity(keys, family[documents[folded.owner[starts]]], n_families)

    for starts, values in map_shingles(rate, folded, searched[folded.owner], shingle, n_threads=n_threads):
        rarity[starts] = values
    weights = _mean_over(rarity, shingle)
    weights[folded.in_title] = floor
    for start, end in _find_phrases(folded.text, phrases):
        weights[start:end] = floor
    return np.maximum(weights, floor, out=weights)


def _mean_over(rarity: np.ndarray, shingle: int, *, block: int = 4_000_000) -> np.ndarray:
    """Mean rarity of the shingles over each letter, 1 where there is none; written over `rarity`, from the end."""
    for stop in range(len(rarity), 0, -block):
        first = max(0, stop - block)
        above = np.concatenate([np.full(shingle - 1, np.nan), rarity[max(0, first - shingle + 1) : stop]])
        above = above[len(above) - (stop - first) - shingle + 1 :]
        total, count = np.zeros(stop - first), np.zeros(stop - first)
        for shift in range(shingle):
            part = above[shingle - 1 - shift : len(above) - shift]
            known = ~np.isnan(part)
            total[known] += part[known]
            count += known
        rarity[first:stop] = np.divide(total, count, out=np.ones(len(total)), where=count > 0)
    return rarity


def _rarity(keys: np.ndarray, family: np.ndarray, n_families: int) -> np.ndarray:
    if n_families < 2:
        return np.ones(len(keys))
    order = np.argsort(keys, kind="stable")
    number = np.empty(len(keys), dtype=np.int64)
    number[order] = np.cumsum(np.diff(keys[order], prepend=keys[order[:1]]) != 0)
    pairs = np.sort(number * (family.max(initial=0) + 1) + family)
    pairs = pairs[np.diff(pairs, prepend=-1) != 0] // (family.max(initial=0) + 1)
    n_with = np.bincount(pairs)
    return (np.log(n_families / np.maximum(n_with - 1, 1)) / np.log(n_families))[number]


def _join_versions(
    folded: FoldedText, documents: np.ndarray, searched: np.ndarray, *, shingle: int = 8, n_threads: int = 1
) -> np.ndarray:
    """Assign documents to families: two that share half the shingles of the larger one are one.

    Compared by a sketch, a sixteenth of the shingles chosen by hash (FracMinHash; Irber et al. 2022).
    """
    sketch = _sketch(folded, documents, searched, shingle, n_threads)
    size = np.asarray(sketch.sum(axis=1)).ravel()
    rows, columns = [], []
    for first in range(0, sketch.shape[0], _DOCUMENTS_A_BLOCK):
        shared = (sketch[first : first + _DOCUMENTS_A_BLOCK] @ sketch.T).tocoo()
        row = shared.row + first
        alike = shared.data >= 0.5 * np.maximum(size[row], size[shared.col])
        rows.append(row[alike])
        columns.append(shared.col[alike])
    one, other = np.concatenate([[], *rows]).astype(int), np.concatenate([[], *columns]).astype(int)
    links = sparse.coo_matrix((np.ones(len(one)), (one, other)), shape=(sketch.shape[0],) * 2)
    return csgraph.connected_components(links, directed=False)[1]


def _sketch(
    folded: FoldedText, documents: np.ndarray, searched: np.ndarray, shingle: int, n_threads: int
) -> sparse.csr_matrix:
    """Which of the chosen shingles each document holds, those of very many documents left out."""

    def choose(starts: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        chosen = keys < _SKETCH
        return documents[folded.owner[starts[chosen]]], keys[chosen]

    found = list(map_shingles(choose, folded, searched[folded.owner], shingle, n_threads=n_threads))
    owner = np.concatenate([np.zeros(0, dtype=np.int64), *(owner for owner, _ in found)])
    keys = np.concatenate([np.zeros(0, dtype=np.uint64), *(keys for _, keys in found)])
    distinct, number = np.unique(keys, return_inverse=True)
    shape = (int(documents.max(initial=-1)) + 1, len(distinct))
    sketch = sparse.csr_matrix((np.ones(len(owner), np.int32), (owner, number)), shape=shape)
    sketch.sum_duplicates()
    sketch.data[:] = 1
    return sketch[:, np.asarray(sketch.sum(axis=0)).ravel() <= _MAX_SHARED]


def _find_phrases(text: str, phrases: Iterable[str]) -> Iterator[tuple[int, int]]:
    for phrase in phrases:
        place = text.find(phrase)
        while place >= 0:
            yield place, place + len(phrase)
            place = text.find(phrase, place + 1)
