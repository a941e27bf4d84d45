"""Engine: latent Dirichlet allocation by collapsed Gibbs sampling, on tomotopy (extra `gibbs`).

For a reviewer who wants another inference than the variational ones. One worker, because tomotopy repeats
itself only then; phi and theta are those of the last state.

Reference: Griffiths & Steyvers (2004), Finding scientific topics, PNAS 101.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from discourse.errors import SettingError
from discourse.topics._fit import Fit

MEASURE_EVERY = 10
COMPARED = 10  # measurements in each of the two stretches whose means are compared


def fit(
    counts: sparse.csr_matrix,
    *,
    n_topics: int,
    seed: int,
    alpha: float | None = None,
    eta: float | None = None,
    max_iterations: int,
    tolerance: float,
) -> Fit:
    """Fit topics to counts (n_passages, n_terms); the trace is the sampler's log likelihood in nats per token.

    A chain never comes to rest: it has converged when the mean log likelihood of the last hundred iterations
    lies less than `tolerance` of its size an iteration above that of the hundred before.
    alpha: 0.1 at first and learnt, one value a topic, if None; eta: 0.01 if None.
    Raises SettingError where tomotopy is not installed.
    """
    learns, eta = alpha is None, 0.01 if eta is None else eta
    model = _tomotopy().LDAModel(k=n_topics, alpha=0.1 if alpha is None else alpha, eta=eta, seed=seed)
    model.optim_interval = 10 if learns else 0  # a prior that was given stays
    _fill(model, counts)
    trace: list[tuple[int, float]] = []
    converged = False
    while not converged and (not trace or trace[-1][0] < max_iterations):
        done = trace[-1][0] if trace else 0
        step = min(MEASURE_EVERY, max_iterations - done)
        model.train(step, workers=1)
        trace.append((done + step, float(model.ll_per_word)))
        converged = _at_rest([value for _, value in trace], tolerance)
    phi, theta = _distributions(model, counts)
    return Fit(phi, theta, np.asarray(model.alpha, dtype=np.float64), eta, trace, converged, trace[-1][0])


def _tomotopy() -> Any:
    try:
        import tomotopy
    except ImportError:
        raise SettingError(
            "engine='gibbs' needs tomotopy, which is not installed: pip install 'discourse-zh[gibbs]'."
        ) from None
    return tomotopy


def _fill(model: Any, counts: sparse.csr_matrix) -> None:
    """Give the passages to the model as lists of column numbers; it takes words only."""
    for first, last in zip(counts.indptr[:-1], counts.indptr[1:], strict=True):
        columns = np.repeat(counts.indices[first:last], counts.data[first:last].astype(np.int64))
        if len(columns):
            model.add_doc(columns.astype(str).tolist())


def _at_rest(values: list[float], tolerance: float) -> bool:
    if len(values) < 2 * COMPARED:
        return False
    before, after = np.mean(values[-2 * COMPARED : -COMPARED]), np.mean(values[-COMPARED:])
    return bool((after - before) / (COMPARED * MEASURE_EVERY) < tolerance * abs(after))


def _distributions(model: Any, counts: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """Phi over the columns of counts, theta over its rows; an empty passage has the prior's theta."""
    phi = np.zeros((model.k, counts.shape[1]))
    columns = [int(word) for word in model.used_vocabs]
    for topic in range(model.k):
        phi[topic, columns] = model.get_topic_word_dist(topic)
    phi = np.maximum(phi, phi[phi > 0].min())  # a term without tokens: no model has it, no chance may be zero
    theta = np.tile(np.asarray(model.alpha, dtype=np.float64), (counts.shape[0], 1))
    theta[np.diff(counts.indptr) > 0] = [document.get_topic_dist() for document in model.docs]
    return phi / phi.sum(axis=1, keepdims=True), theta / theta.sum(axis=1, keepdims=True)
