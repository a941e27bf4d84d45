"""A payload in, one offline HTML file out: style and script inlined, every word of data escaped."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from discourse.errors import write_error
from discourse.report.drawings import draw_curve, draw_map
from discourse.report.figures.plans import STYLE
from discourse.report.labels import ASSETS
from discourse.report.pictures import draw_pictures
from discourse.report.places import number_groups
from discourse.report.wording import percent, points
from discourse.terminal import stop_turns

SECTIONS = (
    ("findings", "发现了什么", "What was found"),
    ("corpus", "语料与修复", "The corpus and what was repaired"),
    ("topics", "主题", "Topics"),
    ("comparison", "比较", "Comparison"),
    ("words", "用词", "Vocabulary"),
    ("reuse", "文本复用", "Text reuse"),
    ("quotations", "引文", "Quotations"),
    ("map", "主题图", "Map of topics"),
    ("robustness", "稳健性", "Robustness"),
    ("method", "方法与设置", "Method and settings"),
    ("questions", "审稿人会问", "What a reviewer will ask"),
)
STYLES = ("report.css", "filter.css", "passage.css", "print.css")
SCRIPTS = ("report.js", "filter.js", "passage.js", "cite.js", "figures.js", "start.js")
MISSING = "—"


def write_report(payload: Mapping[str, Any], path: Path | str) -> Path:
    """Write the report of a payload; the file appears only when it is whole. Returns the path."""
    return write_page(render_report(payload), path)


def render_report(payload: Mapping[str, Any]) -> str:
    """Render the report as one page that loads nothing and reads without its script.

    Same payload, same bytes.
    """
    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_FILTERS)
    numbers = {section: number for number, (section, *_) in enumerate(SECTIONS, start=1)}
    page = environment.get_template("report.html.j2").render(
        **payload,
        sections=SECTIONS,
        section_numbers=numbers,
        shown_passages={topic["topic"]: bool(topic["exemplars"]) for topic in payload["quotations"]},
        topic_terms={
            topic["topic"]: [term["term"] for term in topic["terms"]] for topic in payload["topics"]
        },
        place_of=_places(payload),
        pictures=draw_pictures(payload),
        figure_style=STYLE,
        css=_joined(STYLES),
        script=_joined(SCRIPTS),
    )
    return stop_turns(page)


def _joined(names: Sequence[str]) -> Markup:
    return Markup("\n".join((ASSETS / name).read_text("utf-8") for name in names))


def _places(payload: Mapping[str, Any]) -> Callable[[str, Sequence[str]], str]:
    """Look up the numbers by which the page filters groups, ``factor.group``."""
    numbers = number_groups(payload["factors"])

    def place_of(factor: str, groups: Sequence[str]) -> str:
        own = numbers.get(factor, {})
        return " ".join(own[group] for group in groups if group in own)

    return place_of


def write_page(html: str, path: Path | str) -> Path:
    """Write a page under a temporary name, then rename it: what stands under `path` is always whole.

    Raises RunError where the folder cannot be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.unlink(missing_ok=True)
        try:
            with open(temporary, "x", encoding="utf-8", newline="\n") as file:
                file.write(_whole(html))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise write_error(path, error) from error
    return path


def _whole(text: str) -> str:
    """Join pairs of surrogates and show a lone one, which no file can hold, as U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _percent(number: float | None) -> str:
    return MISSING if number is None else percent(number)


def _points(number: float | None) -> str:
    return MISSING if number is None else points(number)


def _number(value: float | None, digits: int = 2) -> str:
    return MISSING if value is None else f"{value:.{digits}f}".replace("-", "\u2212")


def _count(value: int | None) -> str:
    return MISSING if value is None else f"{value:,}"


def _place(share: float, axis: float) -> str:
    """Where a share stands on an axis from 0 to `axis`, as a percentage of its width."""
    return f"{100 * min(max(share / axis, 0.0), 1.0):.2f}%"


def _shorten(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _visible(text: str) -> str:
    """Write a text of blanks so that it can be seen: the sign for a space and how many."""
    return text if text.strip() else f"␣ × {len(text)}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return MISSING if value is None else str(value)


def _mark(quote: str, terms: Sequence[str]) -> Markup:
    """Mark the topic's terms in a quotation (longest match), which stays word for word what it was."""
    if not terms:
        return escape(quote)
    pattern = re.compile(
        "|".join(re.escape(term) for term in sorted(terms, key=lambda term: (-len(term), term)))
    )
    pieces, end = [], 0
    for match in pattern.finditer(quote):
        pieces += [escape(quote[end : match.start()]), Markup("<mark>{}</mark>").format(match.group())]
        end = match.end()
    return Markup("").join([*pieces, escape(quote[end:])])


def _srcdoc(page: str) -> Markup:
    """A page inside an attribute between single quotes: its script has hundreds of double ones."""
    return Markup(page.replace("&", "&amp;").replace("'", "&#39;"))


def _json(data: Any) -> Markup:
    """JSON that can stand inside a script element, whatever the data hold."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


_FILTERS = {
    "percent": _percent,
    "points": _points,
    "number": _number,
    "count": _count,
    "place": _place,
    "shorten": _shorten,
    "shown": _shown,
    "visible": _visible,
    "mark": _mark,
    "json": _json,
    "srcdoc": _srcdoc,
    "curve": draw_curve,
    "map_of": draw_map,
}
