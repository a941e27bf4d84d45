"""Tokens and groups of documents come in; how often each document uses each term goes out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from discourse.compare.groups import as_labels
from discourse.contracts import check
from discourse.errors import DataError, require_column

_CELLS = 50_000_000  # numbers of a dense block of rates


@dataclass(frozen=True)
class Counts:
    """Occurrences in the documents that have tokens, sorted by doc_id.

    counts: csr (n_documents, n_terms); terms: (n_terms,), sorted; groups: (n_documents,) labels.
    """

    counts: sparse.csr_matrix
    terms: np.ndarray
    groups: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each document (n_documents,)."""
        return np.asarray(self.counts.sum(axis=1)).ravel()

    def find(self, terms: pd.Series) -> np.ndarray:
        """Say which terms are among `terms` (n_terms,) bool."""
        return np.asarray(pd.Index(self.terms, dtype="str").isin(terms))


def group_documents(documents: pd.DataFrame, by: str) -> pd.Series:
    """Group of each document that has one, by doc_id, in the order of doc_id."""
    check(documents, "documents")
    require_column("documents", documents.columns, by)
    return as_labels(documents[by]).set_axis(documents["doc_id"]).dropna().sort_index()


def count_terms(tokens: pd.DataFrame, passages: pd.DataFrame, groups: pd.Series) -> Counts:
    """Count the terms of every document in `groups`; raises `DataError` for tokens of unknown passages."""
    owner = _owner_of_tokens(check(tokens, "tokens"), check(passages, "passages"), groups.index)
    term_codes, vocabulary = pd.factorize(tokens["term"], sort=False)
    kept = owner >= 0
    counts = sparse.csr_matrix(
        (np.ones(kept.sum(), dtype=np.int64), (owner[kept], term_codes[kept])),
        shape=(len(groups), len(vocabulary)),
    )
    counts.sum_duplicates()
    names = np.asarray(vocabulary, dtype=object)
    order = np.argsort(names, kind="stable")
    filled = np.flatnonzero(np.asarray(counts.sum(axis=1)).ravel())
    return Counts(counts[filled][:, order], names[order], groups.to_numpy(dtype=object)[filled])


def _owner_of_tokens(tokens: pd.DataFrame, passages: pd.DataFrame, doc_ids: pd.Index) -> np.ndarray:
    """Row of each token's document in `doc_ids`; -1 where the document is not compared."""
    codes, names = pd.factorize(tokens["passage_id"], sort=False)
    position = pd.Index(passages["passage_id"]).get_indexer(pd.Index(names).astype("str"))
    if (position < 0).any():
        raise DataError(
            f"tokens name passage '{names[int(np.flatnonzero(position < 0)[0])]}', which passages lack: "
            "use the two tables of one run"
        )
    return doc_ids.get_indexer(pd.Index(passages["doc_id"].to_numpy()[position]))[codes]


def comparable_rates(counted: Counts, wanted: np.ndarray) -> Iterator[np.ndarray]:
    """Square roots of rates (n_documents, n_columns), whose variance hardly depends on the rate, centred on 0.

    All wanted terms (n_terms,) in their order, so many at a time that a block stays below half a gigabyte.
    """
    columns, lengths = np.flatnonzero(wanted), counted.lengths[:, None]
    size = max(1, _CELLS // max(len(lengths), 1))
    for start in range(0, len(columns), size):
        counts = counted.counts[:, columns[start : start + size]].toarray().astype(np.float64)
        rates = np.sqrt((counts + 0.375) / lengths)
        yield rates - rates.mean(axis=0)
