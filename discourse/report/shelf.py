"""Passages that a number of the page rests on come in one by one; what the page keeps of them goes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from discourse.contracts import topic_columns
from discourse.report.labels import label, plain, rows
from discourse.report.origins import Repairs

MAX_CHARACTERS = 290_000  # of all passages kept: about 0.9 MB of Chinese
CONTEXT = 40  # letters of the document before and after a passage
N_TOPICS = 3
_COLUMNS = ("passage_id", "doc_id", "position", "start", "end", "text", "raw_start", "raw_end")

Hit = tuple[str, int, int]  # passage_id, start and end in the passage; equal where no words are meant


class Shelf:
    """The passages that the page keeps, each once, and lists of hits in them."""

    def __init__(self, held: Mapping[str, pd.DataFrame]) -> None:
        self._passages = held["passages"].drop_duplicates("passage_id")
        self._numbers = pd.Index(self._passages["passage_id"])
        self._n_of = self._passages.groupby("doc_id").size()
        self._documents = held["documents"].drop_duplicates("doc_id").set_index("doc_id")
        self._sources = held["sources"].drop_duplicates("source_id").set_index("source_id")
        self._repairs = Repairs(held["edits"])
        self._theta = held["theta"].set_index("passage_id") if len(held["theta"]) else None
        self._places: dict[str, int] = {}
        self._kept: list[dict[str, Any]] = []
        self._owners: dict[str, int] = {}
        self._evidence: list[list[Any]] = []
        self._n_characters = 0

    def put(self, passage_id: str) -> int | None:
        """Keep a passage; returns its number, or None where it is unknown or the page is full."""
        if passage_id in self._places:
            return self._places[passage_id]
        if passage_id not in self._numbers:
            return None
        row = rows(self._passages.iloc[[self._numbers.get_loc(passage_id)]], *_COLUMNS)[0]
        if row["doc_id"] not in self._documents.index:
            return None
        if self._n_characters + len(row["text"]) > MAX_CHARACTERS:
            return None
        self._n_characters += len(row["text"])
        self._places[passage_id] = len(self._kept)
        self._kept.append(self._describe(row))
        return self._places[passage_id]

    def show(self, hits: Iterable[Hit], *, topic: int | None = None) -> int | None:
        """Keep a list of hits behind a number; returns its number, or None where no passage can be kept."""
        kept = []
        for passage_id, start, end in hits:
            place = self.put(passage_id)
            if place is not None:
                kept.append([place, int(start), int(end)])
        if not kept:
            return None
        self._evidence.append([topic, kept])
        return len(self._evidence) - 1

    def join(self, numbers: Iterable[int | None], *, topic: int | None = None) -> int | None:
        """Put lists of hits that are kept already behind one number; None where all of them are empty."""
        hits = [hit for number in numbers if number is not None for hit in self._evidence[number][1]]
        if not hits:
            return None
        self._evidence.append([topic, hits])
        return len(self._evidence) - 1

    def contents(self) -> dict[str, Any]:
        """All that was kept: passages, their documents, lists of hits; n_passages: of the whole corpus."""
        return {
            "passages": self._kept,
            "documents": [self._describe_document(doc_id) for doc_id in self._owners],
            "evidence": self._evidence,
            "rules": self._rules(),
            "n_passages": len(self._passages),
        }

    def _describe(self, row: Mapping[str, Any]) -> dict[str, Any]:
        doc_id, start, end = row["doc_id"], row["start"], row["end"]
        text = str(self._documents.at[doc_id, "text"])
        owner = self._owners.setdefault(doc_id, len(self._owners))
        return {
            "id": row["passage_id"],
            "document": owner,
            "position": row["position"],
            "of": int(self._n_of[doc_id]),
            "place": [start, end],
            "before": text[max(0, start - CONTEXT) : start],
            "text": row["text"],
            "after": text[end : end + CONTEXT],
            "topics": self._leading(row["passage_id"]),
            **self._repairs.between(
                str(self._documents.at[doc_id, "source_id"]), row["raw_start"], row["raw_end"]
            ),
        }

    def _leading(self, passage_id: str) -> list[list[Any]]:
        """Topics of a passage that lead, with their shares."""
        if self._theta is None or passage_id not in self._theta.index:
            return []
        columns = topic_columns(self._theta)
        shares = self._theta.loc[passage_id, columns].astype(float).to_numpy()
        order = sorted(range(len(columns)), key=lambda place: (-shares[place], place))[:N_TOPICS]
        return [[int(columns[place][6:]), round(float(shares[place]), 3)] for place in order]

    def _describe_document(self, doc_id: str) -> dict[str, Any]:
        document = self._documents.loc[doc_id]
        source = document["source_id"]
        known = source in self._sources.index
        found: Mapping[Any, Any] = dict(self._sources.loc[source]) if known else {}
        described = {"doc_id": doc_id} | {
            name: plain(document[name])
            for name in ("title", "date", "region", "level", "speaker", "author", "genre")
        }
        described["level"] = None if described["level"] is None else label("level", described["level"])
        return described | {
            name: plain(found[name]) if known else None for name in ("path", "member", "encoding", "sha256")
        }

    def _rules(self) -> dict[str, Any]:
        used = sorted({edit[2] for passage in self._kept for edit in passage["edits"]})
        return {rule: label("rule", rule) for rule in used}
