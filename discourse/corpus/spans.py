"""Candidates come in, exact spans go out: stretches are aligned and cut where the likeness ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Indel, Levenshtein

from discourse.corpus.anchors import Candidates
from discourse.corpus.folding import FoldedText

Block = tuple[int, int, int]  # equal letters: where they start on either side, how many

_MISMATCH = 0.5  # cost of a letter without partner, where a match earns 1
_DROP = 12.0  # a span ends where this much is lost since its best point (X-drop; Altschul et al. 1997)
_MARGINS = 60, 240  # letters beside the anchors that are aligned with them, at first and where that pays
_SLACK = 12  # letters by which one side may be longer than the other
_GLANCE = 20  # letters beside the anchors that are compared before anything is aligned
_LIKENESS = 0.29  # unrelated stretches around two shared shingles mostly stay below


@dataclass(frozen=True)
class Span:
    """Letters ``start_a:end_a`` (source) and ``start_b:end_b`` (copy); how many match; their weight."""

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
    """Spans behind the candidates; in a pair of passages the richest candidate first, no two overlapping.

    weights (n_letters,): what a match is worth, see `weigh_letters`. All candidates of a pair come together.
    """
    found: dict[tuple[int, int], list[Span]] = {}
    candidates = candidates.take(_promising(candidates, folded))
    near, wide = (_surroundings(candidates, folded, margin) for margin in _MARGINS)
    pairs = zip(
        folded.owner[candidates.start_a].tolist(), folded.owner[candidates.start_b].tolist(), strict=True
    )
    for row, pair in enumerate(pairs):
        spans = found.setdefault(pair, [])
        if spans and any(span.contains(*candidates.stretch(row)) for span in spans):
            continue
        for span in _find_spans(near[row], wide[row], folded.text, weights, thresholds):
            if not any(span.overlaps(other) for other in spans):
                spans.append(span)
    for spans in found.values():
        yield from spans


def _promising(candidates: Candidates, folded: FoldedText) -> np.ndarray:
    """Rows whose stretches, widened a little and alike, resemble each other; most anchors first."""
    starts, ends = _widen(candidates, folded, _GLANCE)
    left = _slices(folded.text, candidates.start_a - starts, candidates.end_a + ends)
    right = _slices(folded.text, candidates.start_b - starts, candidates.end_b + ends)
    likeness = process.cpdist(
        left, right, scorer=Indel.normalized_similarity, score_cutoff=_LIKENESS, workers=-1
    )
    rows = np.flatnonzero(likeness)
    return rows[np.argsort(-candidates.n_anchors[rows], kind="stable")]


def _widen(candidates: Candidates, folded: FoldedText, margin: int) -> tuple[np.ndarray, np.ndarray]:
    """How many letters may be added before and after both stretches without leaving either passage."""
    bounds = folded.bounds
    a, b = folded.owner[candidates.start_a], folded.owner[candidates.start_b]
    before = np.minimum(candidates.start_a - bounds[a], candidates.start_b - bounds[b])
    after = np.minimum(bounds[a + 1] - candidates.end_a, bounds[b + 1] - candidates.end_b)
    return np.minimum(before, margin), np.minimum(after, margin)


def _slices(text: str, starts: np.ndarray, ends: np.ndarray) -> list[str]:
    return [text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


def _surroundings(candidates: Candidates, folded: FoldedText, margin: int) -> list[tuple[int, int, int, int]]:
    """Widen the stretches within their passages, both sides alike: unequal lengths scatter the matches."""
    before, after = _widen(candidates, folded, margin)
    bounds = folded.bounds
    a, b = folded.owner[candidates.start_a], folded.owner[candidates.start_b]
    edges = (
        np.maximum(bounds[a], candidates.start_a - before - _SLACK),
        np.minimum(bounds[a + 1], candidates.end_a + after + _SLACK),
        np.maximum(bounds[b], candidates.start_b - before - _SLACK),
        np.minimum(bounds[b + 1], candidates.end_b + after + _SLACK),
    )
    return list(zip(*(edge.tolist() for edge in edges), strict=True))


def _find_spans(
    near: tuple[int, int, int, int],
    wide: tuple[int, int, int, int],
    text: str,
    weights: np.ndarray,
    thresholds: Thresholds,
) -> list[Span]:
    """Align a candidate with its near surroundings and, where these hold something, with its wider ones."""
    min_score = thresholds.min_chars / 3
    stretches = list(_good_stretches(_align(near, text), min_score))
    if stretches and wide != near:
        stretches = list(_good_stretches(_align(wide, text), min_score))
    long = (blocks for blocks in stretches if _n_chars(blocks) >= thresholds.min_chars)  # few are
    return [span for span in (_measure(blocks, weights) for blocks in long) if thresholds.admit(span)]


def _align(stretch: tuple[int, int, int, int], text: str) -> list[Block]:
    """Equal blocks of the two stretches in the cheapest alignment (Levenshtein)."""
    start_a, end_a, start_b, end_b = stretch
    edits = Levenshtein.editops(text[start_a:end_a], text[start_b:end_b])
    return [
        (start_a + block.a, start_b + block.b, block.size)
        for block in edits.as_matching_blocks()
        if block.size
    ]


def _good_stretches(blocks: list[Block], min_score: float) -> Iterator[list[Block]]:
    """Cut an alignment into runs of blocks whose letters outweigh the gaps between them."""
    first = 0
    while first < len(blocks):
        end_a, end_b, score, best, last = *blocks[first][:2], 0.0, 0.0, first
        for place in range(first, len(blocks)):
            start_a, start_b, size = blocks[place]
            gap_a, gap_b = start_a - end_a, start_b - end_b
            score -= _MISMATCH * (gap_a if gap_a > gap_b else gap_b)
            if score < 0 or best - score > _DROP:
                break
            score += size
            if score > best:
                best, last = score, place
            end_a, end_b = start_a + size, start_b + size
        if best >= min_score:
            yield blocks[first : last + 1]
        first = last + 1


def _n_chars(blocks: list[Block]) -> int:
    """Letters of the longer side."""
    (start_a, start_b, _), (last_a, last_b, size) = blocks[0], blocks[-1]
    return max(last_a - start_a, last_b - start_b) + size


def _measure(blocks: list[Block], weights: np.ndarray) -> Span:
    first, last = blocks[0], blocks[-1]
    return Span(
        start_a=first[0],
        end_a=last[0] + last[2],
        start_b=first[1],
        end_b=last[1] + last[2],
        n_matches=sum(size for _, _, size in blocks),
        weight=sum(_weigh(*block, weights) for block in blocks),
    )


def _weigh(start_a: int, start_b: int, size: int, weights: np.ndarray) -> float:
    """Weight of equal letters: of either side the smaller one, for an edit makes common words look rare."""
    return float(np.minimum(weights[start_a : start_a + size], weights[start_b : start_b + size]).sum())
