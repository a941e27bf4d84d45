"""Engines: latent Dirichlet allocation by Spark's MLlib; counts come in, what every engine answers with goes out.

``spark`` is MLlib's expectation maximisation (`fit_by_em`): posterior modes, whose update is cvb0's but for leaving
out the token itself, and so comes closest to it. ``spark-online`` is MLlib's online variational Bayes
(`fit_online`): less exact on short passages, but nothing of a passage is kept or sent between passes.

MLlib's own theta depends on a random start (online) or is not given (EM); here theta is
`discourse.topics.infer.fold_in` with MLlib's phi held, exact and the same wherever it is computed.

References: Asuncion, Welling, Smyth & Teh (2009), UAI (EM); Hoffman, Blei & Bach (2010), NIPS 23 (online);
Meng et al. (2016), JMLR 17 (MLlib).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np
import pandas as pd
from scipy import sparse

from discourse.topics._fit import Fit
from discourse.topics.infer import fold_in
from discourse.topics.quality import mix_at, score_likelihood

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PASSES = 100  # of EM; docs/spark.md has what fewer cost
ROUNDS = 100  # of online variational Bayes, each over a share of the passages
_BATCH = 128  # passages a round: more of them part the topics later, fewer make phi noisy
_STEP_OFFSET, _STEP_DECAY = 10.0, 0.7
_PAIRS_A_PART = 500_000
_CHECKPOINT = 10  # passes of EM; each is one more layer on what Spark would compute again


class Asked(TypedDict):
    """What an engine is asked besides the counts; a prior that is None it chooses itself."""

    n_topics: int
    seed: int
    alpha: float | None
    eta: float | None
    max_iterations: int
    tolerance: float


def fit_by_em(session: SparkSession, counts: sparse.csr_matrix, **asked: Unpack[Asked]) -> Fit:
    """Fit topics to counts (n_passages, n_terms) in 100 passes, or in `max_iterations` if that is fewer.

    alpha and eta are the weights beside the counts, as in cvb0; MLlib's own parameters are larger by 1, being
    those of modes. If None, alpha is 1 / K and eta 1 / K, at least 0.02 and at most 0.1. It has converged when
    one more pass, ours, raises the likelihood by less than `tolerance` of its size; MLlib itself does not ask.
    The trace has one row: the likelihood in nats per token after the last pass.
    """
    passes, alpha, eta = min(asked["max_iterations"], PASSES), *_priors(asked)
    alphas = np.full(asked["n_topics"], alpha)
    with _fitted(
        session,
        counts,
        asked,
        maxIter=passes,
        optimizer="em",
        docConcentration=[1 + alpha],
        topicConcentration=1 + eta,
        checkpointInterval=_CHECKPOINT,
    ) as (model, frame):
        phi = _rows_to_one(model.topicsMatrix().toArray().T + eta)
        theta = _infer(frame, phi, alphas)
    return _answer(counts, phi, theta, alphas, eta, n_iterations=passes, tolerance=asked["tolerance"])


def fit_online(session: SparkSession, counts: sparse.csr_matrix, **asked: Unpack[Asked]) -> Fit:
    """Fit topics by online variational Bayes: 100 rounds over 128 passages each, or over all if they are fewer.

    alpha is where MLlib begins to learn its own, eta stays; None, convergence and trace as in `fit_by_em`, but
    `max_iterations` bounds the rounds.
    """
    rounds, alpha, eta = min(asked["max_iterations"], ROUNDS), *_priors(asked)
    with _fitted(
        session,
        counts,
        asked,
        maxIter=rounds,
        optimizer="online",
        subsamplingRate=min(1.0, _BATCH / counts.shape[0]),
        learningOffset=_STEP_OFFSET,
        learningDecay=_STEP_DECAY,
        docConcentration=[alpha],
        topicConcentration=eta,
        optimizeDocConcentration=True,
    ) as (model, frame):
        phi = _rows_to_one(model.topicsMatrix().toArray().T)
        learnt = np.array(model.estimatedDocConcentration().toArray(), dtype=np.float64)
        theta = _infer(frame, phi, learnt)
    return _answer(counts, phi, theta, learnt, eta, n_iterations=rounds, tolerance=asked["tolerance"])


@contextmanager
def _fitted(
    session: SparkSession, counts: sparse.csr_matrix, asked: Asked, **steps: Any
) -> Iterator[tuple[Any, DataFrame]]:
    """Yield MLlib's model, and the counts that it was fitted to while they lie on the cluster."""
    from pyspark.ml.clustering import LDA

    engine = LDA(k=asked["n_topics"], seed=asked["seed"], **steps)
    with _shipped(session, counts) as frame:
        yield engine.fit(_as_vectors(frame, counts.shape[1])), frame


def _priors(asked: Asked) -> tuple[float, float]:
    """Alpha and eta as asked, or what suits the number of topics."""
    own, alpha, eta = 1 / asked["n_topics"], asked["alpha"], asked["eta"]
    return own if alpha is None else alpha, float(np.clip(own, 0.02, 0.1)) if eta is None else eta


def _answer(
    counts: sparse.csr_matrix,
    phi: np.ndarray,
    theta: np.ndarray,
    alpha: np.ndarray,
    eta: float,
    *,
    n_iterations: int,
    tolerance: float,
) -> Fit:
    likelihood = score_likelihood(phi, theta, counts)
    rise = score_likelihood(_pass_once(counts, phi, theta, eta), theta, counts) - likelihood
    converged, trace = bool(rise < tolerance * abs(likelihood)), [(n_iterations, likelihood)]
    return Fit(phi, theta, alpha, eta, trace, converged, n_iterations)


@contextmanager
def _shipped(session: SparkSession, counts: sparse.csr_matrix) -> Iterator[DataFrame]:
    """One row a passage: its number, its terms and how often each occurs; cut the same for any cluster."""
    bounds = zip(counts.indptr[:-1], counts.indptr[1:], strict=True)
    rows = [
        (row, counts.indices[start:end].tolist(), counts.data[start:end].astype(np.float64).tolist())
        for row, (start, end) in enumerate(bounds)
    ]
    spread = session.sparkContext.parallelize(rows, count_parts(counts.nnz))
    frame = session.createDataFrame(spread, "row long, terms array<int>, n array<double>").persist()
    try:
        yield frame
    finally:
        frame.unpersist()


def count_parts(n_pairs: int) -> int:
    """Into how many parts pairs of passage and term are cut: by their number alone, not by the cluster."""
    return max(1, n_pairs // _PAIRS_A_PART)


def _as_vectors(frame: DataFrame, n_terms: int) -> DataFrame:
    from pyspark.ml.linalg import Vectors, VectorUDT
    from pyspark.sql.functions import udf

    as_vector = udf(lambda terms, n: Vectors.sparse(n_terms, terms, n), VectorUDT())
    return frame.select(as_vector("terms", "n").alias("features"))


def _infer(frame: DataFrame, phi: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Theta (n_passages, n_topics) by the executors."""
    shared = frame.sparkSession.sparkContext.broadcast((phi, alpha))
    rows = frame.mapInPandas(_folding(shared), "row long, theta array<double>").toArrow().sort_by("row")
    flat = rows["theta"].combine_chunks().flatten().to_numpy()
    return np.array(flat, dtype=np.float64).reshape(-1, len(alpha))


def _folding(shared: Any) -> Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]]:
    def infer(tables: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        phi, alpha = shared.value
        for table in tables:
            if len(table):
                bounds = np.cumsum([0, *map(len, table["terms"])])
                parts = (np.concatenate(table["n"].tolist()), np.concatenate(table["terms"].tolist()), bounds)
                counts = sparse.csr_matrix(parts, shape=(len(table), phi.shape[1]))
                yield pd.DataFrame({"row": table["row"], "theta": list(fold_in(counts, phi, alpha))})

    return infer


def _pass_once(counts: sparse.csr_matrix, phi: np.ndarray, theta: np.ndarray, eta: float) -> np.ndarray:
    """Phi after one more pass of expectation and maximisation, theta held."""
    weights = sparse.csr_matrix(
        (counts.data / mix_at(counts, theta, phi), counts.indices, counts.indptr), shape=counts.shape
    )
    return _rows_to_one(phi * np.ascontiguousarray((weights.T @ theta).T) + eta)


def _rows_to_one(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values / values.sum(axis=1, keepdims=True), dtype=np.float64)
