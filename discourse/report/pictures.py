"""A payload in, the figures of `discourse figures` as pictures of the page out: one drawing, both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from discourse.report.figures.canvas import Figure
from discourse.report.figures.intervals import draw_contrasts, draw_trend
from discourse.report.figures.prevalence import draw_matrix, draw_prevalence

_WIDTH = 170.0 * 72 / 25.4  # points: as `discourse figures` draws them where no width is named
_ON_SCREEN = 1.55  # pixels a point: letters of 7.5 points are read as 11.6 pixels

Picture = dict[str, Any]


def draw_pictures(payload: Mapping[str, Any]) -> dict[str, list[Picture]]:
    """Figures by what they show: ``matrix-region``, ``prevalence-region``, ``contrasts-region``, ``trend-year``.

    Each list has the parts of a figure that does not fit one page of paper. A picture has `name`, `caption` and the
    SVG elements `zh` and `en`; `en` is None where no word in it has a language.
    """
    drawn: dict[str, list[Picture]] = {}
    for factor in payload["factors"]:
        for kind, draw in (
            ("matrix", draw_matrix),
            ("prevalence", draw_prevalence),
            ("contrasts", draw_contrasts),
        ):
            zh, en = (draw(factor, language=language, width=_WIDTH) for language in ("zh", "en"))
            drawn[f"{kind}-{factor['factor']}"] = _pair(zh, en)
    for trend in payload["trends"]:
        if trend["topics"]:
            zh, en = ([draw_trend(trend, language=language, width=_WIDTH)] for language in ("zh", "en"))
            drawn[f"trend-{trend['factor']}"] = _pair(zh, en)
    return drawn


def _pair(zh: Sequence[Figure], en: Sequence[Figure]) -> list[Picture]:
    return [
        {
            "name": chinese.name,
            "caption": chinese.caption,
            "zh": _inline(chinese, "zh"),
            "en": None if chinese.drawing == english.drawing else _inline(english, "en"),
        }
        for chinese, english in zip(zh, en, strict=True)
    ]


def _inline(figure: Figure, language: str) -> Markup:
    return Markup(
        '<svg viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">{}</svg>'
    ).format(
        f"{figure.width:.2f}",
        f"{figure.height:.2f}",
        round(figure.width * _ON_SCREEN),
        round(figure.height * _ON_SCREEN),
        figure.caption["zh" if language == "zh" else "en"],
        figure.drawing,
    )
