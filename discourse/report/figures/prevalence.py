"""A factor of the payload in, its figures out: shares of topics by group with intervals, and as a matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from discourse.report.figures.canvas import (
    BLUE,
    INK,
    LINE,
    SMALL,
    SOFT,
    TALLEST,
    WASH,
    Canvas,
    Figure,
    Language,
    Scale,
    count_columns,
    fit,
    measure,
    name_part,
    parts_of,
    scale,
    shade,
    tell_part,
    ticks,
)
from discourse.report.labels import Text

MAX_GROUPS = 12
_ROW, _HEAD, _GAP = 11.0, 15.0, 12.0
Factor = Mapping[str, Any]


def draw_prevalence(factor: Factor, *, language: Language, width: float) -> list[Figure]:
    """Forest plot: a panel a topic, a row a group; dots are documents, the bar their mean, the line its interval.

    Nothing where no group has an interval. With more than `MAX_GROUPS` groups those with most documents are
    drawn; the matrix has them all.
    """
    if not any(cell["low"] is not None for topic in factor["topics"] for cell in topic["groups"]):
        return []  # one document a group: the matrix says as much
    groups = sorted(factor["groups"], key=lambda group: -group["n_documents"])[:MAX_GROUPS]
    shown = [group for group in factor["groups"] if group in groups]
    n_columns = count_columns(width)
    height = _HEAD + _ROW * len(shown) + _GAP
    most = n_columns * max(1, int((TALLEST - 40) // height))
    bounds = parts_of(factor["topics"], most)
    return [
        _forest(factor, shown, factor["topics"][a:b], (k + 1, len(bounds)), n_columns, language, width)
        for k, (a, b) in enumerate(bounds)
    ]


def _forest(
    factor: Factor,
    groups: Sequence[Mapping[str, Any]],
    topics: Sequence[Mapping[str, Any]],
    part: tuple[int, int],
    n_columns: int,
    language: Language,
    width: float,
) -> Figure:
    canvas = Canvas()
    names = [f"{group['label'][language]} ({group['n_documents']})" for group in groups]
    left = min(max((measure(name) for name in names), default=0.0) + 6, width * 0.3)
    panel = (width - left - 6) / n_columns
    height = _HEAD + _ROW * len(groups) + _GAP
    n_rows = -(-len(topics) // n_columns)
    for k, topic in enumerate(topics):
        row, column = divmod(k, n_columns)
        x = scale(0.0, factor["axis"], left + column * panel + 6, left + (column + 1) * panel - 10)
        _panel(canvas, topic, groups, x, row * height, below=k + n_columns >= len(topics))
        for i, name in enumerate(names if column == 0 else []):
            canvas.text(left - 4, row * height + _HEAD + _ROW * i + 8, fit(name, left - 6), anchor="end")
    bottom = n_rows * height + 16
    canvas.text(
        left + (width - left) / 2,
        bottom,
        {
            "zh": "文档份额（%）；括号内为文档数",
            "en": "share of documents (%); number of documents in brackets",
        }[language],
        size=SMALL,
        anchor="middle",
        colour=SOFT,
    )
    return canvas.figure(
        name_part("prevalence", factor["factor"], part),
        width,
        bottom + 6,
        _forest_caption(factor, groups, part),
    )


def _panel(
    canvas: Canvas,
    topic: Mapping[str, Any],
    groups: Sequence[Mapping[str, Any]],
    x: Scale,
    top: float,
    *,
    below: bool,
) -> None:
    end = top + _HEAD + _ROW * len(groups)
    canvas.text(x.start, top + 9, fit(f"T{topic['topic']} {topic['label']}", x.end - x.start + 6), bold=True)
    for value in ticks(0.0, x.high, most=4):
        canvas.line(x(value), top + _HEAD - 1, x(value), end, colour=LINE, width=0.4)
        if below:
            canvas.text(x(value), end + 8, f"{100 * value:g}", size=SMALL, anchor="middle", colour=SOFT)
    cells = {cell["group"]: cell for cell in topic["groups"]}
    for i, group in enumerate(groups):
        _cell(canvas, cells[group["group"]], x, top + _HEAD + _ROW * i + 5)


def _cell(canvas: Canvas, cell: Mapping[str, Any], x: Scale, y: float) -> None:
    if cell["prevalence"] is None:
        canvas.text(x(0.0) + 2, y + 2.5, "—", colour=SOFT)
        return
    for dot in cell["dots"]:
        canvas.dot(x(dot["share"]), y, radius=1.5, fill="#ffffff", stroke=SOFT, width=0.5)
    if cell["low"] is not None and cell["high"] is not None:
        canvas.line(x(cell["low"]), y, x(cell["high"]), y, colour=BLUE, width=1.3)
    canvas.line(x(cell["prevalence"]), y - 4, x(cell["prevalence"]), y + 4, colour=INK, width=1.6)


def _forest_caption(factor: Factor, groups: Sequence[Mapping[str, Any]], part: tuple[int, int]) -> Text:
    n = sum(group["n_documents"] for group in groups)
    left_out = len(factor["groups"]) - len(groups)
    has_interval = any(cell["low"] is not None for topic in factor["topics"] for cell in topic["groups"])
    one = any(group["n_documents"] == 1 for group in groups)
    of = tell_part(part)
    zh = f"按{factor['label']['zh']}的主题份额{of['zh']}"
    zh += f"。圆圈：一篇文档；竖线：组内平均；n = {n} 篇。"
    en = f"Topic prevalence by {factor['label']['en']}{of['en']}"
    en += f". Circle: a document; upright bar: mean of the group; n = {n} documents."
    if has_interval:
        zh += "横线：平均份额的 95% 区间，分析单位为文档。"
        en += " Line: 95 % interval of the mean, with the document as the unit."
    if one:
        zh += "只有 1 篇文档的组没有区间：文档之间的变异无从估计。"
        en += " A group of 1 document has no interval: the variation between documents cannot be estimated."
    if left_out:
        zh += f"画出文档最多的 {len(groups)} 组，另有 {left_out} 组见 prevalence.csv。"
        en += f" The {len(groups)} groups with most documents are drawn; {left_out} others are in prevalence.csv."
    return Text(zh=zh, en=en)


def draw_matrix(factor: Factor, *, language: Language, width: float) -> list[Figure]:
    """Matrix of topics by groups: each cell the share in per cent, the darker the larger."""
    left = min(150.0, width * 0.34)
    most = max(1, int((width - left - 20) // 14))
    bounds = parts_of(factor["groups"], most)
    return [
        _matrix(factor, factor["groups"][a:b], (k + 1, len(bounds)), left, language, width)
        for k, (a, b) in enumerate(bounds)
    ]


def _matrix(
    factor: Factor,
    groups: Sequence[Mapping[str, Any]],
    part: tuple[int, int],
    left: float,
    language: Language,
    width: float,
) -> Figure:
    canvas = Canvas()
    names = [group["label"][language] for group in groups]
    step = min((width - left - 4) / len(groups), 62.0)
    turned = any(measure(name) > step - 3 for name in names)
    step = min((width - left - 24) / len(groups), 62.0) if turned else step
    top = (
        min(max(measure(name) for name in names) * (0.75 if turned else 0) + (14 if turned else 12), 90.0)
        + 10
    )
    largest = max(
        (cell["prevalence"] or 0.0 for topic in factor["topics"] for cell in topic["groups"]), default=1.0
    )
    for i, (group, name) in enumerate(zip(groups, names, strict=True)):
        x = left + step * (i + 0.5)
        if turned:
            canvas.text(x + 2, top - 12, fit(name, 100), turn=-48)
        else:
            canvas.text(x, top - 12, name, anchor="middle")
        canvas.text(x, top - 3, f"{group['n_documents']}", size=SMALL, anchor="middle", colour=SOFT)
    canvas.text(
        left - 5,
        top - 3,
        "n",
        size=SMALL,
        anchor="end",
        colour=SOFT,
    )
    places = {group["group"]: i for i, group in enumerate(groups)}
    for row, topic in enumerate(factor["topics"]):
        y = top + _ROW * row
        canvas.text(left - 5, y + 8, fit(f"T{topic['topic']} {topic['label']}", left - 6), anchor="end")
        for cell in topic["groups"]:
            if cell["group"] in places:
                _shaded(canvas, cell["prevalence"], largest, left + step * places[cell["group"]], y, step)
    height = top + _ROW * len(factor["topics"]) + 6
    name = name_part("matrix", factor["factor"], part)
    return canvas.figure(
        name, left + step * len(groups) + (24 if turned else 4), height, _matrix_caption(factor, part)
    )


def _shaded(canvas: Canvas, share: float | None, largest: float, x: float, y: float, step: float) -> None:
    if share is None:
        canvas.box(x, y, step, _ROW, fill=WASH, stroke="#ffffff")
        canvas.text(x + step / 2, y + 8, "—", size=SMALL, anchor="middle", colour=SOFT)
        return
    fill, ink = shade(share / largest * 0.95 if largest else 0.0)
    canvas.box(x, y, step, _ROW, fill=fill, stroke="#ffffff")
    figure = f"{100 * share:.0f}" if step < 26 else f"{100 * share:.1f}"
    canvas.text(x + step / 2, y + 8, figure, size=SMALL, anchor="middle", colour=ink)


def _matrix_caption(factor: Factor, part: tuple[int, int]) -> Text:
    n = sum(group["n_documents"] for group in factor["groups"])
    of = tell_part(part)
    return Text(
        zh=f"主题 × {factor['label']['zh']}{of['zh']}：组内各文档份额的平均（%），颜色越深份额越大；"
        f"列头 n 是文档数，共 {n} 篇。本图只列点估计，不示不确定性；区间见份额图与 prevalence.csv。",
        en=f"Topics by {factor['label']['en']}{of['en']}: mean share over the documents of a group (%), "
        f"darker is larger; n above a column: its documents, {n} in all. Point estimates only, without "
        "their uncertainty: intervals are in the plot of prevalence and in prevalence.csv.",
    )
