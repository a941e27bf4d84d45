"""Words come in; the same words go out as wide as a terminal's column, Chinese counted double."""

from __future__ import annotations

import unicodedata


def display_width(text: str) -> int:
    """Columns of a terminal that `text` takes (Unicode Standard Annex 11: wide and full-width take two)."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Fill `text` with blanks up to `width` columns; `right`: the blanks stand before it."""
    blanks = " " * max(0, width - display_width(text))
    return blanks + text if right else text + blanks
