"""A document-term matrix comes in; a topic model goes out, whatever engine fitted it."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import sparse
from threadpoolctl import threadpool_limits

from discourse.contracts import DocumentTermMatrix, TopicModel
from discourse.errors import DataError, SettingError, suggest
from discourse.topics import _gensim

ENGINES: dict[str, Callable[..., _gensim.Fit]] = {"gensim": _gensim.fit}


def fit_lda(
    dtm: DocumentTermMatrix,
    *,
    n_topics: int = 20,
    seed: int = 1,
    engine: str = "gensim",
    alpha: float = 0.1,
    eta: float = 0.1,
    max_iterations: int = 500,
    tolerance: float = 1e-5,
) -> TopicModel:
    """Fit latent Dirichlet allocation until another pass over the passages brings no more.

    Parameters
    ----------
    dtm
        Counts (n_passages, n_terms).
    n_topics
        Number of topics, K.
    seed
        Where the engine's own generator starts; numpy's global generator is neither read nor moved.
    engine
        Who fits: ``gensim`` (batch variational Bayes, one process).
    alpha
        Symmetric Dirichlet prior of theta, per topic. Small on purpose: 50 / K, advised in older papers for
        long texts, pulls paragraphs so far to the middle that a difference between documents shrinks to 0.38
        of itself.
    eta
        Symmetric Dirichlet prior of phi, per term.
    max_iterations
        Passes over the matrix at most.
    tolerance
        It has converged when a pass raises the bound by less than this share of its size.

    Returns
    -------
    TopicModel
        Topics in order of decreasing prevalence (length-weighted mean theta). `settings` records every
        argument, ``converged``, ``n_iterations`` and ``log_likelihood``: sum c log(theta phi) / sum c in nats
        per token, the same for every engine. `trace` holds what the engine raises (gensim: its bound), in
        nats per token.

    Raises
    ------
    SettingError
        Unknown engine; a setting out of range.
    DataError
        No counts; more topics than half the passages or than terms.

    Warns
    -----
    UserWarning
        The priors alpha add up to more than 5; it did not converge.
    """
    fit = _engine(engine)
    _check_priors(alpha, eta, n_topics)
    _check_stopping(max_iterations, tolerance, seed)
    _check_size(dtm, n_topics)
    counts = dtm.counts.astype(np.float64)
    # one thread: sums of another number of threads differ in the last bits
    with threadpool_limits(limits=1):
        answer = fit(
            counts,
            n_topics=n_topics,
            seed=seed,
            alpha=alpha,
            eta=eta,
            max_iterations=max_iterations,
            tolerance=tolerance,
        )
        phi, theta = _largest_first(answer.phi, answer.theta, counts)
        log_likelihood = score_likelihood(phi, theta, counts)
    if not answer.converged:
        warnings.warn(
            f"the model with {n_topics} topics and seed {seed} did not converge in {max_iterations} iterations: "
            "raise max_iterations.",
            stacklevel=2,
        )
    return TopicModel(
        phi=phi,
        theta=theta,
        alpha=np.full(n_topics, float(alpha)),
        eta=float(eta),
        passages=dtm.passages,
        vocabulary=dtm.vocabulary,
        lengths=_sums(counts, axis=1),
        term_counts=_sums(counts, axis=0),
        settings={
            "engine": engine,
            "n_topics": int(n_topics),
            "seed": int(seed),
            "alpha": float(alpha),
            "eta": float(eta),
            "max_iterations": int(max_iterations),
            "tolerance": float(tolerance),
            "converged": bool(answer.converged),
            "n_iterations": len(answer.trace),
            "log_likelihood": log_likelihood,
        },
        trace=pd.DataFrame(
            {"iteration": np.arange(1, len(answer.trace) + 1), "log_likelihood": answer.trace}
        ),
    )


def score_likelihood(phi: np.ndarray, theta: np.ndarray, counts: sparse.csr_matrix) -> float:
    """Plug-in log likelihood of counts (n_passages, n_terms) in nats per token: sum c log(theta phi) / sum c."""
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    chances = np.einsum("ik,ik->i", theta[rows], phi.T[counts.indices])
    return float(counts.data @ np.log(chances) / counts.data.sum())


def _engine(name: str) -> Callable[..., _gensim.Fit]:
    if name not in ENGINES:
        raise SettingError(
            f"engine={name!r} is not known. {suggest(name, ENGINES)}Engines: {', '.join(ENGINES)}."
        )
    return ENGINES[name]


def _check_priors(alpha: float, eta: float, n_topics: int) -> None:
    if isinstance(n_topics, bool) or not isinstance(n_topics, int | np.integer) or n_topics < 2:
        raise SettingError(f"n_topics must be a whole number of at least 2, is {n_topics!r}.")
    for name, value in (("alpha", alpha), ("eta", eta)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < np.inf:
            raise SettingError(f"{name} must be a number above 0, is {value!r}; usual values are 0.01 to 1.")
    if alpha * n_topics > 5:
        warnings.warn(
            f"alpha={alpha:g} for each of {n_topics} topics adds up to {alpha * n_topics:g}: above 5, differences "
            f"between documents shrink. Choose alpha of at most {5 / n_topics:.2g}.",
            stacklevel=3,
        )


def _check_stopping(max_iterations: int, tolerance: float, seed: int) -> None:
    for name, value, least in (("max_iterations", max_iterations, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise SettingError(f"{name} must be a whole number of at least {least}, is {value!r}.")
    if seed >= 2**32:
        raise SettingError(f"seed must be below 2**32, is {seed}.")
    if not 0 < tolerance < 1:
        raise SettingError(f"tolerance must be between 0 and 1, is {tolerance!r}; a usual value is 1e-5.")


def _check_size(dtm: DocumentTermMatrix, n_topics: int) -> None:
    n_passages, n_terms = dtm.counts.shape
    if not dtm.counts.sum():
        raise DataError(
            "the document-term matrix is empty: topics need counts. Check stop lists, min_df and max_df."
        )
    allowed = min(n_passages // 2, n_terms)
    if n_topics > allowed:
        advice = f"choose n_topics of at most {allowed} or add texts" if allowed >= 2 else "add texts"
        raise DataError(
            f"n_topics={n_topics} is too many for {n_passages} passages and {n_terms} terms "
            f"(a topic needs two passages on average, and a term): {advice}."
        )


def _largest_first(
    phi: np.ndarray, theta: np.ndarray, counts: sparse.csr_matrix
) -> tuple[np.ndarray, np.ndarray]:
    """Topics in order of decreasing prevalence, so that topic 0 is the largest."""
    # rounded, so that topics of one size keep their order whatever the last bits say
    prevalence = np.round(_sums(counts, axis=1) @ theta / counts.sum(), 12)
    order = np.argsort(-prevalence, kind="stable")
    return np.ascontiguousarray(phi[order]), np.ascontiguousarray(theta[:, order])


def _sums(counts: sparse.csr_matrix, *, axis: int) -> np.ndarray:
    return np.asarray(counts.sum(axis=axis), dtype=np.float64).ravel()
