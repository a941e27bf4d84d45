"""Numbers of the payload in, small inline SVG pictures out: no script, no colour without a shape or a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from discourse.report.findings import points

_WIDTH, _LEFT, _PANEL, _ROW = 380, 104, 96, 13


def draw_curve(curve: Mapping[str, Any], difference: float) -> Markup:
    """Specification curve: a dot a model, smallest difference first; filled where p < .05.

    Below, one row a level of every varied setting, with a tick where a model has it. The dashed line is the
    difference of the study's own model, the solid one zero.
    """
    values = [point[0] for point in curve["points"]]
    low, high = min(0.0, difference, *values), max(0.0, difference, *values)
    across = [_x(rank, len(values)) for rank in range(len(values))]
    dots = [
        (x, _y(value, low, high), bool(sure))
        for x, (value, sure) in zip(across, curve["points"], strict=True)
    ]
    open_, filled = (_dots([dot for dot in dots if dot[2] is sure]) for sure in (False, True))
    zero, own = _y(0.0, low, high), _y(difference, low, high)
    levels = [(entry["name"]["zh"], level) for entry in curve["settings"] for level in entry["levels"]]
    pieces = [
        Markup('<line class="zero" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(_LEFT - 6, _WIDTH, zero, zero),
        Markup('<line class="own" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(_LEFT - 6, _WIDTH, own, own),
        Markup('<path class="dot" d="{}"/><path class="hole" d="{}"/>').format(open_, open_) if open_ else "",
        Markup('<path class="dot" d="{}"/>').format(filled) if filled else "",
        _label(points(high), 10), _label(points(low), _PANEL - 2),
        *(_row(i, name, level, across) for i, (name, level) in enumerate(levels)),
    ]  # fmt: skip
    words = f"{points(values[0])} – {points(values[-1])}, n = {curve['n']}"
    return Markup('<svg class="spec" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, _PANEL + _ROW * len(levels) + 4, words, Markup("").join(pieces)
    )


def _x(rank: int, n: int) -> float:
    inner = _WIDTH - _LEFT - 8
    return round(_LEFT + (inner * rank / (n - 1) if n > 1 else inner / 2), 1)


def _y(value: float, low: float, high: float) -> float:
    return round(_PANEL - 6 - (_PANEL - 14) * (value - low) / ((high - low) or 1.0), 1)


def _dots(dots: Sequence[tuple[float, float, bool]]) -> str:
    return "".join(f"M{x:g} {y:g}h0" for x, y, _ in dots)


def _label(words: str, y: float) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(_LEFT - 10, y, words)


def _row(i: int, name: str, level: Mapping[str, Any], across: Sequence[float]) -> Markup:
    y = _PANEL + _ROW * (i + 1) - 3
    ticks = "".join(f"M{across[rank]:g} {y - 7}v7" for rank in level["ranks"])
    shown = f"{name} {level['value']}"
    shown = shown if len(shown) <= 14 else shown[:13] + "…"
    return _label(shown, y) + Markup('<path class="tick" d="{}"/>').format(ticks)
