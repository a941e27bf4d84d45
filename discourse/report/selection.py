"""Sizes of models and the words about them come in; one offline page with their trade-off goes out."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

_PANELS = {
    "held_out": ("留出文本的拟合 Fit to unseen text", "nats per token, higher is better"),
    "stability": ("稳定性 Stability", "1: the same topics under every seed, 0: no better than chance"),
    "npmi": ("主题内聚 Coherence (NPMI)", "-1 to 1"),
    "c_v": ("主题内聚 Coherence (c_v)", "0 to 1"),
    "exclusivity": ("主题区分 Exclusivity (FREX)", "0 to 1"),
    "returning": ("重现的主题 Topics that return", "share found again under another seed, beyond chance"),
}
_WIDTH, _HEIGHT = 420, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 14, 34


def render_selection(
    sizes: pd.DataFrame, words: Mapping[str, str], *, title: str, families: pd.DataFrame | None = None
) -> str:
    """Page of a selection: the recommendation in words, one chart a figure with error bars, the table.

    sizes: contract `sizes`; words: the recommendation, ``zh`` and ``en``; families: contract `topic_families` of
    the recommended size. Nothing is loaded from anywhere.
    """
    charts = "\n".join(
        f"<figure><figcaption><b>{escape(name)}</b><br><small>{escape(note)}</small></figcaption>"
        f"{_chart(sizes, figure)}</figure>"
        for figure, (name, note) in _PANELS.items()
        if np.isfinite(sizes[figure]).any()
    )
    heading = f"主题数的权衡 Number of topics: {title}"
    return (
        '<!DOCTYPE html>\n<html lang="zh"><head><meta charset="utf-8">'
        f"<title>{escape(heading)}</title><style>{_STYLE}</style></head><body>\n<h1>{escape(heading)}</h1>\n"
        f'<p lang="zh">{escape(words["zh"])}</p>\n<p lang="en">{escape(words["en"])}</p>\n'
        f'<p class="key">{_KEY}</p>\n<div class="charts">\n{charts}\n</div>\n'
        f"{_table(sizes)}\n{_families(families)}</body></html>\n"
    )


def _chart(sizes: pd.DataFrame, figure: str) -> str:
    """One figure against the number of topics (logarithmic), as SVG with error bars of one standard error."""
    topics, values = sizes["n_topics"].to_numpy(dtype=float), sizes[figure].to_numpy(dtype=float)
    errors = np.nan_to_num(sizes.get(f"{figure}_se", pd.Series(0.0, sizes.index)).to_numpy(dtype=float))
    across = _scale(np.log(topics), _LEFT + 12, _WIDTH - _RIGHT - 12)
    low, high = np.nanmin(values - errors), np.nanmax(values + errors)
    up = _scale(
        np.array([low, high, *values, *(values - errors), *(values + errors)]), _HEIGHT - _BOTTOM, _TOP
    )
    bottom, top, (middle, below, above) = up[0], up[1], np.split(up[2:], 3)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, middle, strict=True))
    marks = [
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y0:.1f}" y2="{y1:.1f}" class="error"/>'
        for x, y0, y1 in zip(across, below, above, strict=True)
    ]
    marks += [
        _mark(row, x, y, figure) for row, x, y in zip(sizes.to_dict("records"), across, middle, strict=True)
    ]
    labels = [
        f'<text x="{x:.1f}" y="{_HEIGHT - 12}" text-anchor="middle">{int(k)}</text>'
        for x, k in zip(across, topics, strict=True)
    ]
    labels += [
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.3f}</text>'
        for y, value in ((bottom, low), (top, high))
    ]
    frame = f'<path d="M{_LEFT},{_TOP}V{_HEIGHT - _BOTTOM}H{_WIDTH - _RIGHT}" class="axis"/>'
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(figure)}">{frame}'
        f'<polyline points="{line}" class="line"/>{"".join(marks)}{"".join(labels)}</svg>'
    )


def _mark(row: Mapping[Hashable, Any], x: float, y: float, figure: str) -> str:
    kind = "in" if row["in_set"] else "out"
    ring = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" class="ring"/>' if row["recommended"] else ""
    hint = f"{row['n_topics']} topics: {row[figure]:.3f}"
    return f'{ring}<circle cx="{x:.1f}" cy="{y:.1f}" r="5" class="{kind}"><title>{hint}</title></circle>'


def _scale(values: np.ndarray, start: float, end: float) -> np.ndarray:
    """Positions of values between start and end; in the middle where all are equal."""
    spread = np.ptp(values)
    if not spread > 0:
        return np.full(len(values), (start + end) / 2)
    return start + (values - values.min()) / spread * (end - start)


def _table(sizes: pd.DataFrame) -> str:
    names = ["n_topics", "n_models", *_PANELS, "u_mass", "diversity", "n_duplicates"]
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = "".join(
        f'<tr class="{"chosen" if row["recommended"] else ""}">'
        + "".join(f"<td>{_figure(row[name])}</td>" for name in names)
        + "</tr>"
        for row in sizes.to_dict("records")
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _families(families: pd.DataFrame | None) -> str:
    if families is None or families.empty:
        return ""
    rows = "".join(
        f'<tr><td>T{row["family"]}</td><td class="words">{escape(row["terms"])}</td>'
        f'<td class="words">{_badge(row)}</td><td>{_figure(row["stability"])}</td>'
        f"<td>{_figure(row['affinity'])}</td><td>{_figure(row['chance'])}</td></tr>"
        for row in families.to_dict("records")
    )
    head = "".join(
        f"<th>{name}</th>" for name in ("", "主题词 terms", "徽章 badge", "stability", "affinity", "chance")
    )
    return (
        f"<h2>建议取值下的主题 Topics of the recommended size</h2>\n<p>{_FAMILY_KEY}</p>\n"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>\n"
    )


def _badge(row: Mapping[Hashable, Any]) -> str:
    if not isinstance(row["badge"], str):
        return "—"
    return f"{escape(_BADGES[row['badge']])} ({row['n_found']}/{row['n_models']})"


def _figure(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else f"{value}"


_KEY = (
    "● 在集合内：没有别的取值在各方面都更好 in the set: no other size is better in every respect · "
    "○ 不在集合内 not in the set · ◎ 建议 recommended · │ 一个标准误 one standard error"
)
_BADGES = {
    "returns": "● 稳定重现 returns",
    "returns often": "◐ 多数重现 returns often",
    "does not return": "○ 不稳定 does not return",
}
_FAMILY_KEY = (
    "同一主题在其他种子、其他留出段落的模型中是否重现（相似度扣除任意两个不同主题也会有的部分，0.7 以上为重现）。"
    "Whether a topic comes back under other seeds and without other passages: affinity above what any two different "
    "topics reach, found again from 0.7."
)
_STYLE = (
    "body{font:16px/1.6 'Source Han Sans SC','Noto Sans CJK SC','Microsoft YaHei',sans-serif;max-width:1320px;"
    "margin:2rem auto;padding:0 1rem;color:#222}.charts{display:flex;flex-wrap:wrap;gap:1.5rem}figure{margin:0;"
    "width:420px}svg{width:100%}svg text{font-size:12px;fill:#444}.axis{fill:none;stroke:#999}.line{fill:none;"
    "stroke:#9bb4c9}.error{stroke:#35638a}.in{fill:#35638a}.out{fill:#fff;stroke:#35638a}.ring{fill:none;"
    "stroke:#c0392b;stroke-width:2}.key{color:#555}table{border-collapse:collapse;margin-top:1.5rem}td,th{"
    "padding:.2rem .7rem;text-align:right;border-bottom:1px solid #ddd}.chosen{background:#fbf1ee}"
    ".words{text-align:left}"
)
