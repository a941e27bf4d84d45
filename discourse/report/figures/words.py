"""Marking words of every group in, dot plots of their keyness out."""

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
    Canvas,
    Figure,
    Language,
    count_columns,
    fit,
    measure,
    name_part,
    parts_of,
    scale,
    tell_part,
    ticks,
)
from discourse.report.labels import Text

N_WORDS = 10
_ROW, _HEAD, _GAP = 10.5, 15.0, 14.0
Entry = Mapping[str, Any]


def draw_keyness(vocabulary: Sequence[Entry], *, language: Language, width: float) -> list[Figure]:
    """One figure a factor (several where they do not fit a page): a panel a group, a dot a word."""
    figures = []
    for factor in dict.fromkeys(entry["factor_name"] for entry in vocabulary):
        entries = [entry for entry in vocabulary if entry["factor_name"] == factor and entry["words"]]
        n_columns = count_columns(width)
        panel = _HEAD + _ROW * N_WORDS + _GAP
        bounds = parts_of(entries, n_columns * max(1, int((TALLEST - 30) // panel))) if entries else []
        figures += [
            _plot(entries[a:b], entries, (k + 1, len(bounds)), n_columns, language, width)
            for k, (a, b) in enumerate(bounds)
        ]
    return figures


def _plot(
    entries: Sequence[Entry],
    family: Sequence[Entry],
    part: tuple[int, int],
    n_columns: int,
    language: Language,
    width: float,
) -> Figure:
    canvas = Canvas()
    panel = width / n_columns
    height = _HEAD + _ROW * N_WORDS + _GAP
    largest = max(word["log_odds"] for entry in family for word in entry["words"][:N_WORDS])
    for k, entry in enumerate(entries):
        row, column = divmod(k, n_columns)
        _panel(canvas, entry, max(largest, 0.1), column * panel, row * height, panel, language)
    bottom = -(-len(entries) // n_columns) * height + 10
    title = {
        "zh": "对数优势差（收缩后）；右侧为含该词的文档数",
        "en": "log-odds difference (shrunk); right: documents with the word",
    }
    canvas.text(width / 2, bottom, title[language], size=SMALL, anchor="middle", colour=SOFT)
    name = name_part("keyness", entries[0]["factor_name"], part)
    return canvas.figure(name, width, bottom + 6, _caption(entries, part))


def _panel(
    canvas: Canvas, entry: Entry, largest: float, left: float, top: float, panel: float, language: Language
) -> None:
    words = entry["words"][:N_WORDS]
    names = min(max(measure(word["term"]) for word in words) + 6, panel * 0.42)
    x = scale(0.0, largest, left + names, left + panel - 22)
    against = {"zh": f"{entry['target']['zh']}（对 {entry['reference']['zh']}）",
               "en": f"{entry['target']['en']} (against {entry['reference']['en']})"}[language]  # fmt: skip
    canvas.text(left + 2, top + 9, fit(against, panel - 8), bold=True)
    end = top + _HEAD + _ROW * len(words)
    for value in ticks(0.0, largest, most=4):
        canvas.line(x(value), top + _HEAD - 1, x(value), end, colour=LINE, width=0.4)
        canvas.text(x(value), end + 8, f"{value:g}", size=SMALL, anchor="middle", colour=SOFT)
    for i, word in enumerate(words):
        y = top + _HEAD + _ROW * i + 5
        sure = word["q"] is not None and word["q"] <= 0.05
        canvas.text(left + names - 4, y + 2.7, fit(word["term"], names - 4), anchor="end")
        canvas.line(x(0.0), y, x(word["log_odds"]), y, colour=SOFT, width=0.5)
        canvas.dot(
            x(word["log_odds"]), y, radius=2.1, fill=BLUE if sure else "#ffffff", stroke=BLUE if sure else INK
        )
        mark = f"{word['n_documents_target']}{'†' if word['burst'] else ''}"
        canvas.text(left + panel - 16, y + 2.7, mark, size=SMALL, colour=SOFT)


def _caption(entries: Sequence[Entry], part: tuple[int, int]) -> Text:
    factor, tested = entries[0]["factor"], any(entry["tested"] for entry in entries)
    of = tell_part(part)
    zh = f"按{factor['zh']}的标志词{of['zh']}：每组至多 {N_WORDS} 个，横轴为以信息先验收缩的对数优势差。"
    en = f"Words that mark the groups by {factor['en']}{of['en']}, at most {N_WORDS} each; axis: log-odds "
    en += "difference shrunk by an informative prior."
    zh += "实心：错误发现率 q ≤ .05（置换文档）。" if tested else "文档太少，不作检验：名次即描述。"
    en += (
        " Filled: false discovery rate q of at most .05 (documents permuted)."
        if tested
        else " Too few documents for tests: the ranking is a description."
    )
    zh += "†：一半以上出现在同一篇文档。"
    en += " †: over half of its occurrences stand in one document."
    return Text(zh=zh, en=en)
