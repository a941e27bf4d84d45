"""Numbers of the payload in, small inline SVG pictures out: no script, no colour without a shape or a word."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from markupsafe import Markup

from discourse.report.wording import points

Language = Literal["zh", "en"]

_WIDTH, _LEFT, _PANEL, _ROW = 380, 116, 96, 13
_LETTERS = 18  # what fits left of the curve; a Chinese character counts two


def draw_curve(
    curve: Mapping[str, Any], difference: float, *, language: Language = "zh", width: int = _WIDTH
) -> Markup:
    """Specification curve: a dot a model, smallest difference first; filled where p < .05.

    Below, one row a level of every varied setting, with a tick where a model has it. The dashed line is the
    difference of the study's own model, the solid one zero.
    """
    values = [point[0] for point in curve["points"]]
    low, high = min(0.0, difference, *values), max(0.0, difference, *values)
    across = [_x(rank, len(values), width) for rank in range(len(values))]
    dots = [
        (x, _y(value, low, high), bool(sure))
        for x, (value, sure) in zip(across, curve["points"], strict=True)
    ]
    open_, filled = (_dots([dot for dot in dots if dot[2] is sure]) for sure in (False, True))
    zero, own = _y(0.0, low, high), _y(difference, low, high)
    levels = [(entry["name"][language], level) for entry in curve["settings"] for level in entry["levels"]]
    pieces = [
        Markup('<line class="zero" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(_LEFT - 6, width, zero, zero),
        Markup('<line class="own" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(_LEFT - 6, width, own, own),
        Markup('<path class="dot" d="{}"/><path class="hole" d="{}"/>').format(open_, open_) if open_ else "",
        Markup('<path class="dot" d="{}"/>').format(filled) if filled else "",
        _label(points(high) if high else "0", 10), _label(points(low) if low else "0", _PANEL - 2),
        *(_row(i, name, level, across) for i, (name, level) in enumerate(levels)),
    ]  # fmt: skip
    words = f"{points(values[0])} – {points(values[-1])}, n = {curve['n']}"
    return Markup('<svg class="spec" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        width, _PANEL + _ROW * len(levels) + 4, words, Markup("").join(pieces)
    )


def _x(rank: int, n: int, width: int) -> float:
    inner = width - _LEFT - 8
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
    value = str(level["value"])
    room = max(_LETTERS - sum(1 + (ord(c) > 0x2E7F) for c in value) - 1, 4)
    kept = name
    while sum(1 + (ord(c) > 0x2E7F) for c in kept) > room:  # the name is cut, never the value
        kept = kept[:-1]
    shown = f"{kept}{'' if kept == name else '…'} {value}"
    return _label(shown, y) + Markup('<path class="tick" d="{}"/>').format(ticks)


def draw_map(
    plan: Mapping[str, Any], *, language: Language = "zh", size: tuple[int, int] = (760, 460)
) -> Markup:
    """Map of profiles, one scale on both axes: documents as dots, groups as squares with their name, topics T0.

    A thin line leads from each document to the mean of its group, so that the groups are seen without colours.
    """
    plane = _Plane(plan, size)
    groups = plan["groups"]
    pieces = [
        Markup('<path class="axis" d="M{} 0V{}M0 {}H{}"/>').format(
            plane.x(0.0), size[1], plane.y(0.0), size[0]
        ),
        *(_ellipse(group, i, plane) for i, group in enumerate(groups) if group["ellipse"]),
        *(_spoke(document, groups, plane) for document in plan["documents"]),
        *(_document(document, groups, plane, language) for document in plan["documents"]),
        *(_group(group, i, plane, language) for i, group in enumerate(groups)),
        *(_topic(topic, plane) for topic in plan["topics"]),
    ]
    words = " ".join(group["label"][language] for group in groups)
    return Markup('<svg class="map" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        *size, words, Markup("").join(pieces)
    )


_MARGIN = 46
_Box = tuple[float, float, float, float]


class _Plane:
    """Places on the picture for coordinates of the map, the same length on both axes, and what labels cover."""

    def __init__(self, plan: Mapping[str, Any], size: tuple[int, int]) -> None:
        points = [entry["at"] for kind in ("documents", "groups", "topics") for entry in plan[kind]]
        lows = [min((point[axis] for point in points), default=0.0) for axis in (0, 1)]
        spans = [max((point[axis] for point in points), default=0.0) - lows[axis] for axis in (0, 1)]
        room = [size[axis] - 2 * _MARGIN for axis in (0, 1)]
        self.size = size
        self.unit = min((r / s for r, s in zip(room, spans, strict=True) if s > 0), default=1.0)
        self._start = [
            _MARGIN + (room[axis] - spans[axis] * self.unit) / 2 - lows[axis] * self.unit for axis in (0, 1)
        ]
        marks = [self.at(entry["at"]) for kind in ("groups", "topics") for entry in plan[kind]]
        self._taken: list[_Box] = [(x - 5, y - 5, x + 5, y + 5) for x, y in marks]

    def x(self, value: float) -> float:
        return round(self._start[0] + value * self.unit, 1)

    def y(self, value: float) -> float:
        return round(self.size[1] - self._start[1] - value * self.unit, 1)

    def at(self, point: Sequence[float]) -> tuple[float, float]:
        return self.x(point[0]), self.y(point[1])

    def label(self, point: Sequence[float], words: str, css: str = "") -> Markup:
        """A label beside its mark: at the first place where it covers nothing that is named and stays inside."""
        x, y = self.at(point)
        width = sum(13.0 if ord(c) > 0x2E7F else 8.0 for c in words)
        sides = (1, -1) if x < self.size[0] * 0.7 else (-1, 1)
        boxes = [
            (x + across, y + down - 12, x + across + width, y + down + 3) if side > 0
            else (x - across - width, y + down - 12, x - across, y + down + 3)
            for across in (8, 48, 100, 160)
            for down in (-6, 14, 4, -20, 28, -34, 42, -48, 56, -62, 70, -76, 84)
            for side in sides
        ]  # fmt: skip
        chosen = next((box for box in boxes if self._is_free(box)), boxes[0])
        self._taken.append(chosen)
        ends = chosen[0] < x
        middle = (chosen[1] + chosen[3]) / 2
        leader = Markup("")
        if abs(middle - y) > 16 or min(abs(chosen[0] - x), abs(chosen[2] - x)) > 16:
            edge = chosen[2] + 1 if ends else chosen[0] - 1
            leader = Markup('<path class="spoke" d="M{} {}L{} {}"/>').format(
                x, y, round(edge, 1), round(middle, 1)
            )
        return leader + Markup('<text{} x="{}" y="{}"{}>{}</text>').format(
            Markup(' class="{}"').format(css) if css else "",
            round(chosen[2] if ends else chosen[0], 1),
            round(chosen[3] - 3, 1),
            Markup(' text-anchor="end"') if ends else "",
            words,
        )

    def _is_free(self, box: _Box) -> bool:
        inside = box[0] >= 0 and box[1] >= 0 and box[2] <= self.size[0] and box[3] <= self.size[1]
        return inside and not any(
            box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in self._taken
        )


def _document(
    document: Mapping[str, Any], groups: Sequence[Mapping[str, Any]], plane: _Plane, language: Language
) -> Markup:
    place = document["place"]
    name = groups[place]["label"][language] if groups else ""
    return Markup('<circle class="c{}" cx="{}" cy="{}" r="4"><title>{} · {}</title></circle>').format(
        place % 8, *plane.at(document["at"]), document["title"], name
    )


def _spoke(document: Mapping[str, Any], groups: Sequence[Mapping[str, Any]], plane: _Plane) -> Markup:
    if not groups or groups[document["place"]]["n"] < 2:
        return Markup("")
    (x0, y0), (x1, y1) = plane.at(document["at"]), plane.at(groups[document["place"]]["at"])
    return Markup('<path class="spoke" d="M{} {}L{} {}"/>').format(x0, y0, x1, y1)


def _topic(topic: Mapping[str, Any], plane: _Plane) -> Markup:
    x, y = plane.at(topic["at"])
    cross = Markup('<path class="cross" d="M{} {}h6M{} {}v6"/>').format(
        round(x - 3, 1), y, x, round(y - 3, 1)
    )
    return cross + plane.label(topic["at"], f"T{topic['topic']}", "topic")


def _group(group: Mapping[str, Any], place: int, plane: _Plane, language: Language) -> Markup:
    x, y = plane.at(group["at"])
    return Markup('<g class="c{}"><rect x="{}" y="{}" width="9" height="9"/>{}</g>').format(
        place % 8, round(x - 4.5, 1), round(y - 4.5, 1), plane.label(group["at"], group["label"][language])
    )


def _ellipse(group: Mapping[str, Any], place: int, plane: _Plane) -> Markup:
    major, minor, angle = group["ellipse"]
    x, y = plane.at(group["at"])
    return Markup('<ellipse class="c{}" rx="{}" ry="{}" transform="translate({} {}) rotate({})"/>').format(
        place % 8, round(major * plane.unit, 1), round(minor * plane.unit, 1), x, y, round(-math.degrees(angle), 1)
    )  # fmt: skip
