"""Passages come in, a table of the spans that they share goes out: who repeats whom, which words, how closely."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from discourse.contracts import check, empty
from discourse.corpus.anchors import Candidates, find_candidates, weigh_letters
from discourse.corpus.folding import FoldedText, fold_texts
from discourse.errors import SettingError

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_MISMATCH = (
    0.5  # what a letter without a partner costs, where a match earns 1: spans need over a third of matches
)
_DROP = 12.0  # a span ends where the alignment has lost this much since its best point
_FLOOR = 0.1  # weight of a letter that every document has in the same words
_MARGIN = 200  # letters around the anchors that an alignment looks at first


def find_reuse(
    passages: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    min_chars: int = 20,
    min_weight: float = 12.0,
    min_similarity: float = 0.4,
    max_repeats: int = 25,
) -> pd.DataFrame:
    """Spans that one passage repeats from another, exactly or with edits."""
    _check_settings(min_chars, min_weight, min_similarity, max_repeats)
    passages = _in_order(passages, documents)
    folded = fold_texts(passages["text"].tolist())
    group = pd.factorize(passages["doc_id"])[0]
    original = _first_of_its_words(folded)
    searched = (original == np.arange(len(passages))) & (np.diff(folded.bounds) >= min_chars)
    weights = weigh_letters(folded, group, searched, shingle=4, floor=_FLOOR)
    aligner = _Aligner(folded, weights, min_chars, min_weight, min_similarity)
    spans = [*_exact_spans(folded, original, min_chars)]
    for candidates in find_candidates(
        folded, searched, shingle=3, max_repeats=max_repeats, min_anchors=2, drift=8, gap=60
    ):
        spans += aligner.align(candidates)
    return check(_build_table(spans, passages, folded, documents), "reuse")


@dataclass(frozen=True)
class _Span:
    """Letters ``start_a:end_a`` (the source) and ``start_b:end_b`` (the copy); matched letters; their weight."""

    start_a: int
    end_a: int
    start_b: int
    end_b: int
    n_matches: int
    weight: float

    @property
    def similarity(self) -> float:
        return 2 * self.n_matches / (self.end_a - self.start_a + self.end_b - self.start_b)


class _Aligner:
    """Turns candidates into exact spans; remembers the letters, their weights and the thresholds."""

    def __init__(
        self,
        folded: FoldedText,
        weights: np.ndarray,
        min_chars: int,
        min_weight: float,
        min_similarity: float,
    ) -> None:
        self._folded, self._weights = folded, weights
        self._min_chars, self._min_weight, self._min_similarity = min_chars, min_weight, min_similarity

    def align(self, candidates: Candidates) -> list[_Span]:
        """Spans of these candidates, the best first within a pair, none inside another."""
        found: dict[tuple[int, int], list[_Span]] = {}
        for row in self._promising(candidates):
            bounds = tuple(
                int(side[row])
                for side in (candidates.start_a, candidates.end_a, candidates.start_b, candidates.end_b)
            )
            pair = int(self._folded.owner[bounds[0]]), int(self._folded.owner[bounds[2]])
            spans = found.setdefault(pair, [])
            if any(_inside(bounds, span) for span in spans):
                continue
            for span in self._spans(pair, bounds):
                if not any(_overlap(span, other) for other in spans):
                    spans.append(span)
        return [span for spans in found.values() for span in spans]

    def _promising(self, candidates: Candidates, margin: int = 20, cutoff: float = 0.34) -> np.ndarray:
        """Rows whose stretches, a little widened on both sides alike, resemble each other; the longest first."""
        bounds, owner, text = self._folded.bounds, self._folded.owner, self._folded.text
        a, b = owner[candidates.start_a], owner[candidates.start_b]
        before = np.minimum(
            margin, np.minimum(candidates.start_a - bounds[a], candidates.start_b - bounds[b])
        )
        after = np.minimum(
            margin, np.minimum(bounds[a + 1] - candidates.end_a, bounds[b + 1] - candidates.end_b)
        )
        left = _slices(text, candidates.start_a - before, candidates.end_a + after)
        right = _slices(text, candidates.start_b - before, candidates.end_b + after)
        likeness = process.cpdist(
            left, right, scorer=Levenshtein.normalized_similarity, score_cutoff=cutoff, workers=-1
        )
        rows = np.flatnonzero(likeness > 0)
        return rows[np.argsort(-candidates.n_anchors[rows], kind="stable")]

    def _spans(self, pair: tuple[int, int], bounds: tuple[int, ...]) -> Iterator[_Span]:
        limits = self._folded.bounds
        a, b = pair
        start_a, start_b = max(limits[a], bounds[0] - _MARGIN), max(limits[b], bounds[2] - _MARGIN)
        end_a, end_b = min(limits[a + 1], bounds[1] + _MARGIN), min(limits[b + 1], bounds[3] + _MARGIN)
        text = self._folded.text
        blocks = Levenshtein.opcodes(text[start_a:end_a], text[start_b:end_b]).as_list()
        for first, last in _good_stretches(blocks, self._min_chars / 3):
            span = self._measure(blocks[first : last + 1], int(start_a), int(start_b))
            length = min(span.end_a - span.start_a, span.end_b - span.start_b)
            if (
                length >= self._min_chars
                and span.weight >= self._min_weight
                and span.similarity >= self._min_similarity
            ):
                yield span

    def _measure(self, blocks: list[tuple[str, int, int, int, int]], start_a: int, start_b: int) -> _Span:
        equal = [block for block in blocks if block[0] == "equal"]
        weight = sum(
            float(
                np.minimum(
                    self._weights[start_a + i : start_a + j], self._weights[start_b + k : start_b + m]
                ).sum()
            )
            for _, i, j, k, m in equal
        )
        return _Span(
            start_a + blocks[0][1],
            start_a + blocks[-1][2],
            start_b + blocks[0][3],
            start_b + blocks[-1][4],
            sum(j - i for _, i, j, _, _ in equal),
            weight,
        )


def _good_stretches(
    blocks: list[tuple[str, int, int, int, int]], min_score: float
) -> Iterator[tuple[int, int]]:
    """First and last block of the stretches of an alignment whose matches outweigh the rest (as in BLAST's X-drop)."""
    gains = [j - i if tag == "equal" else -_MISMATCH * max(j - i, m - k) for tag, i, j, k, m in blocks]
    first = 0
    while first < len(gains):
        score, best, last = 0.0, 0.0, first
        for place in range(first, len(gains)):
            score += gains[place]
            if score > best:
                best, last = score, place
            elif score <= 0 or best - score > _DROP:
                break
        if best >= min_score:
            yield first, last
        first = last + 1


def _inside(bounds: tuple[int, ...], span: _Span) -> bool:
    return (
        span.start_a <= bounds[0]
        and bounds[1] <= span.end_a
        and span.start_b <= bounds[2]
        and bounds[3] <= span.end_b
    )


def _overlap(one: _Span, two: _Span) -> bool:
    return min(one.end_b, two.end_b) > max(one.start_b, two.start_b) and min(one.end_a, two.end_a) > max(
        one.start_a, two.start_a
    )


def _slices(text: str, starts: np.ndarray, ends: np.ndarray) -> list[str]:
    return [text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def _check_settings(min_chars: int, min_weight: float, min_similarity: float, max_repeats: int) -> None:
    if min_chars < 8:
        raise SettingError(
            f"min_chars={min_chars}: a span needs at least 8 letters, else every set phrase is a copy; 20 is usual"
        )
    if not 0 <= min_similarity <= 1:
        raise SettingError(
            f"min_similarity={min_similarity}: is a share and lies between 0 and 1; 0.4 is usual"
        )
    if min_weight < 0:
        raise SettingError(f"min_weight={min_weight}: cannot be negative; 12 is usual, 0 lets set phrases in")
    if max_repeats < 2:
        raise SettingError(
            f"max_repeats={max_repeats}: words shared by two passages occur twice, so it is at least 2; 25 is usual"
        )


def _in_order(passages: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Passages, earliest document first: dated ones by date, then undated ones; then by doc_id and position."""
    date = _dates(documents).reindex(passages["doc_id"]).to_numpy()
    keys = pd.DataFrame(
        {"date": date, "doc_id": passages["doc_id"].to_numpy(), "position": passages["position"].to_numpy()}
    )
    keys["undated"] = keys["date"].isna()
    order = (
        keys.fillna({"date": ""}).sort_values(["undated", "date", "doc_id", "position"], kind="stable").index
    )
    return passages.iloc[order].reset_index(drop=True)


def _dates(documents: pd.DataFrame) -> pd.Series:
    """ISO date of each document, or its year, by doc_id; NA where neither is known."""
    date = documents["date"].astype("str").where(documents["date"].notna(), None)
    known = date.map(lambda value: value if isinstance(value, str) and _DATE.fullmatch(value) else None)
    if "year" in documents.columns:
        year = documents["year"].map(lambda value: None if pd.isna(value) else f"{int(value):04d}")
        known = known.where(known.notna(), year)
    return pd.Series(known.to_numpy(dtype=object), index=documents["doc_id"].to_numpy(), dtype="object")


def _first_of_its_words(folded: FoldedText) -> np.ndarray:
    """Number of the earliest passage with the same letters, for each passage."""
    first: dict[str, int] = {}
    return np.array(
        [first.setdefault(folded.of(i), i) for i in range(len(folded.bounds) - 1)], dtype=np.int64
    )


def _exact_spans(folded: FoldedText, original: np.ndarray, min_chars: int) -> Iterator[_Span]:
    sizes = np.diff(folded.bounds)
    for copy in np.flatnonzero((original != np.arange(len(original))) & (sizes >= min_chars)):
        a, b, size = int(folded.bounds[original[copy]]), int(folded.bounds[copy]), int(sizes[copy])
        yield _Span(a, a + size, b, b + size, size, float(size))


def _build_table(
    spans: list[_Span], passages: pd.DataFrame, folded: FoldedText, documents: pd.DataFrame
) -> pd.DataFrame:
    if not spans:
        return empty("reuse")
    dates = _dates(documents).to_dict()
    texts, starts = passages["text"].tolist(), passages["start"].tolist()
    ids, docs = passages["passage_id"].tolist(), passages["doc_id"].tolist()
    rows = []
    for span in spans:
        a, b = int(folded.owner[span.start_a]), int(folded.owner[span.start_b])
        (from_a, to_a), (from_b, to_b) = (
            _places(folded, span.start_a, span.end_a),
            _places(folded, span.start_b, span.end_b),
        )
        rows.append(
            {
                "passage_id": ids[b], "source_passage_id": ids[a], "doc_id": docs[b], "source_doc_id": docs[a],
                "start": starts[b] + from_b, "end": starts[b] + to_b,
                "source_start": starts[a] + from_a, "source_end": starts[a] + to_a,
                "n_chars": span.end_b - span.start_b, "similarity": span.similarity, "weight": span.weight,
                "earlier": docs[a] if _is_earlier(dates.get(docs[a]), dates.get(docs[b])) else None,
                "text": texts[b][from_b:to_b], "source_text": texts[a][from_a:to_a],
            }
        )  # fmt: skip
    table = pd.DataFrame(rows).astype({"earlier": "str"})
    return table.sort_values(["doc_id", "start", "source_doc_id", "source_start"], kind="stable").reset_index(
        drop=True
    )


def _places(folded: FoldedText, start: int, end: int) -> tuple[int, int]:
    """Where letters ``start:end`` begin and end in the text of their passage."""
    return int(folded.offset[start]), int(folded.offset[end - 1]) + 1


def _is_earlier(one: str | None, two: str | None) -> bool:
    """Whether date `one` is before date `two`; dates of unlike precision are compared as far as both go."""
    if one is None or two is None:
        return False
    size = min(len(one), len(two))
    return one[:size] < two[:size]
