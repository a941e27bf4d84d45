"""The rest of the story: other models, maps, set phrases and repeated text, small and made up by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from discourse.contracts import check, empty

N_MODELS = 6


def further_tables(contrasts: pd.DataFrame, documents: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables that follow from the contrasts and documents of the story, each in its contract."""
    tables = {
        "universes": _universes(),
        "specifications": _specifications(contrasts),
        "robustness": _robustness(contrasts),
    }
    return {name: check(table, name) for name, table in tables.items()}


def _table(name: str, rows: list[tuple], **dtypes: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(empty(name).columns)).astype(dtypes)


def _universes() -> pd.DataFrame:
    rows = [(f"m{i}", "cvb0", 3 + i % 2, i // 2, -5.0, 80, True, 18, 1.0, False) for i in range(N_MODELS)]
    return _table("universes", rows)


def _specifications(contrasts: pd.DataFrame) -> pd.DataFrame:
    """The first model has lost every topic; differences grow from model to model, p falls."""
    rows = [
        (row.factor, row.target, row.reference, row.topic, f"m{i}", i > 0, 0.9)
        + ((row.difference + (i - 3) / 100, 0.06 - i / 100) if i else (np.nan, np.nan))
        for row, i in itertools.product(contrasts.itertuples(), range(N_MODELS))
    ]
    return _table("specifications", rows)


def _robustness(contrasts: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for i, row in enumerate(contrasts.itertuples()):
        badge = (
            ("robust", "fragile", "model-made")[i % 3]
            if row.verdict in ("higher", "lower")
            else "cannot tell"
        )
        failed = "same sign; significant" if badge == "fragile" else ""
        numbers = (N_MODELS, 5, 1.0, 0.8, row.difference, row.difference - 0.1, row.difference + 0.1)
        rows.append((row.factor, row.target, row.reference, row.topic, badge, failed, *numbers, "seed", 0.7))
    return _table("robustness", rows)
