"""Passages come in table by table; their tokens go out, and in the end the lexicon audit; one process or several."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import pandas as pd

from discourse.contracts import check
from discourse.segment.audit import TermCounts, describe_terms
from discourse.segment.lexicon import read_stopwords
from discourse.segment.tokenizer import Tokenizer
from discourse.segment.tokens import Segmented, Segmenter, tabulate_tokens
from discourse.workers import open_workers

Progress = Callable[[int, int], None]
_Task = tuple[list[str], list[bool]]
_WORTH_A_WORKER = 20_000  # passages


class Store(Protocol):
    """Keeps the tables of finished batches."""

    def load(self, key: str) -> Mapping[str, pd.DataFrame] | None:
        """Tables that were kept under this key, if any."""

    def save(self, key: str, tables: Mapping[str, pd.DataFrame]) -> None:
        """Keep tables under this key."""


class PassageWalk:
    """Segments a corpus of any size, a table of passages at a time.

    Iterate over it for `tokens` of each table; then `audit` tells what became of the lexicon. Whatever the
    tables and the number of workers, all tokens together are those of `segment_passages`.

    Parameters
    ----------
    tables
        `passages`, in order; each is a batch.
    n_passages
        How many there are, for `progress` (called with the number of passages done and of all).
    tokenizer, stopwords, min_chars
        As `segment_passages` has them.
    store
        Finished batches (tables ``tokens`` and ``counts``) are taken from it and given to it.
    """

    def __init__(
        self,
        tables: Iterable[pd.DataFrame],
        n_passages: int,
        tokenizer: Tokenizer,
        *,
        stopwords: str | Sequence[str] = ("general", "official"),
        min_chars: int = 2,
        n_workers: int = 1,
        store: Store | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._tables, self._n_passages, self._tokenizer = tables, n_passages, tokenizer
        self._segmenter = Segmenter(tokenizer, read_stopwords(stopwords), min_chars)
        self._settings = repr((tokenizer.identity(), sorted(read_stopwords(stopwords)), min_chars))
        self._n_workers = min(n_workers, 1 + n_passages // _WORTH_A_WORKER)
        self._store, self._tell = store, progress or (lambda n_done, n_all: None)
        self._counts = TermCounts()

    def __iter__(self) -> Iterator[pd.DataFrame]:
        n_done = 0
        waiting: deque[tuple[pd.Series, str, Mapping[str, pd.DataFrame] | None]] = deque()
        with open_workers(partial(_Worker, self._segmenter), self._n_workers) as segment:
            for result in segment(self._tasks(waiting)):
                passage_ids, key, kept = waiting.popleft()
                tables = self._keep(key, result, passage_ids) if kept is None else kept
                self._counts.add(read_counts(tables["counts"]))
                n_done += len(passage_ids)
                self._tell(n_done, self._n_passages)
                yield check(tables["tokens"], "tokens")

    def audit(self) -> pd.DataFrame:
        """Table `lexicon_audit` of the batches that were walked."""
        return describe_terms(self._counts, self._tokenizer.terms)

    def _tasks(self, waiting: deque) -> Iterator[_Task | None]:
        """Texts of each table, or None where its tokens are kept; what belongs to it goes into `waiting`."""
        for table in self._tables:
            ready = table["is_segmented"].tolist() if "is_segmented" in table else [False] * len(table)
            task = (table["text"].tolist(), ready)
            key = "" if self._store is None else self._key(table["passage_id"], task)
            kept = None if self._store is None else self._store.load(key)
            waiting.append((table["passage_id"], key, kept))
            yield task if kept is None else None

    def _key(self, passage_ids: pd.Series, task: _Task) -> str:
        """All that the tokens of a batch depend on, the versions of the engines excepted."""
        digest = hashlib.sha256(self._settings.encode("utf-8", "surrogatepass"))
        for passage_id, text, ready in zip(passage_ids, *task, strict=True):
            digest.update(f"{passage_id}\0{ready}\0{text}\0".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:32]

    def _keep(self, key: str, result: Any, passage_ids: pd.Series) -> Mapping[str, pd.DataFrame]:
        tables = {"tokens": tabulate_tokens([result], passage_ids), "counts": tabulate_counts(result.counts)}
        if self._store is not None:
            self._store.save(key, tables)
        return tables


class _Worker:
    """What a process does with a batch of passages."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter

    def __call__(self, task: _Task | None) -> Segmented | None:
        return None if task is None else self._segmenter(*task, audit=True).compact()


def tabulate_counts(counts: TermCounts) -> pd.DataFrame:
    """Counts as rows: kind (in_text, produced, held), term, what held it, n."""
    rows = [("in_text", term, "", n) for term, n in counts.in_text.items()]
    rows += [("produced", term, "", n) for term, n in counts.produced.items()]
    rows += [("held", term, holder, n) for (term, holder), n in counts.held.items()]
    return pd.DataFrame(sorted(rows), columns=["kind", "term", "holder", "n"]).astype({"n": "int64"})


def read_counts(table: pd.DataFrame) -> TermCounts:
    """Counts of the rows that `tabulate_counts` made."""
    counts = TermCounts()
    for kind, term, holder, n in zip(*(table[name].tolist() for name in table.columns), strict=True):
        if kind == "held":
            counts.held[term, holder] = n
        else:
            getattr(counts, kind)[term] = n
    return counts
