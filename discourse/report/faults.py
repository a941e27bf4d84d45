"""Sources and passages in; what could not be read, and what stands in the corpus more than once, out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from discourse.report.labels import rows

MAX_FAULTS = 200
NEARLY_WHOLE = 0.9  # share of a document's letters from which on it counts as a repetition of earlier ones


def list_faults(sources: pd.DataFrame) -> dict[str, Any]:
    """Texts that could not be read (`error`) or not without loss (`n_lost` characters no encoding explains).

    n_unread, n_damaged count all of them; `rows` has the first `MAX_FAULTS`, those that were not read first.
    """
    unread, damaged = sources["error"].notna(), sources["n_lost"] > 0
    own = pd.concat([sources[unread], sources[damaged & ~unread]]).head(MAX_FAULTS)
    return {
        "n_unread": int(unread.sum()),
        "n_damaged": int((damaged & ~unread).sum()),
        "rows": rows(own, "path", "member", "row", "encoding", "n_lost", "error"),
    }


def count_repeated(passages: pd.DataFrame) -> dict[str, int]:
    """How many passages repeat earlier ones, in how many documents, and how many of these do so nearly whole."""
    lengths = passages["text"].str.len().astype(float)
    repeats = passages["reuse_id"].notna()
    by_document = lengths.where(repeats, 0.0).groupby(passages["doc_id"]).sum()
    whole = lengths.groupby(passages["doc_id"]).sum()
    return {
        "passages": int(repeats.sum()),
        "documents": int(passages.loc[repeats, "doc_id"].nunique()),
        "whole": int((by_document >= NEARLY_WHOLE * whole)[whole > 0].sum()),
    }
