"""Texts to documents and passages: every edit logged, every attribution with its evidence, reuse marked."""

from __future__ import annotations

import warnings

import pandas as pd

from discourse.compare.groups import cross_columns
from discourse.corpus.batches import Cleaned
from discourse.corpus.documents import complete_documents
from discourse.corpus.given import readable_sources
from discourse.corpus.metadata import read_metadata
from discourse.corpus.passages import split_passages
from discourse.corpus.recycled import mark_reuse, reuse_matrix
from discourse.corpus.reuse import find_reuse
from discourse.corpus.sources import note_faults, read_sources
from discourse.errors import require_column
from discourse.runs.writer import TableWriter
from discourse.stages.run import ENGINE, Run, note_large, parts, stack
from discourse.workers import count_processors


def make_corpus(run: Run, sources: pd.DataFrame | None = None) -> str:
    """Tables of the corpus: sources, documents, edits, attributions, passages and what they share."""
    study = run.study
    sources = read_sources(study.data, **study.options("corpus.sources")) if sources is None else sources
    for note in note_faults(sources):
        warnings.warn(note, stacklevel=1)
    documents, attributions, n_edits = _documents(run, sources)
    for factor in study.by:
        documents = cross_columns(documents, factor)
        require_column("documents", documents.columns, factor, "[study] by")
    passages = split_passages(documents, **study.options("corpus.passages"))
    with run.follow("comparing 查重", "anchors 处") as tell:
        reuse = find_reuse(
            passages,
            documents,
            **study.options("corpus.reuse"),
            n_workers=count_processors(),
            store=parts(run, "spans"),
            progress=tell,
        )
    passages = mark_reuse(passages, reuse)
    matrix = stack("reuse_matrix", [reuse_matrix(reuse, documents, by=factor) for factor in study.by])
    run.save(sources=sources, documents=documents, attributions=attributions, passages=passages)
    run.save(reuse=reuse, reuse_matrix=matrix)
    parts(run).remove()
    n_bad = int(sources["error"].notna().sum())
    bad = f" ({n_bad} texts could not be read)" if n_bad else ""
    repeated = passages[passages["reuse_id"].notna()]
    twice = (
        f"; {len(repeated)} passages in {repeated['doc_id'].nunique()} documents repeat earlier text"
        if len(repeated)
        else ""
    )
    made = f"{len(documents)} documents, {len(passages)} passages, {n_edits} edits logged{twice}"
    return f"{sources['path'].nunique()} files{bad} -> {made}"


def _documents(run: Run, sources: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Documents, attributions and number of edits; the edits are written batch by batch, for they are many."""
    study, readable = run.study, readable_sources(sources)
    tables: list[Cleaned] = []
    with run.follow("cleaning 清理", "texts 篇") as tell, TableWriter(run.path, "edits") as edits:
        for cleaned in ENGINE.get().clean(
            readable, n_workers=count_processors(), store=parts(run, *Cleaned._fields), progress=tell
        ):
            edits.append(cleaned.edits)
            tables.append(cleaned._replace(edits=cleaned.edits.head(0)))
    if not edits.has_csv:
        note_large("edits")
    documents, attributions = complete_documents(
        pd.concat([table.documents for table in tables], ignore_index=True),
        pd.concat([table.attributions for table in tables], ignore_index=True),
        readable,
        regions=dict(study.regions) or None,
        metadata=read_metadata(study.metadata) if study.metadata else None,
        **study.options("corpus.documents"),
    )
    return documents, attributions, edits.n_rows
