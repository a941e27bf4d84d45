"""Candidates come in, exact spans go out: each pair of stretches is aligned and cut where the likeness ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Indel, Levenshtein

from discourse.corpus.anchors import Candidates
from discourse.corpus.folding import FoldedText

Block = tuple[str, int, int, int, int]  # equal, replace, insert or delete; start and end in both stretches

_MISMATCH = (
    0.5  # what a letter without partner costs, where a match earns 1: a third of matches keeps a span going
)
_DROP = 12.0  # a span ends where the alignment has lost this much since its best point (X-drop; Altschul et al. 1997)
_MARGIN = 200  # letters beside the anchors that are aligned with them
_SLACK = 12  # letters by which one side may be longer than the other
_GLANCE = 20  # letters beside the anchors that are compared before anything is aligned
_LIKENESS = 0.31  # unrelated stretches around two shared shingles mostly stay below


@dataclass(frozen=True)
class Span:
    """Letters ``start_a:end_a``, the source, and ``start_b:end_b``, the copy; those that match; their weight."""

    start_a: int
    end_a: int
    start_b: int
    end_b: int
    n_matches: int
    weight: float

    @property
    def similarity(self) -> float:
        """Twice the matched letters over the letters of both sides, 0-1."""
        return 2 * self.n_matches / (self.end_a - self.start_a + self.end_b - self.start_b)

    @property
    def n_chars(self) -> int:
        """Letters of the longer side."""
        return max(self.end_a - self.start_a, self.end_b - self.start_b)

    def contains(self, start_a: int, end_a: int, start_b: int, end_b: int) -> bool:
        """Whether a pair of stretches lies inside on both sides."""
        return (
            self.start_a <= start_a
            and end_a <= self.end_a
            and self.start_b <= start_b
            and end_b <= self.end_b
        )

    def overlaps(self, other: Span) -> bool:
        """Whether both sides overlap with those of another span."""
        meet_a = min(self.end_a, other.end_a) > max(self.start_a, other.start_a)
        return meet_a and min(self.end_b, other.end_b) > max(self.start_b, other.start_b)


@dataclass(frozen=True)
class Thresholds:
    """What a span needs: letters on its longer side, weight of the letters that match, similarity."""

    min_chars: int
    min_weight: float
    min_similarity: float

    def admit(self, span: Span) -> bool:
        """Whether a span counts as reuse."""
        return (
            span.n_chars >= self.min_chars
            and span.weight >= self.min_weight
            and span.similarity >= self.min_similarity
        )


def align_candidates(
    candidates: Candidates, folded: FoldedText, weights: np.ndarray, thresholds: Thresholds
) -> Iterator[Span]:
    """Spans behind the candidates; within a pair of passages the richest candidate first, no two crossing.

    weights (n_letters,): what a match is worth, see `weigh_letters`. All candidates of a pair must come together.
    """
    found: dict[tuple[int, int], list[Span]] = {}
    for row in _promising(candidates, folded):
        stretch = tuple(
            int(side[row])
            for side in (candidates.start_a, candidates.end_a, candidates.start_b, candidates.end_b)
        )
        spans = found.setdefault((int(folded.owner[stretch[0]]), int(folded.owner[stretch[2]])), [])
        if any(span.contains(*stretch) for span in spans):
            continue
        for span in _align(stretch, folded, weights, thresholds.min_chars / 3):
            if thresholds.admit(span) and not any(span.overlaps(other) for other in spans):
                spans.append(span)
    for spans in found.values():
        yield from spans


def _promising(candidates: Candidates, folded: FoldedText) -> Iterable[int]:
    """Rows whose stretches, widened a little and alike on both sides, resemble each other; most anchors first."""
    starts, ends = _widen(candidates, folded, _GLANCE)
    left = _slices(folded.text, candidates.start_a - starts, candidates.end_a + ends)
    right = _slices(folded.text, candidates.start_b - starts, candidates.end_b + ends)
    likeness = process.cpdist(
        left, right, scorer=Indel.normalized_similarity, score_cutoff=_LIKENESS, workers=-1
    )
    rows = np.flatnonzero(likeness)
    return rows[np.argsort(-candidates.n_anchors[rows], kind="stable")].tolist()


def _widen(candidates: Candidates, folded: FoldedText, margin: int) -> tuple[np.ndarray, np.ndarray]:
    """How many letters may be added before and after both stretches without leaving either passage."""
    bounds = folded.bounds
    a, b = folded.owner[candidates.start_a], folded.owner[candidates.start_b]
    before = np.minimum(candidates.start_a - bounds[a], candidates.start_b - bounds[b])
    after = np.minimum(bounds[a + 1] - candidates.end_a, bounds[b + 1] - candidates.end_b)
    return np.minimum(before, margin), np.minimum(after, margin)


def _slices(text: str, starts: np.ndarray, ends: np.ndarray) -> list[str]:
    return [text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def _align(
    stretch: tuple[int, ...], folded: FoldedText, weights: np.ndarray, min_score: float
) -> Iterator[Span]:
    """Align the surroundings of a candidate and cut the alignment into spans."""
    text, bounds = folded.text, folded.bounds
    a, b = folded.owner[stretch[0]], folded.owner[stretch[2]]
    # both sides are widened alike: an alignment of unequal lengths scatters its matches
    before = int(min(_MARGIN, stretch[0] - bounds[a], stretch[2] - bounds[b]))
    after = int(min(_MARGIN, bounds[a + 1] - stretch[1], bounds[b + 1] - stretch[3]))
    start_a, end_a = max(bounds[a], stretch[0] - before - _SLACK), min(bounds[a + 1], stretch[1] + after + _SLACK)
    start_b, end_b = max(bounds[b], stretch[2] - before - _SLACK), min(bounds[b + 1], stretch[3] + after + _SLACK)
    start_a, end_a, start_b, end_b = int(start_a), int(end_a), int(start_b), int(end_b)
    edits = Levenshtein.opcodes(text[start_a:end_a], text[start_b:end_b])
    blocks = [
        (tag, start_a + i, start_a + j, start_b + k, start_b + m) for tag, i, j, k, m in edits.as_list()
    ]
    for first, last in _good_stretches(blocks, min_score):
        yield _measure(blocks[first : last + 1], weights)


def _good_stretches(blocks: list[Block], min_score: float) -> Iterator[tuple[int, int]]:
    """First and last block of every stretch whose matches outweigh the rest."""
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


def _measure(blocks: list[Block], weights: np.ndarray) -> Span:
    equal = [(i, j, k, m) for tag, i, j, k, m in blocks if tag == "equal"]
    return Span(
        start_a=blocks[0][1],
        end_a=blocks[-1][2],
        start_b=blocks[0][3],
        end_b=blocks[-1][4],
        n_matches=sum(j - i for i, j, _, _ in equal),
        weight=float(sum(np.minimum(weights[i:j], weights[k:m]).sum() for i, j, k, m in equal)),
    )
