"""Folded passages come in; how rare the words around each letter are goes out: set phrases count little."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from discourse.corpus.folding import FoldedText, hash_shingles

_SKETCH = np.uint64(2**64 // 16)  # one shingle in 16 stands for a document
_MAX_SHARED = 100  # a shingle in more documents than this says nothing about two of them


def weigh_letters(
    folded: FoldedText,
    documents: np.ndarray,
    searched: np.ndarray,
    *,
    phrases: Iterable[str],
    shingle: int = 4,
    floor: float = 0.1,
) -> np.ndarray:
    """How rare the words around each letter are: (n_letters,) float64, `floor` to 1.

    documents (n_passages,) int: number of the document; searched (n_passages,) bool: the passages that count.
    A shingle in d of n documents weighs log(n / (d - 1)) / log(n): 1 in two, almost 0 in all; a letter weighs
    the mean of the shingles over it. Versions of one text count as one document, else a corpus of versions
    would consist of set phrases. Letters of `phrases` and between 《 and 》 weigh `floor`.
    """
    starts, keys = hash_shingles(folded, searched[folded.owner], shingle)
    family = _join_versions(folded, documents, searched)
    rarity = _rarity(keys, family[documents[folded.owner[starts]]])
    total, count = np.zeros(len(folded.letters)), np.zeros(len(folded.letters))
    for shift in range(shingle):
        total[starts + shift] += rarity
        count[starts + shift] += 1
    weights = np.divide(total, count, out=np.ones(len(total)), where=count > 0)
    weights[folded.in_title | _within(folded.text, phrases)] = floor
    return np.maximum(weights, floor)


def _rarity(keys: np.ndarray, family: np.ndarray) -> np.ndarray:
    n_families = len(np.unique(family))
    if n_families < 2:
        return np.ones(len(keys))
    order = np.argsort(keys, kind="stable")
    number = np.empty(len(keys), dtype=np.int64)
    number[order] = np.cumsum(np.diff(keys[order], prepend=keys[order[:1]]) != 0)
    pairs = np.sort(number * (family.max() + 1) + family)
    pairs = pairs[np.diff(pairs, prepend=-1) != 0] // (family.max() + 1)
    n_with = np.bincount(pairs)
    return (np.log(n_families / np.maximum(n_with - 1, 1)) / np.log(n_families))[number]


def _join_versions(
    folded: FoldedText, documents: np.ndarray, searched: np.ndarray, *, shingle: int = 8
) -> np.ndarray:
    """Assign documents to families: two that share half the shingles of the larger one are one.

    Compared by a sketch, a sixteenth of the shingles chosen by hash (FracMinHash; Irber et al. 2022).
    """
    n_documents = int(documents.max(initial=-1)) + 1
    starts, keys = hash_shingles(folded, searched[folded.owner], shingle)
    chosen = keys < _SKETCH
    distinct, number = np.unique(keys[chosen], return_inverse=True)
    owner = documents[folded.owner[starts[chosen]]]
    sketch = sparse.csr_matrix(
        (np.ones(len(owner), np.int32), (owner, number)), shape=(n_documents, len(distinct))
    )
    sketch.data[:] = 1
    sketch = sketch[:, np.asarray(sketch.sum(axis=0)).ravel() <= _MAX_SHARED]
    size = np.asarray(sketch.sum(axis=1)).ravel()
    shared = (sketch @ sketch.T).tocoo()
    alike = shared.data >= 0.5 * np.maximum(size[shared.row], size[shared.col])
    links = sparse.coo_matrix(
        (shared.data[alike], (shared.row[alike], shared.col[alike])), shape=shared.shape
    )
    return csgraph.connected_components(links, directed=False)[1]


def _within(text: str, phrases: Iterable[str]) -> np.ndarray:
    inside = np.zeros(len(text), dtype=bool)
    for phrase in phrases:
        place = text.find(phrase)
        while place >= 0:
            inside[place : place + len(phrase)] = True
            place = text.find(phrase, place + 1)
    return inside
