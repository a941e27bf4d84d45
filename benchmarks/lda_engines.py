"""The engines that the benchmark of topic models compares, each measured in a process of its own."""

from __future__ import annotations

import ctypes
import multiprocessing
import shutil
import time
import warnings
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from lda_commands import Answer, as_column, as_word, fit_mallet, fit_warplda
from scipy import sparse

from discourse.contracts import DocumentTermMatrix
from discourse.topics import _cvb0
from discourse.topics.lda import fit_lda


class Measured(NamedTuple):
    """One fit: seconds, processor seconds of all its threads, held-out perplexity, rounds, MB above the start.

    alpha: the sum over topics; eta: of one term; peak: MB of the whole process.
    """

    seconds: float
    processor: float
    perplexity: float
    n_rounds: int
    megabytes: float
    alpha: float
    eta: float
    peak: float


def measure(
    fit: Callable[[sparse.csr_matrix, int], Answer],
    train: sparse.csr_matrix,
    test: sparse.csr_matrix | None,
    n_topics: int,
) -> Measured:
    """Fit in a process of its own."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure_here, args=(sender, fit, train, test, n_topics))
    process.start()
    sender.close()
    answer = receiver.recv()
    process.join()
    return answer


def _measure_here(sender, fit, train, test, n_topics) -> None:
    warnings.simplefilter("ignore")
    fit(train[:40], 4)
    before = _restart_peak()
    start, processor = time.perf_counter(), time.process_time()
    answer = fit(train, n_topics)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    peak = _memory("VmHWM")
    if answer.spent:  # by a command, whose memory is not seen from here
        (seconds, processor), before = answer.spent, np.nan
    perplexity = np.nan if test is None else foretell(answer.phi, answer.alpha, test)
    priors = float(answer.alpha.sum()), float(answer.eta)
    sender.send(Measured(seconds, processor, perplexity, answer.n_rounds, peak - before, *priors, peak))


def _restart_peak() -> float:
    """Let the process count its peak memory anew; MB that it holds now (Linux, else nan)."""
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)  # what was freed goes back, else a fit hides in it
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return np.nan
    return _memory("VmRSS")


def _memory(field: str) -> float:
    """VmRSS, what the process holds, or VmHWM, the most that it held: MB."""
    if not Path("/proc/self/status").is_file():
        return np.nan
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


def foretell(phi: np.ndarray, alpha: np.ndarray, test: sparse.csr_matrix, n_rounds: int = 50) -> float:
    """Perplexity of one half of every passage after the other half was read, phi (n_topics, n_terms) held."""
    seen = np.random.default_rng(0).binomial(test.data, 0.5).astype(float)
    passage = np.repeat(np.arange(test.shape[0]), np.diff(test.indptr))
    gather = sparse.csr_matrix((np.ones(test.nnz), (passage, np.arange(test.nnz))))
    chances = np.ascontiguousarray(phi.T)[test.indices]
    theta = np.full((test.shape[0], len(phi)), 1 / len(phi))
    for _ in range(n_rounds):
        weights = theta[passage] * chances
        theta = gather @ (weights * (seen / weights.sum(axis=1))[:, None]) + alpha
        theta /= theta.sum(axis=1, keepdims=True)
    hidden = test.data - seen
    return float(np.exp(-hidden @ np.log((theta[passage] * chances).sum(axis=1)) / hidden.sum()))


def sweeps(n_sweeps: int) -> Callable[[sparse.csr_matrix, int], Answer]:
    def run(counts: sparse.csr_matrix, n_topics: int) -> Answer:
        fit = _cvb0.fit(counts, n_topics=n_topics, seed=1, max_iterations=n_sweeps, tolerance=1e-9)
        return Answer(fit.phi, fit.alpha, fit.eta, fit.n_iterations)

    return run


def seeded(seed: int, alpha: float | None, **settings: float) -> Callable[[sparse.csr_matrix, int], Answer]:
    def run(counts: sparse.csr_matrix, n_topics: int) -> Answer:
        fit = _cvb0.fit(counts, n_topics=n_topics, seed=seed, alpha=alpha, **settings)
        return Answer(fit.phi, fit.alpha, fit.eta, fit.n_iterations)

    return run


def fit_default(counts: sparse.csr_matrix, n_topics: int) -> Answer:
    """As a study would fit: `fit_lda` with its defaults, but for a tolerance for large corpora."""
    rows, columns = (pd.Index(np.arange(size).astype(str)) for size in counts.shape)
    dtm = DocumentTermMatrix(counts=counts, passages=rows, vocabulary=columns)
    model = fit_lda(dtm, n_topics=n_topics, tolerance=1e-4)
    return Answer(model.phi, model.alpha, model.eta, model.settings["n_iterations"])


def fit_tomotopy(counts: sparse.csr_matrix, n_topics: int, n_iterations: int = 1000) -> Answer:
    import tomotopy

    model = tomotopy.LDAModel(k=n_topics, seed=1)
    for first, last in zip(counts.indptr[:-1], counts.indptr[1:], strict=True):
        model.add_doc(np.repeat(counts.indices[first:last], counts.data[first:last]).astype(str).tolist())
    model.train(n_iterations, workers=2)
    phi = np.full((n_topics, counts.shape[1]), 1e-9)
    columns = np.array([int(word) for word in model.used_vocabs])
    for topic in range(n_topics):
        phi[topic, columns] = model.get_topic_word_dist(topic)
    shares = phi / phi.sum(axis=1, keepdims=True)
    return Answer(shares, np.asarray(model.alpha, dtype=float), float(model.eta), n_iterations)


def fit_gensim(counts: sparse.csr_matrix, n_topics: int, passes: int = 50) -> Answer:
    from gensim.matutils import Sparse2Corpus
    from gensim.models import LdaModel

    corpus = list(Sparse2Corpus(counts, documents_columns=False))
    words = dict.fromkeys(range(counts.shape[1]), "")
    model = LdaModel(
        corpus,
        n_topics,
        words,
        passes=passes,
        iterations=50,
        alpha="auto",
        eta=0.05,
        random_state=1,
        eval_every=None,
    )
    return Answer(model.get_topics(), np.asarray(model.alpha, dtype=float), 0.05, passes)


def fit_sklearn(counts: sparse.csr_matrix, n_topics: int, epochs: int = 10) -> Answer:
    from sklearn.decomposition import LatentDirichletAllocation

    model = LatentDirichletAllocation(
        n_topics,
        learning_method="online",
        batch_size=256,
        max_iter=epochs,
        doc_topic_prior=1.5 / n_topics,
        topic_word_prior=0.05,
        random_state=1,
        n_jobs=1,
    ).fit(counts)
    phi = model.components_ / model.components_.sum(axis=1, keepdims=True)
    return Answer(phi, np.full(n_topics, 1.5 / n_topics), 0.05, epochs)


def fit_rust_mallet(
    counts: sparse.csr_matrix, n_topics: int, n_iterations: int = 1000, n_samples: int = 5
) -> Answer:
    """MALLET's sampler in Rust, by MALLET's author: alpha and eta optimised, one thread.

    n_samples: states, 25 iterations apart, whose mean it answers with; MALLET itself answers with the last one.
    """
    from pyrmallet import _rust_mallet

    texts = [
        " ".join(as_word(column) for column in np.repeat(counts.indices[first:last], counts.data[first:last]))
        for first, last in zip(counts.indptr[:-1], counts.indptr[1:], strict=True)
    ]
    model = _rust_mallet.train(
        _rust_mallet.Corpus.from_strings(texts),
        num_topics=n_topics,
        iterations=n_iterations,
        optimize_interval=20,
        num_samples=n_samples,
        sample_interval=25 if n_samples > 1 else 1,
        alpha_sum=5.0,
        seed=1,
    )
    phi = np.full((n_topics, counts.shape[1]), 1e-9)
    phi[:, [as_column(word) for word in model.vocabulary]] = np.array(model.topic_word_matrix())
    return Answer(phi / phi.sum(axis=1, keepdims=True), np.array(model.alpha), model.beta, n_iterations)


CVB0, TOMOTOPY = "cvb0, default", "tomotopy, 1000 iterations, 2 threads"
MALLET = "MALLET, 1000 iterations, 2 threads"
WARPLDA = "WarpLDA, 3000 iterations, 2 threads"
RUST = "RustMallet, 1000 iterations, last state"
AVERAGED = "RustMallet, 1000 iterations, mean of 5 states"
GENSIM, SKLEARN = "gensim LdaModel, 50 passes", "scikit-learn online, 10 epochs"
ENGINES: dict[str, Callable[[sparse.csr_matrix, int], Answer]] = {
    CVB0: seeded(1, None),
    TOMOTOPY: fit_tomotopy,
    MALLET: fit_mallet,
    WARPLDA: fit_warplda,
    RUST: partial(fit_rust_mallet, n_samples=1),
    AVERAGED: fit_rust_mallet,
    GENSIM: fit_gensim,
    SKLEARN: fit_sklearn,
}
PACKAGES = {
    TOMOTOPY: "tomotopy",
    RUST: "pyrmallet",
    AVERAGED: "pyrmallet",
    GENSIM: "gensim",
    SKLEARN: "sklearn",
}
SLOW = (RUST, AVERAGED, GENSIM, SKLEARN)  # many minutes on larger corpora, and none comes far
COMMANDS = {MALLET: "mallet", WARPLDA: "warplda"}


def find_lacking(engine: str) -> str:
    """Why an engine cannot be measured here, nothing where it can."""
    if engine in PACKAGES and find_spec(PACKAGES[engine]) is None:
        return f"{PACKAGES[engine]} is not installed"
    if engine in COMMANDS and shutil.which(COMMANDS[engine]) is None:
        return f"there is no command {COMMANDS[engine]}"
    return ""
