"""Differences between groups and trends along time in, figures of estimates with intervals out, findings filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from discourse.report.figures.canvas import (
    BLUE,
    INK,
    LINE,
    SMALL,
    SOFT,
    Canvas,
    Figure,
    Language,
    Scale,
    fit,
    measure,
    scale,
    ticks,
)
from discourse.report.labels import Text

MAX_ROWS = 30
_ROW = 12.0
NARROW = 300.0  # points; below, labels stand in two lines


@dataclass(frozen=True)
class Estimate:
    """One row: two labels, estimate, interval (or none), whether it is a finding, and words to its right."""

    topic: str
    between: str
    value: float
    low: float | None
    high: float | None
    finding: bool
    remarks: tuple[str, ...]


def draw_contrasts(factor: Mapping[str, Any], *, language: Language, width: float) -> list[Figure]:
    """Differences between groups in percentage points: those tested first, findings before others."""
    listed = [*factor["tested"], *factor["described"]][: MAX_ROWS if width >= NARROW else MAX_ROWS - 8]
    if not listed:
        return []
    estimates = [
        Estimate(
            topic=f"T{row['topic']} {row['label']}",
            between=f"{row['target'][language]} − {row['reference'][language]}",
            value=row["difference"],
            low=row["low"],
            high=row["high"],
            finding=row["finding"],
            remarks=(
                f"{row['n_documents_target']}/{row['n_documents_reference']}",
                row["robustness"]["badge"][language] if row["robustness"] else "—",
            ),
        )
        for row in listed
        if row["difference"] is not None
    ]
    heads = {"zh": ("篇数", "换模型后"), "en": ("n", "other models")}[language]
    title = {"zh": "差异（百分点）", "en": "difference (percentage points)"}[language]
    drawn = _draw(estimates, heads, title, width=width)
    n_all = factor["n_tested"] + factor["n_described"]
    name = f"contrasts-{str(factor['factor']).replace(':', '-')}"
    return [
        drawn.figure(name, width, _height(estimates, width), _contrasts_caption(factor, estimates, n_all))
    ]


def _contrasts_caption(factor: Mapping[str, Any], estimates: Sequence[Estimate], n_all: int) -> Text:
    tested = any(estimate.low is not None for estimate in estimates)
    described = any(estimate.low is None for estimate in estimates)
    zh = f"按{factor['label']['zh']}的组间差异（百分点），列出 {len(estimates)} 项，共 {n_all} 项。"
    en = f"Differences between groups by {factor['label']['en']} (percentage points), {len(estimates)} of {n_all}."
    if tested:
        zh += "横线：95% 区间，分析单位为文档；实心：校正后 p ≤ .05，空心：未达到。"
        en += (
            " Line: 95 % interval, the document as the unit; filled: adjusted p of at most .05, hollow: not."
        )
    if described:
        zh += "叉号：一组只有 1 篇文档，只作描述，没有区间，也没有检验。"
        en += " Cross: one group has 1 document, described only, without interval or test."
    zh += "“换模型后”：同一差异在其他模型中是否成立；模型一致说明工具稳定，不构成证据。"
    en += " “Other models”: whether the difference holds in other models; their agreement is stability, not evidence."
    return Text(zh=zh, en=en)


def draw_trend(trend: Mapping[str, Any], *, language: Language, width: float) -> Figure:
    """Change of every topic per step of an ordered column, with its interval."""
    estimates = [
        Estimate(
            topic=f"T{row['topic']} {row['label']}",
            between="",
            value=row["slope"],
            low=row["low"],
            high=row["high"],
            finding=row["verdict"]["en"] in ("rising", "falling", "higher", "lower"),
            remarks=(
                "—" if row["p_adjusted"] is None else f"{row['p_adjusted']:.3f}",
                row["verdict"][language],
            ),
        )
        for row in trend["topics"]
        if row["slope"] is not None
    ]
    one = trend["topics"][0]
    heads = {"zh": ("校正 p", "判断"), "en": ("adj. p", "verdict")}[language]
    title = {
        "zh": f"每一步的变化（百分点；步：{trend['label']['zh']}）",
        "en": f"change per step (percentage points; step: {trend['label']['en']})",
    }[language]
    drawn = _draw(estimates, heads, title, width=width)
    caption = Text(
        zh=f"主题份额随{trend['label']['zh']}的变化（{one['first']:g} 至 {one['last']:g}，"
        f"{one['n_values']} 个不同的值，n = {one['n_documents']} 篇）。"
        "横线：斜率的 95% 区间，分析单位为文档；实心：校正后 p ≤ .05。",
        en=f"Change of topic shares along {trend['label']['en']} ({one['first']:g} to {one['last']:g}, "
        f"{one['n_values']} different values, n = {one['n_documents']} documents). Line: 95 % interval of the slope, "
        "the document as the unit; filled: adjusted p of at most .05.",
    )
    name = f"trend-{str(trend.get('factor', trend['label']['en'])).replace(':', '-')}"
    return drawn.figure(name, width, _height(estimates, width), caption)


def _height(estimates: Sequence[Estimate], width: float) -> float:
    return 18 + _row_height(width) * len(estimates) + 34


def _row_height(width: float) -> float:
    return _ROW if width >= NARROW else 20.0


def _draw(estimates: Sequence[Estimate], heads: tuple[str, str], title: str, *, width: float) -> Canvas:
    """Rows of labels, estimate and remarks; in a narrow figure the second label and remarks stand below the first."""
    canvas = Canvas()
    step, narrow = _row_height(width), width < NARROW
    pairs = max((measure(row.between) for row in estimates), default=0.0)
    pairs = 0.0 if narrow or not pairs else min(pairs + 8, width * 0.24)
    topics = min(max(measure(row.topic) for row in estimates) + 6, width * (0.5 if narrow else 0.28))
    right = [max([measure(heads[k])] + [measure(row.remarks[k]) for row in estimates]) + 8 for k in (0, 1)]
    right = [0.0, 6.0] if narrow else right
    numbers = [v for row in estimates for v in (row.value, row.low, row.high, 0.0) if v is not None]
    margin = 0.02 * (max(numbers) - min(numbers))
    x = scale(min(numbers) - margin, max(numbers) + margin, topics + pairs + 6, width - sum(right) - 6)
    _axis(canvas, x, 18 + step * len(estimates), title)
    for k, head in enumerate(() if narrow else heads):
        canvas.text(width - sum(right[k:]) + 6, 9, head, size=SMALL, colour=SOFT)
    n_tested = sum(row.low is not None for row in estimates)
    if 0 < n_tested < len(estimates):
        canvas.line(0, 17 + step * n_tested, width, 17 + step * n_tested, colour=LINE, width=0.4, dash="2 2")
    for i, row in enumerate(estimates):
        y = 18 + step * i
        canvas.text(1, y + 8, fit(row.topic, topics - 4), bold=row.finding)
        if narrow:
            below = " · ".join(words for words in (row.between, *row.remarks) if words)
            canvas.text(1, y + 16, fit(below, topics - 2, SMALL), size=SMALL, colour=SOFT)
        else:
            canvas.text(topics + 4, y + 8, fit(row.between, max(pairs - 6, 0.0)))
            for k, words in enumerate(row.remarks):
                canvas.text(width - sum(right[k:]) + 6, y + 8, words, size=SMALL)
        _mark(canvas, row, x, y + 5)
    return canvas


def _axis(canvas: Canvas, x: Scale, end: float, title: str) -> None:
    for value in ticks(x.low, x.high, most=max(2, min(7, int((x.end - x.start) // 26)))):
        colour, thick = (INK, 0.7) if value == 0 else (LINE, 0.4)
        canvas.line(x(value), 14, x(value), end, colour=colour, width=thick)
        words = f"{100 * value:+g}".replace("-", "−") if value else "0"
        canvas.text(x(value), end + 9, words, size=SMALL, anchor="middle", colour=SOFT)
    half, middle = measure(title, SMALL) / 2, (x.start + x.end) / 2
    canvas.text(min(middle, x.end + 6 - half), end + 21, title, size=SMALL, anchor="middle", colour=SOFT)


def _mark(canvas: Canvas, row: Estimate, x: Scale, y: float) -> None:
    at = x(row.value)
    if row.low is None or row.high is None:
        canvas.line(at - 2, y - 2, at + 2, y + 2, colour=SOFT, width=0.9)
        canvas.line(at - 2, y + 2, at + 2, y - 2, colour=SOFT, width=0.9)
        return
    canvas.line(x(row.low), y, x(row.high), y, colour=BLUE if row.finding else SOFT, width=1.1)
    canvas.dot(
        at, y, radius=2.4, fill=BLUE if row.finding else "#ffffff", stroke=BLUE if row.finding else INK
    )
