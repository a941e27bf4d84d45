"""Sources come in; documents, edits and attributions, cleaned by Spark's executors, go out, as of one machine.

The steps are those of `discourse.corpus.batches`: what must be known of all sources (the lines at their edges,
and, where bytes were lost, which characters stand side by side) is computed first and broadcast; then every page
is cleaned for itself, by the same functions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from discourse.contracts import CONTRACTS
from discourse.corpus.batches import Cleaned, PageWorker, Raw, cut_batches, step_of_model, typed
from discourse.corpus.edges import Edges, measure_edges
from discourse.corpus.wordmodel import WordModel, join_word_model

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Progress = Callable[[int, int], None]
Pages = Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]]
_SPARK = {"str": "string", "int": "long", "float": "double", "bool": "boolean"}
_SURVEY = 5  # a survey costs about a fifth of the whole work


def clean_sources_on(
    session: SparkSession,
    sources: pd.DataFrame,
    *,
    n_workers: int = 1,
    store: object | None = None,
    progress: Progress | None = None,
) -> Iterator[Cleaned]:
    """Clean readable sources, all at once; what `discourse.corpus.batches.clean_sources` gives in batches.

    n_workers and store say nothing here: the master decides who works, and Spark computes lost parts again.
    """
    n, tell = len(sources), progress or (lambda n_done, n_all: None)
    frame = _ship(session, sources).persist()
    edges = _survey(frame, None, range(n))
    tell(n // _SURVEY, n)
    model, damaged = None, [row for row in range(n) if edges[row] is None]
    if damaged:
        n_chars = int(sources["text"].str.len().sum())
        model = session.sparkContext.broadcast(_learn(frame, step_of_model(n_chars)))
        edges |= _survey(frame, model, damaged)
    lengths = measure_edges([found for row in range(n) if (found := edges[row]) is not None])
    shared = session.sparkContext.broadcast({row: pair for row, pair in enumerate(lengths) if any(pair)})
    yield _collect(frame.mapInPandas(_cleaning(model, shared), _wide_schema()))
    tell(n, n)
    frame.unpersist()


def _ship(session: SparkSession, sources: pd.DataFrame) -> DataFrame:
    """Number, name and text of each source, in order, spread over the executors."""
    ready = sources["is_segmented"].tolist() if "is_segmented" in sources else [False] * len(sources)
    rows = {"row": range(len(sources)), "source_id": sources["source_id"].tolist(), "is_segmented": ready}
    table = pd.DataFrame(rows | {"text": sources["text"].tolist()})
    n_parts = max(1, min(len(sources), 4 * session.sparkContext.defaultParallelism))
    schema = "row long, source_id string, is_segmented boolean, text string"
    return (
        session.createDataFrame(table, schema).repartitionByRange(n_parts, "row").sortWithinPartitions("row")
    )


def _survey(frame: DataFrame, model: Any, rows: Sequence[int]) -> dict[int, Edges | None]:
    """Edges of some sources by row; None where the repair of a page asks the model while there is none."""
    wanted = frame.sparkSession.sparkContext.broadcast(frozenset(rows) if model is not None else None)
    columns = ", ".join(f"`{field.name}` array<long>" for field in fields(Edges))
    found = frame.mapInPandas(_surveying(model, wanted), f"row long, known boolean, {columns}")
    return {row["row"]: _unpack(row) if row["known"] else None for row in found.toArrow().to_pylist()}


def _surveying(model: Any, wanted: Any) -> Pages:
    def survey(tables: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        worker = PageWorker(model.value if model is not None else None)
        for table in tables:
            if wanted.value is not None:
                table = table[table["row"].isin(list(wanted.value))]
            if table.empty:
                continue
            edges = worker(("survey", _read(table)))
            columns = {field.name: [_pack(edge, field.name) for edge in edges] for field in fields(Edges)}
            known = np.array([edge is not None for edge in edges], dtype=bool)
            yield pd.DataFrame({"row": table["row"].to_numpy(), "known": known, **columns})

    return survey


def _pack(edge: Edges | None, name: str) -> np.ndarray:
    """Numbers of one field as Spark has them, which knows no unsigned ones."""
    if edge is None:
        return np.zeros(0, dtype=np.int64)
    return np.atleast_1d(np.array(getattr(edge, name), dtype=np.uint64)).view(np.int64)


def _unpack(row: dict[str, Any]) -> Edges:
    values: dict[str, Any] = {}
    for field in fields(Edges):
        numbers = np.array(row[field.name], dtype=np.int64).view(np.uint64)
        values[field.name] = int(numbers[0]) if field.type == "int" else numbers
    return Edges(**values)


def _learn(frame: DataFrame, step: int) -> WordModel:
    """Model of neighbouring characters of every `step`-th source."""
    from pyspark.sql import functions

    counted = frame.where(frame["row"] % step == 0).mapInPandas(_count, "chars string, n long")
    summed = counted.groupBy("chars").agg(functions.sum("n").alias("n")).toArrow()
    counts = dict(zip(summed["chars"].to_pylist(), summed["n"].to_pylist(), strict=True))
    pairs = Counter({chars: n for chars, n in counts.items() if len(chars) == 2})
    return join_word_model([(pairs, Counter({chars: n for chars, n in counts.items() if len(chars) == 1}))])


def _count(tables: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    worker = PageWorker(None)
    for table in tables:
        for batch in cut_batches(_read(table)):
            pairs, chars = worker(("count", batch))
            yield pd.DataFrame({"chars": [*pairs, *chars], "n": [*pairs.values(), *chars.values()]})


def _cleaning(model: Any, shared: Any) -> Pages:
    def clean(tables: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        worker = PageWorker(model.value if model is not None else None)
        for table in tables:
            first = 0
            for batch in cut_batches(_read(table, shared.value)):
                yield _join(worker(("clean", batch)), int(table["row"].iloc[first]))
                first += len(batch)

    return clean


def _read(table: pd.DataFrame, shared: dict[int, tuple[int, int]] | None = None) -> list[Raw]:
    edges = [(shared or {}).get(row, (0, 0)) for row in table["row"].tolist()]
    columns = (table[name].tolist() for name in ("source_id", "text", "is_segmented"))
    return [Raw(*values, *edge) for *values, edge in zip(*columns, edges, strict=True)]


def _join(cleaned: Cleaned, batch: int) -> pd.DataFrame:
    """The three tables of a batch as one: `name` tells which, `batch` and `number` where a row belongs."""
    rows = [
        table.assign(name=name, batch=batch, number=range(len(table)))
        for name, table in cleaned._asdict().items()
    ]
    # text as plain objects: Spark takes no column of several Arrow chunks, which is what joined tables have
    kinds = {
        column: {"int": "Int64", "str": "object"}.get(kind, "float64") for column, kind in _wide().items()
    }
    return pd.concat(rows, ignore_index=True).reindex(columns=list(_wide())).astype(kinds)


def _collect(frame: DataFrame) -> Cleaned:
    """Tables of all batches, each in the order of its sources."""
    from pyarrow import compute

    rows = frame.toArrow().sort_by([("batch", "ascending"), ("number", "ascending")])
    tables = {name: rows.filter(compute.equal(rows["name"], name)) for name in Cleaned._fields}
    return Cleaned(**{name: typed(table.to_pandas(), name) for name, table in tables.items()})


def _wide() -> dict[str, str]:
    """Columns of the three tables together, and the kind of each."""
    own = {"name": "str", "batch": "int", "number": "int"}
    rules = (CONTRACTS[name].columns for name in Cleaned._fields)
    return own | {column: rule.rstrip("!") for columns in rules for column, rule in columns.items()}


def _wide_schema() -> str:
    return ", ".join(f"`{column}` {_SPARK[kind]}" for column, kind in _wide().items())
