"""Warnings of the stages in, notes in both languages out."""

from __future__ import annotations

import json
import re

from discourse.report.labels import ASSETS, Text


def translate_note(note: str) -> Text:
    """Give a note of the pipeline its Chinese; what the catalogue does not know stays as it is."""
    for pattern, chinese in _catalogue():
        found = re.fullmatch(pattern, note, flags=re.DOTALL)
        if found:
            return Text(zh=chinese.format(**found.groupdict()), en=note)
    return Text(zh=note, en=note)


def tell_note(note: str) -> str:
    """A note as a terminal shows it: Chinese, then English; English alone where the catalogue lacks it."""
    told = translate_note(note)
    return note if told["zh"] == told["en"] else f"{told['zh']}\n{told['en']}"


def _catalogue() -> list[tuple[str, str]]:
    """Pairs of a pattern with named parts and a sentence that has their names in braces."""
    entries: list[tuple[str, str]] = json.loads((ASSETS / "notes.json").read_text("utf-8"))
    return entries
