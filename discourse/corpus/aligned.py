"""A text whose every character knows its place in the raw file: repairs go in, the edits come out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Change(NamedTuple):
    """Replace ``text[start:end]`` by `after` (empty: delete); `confidence` is 1 where there was no choice.

    rule: why, where it differs from the rule of the operation.
    """

    start: int
    end: int
    after: str = ""
    confidence: float = 1.0
    rule: str = ""


class Edit(NamedTuple):
    """What was done to ``raw[start:end]``; several rules on the same characters are joined by ``+``."""

    start: int
    end: int
    before: str
    after: str
    rule: str
    confidence: float


class _Entry(NamedTuple):
    start: int
    end: int
    rule: str
    confidence: float


@dataclass(frozen=True, eq=False)
class AlignedText:
    """Immutable text with the raw span of each of its characters.

    raw: the text of the file. text: its present reading. starts, ends: (len(text),) int32 raw offsets of each
    character; a character that replaced several carries the span of them all. log: one entry an operation
    and place, in the order in which they were made.
    """

    raw: str
    text: str
    starts: np.ndarray
    ends: np.ndarray
    log: tuple[_Entry, ...] = ()

    @classmethod
    def of(cls, raw: str) -> AlignedText:
        """Start from the raw text, nothing changed yet."""
        offsets = np.arange(len(raw) + 1, dtype=np.int32)
        return cls(raw, raw, offsets[:-1], offsets[1:])

    def replace(self, changes: Iterable[Change | tuple[int, int, str]], rule: str) -> AlignedText:
        """Make `changes` in a new text and log them under `rule`.

        Changes count in the present text, are not empty and do not overlap: ValueError otherwise. A change
        that leaves the characters as they are marks them and nothing else.
        """
        ordered = sorted(Change(*change) for change in changes)
        if not ordered:
            return self
        pieces, starts, ends, log = [], [], [], list(self.log)
        cursor = 0
        for change in ordered:
            if not cursor <= change.start < change.end <= len(self.text):
                raise ValueError(f"change {change} is empty, overlaps another or leaves the text")
            span_starts, span_ends = self._spans_of(change)
            pieces += [self.text[cursor : change.start], change.after]
            starts += [self.starts[cursor : change.start], span_starts]
            ends += [self.ends[cursor : change.start], span_ends]
            log.append(
                _Entry(*self.raw_span(change.start, change.end), change.rule or rule, change.confidence)
            )
            cursor = change.end
        return AlignedText(
            self.raw,
            "".join([*pieces, self.text[cursor:]]),
            np.concatenate([*starts, self.starts[cursor:]]),
            np.concatenate([*ends, self.ends[cursor:]]),
            tuple(log),
        )

    def delete(self, spans: Iterable[tuple[int, int]], rule: str) -> AlignedText:
        """Leave the characters of `spans` out of a new text, logged under `rule`."""
        return self.replace([Change(start, end) for start, end in spans], rule)

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the raw file of ``text[start:end]``, at least one character."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError(
                f"span {(start, end)} is empty or leaves the text of {len(self.text)} characters"
            )
        return int(self.starts[start]), int(self.ends[end - 1])

    def edits(self) -> list[Edit]:
        """Every difference between raw and present text, sorted, never overlapping."""
        return [
            Edit(start, end, self.raw[start:end], self._reading(start, end), "+".join(rules), confidence)
            for start, end, rules, confidence in _merge(self.log)
        ]

    def _spans_of(self, change: Change) -> tuple[np.ndarray, np.ndarray]:
        """Raw spans of the new characters: one to one where the lengths agree, else the whole for each."""
        if len(change.after) == change.end - change.start:
            return self.starts[change.start : change.end], self.ends[change.start : change.end]
        start, end = self.raw_span(change.start, change.end)
        shape = len(change.after)
        return np.full(shape, start, dtype=np.int32), np.full(shape, end, dtype=np.int32)

    def _reading(self, start: int, end: int) -> str:
        first, last = self.starts.searchsorted(np.array([start, end], dtype=self.starts.dtype))
        return self.text[first:last]


def _merge(log: Sequence[_Entry]) -> list[tuple[int, int, list[str], float]]:
    """Join entries that share raw characters; rules in the order in which they were applied."""
    merged: list[tuple[int, int, list[tuple[int, _Entry]]]] = []
    for order, entry in sorted(enumerate(log), key=lambda item: (item[1].start, item[1].end, item[0])):
        if merged and entry.start < merged[-1][1]:
            start, end, members = merged[-1]
            merged[-1] = (start, max(end, entry.end), [*members, (order, entry)])
        else:
            merged.append((entry.start, entry.end, [(order, entry)]))
    return [
        (start, end, _rules(members), min(entry.confidence for _, entry in members))
        for start, end, members in merged
    ]


def _rules(members: list[tuple[int, _Entry]]) -> list[str]:
    return list(dict.fromkeys(entry.rule for _, entry in sorted(members, key=lambda item: item[0])))


def apply_edits(
    raw: str, edits: Iterable[tuple[int, int, str, str]], *, start: int = 0, end: int | None = None
) -> str:
    """Text that `edits` (start, end, before, after; raw offsets) make of ``raw[start:end]``.

    Leave an edit out and it is undone. ValueError where `before` is not what the raw text holds, or where
    edits overlap.
    """
    end = len(raw) if end is None else end
    pieces, cursor = [], start
    for edit_start, edit_end, before, after in sorted(edits):
        if edit_start < cursor or edit_end > end or raw[edit_start:edit_end] != before:
            raise ValueError(f"edit at {edit_start}:{edit_end} does not fit the raw text")
        pieces += [raw[cursor:edit_start], after]
        cursor = edit_end
    return "".join([*pieces, raw[cursor:end]])
