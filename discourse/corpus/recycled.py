"""Passages and `reuse` come in; passages marked, or without the recycled ones, and a matrix go out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import CONTRACTS, check, empty
from discourse.corpus.folding import fold_texts
from discourse.errors import DataError, SettingError, require_column

_TEXTS = 5000  # folded at a time


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
    row_of = pd.Series(np.arange(len(passages)), index=passages["passage_id"].astype("str"))
    rows = row_of.reindex(reuse["passage_id"].astype("str")).to_numpy()
    if np.isnan(rows).any():
        name = reuse["passage_id"][np.isnan(rows)].iloc[0]
        raise DataError(
            f"reuse: names passage {name!r}, which is not in `passages`; find_reuse must see the same ones"
        )
    rows = rows.astype(np.int64)
    starts = passages["start"].to_numpy()[rows]
    sizes, low, high = _find_letters(
        passages["text"].tolist(), rows, reuse["start"].to_numpy() - starts, reuse["end"].to_numpy() - starts
    )
    repeated = np.bincount(rows, weights=_new_letters(rows, low, high), minlength=len(passages))
    share = np.divide(repeated, sizes, out=np.zeros(len(passages)), where=sizes > 0)
    lengths = reuse.groupby(["passage_id", "source_passage_id"], sort=False)["n_chars"].sum().reset_index()
    lengths = lengths.astype({"passage_id": "str", "source_passage_id": "str"})
    lengths = lengths.sort_values(["n_chars", "source_passage_id"], ascending=[False, True])
    most = lengths.drop_duplicates("passage_id").set_index("passage_id")["source_passage_id"]
    source = passages["passage_id"].astype("str").map(most).where(share >= min_share)
    marked = passages.assign(reuse_id=source.astype("str"), reuse_share=share)
    return check(marked, "passages")


def reuse_matrix(reuse: pd.DataFrame, documents: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Count what the documents of each group repeat from the documents of each group, themselves included.

    by: a column of `documents`. Returns `reuse_matrix`, one row for each group and source_group with reuse
    between them (a group may be NA, unknown): n_spans, n_passages and n_documents that repeat, n_chars letters
    repeated (each counted once, however many sources it has), share of all letters of the group, 0-1.
    Reuse within one document is left out. Raises SettingError for a column that does not exist.
    """
    require_column("documents", documents.columns, by)
    between = reuse[reuse["doc_id"] != reuse["source_doc_id"]]
    if between.empty:
        return empty("reuse_matrix")
    names, groups = _name_groups(documents[by])
    row_of = pd.Series(np.arange(len(documents)), index=documents["doc_id"].astype("str"))
    copy, source = (row_of[between[side].astype("str")].to_numpy() for side in ("doc_id", "source_doc_id"))
    sizes, low, high = _find_letters(
        documents["text"].tolist(), copy, between["start"].to_numpy(), between["end"].to_numpy()
    )
    cells = between[["passage_id", "doc_id"]].assign(
        group=groups[copy],
        source_group=groups[source],
        n_chars=_new_letters(copy * len(names) + groups[source], low, high),
    )
    found = cells.groupby(["group", "source_group"])
    table = found.agg(
        n_spans=("doc_id", "size"),
        n_passages=("passage_id", "nunique"),
        n_documents=("doc_id", "nunique"),
        n_chars=("n_chars", "sum"),
    ).reset_index()
    n_letters = np.bincount(groups, weights=sizes, minlength=len(names))
    table["share"] = table["n_chars"] / n_letters[table["group"]]
    named = {side: pd.Series(names[table[side]], dtype="str") for side in ("group", "source_group")}
    table = table.assign(factor=by, **named)[list(CONTRACTS["reuse_matrix"].columns)]
    return check(table.astype({"factor": "str"}), "reuse_matrix")


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


def _name_groups(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Names of the groups, sorted as text, the unknown one first and NA; the number of each value's group."""
    codes, names = pd.factorize(values.astype("str"), sort=True)
    return np.array([None, *names], dtype=object), codes + 1


def _find_letters(
    texts: Sequence[str], rows: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Letters of each text; and of each span (text, start, end; in characters) its first letter and the one behind.

    Some thousand texts are folded at a time: bounds the memory, not the result.
    """
    sizes = np.zeros(len(texts), dtype=np.int64)
    low, high = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    order = np.argsort(rows, kind="stable")
    for first in range(0, len(texts), _TEXTS):
        folded = fold_texts(texts[first : first + _TEXTS])
        sizes[first : first + _TEXTS] = folded.sizes
        inside = order[slice(*np.searchsorted(rows[order], [first, first + _TEXTS]))]
        for span in inside.tolist():
            row = int(rows[span]) - first
            offsets = folded.offset[folded.bounds[row] : folded.bounds[row + 1]]
            low[span], high[span] = np.searchsorted(offsets, [starts[span], ends[span]])
    return sizes, low, high


def _new_letters(owner: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """How many letters of each span no earlier span of the same owner has; their sum counts each letter once."""
    order = np.lexsort((low, owner))
    step = int(high.max(initial=0)) + 1
    reach = np.maximum.accumulate(
        high[order] + owner[order] * step
    )  # an owner's spans lie above the last one's
    before = np.concatenate([[0], reach[:-1]]) - owner[order] * step
    new = np.empty(len(owner), dtype=np.int64)
    new[order] = np.maximum(0, high[order] - np.maximum(low[order], before))
    return new
