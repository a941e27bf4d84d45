"""What engines take and answer with: counts of terms in passages, and a fitted topic model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from discourse.errors import ContractError
from discourse.notebook import render_card

_MOST_SHOWN = 30  # topics in a notebook


@dataclass(frozen=True)
class DocumentTermMatrix:
    """Counts of terms in passages: `counts` csr int32 (n_passages, n_terms), row and column labels."""

    counts: sparse.csr_matrix
    passages: pd.Index
    vocabulary: pd.Index

    def __post_init__(self) -> None:
        if self.counts.shape != (len(self.passages), len(self.vocabulary)):
            raise ContractError(
                f"document-term matrix: counts are {self.counts.shape}, "
                f"labels are {(len(self.passages), len(self.vocabulary))}"
            )
        if self.counts.dtype != np.int32 or (self.counts.data < 0).any():
            raise ContractError("document-term matrix: counts must be int32 and not negative")
        if not (self.passages.is_unique and self.vocabulary.is_unique):
            raise ContractError("document-term matrix: passages and vocabulary must not repeat")


@dataclass(frozen=True)
class TopicModel:
    """A fitted topic model: what every engine answers with.

    phi (n_topics, n_terms), theta (n_passages, n_topics): float64, rows sum to 1; alpha (n_topics,), eta:
    Dirichlet priors; lengths (n_passages,) tokens a passage; term_counts (n_terms,); settings: what it was
    fitted with; trace: columns iteration, log_likelihood (nats per token).
    """

    phi: np.ndarray
    theta: np.ndarray
    alpha: np.ndarray
    eta: float
    passages: pd.Index
    vocabulary: pd.Index
    lengths: np.ndarray
    term_counts: np.ndarray
    settings: Mapping[str, Any] = field(default_factory=dict)
    trace: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"iteration": [], "log_likelihood": []}))

    def __post_init__(self) -> None:
        n_topics = self.n_topics
        shapes = {
            "phi": (n_topics, len(self.vocabulary)),
            "theta": (len(self.passages), n_topics),
            "alpha": (n_topics,),
            "lengths": (len(self.passages),),
            "term_counts": (len(self.vocabulary),),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise ContractError(f"topic model: {name} has shape {array.shape}, expected {shape}")
            if not np.isfinite(array).all():
                raise ContractError(f"topic model: {name} has values that are not finite")
            array.flags.writeable = False
        for name in ("phi", "theta"):
            if not np.allclose(getattr(self, name).sum(axis=1), 1.0, atol=1e-9):
                raise ContractError(f"topic model: rows of {name} do not sum to 1")

    @property
    def n_topics(self) -> int:
        """Number of topics."""
        return int(self.phi.shape[0])

    def _repr_html_(self) -> str:
        """Show topics, their shares of all tokens and their most probable terms in a notebook."""
        shares = self.lengths @ self.theta / max(self.lengths.sum(), 1)
        tops = np.argsort(-self.phi, axis=1, kind="stable")[:, :10]
        return render_card(
            f"TopicModel, K = {self.n_topics}",
            {
                "passages": len(self.passages),
                "terms": len(self.vocabulary),
                "tokens": int(self.lengths.sum()),
            },
            columns=("topic", "share", "terms"),
            rows=[
                (f"T{k}", f"{100 * shares[k]:.1f}%", " ".join(self.vocabulary[top]))
                for k, top in enumerate(tops[:_MOST_SHOWN])
            ],
            note=f"{self.n_topics - _MOST_SHOWN} more topics" if self.n_topics > _MOST_SHOWN else "",
        )
