"""A document-term matrix comes in; a topic model goes out, whatever engine fitted it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from discourse.contracts import DocumentTermMatrix, TopicModel
from discourse.errors import DataError, SettingError, suggest
from discourse.topics import _gensim
from discourse.topics.quality import score_likelihood


class Fit(Protocol):
    """What every engine answers with; `trace`: (iteration, what the engine raises in nats per token)."""

    @property
    def phi(self) -> np.ndarray: ...  # noqa: D102
    @property
    def theta(self) -> np.ndarray: ...  # noqa: D102
    @property
    def alpha(self) -> np.ndarray: ...  # noqa: D102
    @property
    def eta(self) -> float: ...  # noqa: D102
    @property
    def trace(self) -> list[tuple[int, float]]: ...  # noqa: D102
    @property
    def converged(self) -> bool: ...  # noqa: D102
    @property
    def n_iterations(self) -> int: ...  # noqa: D102


ENGINES: dict[str, Callable[..., Fit]] = {"gensim": _gensim.fit}


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
    settings: dict[str, Any] = {
        "n_topics": int(n_topics),
        "seed": int(seed),
        "alpha": float(alpha),
        "eta": float(eta),
        "max_iterations": int(max_iterations),
        "tolerance": float(tolerance),
    }
    # one thread: sums of another number of threads differ in the last bits
    with threadpool_limits(limits=1):
        model = _as_model(fit(dtm.counts.astype(np.float64), **settings), dtm, {"engine": engine, **settings})
    if not model.settings["converged"]:
        warnings.warn(
            f"the model of {n_topics} topics, seed {seed}, did not converge in {max_iterations} iterations: "
            "raise max_iterations.",
            stacklevel=2,
        )
    return model


def _engine(name: str) -> Callable[..., Fit]:
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
    if alpha * n_topics > 5 * (1 + 1e-12):  # 50 topics of 0.1 are allowed
        warnings.warn(
            f"alpha={alpha:g} for each of {n_topics} topics adds up to {alpha * n_topics:g}: above 5, "
            f"differences between documents shrink. Choose alpha up to {np.floor(500 / n_topics) / 100:g}.",
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


def _as_model(fit: Fit, dtm: DocumentTermMatrix, settings: dict[str, Any]) -> TopicModel:
    """Build the model that leaves the room: topics by decreasing prevalence, settings with the outcome."""
    lengths = np.asarray(dtm.counts.sum(axis=1), dtype=np.float64).ravel()
    order = _largest_first(lengths @ fit.theta / lengths.sum())
    phi, theta = np.ascontiguousarray(fit.phi[order]), np.ascontiguousarray(fit.theta[:, order])
    outcome = {
        "converged": bool(fit.converged),
        "n_iterations": int(fit.n_iterations),
        "log_likelihood": score_likelihood(phi, theta, dtm.counts),
    }
    return TopicModel(
        phi=phi,
        theta=theta,
        alpha=np.array(fit.alpha, dtype=np.float64)[order],
        eta=float(fit.eta),
        passages=dtm.passages,
        vocabulary=dtm.vocabulary,
        lengths=lengths,
        term_counts=np.asarray(dtm.counts.sum(axis=0), dtype=np.float64).ravel(),
        settings={**settings, **outcome},
        trace=pd.DataFrame(fit.trace, columns=["iteration", "log_likelihood"]),
    )


def _largest_first(prevalence: np.ndarray) -> np.ndarray:
    """Order topics by prevalence; rounded, so that equal ones keep theirs whatever the last bits say."""
    return np.argsort(-np.round(prevalence, 12), kind="stable")
