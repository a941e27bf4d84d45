"""Counts of documents and sizes of models in, their figures out: coverage of the corpus, the choice of K."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from discourse.report.figures.canvas import (
    BLUE,
    INK,
    LINE,
    RUST,
    SMALL,
    SOFT,
    WASH,
    Canvas,
    Figure,
    Language,
    fit,
    measure,
    scale,
    shade,
    ticks,
)
from discourse.report.labels import Text

_ROW = 12.0
PANELS = {
    "held_out": Text(zh="留出文本的拟合（每词 nat）", en="fit to unseen text (nats per token)"),
    "stability": Text(zh="稳定性（1：换种子不变）", en="stability (1: the same under every seed)"),
    "npmi": Text(zh="主题内聚 NPMI", en="coherence (NPMI)"),
    "exclusivity": Text(zh="主题区分度", en="exclusivity"),
}


def draw_coverage(coverage: Mapping[str, Any], *, language: Language, width: float) -> list[Figure]:
    """Documents by region and level; a cell without documents is drawn as the gap that it is."""
    rows, columns = coverage["rows"], coverage["columns"]
    if not rows:
        return []
    canvas = Canvas()
    left = min(max(measure(row["label"][language]) for row in rows) + 8, width * 0.3)
    step = min((width - left - 4) / (len(columns) + 1), 60.0)
    largest = max(n for row in rows for n in row["counts"])
    total = {"zh": "合计", "en": "sum"}[language]
    for i, name in enumerate([column["label"][language] for column in columns] + [total]):
        canvas.text(left + step * (i + 0.5), 10, fit(name, step - 2), anchor="middle", size=SMALL)
    for j, row in enumerate(rows):
        y = 15 + _ROW * j
        canvas.text(left - 5, y + 8.5, fit(row["label"][language], left - 6), anchor="end")
        for i, n in enumerate(row["counts"]):
            fill, ink = shade(0.08 + 0.8 * n / largest) if n else (WASH, SOFT)
            canvas.box(left + step * i, y, step, _ROW, fill=fill, stroke="#ffffff")
            canvas.text(left + step * (i + 0.5), y + 8.5, str(n) if n else "–", anchor="middle", colour=ink)
        canvas.text(left + step * (len(columns) + 0.5), y + 8.5, str(row["n"]), anchor="middle")
    n = sum(row["n"] for row in rows)
    more = coverage["n_left_out"]
    caption = Text(
        zh=f"语料覆盖：地区 × 层级的文档数，n = {n} 篇。短横为没有文档的格（{coverage['n_empty']} 格），"
        f"只有 1 篇的有 {coverage['n_single']} 格，其比较只能描述。"
        + (f"另有 {more} 个地区未列。" if more else ""),
        en=f"Coverage of the corpus: documents by region and level, n = {n}. A dash is a cell without documents "
        f"({coverage['n_empty']} of them); {coverage['n_single']} cells hold 1 document, whose comparisons can only be "
        "described." + (f" {more} regions are left out." if more else ""),
    )
    return [
        canvas.figure("coverage", left + step * (len(columns) + 1) + 4, 15 + _ROW * len(rows) + 4, caption)
    ]


def draw_sizes(sizes: pd.DataFrame, *, language: Language, width: float) -> list[Figure]:
    """Criteria against the number of topics, with error bars of one standard error; ringed: recommended."""
    shown = [name for name in PANELS if np.isfinite(sizes[name].astype(float)).any()]
    if not shown:
        return []
    canvas = Canvas()
    n_columns = 2 if width >= 260 else 1
    panel, height = width / n_columns, 120.0
    for k, name in enumerate(shown):
        row, column = divmod(k, n_columns)
        _size_panel(canvas, sizes, name, column * panel, row * height, panel, language)
    bottom = -(-len(shown) // n_columns) * height + 4
    title = {"zh": "主题数 K", "en": "number of topics K"}[language]
    canvas.text(width / 2, bottom, title, size=SMALL, anchor="middle", colour=SOFT)
    least = int(sizes["n_models"].min())
    caption = Text(
        zh=f"主题数的权衡：每个 K 取至少 {least} 个种子的平均；竖线为一个标准误。实心：没有别的取值处处更好；"
        "圈：建议。没有任何一项能单独决定 K。",
        en=f"The number of topics as a trade-off: means over at least {least} seeds a size; upright "
        "line: one standard error. Filled: no other size is better in every respect; ringed: recommended. No criterion "
        "decides K by itself.",
    )
    return [canvas.figure("number-of-topics", width, bottom + 6, caption)]


def _size_panel(
    canvas: Canvas, sizes: pd.DataFrame, name: str, left: float, top: float, panel: float, language: Language
) -> None:
    values = sizes[name].to_numpy(dtype=float)
    errors = np.nan_to_num(sizes.get(f"{name}_se", pd.Series(0.0, sizes.index)).to_numpy(dtype=float))
    topics = np.log(sizes["n_topics"].to_numpy(dtype=float))
    x = scale(float(topics.min()), float(topics.max()), left + 40, left + panel - 14)
    y = scale(float(np.nanmin(values - errors)), float(np.nanmax(values + errors)), top + 96, top + 22)
    canvas.text(left + 34, top + 10, fit(PANELS[name][language], panel - 36), bold=True)
    for value in ticks(y.low, y.high, most=4):
        canvas.line(x.start - 4, y(value), x.end + 6, y(value), colour=LINE, width=0.4)
        canvas.text(
            x.start - 7, y(value) + 2.3, f"{value:g}".replace("-", "−"), size=SMALL, anchor="end", colour=SOFT
        )
    at = [(x(float(t)), y(float(v)), float(e)) for t, v, e in zip(topics, values, errors, strict=True)]
    for (x0, y0, _), (x1, y1, _) in zip(at[:-1], at[1:], strict=True):
        canvas.line(x0, y0, x1, y1, colour=SOFT, width=0.6)
    rows: Sequence[Mapping[Any, Any]] = sizes.to_dict("records")
    for row, (px, py, _), value, error in zip(rows, at, values, errors, strict=True):
        canvas.line(px, y(value - error), px, y(value + error), colour=BLUE, width=0.9)
        if row["recommended"]:
            canvas.dot(px, py, radius=4.6, fill="none", stroke=RUST, width=1.0)
        canvas.dot(px, py, radius=2.3, fill=BLUE if row["in_set"] else "#ffffff", stroke=BLUE)
        canvas.text(px, top + 106, str(int(row["n_topics"])), size=SMALL, anchor="middle", colour=INK)
