"""Stretches of raw text in, the repairs logged inside them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from discourse.report.labels import rows

MAX_EDITS = 60


class Repairs:
    """The logged edits of all sources, looked up by place."""

    def __init__(self, edits: pd.DataFrame) -> None:
        self._edits = edits.sort_values(["source_id", "start", "end"], kind="stable")
        self._of_source = self._edits.groupby("source_id", sort=False).indices
        self._starts = self._edits["start"].to_numpy(dtype=np.int64)
        self._ends = self._edits["end"].to_numpy(dtype=np.int64)

    def between(self, source_id: str, start: int | None, end: int | None) -> Mapping[str, Any]:
        """Raw offsets as given, and the edits that lie between them.

        raw: [start, end], None where they are unknown; edits: [before, after, rule], at most `MAX_EDITS`;
        n_edits: of all.
        """
        if start is None or end is None:
            return {"raw": None, "edits": [], "n_edits": 0}
        own = np.asarray(self._of_source.get(source_id, ()), dtype=np.intp)
        own = own[(self._starts[own] >= start) & (self._ends[own] <= end)]
        found = rows(self._edits.iloc[own[:MAX_EDITS]], "before", "after", "rule")
        return {
            "raw": [start, end],
            "edits": [[edit["before"], edit["after"], edit["rule"]] for edit in found],
            "n_edits": len(own),
        }
