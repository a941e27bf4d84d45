"""A run and new texts come in; the shares that the run's topics have of the new texts go out, the model unchanged."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from discourse.contracts import DocumentTermMatrix, TopicModel, check, topic_columns
from discourse.corpus.documents import build_documents
from discourse.corpus.passages import split_passages
from discourse.corpus.sources import note_faults, read_sources
from discourse.errors import DataError, RunError
from discourse.pipeline import Run
from discourse.runs.folders import fill_folder
from discourse.runs.inputs import refuse_altered_copies
from discourse.runs.store import has_table, load_model, save_table
from discourse.segment.tokenizer import build_tokenizer
from discourse.segment.tokens import segment_passages
from discourse.topics.infer import count_known_terms, infer_theta
from discourse.topics.recoding import merge_columns
from discourse.topics.shares import estimate_shares

KNOWN_ENOUGH = 1 / 3  # of the seed texts, their own run knows .48 to .70 of the tokens


def infer_texts(run: Run, path: Path) -> dict[str, pd.DataFrame]:
    """Read new texts as the run read its own, and find the run's topics in them.

    Repair, passages, lexicon and stop lists are those of the run; the topics stay as they are, so that what is
    found is in the run's own numbers and labels (those of its codebook, where it has one).

    Parameters
    ----------
    run
        A run with a topic model.
    path
        A file, folder or archive of texts.

    Returns
    -------
    dict of DataFrame
        By contract name: `sources`, `documents`, `edits`, `attributions`, `passages`, `tokens`, `theta` and
        `shares`. Shares of documents are estimated as those of the run; ``known`` (0-1) tells which part of a
        document's tokens the model knows.

    Raises
    ------
    DataError
        No token of the new texts is in the model's vocabulary.

    Warns
    -----
    UserWarning
        Texts that cannot be read; documents of whose tokens the model knows less than a third.
    """
    refuse_altered_copies(run.path, run.manifest)
    model, tables = load_model(run.path), _read_texts(run, path)
    dtm = _count(tables["tokens"], model)
    known = tables["tokens"][tables["tokens"]["passage_id"].astype("str").isin(dtm.passages)]
    theta = infer_theta(model, known)
    shares = estimate_shares(model, dtm, tables["passages"], **run.study.options("topics.shares"))
    if has_table(run.path, "codebook"):
        codebook = run.table("codebook")
        theta, shares = merge_columns(theta, codebook), merge_columns(shares, codebook)
    shares["known"] = _known_part(tables, dtm, shares)
    _warn_strange(shares)
    return {**tables, "theta": check(theta, "theta"), "shares": check(shares, "shares")}


def require_free(folder: Path) -> None:
    """Raise RunError where a folder cannot be made, or holds something already."""
    if folder.is_dir() and any(folder.iterdir()):
        raise RunError(f"{folder}: is not empty; choose another --out so that nothing is lost")
    if any(place.exists() and not place.is_dir() for place in (folder, *folder.parents)):
        raise RunError(f"{folder}: there is a file where the folder should be; choose another --out")


def save_inferred(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write the tables into a folder that is new or empty, which `require_free` tells."""
    require_free(folder)

    def fill(place: Path) -> None:
        for name, table in tables.items():
            save_table(place, name, table)

    fill_folder(folder, fill)


def render_inferred(shares: pd.DataFrame, topics: pd.DataFrame, *, n_shown: int = 3) -> str:
    """One line a document: its largest topics, with their shares and labels."""
    labels = topics.set_index("topic")["label"]
    lines = []
    for row in shares.itertuples():
        values = pd.Series({int(name[6:]): getattr(row, name) for name in topic_columns(shares)})
        largest = values.sort_values(ascending=False, kind="stable").head(n_shown)
        words = "  ".join(f"{share:.0%} {labels.get(topic, topic)}" for topic, share in largest.items())
        lines.append(f"{row.doc_id} ({row.n_tokens} known tokens, {row.known:.0%} of all): {words}")
    return "\n".join(lines)


def _read_texts(run: Run, path: Path) -> dict[str, pd.DataFrame]:
    """New texts through the first two stages, with the run's settings and the lexicon that it kept."""
    study = run.study
    sources = read_sources(path, **study.options("corpus.sources"))
    for note in note_faults(sources):
        warnings.warn(note, stacklevel=3)
    documents, edits, attributions = build_documents(
        sources, regions=dict(study.regions) or None, **study.options("corpus.documents")
    )
    passages = split_passages(documents, **study.options("corpus.passages"))
    tokenizer = build_tokenizer(run.table("lexicon"), **study.options("segment.tokenizer"))
    tokens = segment_passages(passages, tokenizer, **study.options("segment.tokens"))
    named = {"sources": sources, "documents": documents, "edits": edits, "attributions": attributions}
    return {**named, "passages": passages, "tokens": tokens}


def _count(tokens: pd.DataFrame, model: TopicModel) -> DocumentTermMatrix:
    """Counts over the model's vocabulary of the passages that hold any of it."""
    passages, counts = count_known_terms(tokens, model.vocabulary)
    filled = np.diff(counts.indptr) > 0
    if not filled.any():
        raise DataError(
            f"none of {len(tokens)} tokens is among the {len(model.vocabulary)} terms of the model: are these "
            "texts in the language of the run, and of its subjects?"
        )
    counts = counts[filled].astype(np.int32)
    counts.sort_indices()
    index = pd.Index(passages[filled], name="passage_id", dtype="str")
    return DocumentTermMatrix(counts=counts, passages=index, vocabulary=model.vocabulary)


def _known_part(tables: dict[str, pd.DataFrame], dtm: DocumentTermMatrix, shares: pd.DataFrame) -> np.ndarray:
    """Part of each document's tokens whose terms the model has."""
    document = tables["passages"].set_index("passage_id")["doc_id"].astype("str")
    every = tables["tokens"]["passage_id"].astype("str").map(document).value_counts()
    return shares["n_tokens"].to_numpy() / every.reindex(shares["doc_id"].astype("str")).to_numpy()


def _warn_strange(shares: pd.DataFrame) -> None:
    strange = shares.loc[shares["known"] < KNOWN_ENOUGH, "doc_id"].astype("str").tolist()
    if strange:
        warnings.warn(
            f"the model knows less than a third of the tokens of {len(strange)} document(s): {', '.join(strange[:5])}"
            f"{', ...' if len(strange) > 5 else ''}. Their shares are of the part that it knows.",
            stacklevel=3,
        )
