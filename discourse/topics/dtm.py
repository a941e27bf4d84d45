"""Tokens come in; a document-term matrix goes out: which term occurs how often in which passage."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import sparse

from discourse.contracts import DocumentTermMatrix, check
from discourse.errors import DataError, SettingError


def build_dtm(
    tokens: pd.DataFrame | Iterable[pd.DataFrame],
    *,
    min_df: int = 2,
    max_df: float = 0.5,
    min_documents: int = 2,
) -> DocumentTermMatrix:
    """Count the terms of every passage, leaving out the terms that can tell nothing.

    Parameters
    ----------
    tokens
        Contract `tokens`, or such tables one after another: a million passages then need no more room than their
        counts. Passages are named ``doc_id#0007``, which tells their document.
    min_df
        A term is kept if it occurs in at least so many passages.
    max_df
        A term is left out if it occurs in more than this share (0-1) of the passages that have tokens: what
        stands in every other passage tells no topic from another.
    min_documents
        A term is kept if it occurs in at least so many documents. The default of two keeps out the names
        that belong to one text alone: they would make topics that are that text, and then a comparison of
        texts finds nothing but itself. It never asks for more documents than there are.

    Returns
    -------
    DocumentTermMatrix
        Rows are the passages that keep at least one token, in the order of their first token; columns are the
        terms in code point order.

    Raises
    ------
    SettingError
        A limit is out of range.
    DataError
        There is no token, or none is left.
    """
    _check_limits(min_df, max_df, min_documents)
    counts, passages, vocabulary = _count([tokens] if isinstance(tokens, pd.DataFrame) else tokens)
    kept = _kept_terms(counts, passages, min_df=min_df, max_df=max_df, min_documents=min_documents)
    counts = counts[:, kept]
    filled = np.diff(counts.indptr) > 0
    return DocumentTermMatrix(
        counts=_canonical(counts[filled]),
        passages=pd.Index(passages[filled], name="passage_id", dtype="str"),
        vocabulary=pd.Index(vocabulary[kept], name="term", dtype="str"),
    )


def document_of(passages: pd.Index) -> pd.Index:
    """Document of each passage, read from its name: ``doc_id#0007`` belongs to ``doc_id``."""
    return passages.str.replace(r"#[^#]*$", "", regex=True).rename("doc_id")


def _count(tables: Iterable[pd.DataFrame]) -> tuple[sparse.csr_matrix, pd.Index, pd.Index]:
    """Count every term in every passage: (n_passages, n_terms), passages as they come, terms sorted."""
    parts = [_count_table(check(table, "tokens")) for table in tables if len(table)]
    if not parts:
        raise DataError("tokens is empty: topics need at least one token. Check segmentation and stop lists.")
    terms = pd.Index(
        np.unique(np.concatenate([own.to_numpy(dtype=object) for _, _, own in parts])), dtype="str"
    )
    counts = sparse.vstack(
        [_widen(part, terms.get_indexer(own), len(terms)) for part, _, own in parts]
    ).tocsr()
    codes, passages = pd.factorize(
        pd.Index(np.concatenate([own.to_numpy(dtype=object) for _, own, _ in parts]))
    )
    if len(passages) < len(codes):  # a passage that two tables share
        rows = np.arange(len(codes))
        counts = sparse.csr_matrix((np.ones(len(codes), dtype=np.int32), (codes, rows))) @ counts
    return counts, pd.Index(passages, dtype="str"), terms


def _count_table(tokens: pd.DataFrame) -> tuple[sparse.csr_matrix, pd.Index, pd.Index]:
    rows, passages = _number(tokens["passage_id"])
    columns, vocabulary = _number(tokens["term"])
    ones, shape = np.ones(len(tokens), dtype=np.int32), (len(passages), len(vocabulary))
    return sparse.csr_matrix((ones, (rows, columns)), shape=shape, dtype=np.int32), passages, vocabulary


def _widen(counts: sparse.csr_matrix, places: np.ndarray, n_terms: int) -> sparse.csr_matrix:
    """Put each column in its place among all terms."""
    indices = places.astype(np.int32)[counts.indices]
    return sparse.csr_matrix((counts.data, indices, counts.indptr), shape=(counts.shape[0], n_terms))


def _number(values: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """Number each value (int32) in the order in which they come, and list them."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype("category")
    codes, found = pd.factorize(values.cat.codes.to_numpy())  # of numbers: strings cost gigabytes
    return codes.astype(np.int32), pd.Index(values.cat.categories.take(found), dtype="str")


def _check_limits(min_df: int, max_df: float, min_documents: int) -> None:
    for name, value in (("min_df", min_df), ("min_documents", min_documents)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise SettingError(f"{name} must be a whole number of at least 1, is {value!r}.")
    if not 0 < max_df <= 1:
        raise SettingError(f"max_df must be a share of the passages above 0 and up to 1, is {max_df!r}.")


def _kept_terms(
    counts: sparse.csr_matrix, passages: pd.Index, *, min_df: int, max_df: float, min_documents: int
) -> np.ndarray:
    """Positions of the terms within the limits; raises `DataError` when there is none."""
    in_passages = np.bincount(counts.indices, minlength=counts.shape[1])
    in_documents, n_documents = _document_frequency(counts, passages)
    n_passages, n_terms = counts.shape
    # rounding guards against 0.3 * 10 = 3.0000000000000004 and its kin
    highest = np.floor(round(max_df * n_passages, 9))
    required = min(min_documents, n_documents)
    kept = np.flatnonzero((in_passages >= min_df) & (in_passages <= highest) & (in_documents >= required))
    if not kept.size:
        raise DataError(
            f"no term is left: of {n_terms} terms in {n_passages} passages of {n_documents} documents none "
            f"occurs in {min_df} to {highest:.0f} passages and {required} documents. "
            "Lower min_df or min_documents, raise max_df, or add texts."
        )
    return kept


def _document_frequency(counts: sparse.csr_matrix, passages: pd.Index) -> tuple[np.ndarray, int]:
    """In how many documents each term occurs, and how many documents there are."""
    codes, documents = pd.factorize(document_of(passages))
    membership = sparse.csr_matrix(
        (np.ones(len(codes), dtype=np.int32), (codes, np.arange(len(codes)))),
        shape=(len(documents), len(codes)),
    )
    present = (membership @ counts).tocsr()
    return np.bincount(present.indices, minlength=counts.shape[1]), len(documents)


def _canonical(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    counts.sum_duplicates()
    counts.sort_indices()
    return counts
