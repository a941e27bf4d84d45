"""Folded passages and the weights of their letters come in; the spans that passages share go out, block by block."""

from __future__ import annotations

import hashlib
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import astuple, fields
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from discourse.corpus.anchors import Anchors, chain_anchors, find_anchors, split_anchors
from discourse.corpus.folding import FoldedText
from discourse.corpus.spans import Span, Thresholds, align_candidates
from discourse.workers import open_workers

Progress = Callable[[int, int], None]
_WORTH_A_WORKER = 2_000_000  # letters
_SPAN = [field.name for field in fields(Span)]


class Store(Protocol):
    """Keeps the tables of finished blocks."""

    def load(self, key: str) -> Mapping[str, pd.DataFrame] | None:
        """Tables that were kept under this key, if any."""

    def save(self, key: str, tables: Mapping[str, pd.DataFrame]) -> None:
        """Keep tables under this key."""

    def scratch(self) -> AbstractContextManager[Path]:
        """Give an empty folder that is removed in the end, or by the next run where this one is killed."""


def match_passages(
    folded: FoldedText,
    weights: np.ndarray,
    searched: np.ndarray,
    thresholds: Thresholds,
    *,
    max_repeats: int,
    n_workers: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Iterator[Span]:
    """Spans that passages share, in order; weights (n_letters,), searched (n_passages,).

    With several workers the arrays lie in files of a temporary folder (the store's, if there is one) that all
    processes see, so that they are in memory once. store: finished blocks (table ``spans``) are taken from it
    and given to it. progress: called with the number of anchors done and of all.
    """
    tell = progress or (lambda n_done, n_all: None)
    n_workers = min(n_workers, 1 + len(folded.letters) // _WORTH_A_WORKER)
    anchors = find_anchors(folded, searched, max_repeats=max_repeats, n_threads=n_workers)
    waiting: deque[tuple[slice, str, Mapping[str, pd.DataFrame] | None]] = deque()
    identity = "" if store is None else _identity(folded, weights, thresholds, max_repeats)

    def tasks() -> Iterator[slice | None]:
        for rows in split_anchors(anchors, folded):
            key = f"{identity}-{rows.start}-{rows.stop}"
            kept = None if store is None else store.load(key)
            waiting.append((rows, key, kept))
            yield rows if kept is None else None

    with ExitStack() as stack:
        if n_workers > 1:
            folder = stack.enter_context(_temporary_folder() if store is None else store.scratch())
            _spread(folder, folded, weights, anchors)
            del weights  # from here on in the files only
            anchors = _map_anchors(folder)
            make: Callable[[], _Matcher] = partial(_open_matcher, folder, thresholds)
        else:
            make = partial(_Matcher, folded, weights, anchors, thresholds)
        match = stack.enter_context(open_workers(make, n_workers))
        for found in match(tasks()):
            rows, key, kept = waiting.popleft()
            spans = found if kept is None else [Span(*row) for row in _rows(kept["spans"])]
            if store is not None and kept is None:
                store.save(key, {"spans": pd.DataFrame([astuple(span) for span in spans], columns=_SPAN)})
            tell(rows.stop, len(anchors.place))
            yield from spans


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="discourse-reuse-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class _Matcher:
    """What a process does with a block of anchors."""

    def __init__(
        self, folded: FoldedText, weights: np.ndarray, anchors: Anchors, thresholds: Thresholds
    ) -> None:
        self._folded, self._weights, self._anchors, self._thresholds = folded, weights, anchors, thresholds

    def __call__(self, rows: slice | None) -> list[Span]:
        if rows is None:
            return []
        candidates = chain_anchors(self._anchors, self._folded, rows)
        return list(align_candidates(candidates, self._folded, self._weights, self._thresholds))


def _spread(folder: Path, folded: FoldedText, weights: np.ndarray, anchors: Anchors) -> None:
    """Write the arrays where other processes can map them."""
    arrays = {f"folded_{field.name}": getattr(folded, field.name) for field in fields(folded)}
    arrays |= {f"anchors_{field.name}": getattr(anchors, field.name) for field in fields(anchors)}
    for name, array in (arrays | {"weights": weights}).items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)


def _open_matcher(folder: Path, thresholds: Thresholds) -> _Matcher:
    folded = FoldedText(*(_map(folder, f"folded_{field.name}") for field in fields(FoldedText)))
    return _Matcher(folded, _map(folder, "weights"), _map_anchors(folder), thresholds)


def _map_anchors(folder: Path) -> Anchors:
    return Anchors(*(_map(folder, f"anchors_{field.name}") for field in fields(Anchors)))


def _map(folder: Path, name: str) -> np.ndarray:
    path = folder / f"{name}.npy"
    mode: Literal["r"] | None = (
        "r" if path.stat().st_size > 4096 else None
    )  # nothing can be mapped of an empty one
    return np.asarray(np.load(path, mmap_mode=mode, allow_pickle=False))


def _identity(folded: FoldedText, weights: np.ndarray, thresholds: Thresholds, max_repeats: int) -> str:
    """All that the spans depend on; the weights stand for documents, set phrases and what is searched."""
    digest = hashlib.sha256(repr((astuple(thresholds), max_repeats)).encode())
    for array in (folded.letters, folded.bounds, weights):
        digest.update(np.ascontiguousarray(array).view(np.uint8).data)
    return digest.hexdigest()[:24]


def _rows(table: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[name].tolist() for name in _SPAN), strict=True)
