"""Tokens and a topic model come in, MALLET's own files go out: passages, state, topic keys, topics of passages.

References: McCallum (2002), MALLET: a machine learning for language toolkit.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from discourse.contracts import TopicModel
from discourse.report.exports.corpora import ModelledTokens, draw_topics, one_word, read_modelled

N_KEYS = 20


def write_mallet(tokens: pd.DataFrame, model: TopicModel, folder: Path, *, seed: int = 1) -> None:
    """Write ``passages.txt``, ``state.gz``, ``topic-keys.txt``, ``doc-topics.txt`` and ``README.txt``.

    MALLET keeps one topic a token; our engines keep its whole distribution. The state holds one draw from it
    (theta times phi, by `seed`), so its counts are those of a Gibbs sample, and the proportions of
    ``doc-topics.txt`` are theta itself. Blanks inside a term or an id become ``_``; terms count the same.
    Same model, same seed: same bytes.
    """
    modelled = read_modelled(tokens, model)
    _write(folder / "passages.txt", _passages(modelled, model))
    _write(folder / "topic-keys.txt", _keys(model))
    _write(folder / "doc-topics.txt", _doc_topics(model))
    _write(folder / "README.txt", [_README])
    topics = draw_topics(modelled, model, seed=seed)
    with open(folder / "state.gz", "wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        packed.writelines(line.encode("utf-8") for line in _state(modelled, topics, model))


def read_state(path: Path) -> pd.DataFrame:
    """Read a MALLET state back: columns doc, source, pos, typeindex, type, topic. No code of the file is run."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = [line.split() for line in file if not line.startswith("#")]
    table = pd.DataFrame(lines, columns=["doc", "source", "pos", "typeindex", "type", "topic"])
    return table.astype({name: "int64" for name in ("doc", "pos", "typeindex", "topic")})


def _write(path: Path, lines: Iterator[str] | list[str]) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(lines)


def _passages(modelled: ModelledTokens, model: TopicModel) -> Iterator[str]:
    """MALLET's import format: name, label, text; a line a passage, words apart."""
    words = [one_word(term) for term in model.vocabulary]
    bounds = modelled.of_passage(len(model.passages))
    for row, passage in enumerate(model.passages):
        text = " ".join(words[column] for column in modelled.columns[bounds[row] : bounds[row + 1]])
        document = str(passage).rpartition("#")[0] or str(passage)
        yield f"{one_word(passage)}\t{one_word(document)}\t{text}\n"


def _state(modelled: ModelledTokens, topics: np.ndarray, model: TopicModel) -> Iterator[str]:
    words = [one_word(term) for term in model.vocabulary]
    names = [one_word(passage) for passage in model.passages]
    yield "#doc source pos typeindex type topic\n"
    yield f"#alpha : {' '.join(repr(float(value)) for value in model.alpha)} \n"
    yield f"#beta : {float(model.eta)!r}\n"
    starts = modelled.of_passage(len(model.passages))
    places = np.arange(len(topics)) - starts[modelled.rows]
    for row, place, column, topic in zip(
        modelled.rows.tolist(), places.tolist(), modelled.columns.tolist(), topics.tolist(), strict=True
    ):
        yield f"{row} {names[row]} {place} {column} {words[column]} {topic}\n"


def _keys(model: TopicModel) -> Iterator[str]:
    for topic in range(model.n_topics):
        order = np.lexsort((np.arange(len(model.vocabulary)), -model.phi[topic]))[:N_KEYS]
        yield f"{topic}\t{float(model.alpha[topic])!r}\t{' '.join(one_word(model.vocabulary[i]) for i in order)} \n"


def _doc_topics(model: TopicModel) -> Iterator[str]:
    for row, (passage, shares) in enumerate(zip(model.passages, model.theta.tolist(), strict=True)):
        yield f"{row}\t{one_word(passage)}\t" + "\t".join(repr(share) for share in shares) + "\n"


_README = """MALLET

passages.txt    a passage a line: name, label (its document), words
state.gz        a token a line: doc source pos typeindex type topic; one draw from the model's posterior
topic-keys.txt  topic, alpha, its 20 most probable words
doc-topics.txt  passage, its name, the share of every topic (theta of the model)

Import the passages 导入段落:
  mallet import-file --input passages.txt --output passages.mallet --keep-sequence --preserve-case \\
    --line-regex '^([^\\t]*)\\t([^\\t]*)\\t(.*)$' --token-regex '\\S+'
Go on from the state 从本状态继续:
  mallet train-topics --input passages.mallet --input-state state.gz --num-topics K
Topics keep their numbers, 0 first. 主题编号不变，从 0 起。
"""
