"""Sources come in; batch by batch, cleaned tables of documents, edits and attributions go out.

Twice over the sources: first what must be known of all of them (which lines begin or end several pages; where
bytes were lost, which characters stand side by side), then page by page. A batch's result depends on nothing
else, so that batches may be done by several processes, kept, and found again after an interruption.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import chain
from typing import Any, NamedTuple, Protocol

import pandas as pd

from discourse.contracts import CONTRACTS, empty
from discourse.corpus.aligned import Edit
from discourse.corpus.attribution import attribute_document
from discourse.corpus.cleaning import CleanedPage, Text, clean_page, keep_page, lines_of, read_page
from discourse.corpus.edges import Edges, edge_rows, measure_edges, read_edges
from discourse.corpus.gazetteer import Gazetteer, read_gazetteer
from discourse.corpus.lineforms import read_vocabulary
from discourse.corpus.repair import Repairer
from discourse.corpus.wordmodel import WordModel, count_neighbours, join_word_model
from discourse.workers import open_workers

Progress = Callable[[int, int], None]
Work = Callable[[Iterable[tuple[str, list["Raw"]]]], Iterator[Any]]
_BATCH_CHARS, _BATCH_TEXTS = 250_000, 250  # bounds the memory and what an interruption costs, not the result
_MODEL_CHARS = (
    20_000_000  # the model of neighbours is that of at least so many characters, spread over the corpus
)
_WORTH_A_WORKER = 1_000_000  # characters
_NULLABLE = {"documents": {"year": "Int64"}, "attributions": {"start": "Int64", "end": "Int64"}}
_SURVEY = 5  # a survey costs about a fifth of the whole work


class Cleaned(NamedTuple):
    """What becomes of some sources: documents without their inferred fields, edits, attributions."""

    documents: pd.DataFrame
    edits: pd.DataFrame
    attributions: pd.DataFrame


class Store(Protocol):
    """Keeps the tables of finished batches."""

    def load(self, key: str) -> Mapping[str, pd.DataFrame] | None:
        """Tables that were kept under this key, if any."""

    def save(self, key: str, tables: Mapping[str, pd.DataFrame]) -> None:
        """Keep tables under this key."""


class Raw(NamedTuple):
    """One source before it is read; n_head, n_tail: lines that it shares with other pages."""

    source_id: str
    text: str
    is_segmented: bool
    n_head: int = 0
    n_tail: int = 0


def clean_sources(
    sources: pd.DataFrame,
    *,
    n_workers: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Iterator[Cleaned]:
    """Clean readable sources, in order, some hundreds at a time.

    sources: without those that have an `error`. n_workers: processes; the tables are the same for any number.
    store: finished batches are taken from it and given to it. progress: called with the number of texts done
    and of all.
    """
    tell = progress or (lambda n_done, n_all: None)
    n = len(sources)
    ready = sources["is_segmented"].tolist() if "is_segmented" in sources else [False] * n
    raws = list(map(Raw, sources["source_id"], sources["text"], ready))
    with _open(None, raws, n_workers) as work:
        edges: list[Edges | None] = []
        for found in work(("survey", batch) for batch in cut_batches(raws)):
            edges += found
            tell(len(edges) // _SURVEY, n)
        model = _build_model(raws, work) if None in edges else None
        if model is None:
            yield from _clean(raws, edges, work, None, store, tell)
    if model is not None:  # the workers learn it as they begin
        with _open(model, raws, n_workers) as work:
            damaged = [i for i, found in enumerate(edges) if found is None]
            again = work(("survey", batch) for batch in cut_batches([raws[i] for i in damaged]))
            for i, found in zip(damaged, chain.from_iterable(again), strict=True):
                edges[i] = found
            yield from _clean(raws, edges, work, model, store, tell)


def cut_batches(raws: Sequence[Raw]) -> Iterator[list[Raw]]:
    """Sources in order, some hundreds at a time."""
    batch: list[Raw] = []
    n_chars = 0
    for raw in raws:
        batch.append(raw)
        n_chars += len(raw.text)
        if n_chars >= _BATCH_CHARS or len(batch) >= _BATCH_TEXTS:
            yield batch
            batch, n_chars = [], 0
    if batch:
        yield batch


def _open(model: WordModel | None, raws: Sequence[Raw], n_workers: int) -> AbstractContextManager[Work]:
    """Workers, no more than there are batches for: a process takes seconds to start."""
    n_chars = sum(len(raw.text) for raw in raws)
    return open_workers(partial(PageWorker, model), min(n_workers, 1 + n_chars // _WORTH_A_WORKER))


def _build_model(raws: Sequence[Raw], work: Work) -> WordModel:
    some = raws[:: step_of_model(sum(len(raw.text) for raw in raws))]
    return join_word_model(work(("count", batch) for batch in cut_batches(some)))


def step_of_model(n_chars: int) -> int:
    """Every how manieth source the model of neighbours is learnt from, in a corpus of so many characters."""
    return max(1, n_chars // _MODEL_CHARS)


def _clean(
    raws: Sequence[Raw],
    edges: Sequence[Edges | None],
    work: Work,
    model: WordModel | None,
    store: Store | None,
    tell: Progress,
) -> Iterator[Cleaned]:
    """Tables of each batch, in order; those that are kept are not computed."""
    lengths = measure_edges([found for found in edges if found is not None])
    batches = list(
        cut_batches([raw._replace(n_head=a, n_tail=b) for raw, (a, b) in zip(raws, lengths, strict=True)])
    )
    waiting: deque[tuple[int, str, Mapping[str, pd.DataFrame] | None]] = deque()
    n_before, n_done = len(raws) // _SURVEY, 0
    for result in work(_tasks(batches, model, store, waiting)):
        n_texts, key, kept = waiting.popleft()
        cleaned = result if kept is None else Cleaned(**kept)
        if store is not None and kept is None:
            store.save(key, cleaned._asdict())
        n_done += n_texts
        tell(n_before + n_done * (len(raws) - n_before) // len(raws), len(raws))
        yield cleaned


def _tasks(
    batches: Sequence[list[Raw]], model: WordModel | None, store: Store | None, waiting: deque
) -> Iterator[tuple[str, list[Raw]]]:
    """Each batch, or none of its texts where its tables are kept; what belongs to it goes into `waiting`."""
    for batch in batches:
        key = "" if store is None else _key(batch, model)
        kept = None if store is None else store.load(key)
        waiting.append((len(batch), key, kept))
        yield ("clean", batch) if kept is None else ("nothing", [])


def _key(batch: Sequence[Raw], model: WordModel | None) -> str:
    """What the tables of a batch depend on, the lists and versions of the project excepted."""
    digest = hashlib.sha256(b"clean" if model is None else f"model {model.chars['']}".encode())
    for raw in batch:
        digest.update(repr((raw.source_id, raw.is_segmented, raw.n_head, raw.n_tail)).encode())
        digest.update(raw.text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:32]


class PageWorker:
    """What a process does with batches of pages: survey them, count their neighbours, clean them."""

    def __init__(self, model: WordModel | None) -> None:
        self._repairer, self._has_model = Repairer(model=model), model is not None
        self._vocabulary, self._gazetteer = read_vocabulary(), read_gazetteer()

    def __call__(self, task: tuple[str, Sequence[Raw]]) -> Any:
        """Do with a batch what its task names: ``survey``, ``count``, ``clean`` or ``nothing``."""
        kind, batch = task
        if kind == "nothing":
            return None
        if kind == "survey":
            return [self._edges(raw) for raw in batch]
        if kind == "count":
            return count_neighbours(self._repairer.simplified(raw.text) for raw in batch)
        pages = [self._clean(raw) for raw in batch]
        texts = [text for page in pages for text in page.texts]
        return Cleaned(_document_table(texts), _edit_table(pages), _attribution_table(texts, self._gazetteer))

    def _edges(self, raw: Raw) -> Edges | None:
        """Edges of a page; None where its repair asks the model while there is none."""
        if not (self._has_model or raw.is_segmented) and self._repairer.is_damaged(raw.text):
            return None
        return read_edges(lines_of(read_page(raw.text, self._repairer, is_segmented=raw.is_segmented).text))

    def _clean(self, raw: Raw) -> CleanedPage:
        page = read_page(raw.text, self._repairer, is_segmented=raw.is_segmented)
        if raw.is_segmented:
            return keep_page(page, raw.source_id)
        shared = edge_rows(lines_of(page.text), raw.n_head, raw.n_tail)
        return clean_page(page, raw.source_id, self._vocabulary, shared)


def _document_table(texts: Sequence[Text]) -> pd.DataFrame:
    return _table("documents", [text.row for text in texts])


def _edit_table(pages: Sequence[CleanedPage]) -> pd.DataFrame:
    """Edits of some sources; those inside a document bear its doc_id."""
    rows = [
        dict(source_id=page.source_id, doc_id=_document_at(page.texts, edit), **edit._asdict())
        for page in pages
        for edit in page.edits
    ]
    return _table("edits", rows)


def _document_at(texts: Sequence[Text], edit: Edit) -> str | None:
    inside = (
        t.row["doc_id"] for t in texts if t.row["raw_start"] <= edit.start and edit.end <= t.row["raw_end"]
    )
    return next(inside, None)


def _attribution_table(texts: Sequence[Text], gazetteer: Gazetteer) -> pd.DataFrame:
    """Collect what attribution read, in raw offsets, and where the title stood."""
    rows = [row for text in texts for row in (*_title_row(text), *_attributions(text, gazetteer))]
    return _table("attributions", rows)


def _title_row(text: Text) -> Iterator[dict[str, object]]:
    if text.page.title is not None:
        title, (start, end) = text.row["title"], text.raw_span(*text.page.title)
        named = dict(doc_id=text.row["doc_id"], field="title", value=title, quote=title)
        yield named | dict(start=start, end=end, rule=text.title_rule, confidence=1.0)


def _attributions(text: Text, gazetteer: Gazetteer) -> Iterator[dict[str, object]]:
    for found in attribute_document(text.page, gazetteer=gazetteer):
        start, end = text.raw_span(found.start, found.end)
        yield found._asdict() | dict(doc_id=text.row["doc_id"], start=start, end=end)


def _table(name: str, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    return typed(pd.DataFrame.from_records(list(rows)) if rows else empty(name), name)


def typed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Columns of the contract, each of its own kind, also where a table has no rows or no value."""
    rules = CONTRACTS[name].columns
    plain = {"str": "str", "int": "int64", "float": "float64", "bool": "bool"}
    kinds = {column: plain[rule.rstrip("!")] for column, rule in rules.items()} | _NULLABLE.get(name, {})
    return table.reindex(columns=list(rules)).astype(kinds)
