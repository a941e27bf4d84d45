"""A stretch of a repaired document in, the stretch of the raw text it was made from and its repairs out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from discourse.report.labels import rows

MAX_EDITS = 60


class Origins:
    """Where the words of repaired documents stand in their raw texts, found by walking the logged edits."""

    def __init__(self, held: Mapping[str, pd.DataFrame]) -> None:
        self._edits = held["edits"].sort_values(["source_id", "start", "end"], kind="stable")
        self._of_source = self._edits.groupby("source_id", sort=False).indices
        places = rows(held["documents"], "doc_id", "source_id", "raw_start", "raw_end")
        self._documents = {place["doc_id"]: place for place in places}
        self._walks: dict[str, _Walk] = {}

    def find(self, doc_id: str, start: int, end: int) -> dict[str, Any]:
        """Raw offsets of the letters ``start:end`` of a document, and the edits between them.

        raw: [start, end] in the raw text; edits: [before, after, rule], at most `MAX_EDITS`; n_edits: of all.
        """
        if doc_id not in self._walks:
            self._walks[doc_id] = self._walk(doc_id)
        walk = self._walks[doc_id]
        inside = walk.between(start, end)
        return {
            "raw": [walk.back(start, first=True), walk.back(end, first=False)],
            "edits": [[edit["before"], edit["after"], edit["rule"]] for edit in inside[:MAX_EDITS]],
            "n_edits": len(inside),
        }

    def _walk(self, doc_id: str) -> _Walk:
        document = self._documents[doc_id]
        own = self._edits.iloc[self._of_source.get(document["source_id"], [])]
        own = own[(own["start"] >= document["raw_start"]) & (own["end"] <= document["raw_end"])]
        edits = rows(own, "start", "end", "before", "after", "rule")
        places, shift = [], -document["raw_start"]
        for edit in edits:
            places.append(edit["start"] + shift)
            shift += len(edit["after"]) - (edit["end"] - edit["start"])
        return _Walk(document["raw_start"], edits, places)


@dataclass(frozen=True)
class _Walk:
    """Edits of one document in order; places: where each begins in the repaired text."""

    raw_start: int
    edits: list[dict[str, Any]]
    places: list[int]

    def back(self, place: int, *, first: bool) -> int:
        """Raw offset of a letter's left edge; what was deleted there lies before a start and after an end."""
        number = (bisect_right if first else bisect_left)(self.places, place) - 1
        if number < 0:
            return self.raw_start + place
        edit, beyond = (
            self.edits[number],
            place - self.places[number] - len(self.edits[number]["after"]),
        )
        if beyond < 0:  # inside what an edit put there: all that it replaced
            return int(edit["start"] if first and place == self.places[number] else edit["end"])
        return int(edit["end"]) + beyond

    def between(self, start: int, end: int) -> list[dict[str, Any]]:
        """Edits that touch the letters ``start:end``."""
        return [
            edit
            for edit, place in zip(self.edits, self.places, strict=True)
            if place < end and place + len(edit["after"]) > start and (edit["after"] or place > start)
        ]
