"""A topic model and its counts come in; the share of each document that each topic has goes out."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy import sparse

from discourse.contracts import DocumentTermMatrix, TopicModel, check
from discourse.errors import DataError, SettingError
from discourse.topics import _kernels_given
from discourse.topics._grid import open_workers

_PAIRS_A_BLOCK = 100_000  # of passage and term; below, a thread is not worth its start


def estimate_shares(
    model: TopicModel, dtm: DocumentTermMatrix, passages: pd.DataFrame, *, n_rounds: int = 30
) -> pd.DataFrame:
    """Share of each document's modelled tokens that each topic has, phi held fixed.

    The mean of passage theta is drawn to the middle by its prior, the same for all documents. Here the prior
    of a passage is the document's own share pi_d, found together with it: from pi_d = 1 / K, in each round
    q_kw is proportional to (n_pk + pi_dk) phi_kw, n_pk = sum_w c_w q_kw, and pi_d is the share of sum_p n_pk.
    In simulations its slope on the true share was .96, where passage means reached .88.

    Parameters
    ----------
    model
        Topics; only phi is used.
    dtm
        The counts that the model was fitted to.
    passages
        Contract `passages`: which document a passage belongs to.
    n_rounds
        Rounds of the iteration above.

    Returns
    -------
    DataFrame
        Contract `shares`, documents in the order of `passages`: n_passages and n_tokens that were modelled,
        ``topic_0`` ... sum to 1 in every row. A document without a modelled token has no row.

    Raises
    ------
    DataError
        The matrix and the model differ in vocabulary, or a passage of the matrix is not in `passages`.

    Warns
    -----
    UserWarning
        Documents are left out because none of their tokens was modelled.
    """
    if isinstance(n_rounds, bool) or not isinstance(n_rounds, int | np.integer) or n_rounds < 1:
        raise SettingError(f"n_rounds must be a whole number of at least 1, is {n_rounds!r}.")
    check(passages, "passages")
    if not dtm.vocabulary.equals(model.vocabulary):
        raise DataError(
            "the model was fitted to another vocabulary: pass the document-term matrix it was fitted to."
        )
    owner, doc_ids = _owners(dtm, passages)
    _warn_left_out(passages, doc_ids)
    order = np.argsort(owner, kind="stable")
    sizes = np.bincount(owner, minlength=len(doc_ids))
    counts = dtm.counts[order]
    shares = _share_documents(counts, np.cumsum([0, *sizes]), model.phi, n_rounds)
    lengths = np.asarray(counts.sum(axis=1), dtype=np.int64).ravel()
    table = {
        "doc_id": doc_ids,
        "n_passages": sizes,
        "n_tokens": np.add.reduceat(lengths, np.cumsum([0, *sizes[:-1]])),
    }
    table |= {f"topic_{topic}": values for topic, values in enumerate(shares.T)}
    return check(pd.DataFrame(table), "shares")


def _owners(dtm: DocumentTermMatrix, passages: pd.DataFrame) -> tuple[np.ndarray, pd.Index]:
    """Number of the document that each row of the matrix belongs to, documents in the order of `passages`."""
    place = pd.Index(passages["passage_id"]).get_indexer(dtm.passages)
    if (place < 0).any():
        unknown = dtm.passages[place < 0]
        raise DataError(
            f"{len(unknown)} passages of the document-term matrix are not in passages (as {unknown[0]!r}): "
            "pass the passages it was counted from."
        )
    codes, doc_ids = pd.factorize(passages["doc_id"].astype("str"))
    modelled, owner = np.unique(codes[place], return_inverse=True)
    return owner, pd.Index(doc_ids[modelled])


def _warn_left_out(passages: pd.DataFrame, doc_ids: pd.Index) -> None:
    known = pd.Index(passages["doc_id"].astype("str").unique())
    left_out = known[~known.isin(doc_ids)]
    if len(left_out):
        warnings.warn(
            f"{len(left_out)} document(s) keep no token after stop lists and frequency limits and have no "
            f"shares: {', '.join(left_out[:5])}{', ...' if len(left_out) > 5 else ''}.",
            stacklevel=3,
        )


def _share_documents(
    counts: sparse.csr_matrix, document_start: np.ndarray, phi: np.ndarray, n_rounds: int
) -> np.ndarray:
    """Shares (n_documents, n_topics): counts (n_passages, n_terms) in order, phi (n_topics, n_terms)."""
    shares = np.empty((len(document_start) - 1, len(phi)))
    tables = (
        document_start.astype(np.int64),
        counts.indptr.astype(np.int64),
        counts.indices.astype(np.int32),
        counts.data.astype(np.float64),
        np.ascontiguousarray(phi.T, dtype=np.float64),
    )
    n_blocks = 1 + counts.nnz // _PAIRS_A_BLOCK  # documents know nothing of each other: any block does
    bounds = np.linspace(0, len(shares), n_blocks + 1).astype(int).tolist()

    def work(block: int) -> float:
        _kernels_given.share_documents(bounds[block], bounds[block + 1], *tables, n_rounds, shares)
        return 0.0

    with open_workers(None, n_blocks) as run:
        run(work)
    return shares
