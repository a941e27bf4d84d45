"""Concordance lines and traced quotations come in, lines for a terminal go out."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from discourse.contracts import check
from discourse.evidence.trace import Trace
from discourse.terminal import display_width, pad

_LONGEST_EDIT = 30


def render_concordance(concordance: pd.DataFrame, *, by: str | None = None, n_shown: int = 20) -> str:
    """List hits with their nodes one below another, and count them by group where there are groups."""
    check(concordance, "concordance")
    return "\n".join(_concordance_lines(concordance, by, n_shown))


def render_trace(trace: Trace) -> str:
    """What a document says, what its raw text says there, and every edit between the two."""
    return "\n".join(_trace_lines(trace))


def _concordance_lines(table: pd.DataFrame, by: str | None, n_shown: int) -> Iterator[str]:
    if table.empty:
        yield "no hits 没有找到"
        return
    n_passages, n_documents = table["passage_id"].nunique(), table["doc_id"].nunique()
    yield f"{len(table):,} hits 处, {n_passages:,} passages 段, {n_documents} documents 篇: {table['term'].iloc[0]}"
    if by is not None:
        yield from _group_lines(table, by)
    shown = table.head(n_shown)
    lefts = [_one_line(left) for left in shown["left"]]
    widest = max((display_width(left) for left in lefts), default=0)
    yield ""
    for left, row in zip(lefts, shown.to_dict("records"), strict=True):
        group = "" if by is None or pd.isna(row["group"]) else f"  {row['group']}"
        node, right = _one_line(row["node"]), _one_line(row["right"])
        place = f"{row['passage_id']} {row['start']}:{row['end']}{group}"
        yield f"{pad(left, widest, right=True)}【{node}】{right}  [{place}]"
    if len(table) > n_shown:
        yield f"... {len(table) - n_shown:,} more; --top {len(table)} shows all, --csv FILE writes all 其余未列出"


def _group_lines(table: pd.DataFrame, by: str) -> Iterator[str]:
    counts = table.groupby("group", dropna=False, sort=False)["doc_id"].agg(["size", "nunique"])
    ordered = counts.sort_values("size", ascending=False, kind="stable")
    parts = [
        f"{'unknown 不明' if pd.isna(name) else name} {size:,} ({n_documents})"
        for name, size, n_documents in ordered.itertuples()
    ]
    yield f"{by}, hits (documents) 处（篇）: {' · '.join(parts)}"


def _trace_lines(trace: Trace) -> Iterator[str]:
    yield f"document 文档   {trace.doc_id}  characters 字符 {trace.start}:{trace.end}"
    yield f"  {trace.quote}"
    yield f"raw text 原文   {trace.source_id}  characters 字符 {trace.raw_start}:{trace.raw_end}"
    yield from (f"  {line}" for line in trace.raw.split("\n") if line.strip())
    n_edits = len(trace.edits)
    yield f"edits 修复      {n_edits}" + (" (the raw text reads the same 与原文一致)" if not n_edits else "")
    for edit in trace.edits.to_dict("records"):
        sure = "" if edit["confidence"] == 1 else f"  confidence {edit['confidence']:.2f}"
        before, after = _shown(edit["before"]), _shown(edit["after"])
        yield f"  {edit['start']}:{edit['end']}  {before} -> {after}  ({edit['rule']}{sure})"


def _shown(text: str) -> str:
    """A few characters of an edit, line ends and blanks visible."""
    quoted = repr(text)[1:-1] or "nothing 无"
    return quoted if len(quoted) <= _LONGEST_EDIT else f"{quoted[:_LONGEST_EDIT]}... ({len(text)} characters)"


def _one_line(text: str) -> str:
    return " ".join(text.split()) if text.strip() != text or "\n" in text else text
