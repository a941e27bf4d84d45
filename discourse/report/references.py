"""The payload in, the works that its methods rest on out: those that this run used, and no others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from discourse.report.labels import ASSETS


@dataclass(frozen=True)
class Reference:
    """A work: BibTeX key, type, authors (``Family, Given``), year, title and the other fields of BibTeX.

    cited: words by which the methods paragraphs name it; parts: parts of the payload that rest on it; engine:
    the engine that it describes, or nothing.
    """

    key: str
    type: str
    authors: list[str]
    year: int
    title: str
    fields: Mapping[str, str]
    cited: list[str]
    parts: list[str]
    engine: str

    def line(self) -> str:
        """One line as a list of references prints it."""
        names = [_initials(author) for author in self.authors]
        several = f"{', '.join(names[:-1])}, & {names[-1]}" if 1 < len(names) <= 4 else f"{names[0]}, et al."
        where = next((self.fields[n] for n in ("journal", "booktitle", "publisher") if n in self.fields), "")
        volume = self.fields.get("volume", "")
        volume += f"({self.fields['number']})" if "number" in self.fields else ""
        place = ", ".join(
            word for word in (where, volume, self.fields.get("pages", "").replace("--", "–")) if word
        )
        return f"{several if len(names) > 1 else names[0]} ({self.year}). {self.title}. {place}."


def list_references(payload: Mapping[str, Any] | None = None) -> list[Reference]:
    """Works that the methods paragraphs of the payload cite or its tables rest on; all, without a payload."""
    known = [Reference(**entry) for entry in json.loads((ASSETS / "references.json").read_text("utf-8"))]
    if payload is None:
        return known
    said = " ".join(text["en"] for text in payload.get("methods", ()))
    engines = {str(model["engine"]) for model in payload.get("models", ())}
    parts = {name for name, content in payload.items() if content}
    if payload.get("n_universes", 0) > len(payload.get("models", ())):
        parts.add("other models")
    return [
        reference
        for reference in known
        if parts & set(reference.parts)
        or any(words in said for words in reference.cited)
        or reference.engine in engines
    ]


def _initials(author: str) -> str:
    family, _, given = author.partition(", ")
    return f"{family}, {' '.join(f'{name[0]}.' for name in given.split())}" if given else family
