"""Documents in, a table of two of their columns out, with the empty cells that a comparison has to know of."""

from __future__ import annotations

from typing import Any

import pandas as pd

from discourse.contracts import LEVELS
from discourse.report.labels import Text, group_label

MAX_ROWS = 60
UNKNOWN = Text(zh="未知", en="unknown")


def cross_documents(documents: pd.DataFrame, *, row: str = "region", column: str = "level") -> dict[str, Any]:
    """Count documents by `row` and `column`: rows, columns, sums, and how many cells hold none or one.

    Documents whose place is unknown stand in a row (column) of their own, the last. `n_empty` and `n_single`
    count cells of known rows and columns only; `n_left_out` rows beyond `MAX_ROWS` are not listed. `group` is the
    value of a row or column as the tables have it, None where it is unknown.
    """
    if not len(documents):
        return {"rows": [], "columns": [], "n_empty": 0, "n_single": 0, "n_cells": 0, "n_left_out": 0}
    keys, across = _groups(documents, row), _groups(documents, column)
    counts = _count(documents, row, column)
    known = [counts.get((r, c), 0) for r in keys if r is not None for c in across if c is not None]
    return {
        "columns": [_name(column, c) | {"n": sum(counts.get((r, c), 0) for r in keys)} for c in across],
        "rows": [
            _name(row, r) | {"counts": [counts.get((r, c), 0) for c in across]}
            | {"n": sum(counts.get((r, c), 0) for c in across)}
            for r in keys[:MAX_ROWS]
        ],
        "n_empty": known.count(0),
        "n_single": known.count(1),
        "n_cells": len(known),
        "n_left_out": len(keys[MAX_ROWS:]),
    }  # fmt: skip


def _groups(documents: pd.DataFrame, column: str) -> list[str | None]:
    """Groups of a column: levels from the centre down, else the largest first; what is unknown comes last."""
    sizes = documents[column].value_counts()
    order = sorted(sizes.index, key=lambda group: (-sizes[group], group))
    if column == "level":
        order.sort(key=lambda group: LEVELS.index(group) if group in LEVELS else len(LEVELS))
    return [*map(str, order), *([None] if documents[column].isna().any() else [])]


def _count(documents: pd.DataFrame, row: str, column: str) -> dict[tuple[str | None, str | None], int]:
    places = documents[[row, column]].astype(object).itertuples(index=False, name=None)
    counts: dict[tuple[str | None, str | None], int] = {}
    for place in places:
        r, c = (None if pd.isna(value) else str(value) for value in place)
        counts[r, c] = counts.get((r, c), 0) + 1
    return counts


def _name(factor: str, group: str | None) -> dict[str, Any]:
    return {
        "label": UNKNOWN if group is None else group_label(factor, group),
        "known": group is not None,
        "group": group,
    }
