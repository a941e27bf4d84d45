"""Small made-up worlds: tables of shares and metadata with a story, seeded."""

from __future__ import annotations

import numpy as np
import pandas as pd

from discourse.contracts import CONTRACTS


def make_documents(**columns: list) -> pd.DataFrame:
    """A `documents` table; columns that are not given are NA (texts and sources are made up)."""
    n_documents = len(next(iter(columns.values())))
    ids = [f"d{i:03d}" for i in range(n_documents)]
    filled = {"doc_id": ids, "source_id": ids, "text": [""] * n_documents} | columns
    kinds = {name: rule.rstrip("!") for name, rule in CONTRACTS["documents"].columns.items()}
    whole = {
        name: filled.get(name, [0 if kind == "int" else None] * n_documents) for name, kind in kinds.items()
    }
    table = pd.DataFrame(whole | {name: filled[name] for name in filled if name not in kinds})
    return table.astype({name: "str" for name, kind in kinds.items() if kind == "str"})


def make_shares(documents: pd.DataFrame, values: np.ndarray, n_passages: int = 7) -> pd.DataFrame:
    """A `shares` table with `values` (n_documents, n_topics) brought to sum 1."""
    values = np.asarray(values, dtype=np.float64)
    topics = {f"topic_{k}": column for k, column in enumerate((values / values.sum(axis=1, keepdims=True)).T)}
    return pd.DataFrame({"doc_id": documents["doc_id"], "n_passages": n_passages, "n_tokens": 400, **topics})


def draw_shares(rng: np.random.Generator, shifts: np.ndarray, sd: float = 0.8) -> np.ndarray:
    """Logistic-normal shares (n_documents, n_topics) about the logits `shifts`."""
    raised = np.exp(shifts + rng.normal(0.0, sd, shifts.shape))
    return raised / raised.sum(axis=1, keepdims=True)


def two_groups(
    n_target: int,
    n_reference: int,
    *,
    n_topics: int = 4,
    effect: float = 0.0,
    seed: int = 0,
    by: str = "level",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cities and districts; topic 0 is raised by `effect` on the logit in the cities."""
    rng = np.random.default_rng(seed)
    groups = ["city"] * n_target + ["district"] * n_reference
    shifts = np.zeros((len(groups), n_topics))
    shifts[:n_target, 0] = effect
    documents = make_documents(**{by: groups})
    return make_shares(documents, draw_shares(rng, shifts)), documents
