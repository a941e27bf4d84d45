"""A fitted model and new tokens come in; the topics of passages that it has never seen go out."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy import sparse

from discourse.contracts import TopicModel, check
from discourse.errors import DataError, SettingError
from discourse.topics import _kernels_given

_CHUNK = 2**22  # responsibilities at a time, 32 MB
_COMPLETION_ROUNDS = 100


def infer_theta(
    model: TopicModel, tokens: pd.DataFrame, *, max_iterations: int = 200, tolerance: float = 1e-6
) -> pd.DataFrame:
    """Topics of new passages under a model that stays as it is.

    The update of the cvb0 engine with phi held: each token is weighed by the other tokens of its passage,
    q_kw proportional to (n_k - q_kw + alpha_k) phi_kw, until no share moves by `tolerance`; theta is
    (n + alpha) over its sum. What one passage gets does not depend on the others.

    Parameters
    ----------
    model
        Any engine's.
    tokens
        Contract `tokens`, segmented with the same lexicon and stop lists as the model's own. Terms outside
        its vocabulary tell nothing and are passed over.
    max_iterations, tolerance
        When to stop.

    Returns
    -------
    DataFrame
        Contract `theta`, passages in the order of their first token.

    Raises
    ------
    DataError
        There is no token.

    Warns
    -----
    UserWarning
        Passages without a known term: theta is the prior's.
    """
    passages, counts = count_known_terms(tokens, model.vocabulary)
    unknown = int((np.diff(counts.indptr) == 0).sum())
    if unknown:
        warnings.warn(
            f"{unknown} of {len(passages)} passages hold no term of the model's vocabulary: their topics are "
            "those of the prior, not of their text. Leave them out of comparisons.",
            stacklevel=2,
        )
    theta = fold_in(counts, model.phi, model.alpha, max_iterations=max_iterations, tolerance=tolerance)
    table = pd.DataFrame(theta, columns=[f"topic_{topic}" for topic in range(model.n_topics)])
    table.insert(0, "passage_id", passages.to_numpy())
    return check(table.astype({"passage_id": "str"}), "theta")


def draw_theta(model: TopicModel, *, n_draws: int = 100, seed: int = 1) -> np.ndarray:
    """Draws of theta from its posterior, phi held: (n_draws, n_passages, n_topics), rows sum to 1.

    A passage of n tokens has Dirichlet(theta * (n + sum alpha)), which is what all engines leave behind; its
    mean is theta. The draws say how little a short passage tells about its topics. They say nothing about the
    variation between documents, which comparisons need, nor about another phi.
    Memory: 8 bytes a cell.
    """
    if isinstance(n_draws, bool) or not isinstance(n_draws, int | np.integer) or n_draws < 1:
        raise SettingError(f"n_draws must be a whole number of at least 1, is {n_draws!r}.")
    weights = model.theta * (model.lengths + model.alpha.sum())[:, None]
    draws = np.random.default_rng(seed).standard_gamma(weights, size=(n_draws, *weights.shape))
    total = draws.sum(axis=2, keepdims=True)
    # all gammas of a passage may fall below the smallest float when its weights are tiny
    return np.divide(draws, total, out=np.broadcast_to(model.theta, draws.shape).copy(), where=total > 0)


def count_known_terms(tokens: pd.DataFrame, vocabulary: pd.Index) -> tuple[pd.Index, sparse.csr_matrix]:
    """Passages of `tokens` and their counts over a vocabulary that is given: csr (n_passages, n_terms)."""
    check(tokens, "tokens")
    if tokens.empty:
        raise DataError("tokens is empty: there is no passage to infer topics for. Check segmentation.")
    rows, passages = pd.factorize(tokens["passage_id"].astype("str"))
    columns = vocabulary.get_indexer(pd.Index(tokens["term"].astype("str")))
    known = columns >= 0
    counts = sparse.csr_matrix(
        (np.ones(int(known.sum())), (rows[known], columns[known])), shape=(len(passages), len(vocabulary))
    )
    counts.sum_duplicates()
    return pd.Index(passages), counts


def score_completion(model: TopicModel, counts: sparse.csr_matrix, *, seed: int = 1) -> float:
    """Log likelihood of unseen passages by document completion, in nats per token; exp(-x) is perplexity.

    The tokens of each passage are dealt into two halves; its topics are inferred from one, phi held, and the
    other is foretold by them; then the other way round.

    Parameters
    ----------
    model
        Fitted without these passages.
    counts
        Whole numbers, csr (n_passages, n_terms), columns those of the model.
    seed
        Deals the halves.

    References: Wallach, Murray, Salakhutdinov & Mimno (2009), ICML, section 5.1 (estimated theta).
    """
    if counts.shape[1] != len(model.vocabulary) or not counts.sum():
        raise DataError(
            f"held-out counts have {counts.shape[1]} terms and {int(counts.sum())} tokens, the model has "
            f"{len(model.vocabulary)} terms: pass passages with tokens, counted over the model's vocabulary."
        )
    half = np.random.default_rng(seed).binomial(counts.data.astype(np.int64), 0.5).astype(np.float64)
    rest = counts.data - half
    seen, hidden = np.concatenate([half, rest]), np.concatenate([rest, half])
    starts = np.concatenate([counts.indptr, counts.indptr[1:] + counts.nnz]).astype(np.int64)
    terms, chances = np.tile(counts.indices, 2).astype(np.int32), np.ascontiguousarray(model.phi.T)
    amounts = np.add.reduceat(np.append(seen, 0.0), starts[:-1])[:, None] * model.alpha / model.alpha.sum()
    amounts[np.diff(starts) == 0] = 0.0
    alpha, demand = np.array(model.alpha), np.empty(model.n_topics)
    before = -np.inf
    for _ in range(_COMPLETION_ROUNDS):
        likelihood = _kernels_given.complete_passages(
            starts, terms, seen, hidden, chances, alpha, amounts, demand
        )
        if abs(likelihood - before) < 1e-6 * abs(likelihood):
            break
        before = likelihood
    return float(likelihood / counts.data.sum())


def fold_in(
    counts: sparse.csr_matrix,
    phi: np.ndarray,
    alpha: np.ndarray,
    *,
    max_iterations: int = 200,
    tolerance: float = 1e-6,
) -> np.ndarray:
    """Theta (n_passages, n_topics) of counts under topics that stay as they are, in parts that fit into memory."""
    theta = np.tile(alpha / alpha.sum(), (counts.shape[0], 1))
    part = np.cumsum(np.diff(counts.indptr)) * len(alpha) // _CHUNK
    edges = np.append(np.flatnonzero(np.diff(part, prepend=-1)), counts.shape[0])
    for first, last in zip(edges[:-1], edges[1:], strict=True):
        theta[first:last] = _fold_in_part(counts[first:last], phi, alpha, max_iterations, tolerance)
    return theta


def _fold_in_part(
    counts: sparse.csr_matrix, phi: np.ndarray, alpha: np.ndarray, max_iterations: int, tolerance: float
) -> np.ndarray:
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    gather = sparse.csr_matrix(
        (counts.data, np.arange(counts.nnz), counts.indptr), (len(counts.indptr) - 1, counts.nnz)
    )
    lengths = np.asarray(counts.sum(axis=1)).reshape(-1, 1)
    chances = phi.T[counts.indices]
    chosen = _to_one(chances * alpha)
    amounts = gather @ chosen
    moving = np.ones(counts.shape[0], dtype=bool)  # a passage rests for itself, whatever its neighbours do
    for _ in range(max_iterations):
        pairs = moving[rows]
        chosen[pairs] = _to_one((amounts[rows[pairs]] - chosen[pairs] + alpha) * chances[pairs])
        before, amounts = amounts, gather @ chosen
        moving &= (np.abs(amounts - before) > tolerance * np.maximum(lengths, 1)).any(axis=1)
        if not moving.any():
            break
    return (amounts + alpha) / (lengths + alpha.sum())


def _to_one(values: np.ndarray) -> np.ndarray:
    return values / values.sum(axis=1, keepdims=True)
