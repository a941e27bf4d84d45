"""Numbers of the payload in, small inline SVG pictures out: no script, no colour without a shape or a word."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from discourse.report.wording import points

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


def draw_map(plan: Mapping[str, Any]) -> Markup:
    """Map of profiles, one scale on both axes: documents as dots, groups as squares with their name, topics T0."""
    points = [entry["at"] for kind in ("documents", "groups", "topics") for entry in plan[kind]]
    scale = _Scale(points)
    pieces = [
        Markup('<path class="axis" d="M{} 0V{}M0 {}H{}"/>').format(
            scale.x(0.0), _MAP[1], scale.y(0.0), _MAP[0]
        ),
        *(_ellipse(group, i, scale) for i, group in enumerate(plan["groups"]) if group["ellipse"]),
        *(_document(document, plan["groups"], scale) for document in plan["documents"]),
        *(
            Markup('<text class="topic" x="{}" y="{}" text-anchor="middle">T{}</text>').format(
                *scale.at(topic["at"]), topic["topic"]
            )
            for topic in plan["topics"]
        ),
        *(_group(group, i, scale) for i, group in enumerate(plan["groups"])),
    ]
    words = " ".join(group["label"]["zh"] for group in plan["groups"])
    return Markup('<svg class="map" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        *_MAP, words, Markup("").join(pieces)
    )


_MAP = (760, 460)
_MARGIN = 46


class _Scale:
    """Places on the picture for coordinates of the map; the same length on both axes."""

    def __init__(self, points: Sequence[Sequence[float]]) -> None:
        lows = [min((point[axis] for point in points), default=0.0) for axis in (0, 1)]
        spans = [max((point[axis] for point in points), default=0.0) - lows[axis] for axis in (0, 1)]
        room = [_MAP[axis] - 2 * _MARGIN for axis in (0, 1)]
        self.unit = min((r / s for r, s in zip(room, spans, strict=True) if s > 0), default=1.0)
        self._start = [
            _MARGIN + (room[axis] - spans[axis] * self.unit) / 2 - lows[axis] * self.unit for axis in (0, 1)
        ]

    def x(self, value: float) -> float:
        return round(self._start[0] + value * self.unit, 1)

    def y(self, value: float) -> float:
        return round(_MAP[1] - self._start[1] - value * self.unit, 1)

    def at(self, point: Sequence[float]) -> tuple[float, float]:
        return self.x(point[0]), self.y(point[1])


def _document(document: Mapping[str, Any], groups: Sequence[Mapping[str, Any]], scale: _Scale) -> Markup:
    place = document["place"]
    name = groups[place]["label"]["zh"] if groups else ""
    return Markup('<circle class="c{}" cx="{}" cy="{}" r="4"><title>{} · {}</title></circle>').format(
        place % 8, *scale.at(document["at"]), document["title"], name
    )


def _group(group: Mapping[str, Any], place: int, scale: _Scale) -> Markup:
    x, y = scale.at(group["at"])
    left = x > _MAP[0] * 0.7
    return Markup(
        '<g class="c{}"><rect x="{}" y="{}" width="9" height="9"/><text x="{}" y="{}"{}>{}</text></g>'
    ).format(
        place % 8, round(x - 4.5, 1), round(y - 4.5, 1), round(x - 8 if left else x + 8, 1), round(y - 7, 1),
        Markup(' text-anchor="end"') if left else "", group["label"]["zh"],
    )  # fmt: skip


def _ellipse(group: Mapping[str, Any], place: int, scale: _Scale) -> Markup:
    major, minor, angle = group["ellipse"]
    x, y = scale.at(group["at"])
    return Markup('<ellipse class="c{}" rx="{}" ry="{}" transform="translate({} {}) rotate({})"/>').format(
        place % 8, round(major * scale.unit, 1), round(minor * scale.unit, 1), x, y, round(-math.degrees(angle), 1)
    )  # fmt: skip
