"""Passages come in; their tokens, cut by Spark's executors, and the lexicon audit go out, as of one machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from discourse.contracts import check
from discourse.segment.audit import TermCounts, describe_terms
from discourse.segment.batches import read_counts, tabulate_counts
from discourse.segment.lexicon import read_stopwords
from discourse.segment.tokenizer import Tokenizer
from discourse.segment.tokens import Segmented, Segmenter, tabulate_tokens

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

Progress = Callable[[int, int], None]
_COUNTS = "array<struct<kind:string, term:string, holder:string, n:long>>"
_CUT = f"row long, passage_id string, start array<int>, term array<string>, counts {_COUNTS}"
_OF_ONE_MACHINE = ("n_workers", "store")
_AT_ONCE = 50_000  # passages a processor of the cluster that one job takes: bounds the memory of the driver


class SparkWalk:
    """Segments a corpus on Spark; what `discourse.segment.batches.PassageWalk` does on this machine.

    Parameters
    ----------
    session
        Where the work is done.
    tables, n_passages, tokenizer, progress
        As `PassageWalk` has them; the tokenizer, its lexicon and the stop list go to every executor once.
    options
        Settings of `segment_frame`. What else `PassageWalk` takes (n_workers, store) says nothing here: the master
        decides who works, and Spark computes lost parts again.
    """

    def __init__(
        self,
        session: SparkSession,
        tables: Iterable[pd.DataFrame],
        n_passages: int,
        tokenizer: Tokenizer,
        *,
        progress: Progress | None = None,
        **options: Any,
    ) -> None:
        self._session, self._tables, self._n_passages = session, tables, n_passages
        self._tell = progress or (lambda n_done, n_all: None)
        self._tokenizer, self._counts = tokenizer, TermCounts()
        self._options = {name: value for name, value in options.items() if name not in _OF_ONE_MACHINE}

    def __iter__(self) -> Iterator[pd.DataFrame]:
        at_once, n_done = _AT_ONCE * self._session.sparkContext.defaultParallelism, 0
        for tables in _join_tables(self._tables, at_once):
            cut = segment_frame(_ship(self._session, tables), self._tokenizer, **self._options)
            rows = cut.toArrow().sort_by("row")
            self._count(rows)
            first = 0
            for table in tables:
                part = _read(rows.slice(first, len(table)))
                first += len(table)
                yield check(tabulate_tokens([part], table["passage_id"]), "tokens")
            n_done += first
            self._tell(n_done, self._n_passages)

    def audit(self) -> pd.DataFrame:
        """Table `lexicon_audit` of the passages that were walked."""
        return describe_terms(self._counts, self._tokenizer.terms)

    def _count(self, rows: pa.Table) -> None:
        for found in rows["counts"].drop_null().to_pylist():
            columns = ["kind", "term", "holder", "n"]
            self._counts.add(read_counts(pd.DataFrame(found, columns=columns)))


def segment_frame(
    passages: DataFrame,
    tokenizer: Tokenizer,
    *,
    stopwords: str | Sequence[str] = ("general", "official"),
    min_chars: int = 2,
) -> DataFrame:
    """Tokens of a Spark table of passages of any size, as a Spark table: nothing comes to the driver.

    passages: columns passage_id and text; where there are `row` and `is_segmented`, they are kept and obeyed.
    tokenizer, stopwords, min_chars: as `segment_passages` has them.
    Returns one row a passage: passage_id, row (NA where there was none), and the lists `start` and `term` of its
    tokens; `counts`, at one passage of every batch, is what the lexicon audit adds up.
    `explode_tokens` makes the contract `tokens` of it.
    """
    segmenter = Segmenter(tokenizer, read_stopwords(stopwords), min_chars)
    return passages.mapInPandas(_segmenting(passages.sparkSession.sparkContext.broadcast(segmenter)), _CUT)


def explode_tokens(cut: DataFrame) -> DataFrame:
    """Contract `tokens` as a Spark table, one row a token, of the table that `segment_frame` gives."""
    from pyspark.sql import functions

    pairs = cut.select("passage_id", functions.posexplode(functions.arrays_zip("start", "term")))
    return pairs.select(
        "passage_id",
        functions.col("pos").cast("long").alias("position"),
        functions.col("col.start").cast("long").alias("start"),
        functions.col("col.term").alias("term"),
    )


def _join_tables(tables: Iterable[pd.DataFrame], at_once: int) -> Iterator[list[pd.DataFrame]]:
    """Tables in order, some at a time, so that every executor has something to do."""
    joined: list[pd.DataFrame] = []
    for table in tables:
        joined.append(table)
        if sum(map(len, joined)) >= at_once:
            yield joined
            joined = []
    if joined:
        yield joined


def _ship(session: SparkSession, tables: Sequence[pd.DataFrame]) -> DataFrame:
    names = chain.from_iterable(table["passage_id"].tolist() for table in tables)
    texts = chain.from_iterable(table["text"].tolist() for table in tables)
    ready = chain.from_iterable(
        table["is_segmented"].tolist() if "is_segmented" in table else [False] * len(table)
        for table in tables
    )
    n = sum(map(len, tables))
    rows = {"row": range(n), "passage_id": list(names), "is_segmented": list(ready), "text": list(texts)}
    schema = "row long, passage_id string, is_segmented boolean, text string"
    n_parts = max(1, min(4 * session.sparkContext.defaultParallelism, n // 1000))
    return session.createDataFrame(pd.DataFrame(rows), schema).repartition(n_parts)


def _segmenting(shared: Any) -> Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]]:
    def segment(tables: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for table in tables:
            if len(table):
                yield _cut(table, shared.value)

    return segment


def _cut(table: pd.DataFrame, segmenter: Segmenter) -> pd.DataFrame:
    """One row a passage; what became of the lexicon's terms stands in the first."""
    n = len(table)
    ready = table["is_segmented"].tolist() if "is_segmented" in table else [False] * n
    found = segmenter(table["text"].tolist(), ready, audit=True)
    bounds = np.searchsorted(found.passage, np.arange(1, n))
    return pd.DataFrame(
        {
            "row": table["row"].to_numpy() if "row" in table else pd.array([None] * n, dtype="Int64"),
            "passage_id": table["passage_id"].to_numpy(),
            "start": np.split(found.start.astype(np.int32), bounds),
            "term": np.split(found.words[found.code], bounds),
            "counts": [tabulate_counts(found.counts).to_dict("records"), *[None] * (n - 1)],
        }
    )


def _read(rows: pa.Table) -> Segmented:
    """Tokens of some passages, in the order of the rows, as the segmenter leaves them."""
    starts, terms = rows["start"].combine_chunks(), rows["term"].combine_chunks()
    lengths = np.asarray(starts.value_lengths(), dtype=np.int64)
    passage = np.repeat(np.arange(len(rows)), lengths)
    position = np.arange(len(passage)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    words = terms.flatten().dictionary_encode()
    return Segmented(
        passage,
        position,
        starts.flatten().to_numpy().astype(np.int64),
        words.indices.to_numpy().astype(np.int64),
        np.array([*words.dictionary.to_pylist(), ""], dtype=object)[:-1],
        len(rows),
        TermCounts(),
    )
