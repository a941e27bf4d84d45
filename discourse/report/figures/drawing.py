"""The payload of a run in, all its figures out; a figure in, its SVG, PNG or PDF out.

The SVG is the one source: PNG and PDF are made from it by resvg (vl-convert), without a browser or the network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from discourse.errors import SettingError
from discourse.report.figures.canvas import Figure, Language
from discourse.report.figures.intervals import draw_contrasts, draw_trend
from discourse.report.figures.plans import STYLE, draw_curves, draw_plan
from discourse.report.figures.prevalence import draw_matrix, draw_prevalence
from discourse.report.figures.tables import draw_coverage, draw_sizes
from discourse.report.figures.words import draw_keyness
from discourse.report.fonts import FAMILIES, Face, find_faces

FORMATS = ("svg", "png", "pdf")
DOTS_PER_INCH = 300
_POINTS = 72 / 25.4  # a millimetre


def draw_figures(
    payload: Mapping[str, Any],
    *,
    sizes: pd.DataFrame | None = None,
    language: Language = "zh",
    width: float = 170.0,
) -> list[Figure]:
    """Every figure that the payload has numbers for.

    sizes: contract `sizes`, where the number of topics was weighed. language: of the words inside the figures;
    captions have both. width: millimetres, 60 to 400 (a column of a journal is about 85, a page 170).

    Raises SettingError for a width or language that no page has.
    """
    if language not in ("zh", "en"):
        raise SettingError(f"--lang {language!r}: the figures speak zh or en")
    if not 60 <= width <= 400:
        raise SettingError(
            f"--width {width:g}: millimetres between 60 and 400 (a column is about 85, a page 170)"
        )
    return list(_draw(payload, sizes, language, width * _POINTS))


def _draw(
    payload: Mapping[str, Any], sizes: pd.DataFrame | None, language: Language, width: float
) -> Iterator[Figure]:
    yield from draw_coverage(payload["coverage"], language=language, width=width)
    if sizes is not None and len(sizes):
        yield from draw_sizes(sizes, language=language, width=width)
    names = {factor["label"]["en"]: str(factor["factor"]) for factor in payload["factors"]}
    for factor in payload["factors"]:
        yield from draw_prevalence(factor, language=language, width=width)
        yield from draw_matrix(factor, language=language, width=width)
        yield from draw_contrasts(factor, language=language, width=width)
        yield from draw_curves(factor, language=language, width=width)
    for entry in payload["maps"]:
        name = names.get(entry["label"]["en"], entry["label"]["en"])
        yield from draw_plan(entry, name, payload["topics"], language=language, width=width)
    for trend in payload["trends"]:
        if trend["topics"]:
            yield draw_trend(trend, language=language, width=width)
    yield from draw_keyness(payload["vocabulary"], language=language, width=width)


def render_svg(figure: Figure, families: Sequence[str] = FAMILIES, *, language: Language = "zh") -> str:
    """A figure as a stand-alone SVG file: its own style and fonts by name, nothing loaded from anywhere."""
    fonts = ", ".join(f"'{family}'" for family in families)
    return Markup(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="{}mm" height="{}mm" viewBox="0 0 {} {}" '
        'font-family="{}, sans-serif" role="img">\n<title>{}</title>\n<style>{}</style>\n'
        '<rect width="100%" height="100%" fill="#ffffff"/>\n{}\n</svg>\n'
    ).format(
        f"{figure.width / _POINTS:.2f}", f"{figure.height / _POINTS:.2f}", f"{figure.width:.2f}",
        f"{figure.height:.2f}", fonts, figure.caption[language], Markup(STYLE), figure.drawing,
    )  # fmt: skip


def choose_faces(
    figures: Sequence[Figure], *, font: Path | None = None, folders: Sequence[Path] | None = None
) -> list[Face]:
    """Fonts of this machine that have every character of the figures; see `find_faces`."""
    return find_faces({c for figure in figures for c in characters_of(figure)}, font=font, folders=folders)


def characters_of(figure: Figure) -> set[str]:
    """Characters that the figure draws."""
    without_titles = re.sub(r"<title>.*?</title>", "", str(figure.drawing), flags=re.S)
    return {c for words in re.findall(r">([^<]+)<", without_titles) for c in Markup(words).unescape()}


def render_png(figure: Figure, faces: Sequence[Face], *, language: Language = "zh") -> bytes:
    """A figure as PNG at 300 dots an inch, in the fonts given."""
    import vl_convert

    # points are 1/72 inch, as vl-convert takes the units of an SVG file
    svg = _in_points(figure, faces, language)
    return bytes(vl_convert.svg_to_png(svg, ppi=DOTS_PER_INCH))


def render_pdf(figure: Figure, faces: Sequence[Face], *, language: Language = "zh") -> bytes:
    """A figure as PDF with the fonts inside, as large as the SVG says."""
    import vl_convert

    return bytes(vl_convert.svg_to_pdf(_in_points(figure, faces, language)))


def _in_points(figure: Figure, faces: Sequence[Face], language: Language) -> str:
    import vl_convert

    for folder in sorted({str(face.path.parent) for face in faces}):
        vl_convert.register_font_directory(folder)
    svg = render_svg(figure, [face.family for face in faces], language=language)
    size = f'width="{figure.width:.2f}" height="{figure.height:.2f}" viewBox'
    return re.sub(r'width="[0-9.]+mm" height="[0-9.]+mm" viewBox', size, svg, count=1)


def render_caption(figure: Figure, *, title: str) -> str:
    """The caption as a text file: Chinese, English, then the study that the figure is of."""
    lines = (figure.caption["zh"], figure.caption["en"], title)
    return "\n\n".join(" ".join(line.split()) for line in lines) + "\n"
