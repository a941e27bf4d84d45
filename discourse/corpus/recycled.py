"""Passages and `reuse` come in; passages marked, or without the recycled ones, and a matrix go out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import check, empty
from discourse.corpus.folding import FoldedText, fold_texts
from discourse.errors import DataError, SettingError, require_column

Interval = tuple[int, int]
_UNKNOWN = "\0"  # no group of a study is named so


def drop_recycled(passages: pd.DataFrame, *, max_share: float = 1.0) -> pd.DataFrame:
    """Drop passages that mostly repeat earlier ones, so that models and comparisons see each wording once.

    passages: as `mark_reuse` returns them. max_share: the share of a passage's letters, 0-1, that may repeat
    earlier passages; 1 keeps everything, 0.5 drops what is recycled by more than half, 0 all that borrows.
    Raises SettingError where the share is out of range, DataError where passages are not marked.
    """
    if not 0 <= max_share <= 1:
        raise SettingError(f"max_share={max_share}: is a share between 0 and 1; 1 keeps every passage")
    if max_share == 1:
        return passages
    if "reuse_share" not in passages.columns:
        raise DataError("passages: have no column 'reuse_share'; call mark_reuse(passages, reuse) first")
    return passages[passages["reuse_share"] <= max_share].reset_index(drop=True)


def mark_reuse(passages: pd.DataFrame, reuse: pd.DataFrame, *, min_share: float = 0.5) -> pd.DataFrame:
    """Write on each passage how much of it repeats earlier passages, and which one most of all.

    Returns passages with reuse_share, the share of its letters (0-1) that lie in spans copied from earlier
    passages, and reuse_id, the passage that it repeats at greatest length, NA where less than `min_share` is
    repeated. What is earlier, `find_reuse` says.
    """
    folded = fold_texts(passages["text"].tolist())
    row_of = {name: row for row, name in enumerate(passages["passage_id"])}
    starts = passages["start"].to_numpy()
    share, source = np.zeros(len(passages)), np.full(len(passages), None, dtype=object)
    for name, spans in reuse.groupby("passage_id", sort=False):
        row = row_of.get(str(name))
        if row is None:
            raise DataError(
                f"reuse: names passage {name!r}, which is not in `passages`; find_reuse must see the same ones"
            )
        inside = zip(spans["start"] - starts[row], spans["end"] - starts[row], strict=True)
        share[row] = _count_letters(folded, row, inside) / folded.sizes[row]
        if share[row] >= min_share:
            lengths = spans.groupby("source_passage_id")["n_chars"].sum()
            source[row] = min(str(name) for name in lengths[lengths == lengths.max()].index)
    marked = passages.assign(reuse_id=pd.Series(source, index=passages.index, dtype="str"), reuse_share=share)
    return check(marked, "passages")


def reuse_matrix(reuse: pd.DataFrame, documents: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Count what the documents of each group repeat from the documents of each group, themselves included.

    by: a column of `documents`. Returns `reuse_matrix`, one row for each group and source_group with reuse
    between them (a group may be NA, unknown): n_spans, n_passages and n_documents that repeat, n_chars letters
    repeated (each counted once, however many sources it has), share of all letters of the group, 0-1.
    Reuse within one document is left out. Raises SettingError for a column that does not exist.
    """
    require_column("documents", documents.columns, by)
    group = documents.set_index("doc_id")[by].astype("str")
    between = reuse[reuse["doc_id"] != reuse["source_doc_id"]]
    pairs = between.assign(
        group=between["doc_id"].map(group), source_group=between["source_doc_id"].map(group)
    )
    folded = fold_texts(documents["text"].tolist())
    row_of = {name: row for row, name in enumerate(documents["doc_id"])}
    n_letters = (
        pd.Series(folded.sizes, index=group.fillna(_UNKNOWN).to_numpy()).groupby(level=0).sum().to_dict()
    )
    rows = []
    for (name, source), cell in pairs.fillna({"group": _UNKNOWN, "source_group": _UNKNOWN}).groupby(
        ["group", "source_group"]
    ):
        n_chars = sum(
            _count_letters(folded, row_of[doc_id], zip(spans["start"], spans["end"], strict=True))
            for doc_id, spans in cell.groupby("doc_id")
        )
        counts = (
            len(cell),
            cell["passage_id"].nunique(),
            cell["doc_id"].nunique(),
            n_chars,
            n_chars / n_letters[name],
        )
        rows.append((by, name, source, *counts))
    columns = ["factor", "group", "source_group", "n_spans", "n_passages", "n_documents", "n_chars", "share"]
    if not rows:
        return empty("reuse_matrix")
    table = pd.DataFrame(rows, columns=columns)
    for side in ("group", "source_group"):
        table[side] = table[side].where(table[side] != _UNKNOWN).astype("str")
    return check(table, "reuse_matrix")


def render_reuse(
    reuse: pd.DataFrame, matrix: pd.DataFrame, passages: pd.DataFrame, *, n_shown: int = 10
) -> str:
    """Lines for a person: how much is recycled, who repeats whom, the longest spans; `n_shown` of each."""
    n_recycled = int(passages["reuse_id"].notna().sum())
    cells = matrix.sort_values(["n_chars", "group", "source_group"], ascending=[False, True, True])
    spans = reuse.sort_values("n_chars", ascending=False, kind="stable")
    return "\n".join(
        [
            f"{len(reuse)} shared spans; {n_recycled} of {len(passages)} passages repeat earlier ones by half or more",
            *(_cell_line(cell) for cell in cells.head(n_shown).fillna("(unknown)").to_dict("records")),
            *(line for span in spans.head(n_shown).to_dict("records") for line in _span_lines(span)),
        ]
    )


def _cell_line(cell: dict[Any, Any]) -> str:
    return (
        f"  {cell['group']} repeats {cell['source_group']}: {cell['n_chars']} letters ({cell['share']:.1%} of its "
        f"text), spans: {cell['n_spans']}, documents: {cell['n_documents']}"
    )


def _span_lines(span: dict[Any, Any]) -> list[str]:
    known = ", which is earlier" if isinstance(span["earlier"], str) else ""
    return [
        f"{span['passage_id']} repeats {span['source_passage_id']}{known}: {span['n_chars']} letters, "
        f"{span['similarity']:.0%} alike",
        f"    {' '.join(span['text'].split())}",
        *([f"    {' '.join(span['source_text'].split())}"] if span["similarity"] < 1 else []),
    ]


def _count_letters(folded: FoldedText, row: int, intervals: Iterable[Interval]) -> int:
    """Letters of one text that lie in any of the intervals of its characters."""
    offsets = folded.offset[folded.bounds[row] : folded.bounds[row + 1]]
    inside = np.zeros(len(offsets), dtype=bool)
    for start, end in intervals:
        inside[np.searchsorted(offsets, start) : np.searchsorted(offsets, end)] = True
    return int(inside.sum())
