"""A heading, facts and a table come in, a small card of HTML for a notebook goes out: escaped, nothing loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

_STYLE = "border-collapse:collapse;font-size:90%"


def render_card(
    heading: str,
    facts: Mapping[str, object],
    *,
    columns: Sequence[str] = (),
    rows: Iterable[Sequence[object]] = (),
    note: str = "",
) -> str:
    """HTML of one object: its heading, ``name value`` pairs on one line, a table below, a note in italics."""
    pairs = " · ".join(f"{escape(name)} <b>{escape(str(value))}</b>" for name, value in facts.items())
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align:left">{escape(str(cell))}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    head = "".join(f'<th style="text-align:left">{escape(name)}</th>' for name in columns)
    table = (
        f'<table style="{_STYLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>' if body else ""
    )
    last = f"<p><i>{escape(note)}</i></p>" if note else ""
    return f"<div><p><b>{escape(heading)}</b></p><p>{pairs}</p>{table}{last}</div>"
