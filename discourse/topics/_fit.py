"""What every engine answers with, and the model that is made of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from discourse.contracts import DocumentTermMatrix, TopicModel
from discourse.topics.quality import score_likelihood


class Fit(NamedTuple):
    """What an engine answers with: arrays of a `TopicModel`, and how it came to them.

    trace: (iteration, what the engine raises, in nats per token).
    """

    phi: np.ndarray
    theta: np.ndarray
    alpha: np.ndarray
    eta: float
    trace: list[tuple[int, float]]
    converged: bool
    n_iterations: int


def as_model(fit: Fit, dtm: DocumentTermMatrix, settings: dict[str, Any]) -> TopicModel:
    """Build the model that leaves the room: topics by decreasing prevalence, those of themes first."""
    lengths = np.asarray(dtm.counts.sum(axis=1), dtype=np.float64).ravel()
    order = _largest_first(lengths @ fit.theta / lengths.sum())
    n_themes = len(settings.get("themes", ()))
    order = np.append(np.arange(n_themes), order[order >= n_themes])
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
