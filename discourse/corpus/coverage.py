"""What is known of a corpus: documents and attributions in; counts by field, and by region and level, out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from discourse.contracts import CONTRACTS, LEVELS, check
from discourse.corpus.columns import FIELDS
from discourse.corpus.gazetteer import read_rows
from discourse.corpus.given import RULE as TABLE_RULE
from discourse.corpus.overrides import RULE as GIVEN_RULE
from discourse.resources import resource
from discourse.terminal import display_width, pad

_UNKNOWN = "未知 unknown"
_EMPTY = "·"
_NOT_FIELDS = ("is_segmented",)


def measure_coverage(documents: pd.DataFrame, attributions: pd.DataFrame) -> pd.DataFrame:
    """How much is known of each field, by whom, and how surely.

    Parameters
    ----------
    documents, attributions
        Tables of those names.

    Returns
    -------
    pandas.DataFrame
        `coverage`, one row a field, the user's own columns last: n_known and n_unknown documents; n_given, those
        of which a person or a table said it; confidence, the mean (0-1) over what is known, NA for a field
        that is not read off texts (`region`, which follows from the place).
    """
    own = [c for c in documents if c not in CONTRACTS["documents"].columns and c not in _NOT_FIELDS]
    by_field = attributions.groupby("field")
    given = attributions["rule"].isin((GIVEN_RULE, TABLE_RULE)).groupby(attributions["field"]).sum().to_dict()
    confidence = by_field["confidence"].mean().to_dict()
    names = [str(name) for name in (*FIELDS, *own)]
    known = [int(documents[name].notna().sum()) for name in names]
    table = pd.DataFrame(
        {
            "field": pd.Series(names, dtype="str"),
            "n_known": pd.Series(known, dtype="int64"),
            "n_unknown": pd.Series([len(documents) - n for n in known], dtype="int64"),
            "n_given": pd.Series([int(given.get(name, 0)) for name in names], dtype="int64"),
            "confidence": pd.Series([confidence.get(name) for name in names], dtype="float64"),
        }
    )
    return check(table, "coverage")


def cross_coverage(documents: pd.DataFrame, *, rows: str = "region", columns: str = "level") -> pd.DataFrame:
    """Number of documents in each cell of two columns of `documents`, with zeros, unknowns last.

    Returns
    -------
    pandas.DataFrame
        One row a value of `rows`, one column a value of `columns`; levels from central to village.
    """
    down, across = (documents[name].astype("str").fillna(_UNKNOWN) for name in (rows, columns))
    table = pd.crosstab(down, across)
    return table.reindex(index=_ordered(table.index, rows), columns=_ordered(table.columns, columns))


def render_coverage(documents: pd.DataFrame, attributions: pd.DataFrame, *, n_rows: int = 40) -> str:
    """Both tables as lines for a terminal, Chinese and English; `n_rows` regions at most."""
    coverage, cross = measure_coverage(documents, attributions), cross_coverage(documents)
    names = _read_labels()
    head = ["字段 field", "已知 known", "未知 unknown", "人工给定 given", "平均置信度 confidence"]
    lines = [
        [
            names.get(row["field"], row["field"]),
            *(str(row[count]) for count in ("n_known", "n_unknown", "n_given")),
            _share(row["confidence"]),
        ]
        for row in coverage.to_dict("records")
    ]
    levels = [names.get(str(name), str(name)) for name in cross.columns]
    cells = [
        [str(name), *(str(n) if n else _EMPTY for n in row)]
        for name, row in zip(cross.index, cross.to_numpy(), strict=True)
    ]
    known = cross.drop(index=_UNKNOWN, columns=_UNKNOWN, errors="ignore")
    more = [f"… 另有 and {len(cells) - n_rows} more"] if len(cells) > n_rows else []
    return "\n".join(
        [
            *_aligned([head, *lines]),
            "",
            "文档数：地区 × 层级 documents: region × level",
            *_aligned([["", *levels], *cells[:n_rows]]),
            *more,
            f"空格 empty cells: {int((known.to_numpy() == 0).sum())} / {known.size}",
        ]
    )


def _ordered(values: Iterable[object], name: str) -> list[str]:
    """Levels in their order, other values by name, unknown last."""
    names = [str(value) for value in values]
    order = {level: number for number, level in enumerate(LEVELS)} if name == "level" else {}
    return sorted(names, key=lambda value: (value == _UNKNOWN, order.get(value, len(order)), value))


def _read_labels() -> dict[str, str]:
    return {row[0]: f"{row[1]} {row[0]}" for row in read_rows(resource("stopwords", "field_labels.tsv"))}


def _share(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.2f}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns under each other, the first to the left."""
    widths = [max(display_width(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            pad(cell, width, right=i > 0) for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
