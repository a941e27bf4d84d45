"""A document-term matrix and a topic model come in; a dictionary, a corpus and an `LdaModel` of gensim go out.

gensim's `save` pickles, and loading a pickle runs whatever code is in it. We write these files for users of
gensim and never read one: a run lives in plain arrays. Load only files that you made yourself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from discourse.contracts import DocumentTermMatrix, TopicModel

_LEAST = 1e-12  # a topic's weight of a term may not be 0: its logarithm is asked for


def write_gensim(dtm: DocumentTermMatrix, model: TopicModel, folder: Path) -> None:
    """Write ``dictionary.gensim``, ``dictionary.txt``, ``corpus.mm``, ``lda.gensim`` and ``passages.txt``.

    Ids of terms are column numbers, documents of the corpus are passages in the order of ``passages.txt``,
    topics keep their numbers. `get_topics()` gives phi. gensim infers theta in its own way (variational Bayes),
    so its answer is near our theta, not equal to it.
    """
    from gensim.corpora import MmCorpus

    dictionary = build_dictionary(dtm)
    dictionary.save(str(folder / "dictionary.gensim"))
    dictionary.save_as_text(str(folder / "dictionary.txt"))
    MmCorpus.serialize(str(folder / "corpus.mm"), _bags(dtm))
    # gensim's default for `ignore` goes through a set, whose order another process has otherwise
    build_lda(model, dictionary).save(str(folder / "lda.gensim"), ignore=())
    (folder / "passages.txt").write_bytes("".join(f"{name}\n" for name in dtm.passages).encode("utf-8"))
    (folder / "README.txt").write_bytes(_README.encode("utf-8"))


def build_dictionary(dtm: DocumentTermMatrix) -> Any:
    """Gensim's `Dictionary` with the counts of the matrix."""
    from gensim.corpora import Dictionary

    dictionary = Dictionary()
    dictionary.token2id = {str(term): column for column, term in enumerate(dtm.vocabulary)}
    totals = np.asarray(dtm.counts.sum(axis=0)).ravel()
    passages = np.bincount(dtm.counts.indices, minlength=len(dtm.vocabulary))
    dictionary.cfs = dict(enumerate(totals.astype(int).tolist()))
    dictionary.dfs = dict(enumerate(passages.tolist()))
    dictionary.num_docs, dictionary.num_pos = dtm.counts.shape[0], int(totals.sum())
    dictionary.num_nnz = int(dtm.counts.nnz)
    dictionary.lifecycle_events = None  # a diary with the clock and the machine in it
    return dictionary


def build_lda(model: TopicModel, dictionary: Any) -> Any:
    """Gensim's `LdaModel` whose topics are phi.

    gensim keeps pseudo-counts lambda, of which phi is the share; a topic's pseudo-counts add up to its expected
    tokens plus its prior, as they would had gensim fitted it.
    """
    from gensim.models import LdaModel

    lda = LdaModel(
        num_topics=model.n_topics,
        id2word=dictionary,
        alpha=np.array(model.alpha, dtype=np.float64),
        eta=np.full(len(model.vocabulary), float(model.eta)),
        random_state=1,
        dtype=np.float64,
    )
    expected = model.theta.T @ model.lengths + len(model.vocabulary) * float(model.eta)
    pseudo_counts = np.maximum(model.phi, _LEAST) * expected[:, None]
    lda.state.sstats[...] = pseudo_counts - lda.eta
    lda.state.numdocs = len(model.passages)
    lda.sync_state()
    lda.num_updates = len(model.passages)
    lda.lifecycle_events = lda.state.lifecycle_events = None
    return lda


def _bags(dtm: DocumentTermMatrix) -> list[list[tuple[int, int]]]:
    counts = dtm.counts
    pairs = list(zip(counts.indices.tolist(), counts.data.tolist(), strict=True))
    return [pairs[start:end] for start, end in zip(counts.indptr[:-1], counts.indptr[1:], strict=True)]


_README = """gensim

from gensim.corpora import Dictionary, MmCorpus
from gensim.models import LdaModel
dictionary = Dictionary.load("dictionary.gensim")   # or Dictionary.load_from_text("dictionary.txt"), without pickle
corpus = MmCorpus("corpus.mm")                      # a document is a passage; names in passages.txt
lda = LdaModel.load("lda.gensim")                   # lda.get_topics() is phi; topics keep their numbers

gensim saves with pickle: loading such a file runs the code in it. Load only files from a hand you trust.
gensim 用 pickle 存盘，载入即执行其中代码：只载入来源可信的文件。本软件从不载入它们。
"""
