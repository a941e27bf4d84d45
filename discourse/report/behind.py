"""A payload's numbers in; each is given the passages behind it, kept on a shelf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import topic_columns
from discourse.report.shelf import Hit, Shelf

N_PASSAGES = 3
N_HITS = 4
MIN_THETA = 0.15
MAX_PROFILES = 60  # documents whose shares the page prints one by one

Tables = Mapping[str, pd.DataFrame]


def place_evidence(payload: dict[str, Any], held: Tables) -> dict[str, Any]:
    """Write under every number of the payload which passages stand behind it; returns these passages.

    `passage` is the number of a passage, `evidence` the number of a list of hits; None where there is none.
    What comes first is kept first: quotations, shares, words, phrases, trends, repeated text, documents.
    """
    listed = [*_words(payload)]
    shelf, found = Shelf(held), _Finder(held, {word["term"] for words, _ in listed for word in words})
    for quote in list_quotes(payload["quotations"]):
        quote["passage"] = shelf.put(quote["passage_id"])
    for factor in payload["factors"]:
        for topic in factor["topics"]:
            for cell in topic["groups"]:
                own = found.carriers(topic["topic"], factor["factor"], cell["group"])
                cell["evidence"] = shelf.show(own, topic=topic["topic"])
        _pass_on(factor)
    for words, target in listed:
        for word in words:
            word["evidence"] = shelf.show(found.uses(word["term"], *target), topic=target[2])
    for phrase in payload["set_phrases"]["phrases"]:
        phrase["evidence"] = shelf.show(found.phrases(phrase["phrase"]))
    for trend in payload["trends"]:
        for row in trend["topics"]:
            row["evidence"] = shelf.show(found.ends(row["topic"], trend["factor"]), topic=row["topic"])
    for span in payload["reuse"]["spans"]:
        shared = ((span["passage_id"], span["text"]), (span["source_passage_id"], span["source_text"]))
        span["evidence"] = shelf.show([found.locate(*place) for place in shared])
    for row in payload["profiles"] if len(payload["profiles"]) <= MAX_PROFILES else ():
        row["evidence"] = [
            shelf.show(found.of_document(row["doc_id"], topic["topic"]), topic=topic["topic"])
            for topic in payload["topics"]
        ]
    _explain_distances(payload, shelf)
    for formula in payload["adjusted"]:
        for row in formula["contrasts"]:
            sides = [found.carriers(row["topic"], row["factor_name"], group)[:2] for group in row["groups"]]
            row["evidence"] = shelf.show([*sides[0], *sides[1]], topic=row["topic"])
    return shelf.contents()


def _pass_on(factor: Mapping[str, Any]) -> None:
    """Give both sides of every contrast what stands behind their shares."""
    cells = {
        (topic["topic"], cell["group"]): cell["evidence"]
        for topic in factor["topics"]
        for cell in topic["groups"]
    }
    for row in (*factor["tested"], *factor["described"]):
        row["evidence"] = [cells.get((row["topic"], group)) for group in row["groups"]]


def _explain_distances(payload: Mapping[str, Any], shelf: Shelf) -> None:
    """Give each distance between two groups passages of the topic in which they differ most, of either side."""
    for entry in payload["maps"]:
        factor = next((own for own in payload["factors"] if own["factor"] == entry["factor"]), None)
        if factor is None:
            continue
        shares = {
            group["group"]: {
                topic["topic"]: cell
                for topic in factor["topics"]
                for cell in topic["groups"]
                if cell["group"] == group["group"]
            }
            for group in factor["groups"]
        }
        shown: dict[frozenset[str], int | None] = {}
        cells = [cell for line in (entry["matrix"] or {"cells": []})["cells"] for cell in line if cell]
        for cell in [*entry["pairs"], *cells]:
            names = frozenset(cell["names"])
            if names not in shown:
                shown[names] = _widest(shares, sorted(names), shelf)
            cell["evidence"] = shown[names]


def _widest(shares: Mapping[str, Mapping[int, Any]], names: Sequence[str], shelf: Shelf) -> int | None:
    if len(names) != 2 or not all(name in shares for name in names):
        return None
    a, b = (shares[name] for name in names)
    known = [t for t in a if t in b and a[t]["prevalence"] is not None and b[t]["prevalence"] is not None]
    if not known:
        return None
    topic = max(known, key=lambda t: (abs(a[t]["prevalence"] - b[t]["prevalence"]), -t))
    return shelf.join([own[topic]["evidence"] for own in (a, b)], topic=topic)


def list_quotes(quotations: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """All quotations of the page, topic by topic."""
    for topic in quotations:
        for group in [topic, *topic["groups"]]:
            yield from group["exemplars"]
            yield from group["counters"]


def _words(payload: Mapping[str, Any]) -> Iterator[tuple[list[dict[str, Any]], tuple[str, str, int | None]]]:
    """Lists of words with the factor, the group and the topic that they mark."""
    for entry in payload["vocabulary"]:
        yield entry["words"], (entry["factor_name"], entry["group"], None)
    for entry in payload["topic_words"]:
        for topic in entry["topics"]:
            yield topic["words"], (entry["factor_name"], entry["group"], topic["topic"])


class _Finder:
    """Looks up passages by topic, group, document and word. A row is the number of a passage in `passages`."""

    def __init__(self, held: Tables, terms: set[str]) -> None:
        self._documents = held["documents"].drop_duplicates("doc_id").set_index("doc_id")
        self._passages = held["passages"].drop_duplicates("passage_id").set_index("passage_id")
        self._owners = self._passages["doc_id"].to_numpy(dtype=object)
        theta = held["theta"].drop_duplicates("passage_id").set_index("passage_id")
        theta = theta.reindex(self._passages.index)
        self._shares = {
            int(name[6:]): theta[name].fillna(0.0).to_numpy(dtype=float) for name in topic_columns(theta)
        }
        self._terms = _Uses(held["tokens"][held["tokens"]["term"].isin(terms)], "term", self._passages.index)
        self._phrases = _Uses(held["phrase_uses"], "phrase", self._passages.index)
        self._lengths = (held["phrase_uses"]["end"] - held["phrase_uses"]["start"]).to_numpy()
        self._starts = self._passages["start"].to_numpy()
        self._members: dict[tuple[str, str], np.ndarray] = {}

    def carriers(self, topic: int, factor: str, group: str) -> list[Hit]:
        """Passages of a group in which a topic is largest."""
        return self._best(topic, np.flatnonzero(self._group(factor, group)), N_PASSAGES)

    def of_document(self, doc_id: str, topic: int) -> list[Hit]:
        """Passages of a document in which a topic is largest."""
        return self._best(topic, np.flatnonzero(self._owners == doc_id), 2)

    def ends(self, topic: int, factor: str) -> list[Hit]:
        """Passages with most of a topic at the first and at the last value of a factor."""
        if factor not in self._documents.columns or self._documents[factor].isna().all():
            return []
        values = self._documents[factor].dropna()
        found: list[Hit] = []
        for end in (values.min(), values.max()):
            own = values.index[(values == end).to_numpy(dtype=bool)]
            found += self._best(topic, np.flatnonzero(own.get_indexer(pd.Index(self._owners)) >= 0), 2)
        return found

    def uses(self, term: str, factor: str, group: str, topic: int | None) -> list[Hit]:
        """Occurrences of a word in a group, documents in turn; in a topic, where the topic is largest."""
        places, starts, _ = self._terms.of(term)
        inside = self._group(factor, group)[places]
        places, starts = places[inside], starts[inside]
        shares = self._shares[topic][places] if topic in self._shares else np.zeros(len(places))
        order = np.lexsort((starts, places, -shares))
        return [
            (str(self._passages.index[places[i]]), int(starts[i]), int(starts[i]) + len(term))
            for i in order[_take_turns(self._owners[places[order]], N_HITS)]
        ]

    def phrases(self, phrase: str) -> list[Hit]:
        """Uses of a set phrase, documents in turn."""
        places, starts, numbers = self._phrases.of(phrase)
        chosen = _take_turns(self._owners[places], N_HITS)
        hits = []
        for i in chosen:
            start = int(starts[i] - self._starts[places[i]])
            hits.append((str(self._passages.index[places[i]]), start, start + int(self._lengths[numbers[i]])))
        return hits

    def locate(self, passage_id: str, words: str) -> Hit:
        """Where words stand in a passage; at its start, without length, where they reach beyond it."""
        text = str(self._passages["text"].get(passage_id, ""))
        start = text.find(words)
        return (passage_id, start, start + len(words)) if start >= 0 else (passage_id, 0, 0)

    def _best(self, topic: int, places: np.ndarray, n: int) -> list[Hit]:
        if topic not in self._shares:
            return []
        shares = self._shares[topic][places]
        order = np.argsort(-shares, kind="stable")[:n]
        return [(str(self._passages.index[places[i]]), 0, 0) for i in order if shares[i] >= MIN_THETA]

    def _group(self, factor: str, group: str) -> np.ndarray:
        """Which passages are of documents of a group, bool."""
        if (factor, group) not in self._members:
            documents = pd.Index(_members(self._documents, factor, group))
            self._members[factor, group] = documents.get_indexer(pd.Index(self._owners)) >= 0
        return self._members[factor, group]


class _Uses:
    """Occurrences of words: which passage each stands in, and where."""

    def __init__(self, table: pd.DataFrame, column: str, passages: pd.Index) -> None:
        self._rows = table.groupby(column, sort=False, observed=True).indices
        self._places = passages.get_indexer(pd.Index(table["passage_id"].astype("str")))
        self._starts = table["start"].to_numpy()

    def of(self, word: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Passages, starts and numbers of the occurrences of a word, in the table's order."""
        own = np.asarray(self._rows.get(word, ()), dtype=np.intp)
        own = own[self._places[own] >= 0]
        return self._places[own], self._starts[own], own


def _take_turns(owners: np.ndarray, n: int) -> list[int]:
    """Numbers of the first `n` entries when owners take turns, in their order."""
    chosen: list[int] = []
    left = list(range(len(owners)))
    while left and len(chosen) < n:
        seen: set[str] = set()
        later = []
        for place in left:
            if owners[place] in seen:
                later.append(place)
                continue
            seen.add(owners[place])
            chosen.append(place)
            if len(chosen) == n:
                break
        left = later
    return chosen


def _members(documents: pd.DataFrame, factor: str, group: str) -> list[str]:
    """Documents of a group; the parts of a crossed factor must all agree."""
    if factor in documents.columns:
        return documents.index[documents[factor].astype(str) == group].tolist()
    factors, parts = factor.split(":"), group.split(":")
    if len(factors) != len(parts) or not set(factors) <= set(documents.columns):
        return []
    agree = [documents[name].astype(str) == part for name, part in zip(factors, parts, strict=True)]
    return documents.index[np.logical_and.reduce(agree)].tolist()
