"""Engine: latent Dirichlet allocation by Spark's MLlib; counts come in, what every engine answers with goes out.

MLlib's online variational Bayes reads all passages in every pass (its mini-batches are made for streams), with
steps that shrink slowly; it learns alpha. Its own theta of a passage depends on a random start; here theta is
`discourse.topics.infer.fold_in` with MLlib's phi held, exact and the same wherever it is computed.

References: Hoffman, Blei & Bach (2010), NIPS 23; Meng et al. (2016), JMLR 17 (MLlib).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from discourse.topics._fit import Fit
from discourse.topics.infer import fold_in
from discourse.topics.quality import mix_at, score_likelihood

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PASSES = 50
_PAIRS_A_PART = 500_000  # sums of two parts do not depend on their order; those of more do, in the last bits
_STEP_OFFSET, _STEP_DECAY = 1.0, 0.51


def fit(
    session: SparkSession,
    counts: sparse.csr_matrix,
    *,
    n_topics: int,
    seed: int,
    alpha: float,
    eta: float,
    max_iterations: int,
    tolerance: float,
) -> Fit:
    """Fit topics to counts (n_passages, n_terms) in 50 passes, or in `max_iterations` if that is fewer.

    alpha is where MLlib begins to learn its own. It has converged when one more pass, ours, raises the
    likelihood by less than `tolerance` of its size; MLlib itself does not ask. The trace has one row: the
    likelihood in nats per token after the last pass.
    """
    from pyspark.ml.clustering import LDA

    passes = min(max_iterations, PASSES)
    frame = _ship(session, counts).persist()
    try:
        model = LDA(
            k=n_topics,
            seed=seed,
            maxIter=passes,
            optimizer="online",
            subsamplingRate=1.0,
            learningOffset=_STEP_OFFSET,
            learningDecay=_STEP_DECAY,
            docConcentration=[alpha],
            topicConcentration=eta,
            optimizeDocConcentration=True,
        ).fit(_as_vectors(frame, counts.shape[1]))
        phi = _rows_to_one(np.ascontiguousarray(model.topicsMatrix().toArray().T))
        learnt = np.array(model.estimatedDocConcentration().toArray(), dtype=np.float64)
        theta = _infer(frame, phi, learnt)
    finally:
        frame.unpersist()
    likelihood = score_likelihood(phi, theta, counts)
    rise = score_likelihood(_pass_once(counts, phi, theta, eta), theta, counts) - likelihood
    return Fit(
        phi=phi,
        theta=theta,
        alpha=learnt,
        eta=eta,
        trace=[(passes, likelihood)],
        converged=bool(rise < tolerance * abs(likelihood)),
        n_iterations=passes,
    )


def _ship(session: SparkSession, counts: sparse.csr_matrix) -> DataFrame:
    """One row a passage: its number, its terms and how often each occurs; cut the same for any cluster."""
    bounds = zip(counts.indptr[:-1], counts.indptr[1:], strict=True)
    rows = [
        (row, counts.indices[start:end].tolist(), counts.data[start:end].astype(np.float64).tolist())
        for row, (start, end) in enumerate(bounds)
    ]
    n_parts = max(2, counts.nnz // _PAIRS_A_PART)
    spread = session.sparkContext.parallelize(rows, n_parts)
    return session.createDataFrame(spread, "row long, terms array<int>, n array<double>")


def _as_vectors(frame: DataFrame, n_terms: int) -> DataFrame:
    from pyspark.ml.linalg import Vectors, VectorUDT
    from pyspark.sql.functions import udf

    as_vector = udf(lambda terms, n: Vectors.sparse(n_terms, terms, n), VectorUDT())
    return frame.select(as_vector("terms", "n").alias("features")).persist()


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
    return values / values.sum(axis=1, keepdims=True)
