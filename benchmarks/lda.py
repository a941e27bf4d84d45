"""Speed and fit of the topic engines, in one run, with one evaluator: prints Markdown.

python benchmarks/lda.py                              a planted corpus
python benchmarks/lda.py --tokens RUN/tokens.parquet  a table of the contract `tokens`
python benchmarks/lda.py --texts FOLDER               paragraphs of text files, cut by jieba

Perplexity is that of document completion: of a tenth of the passages, never seen in training, one half of the
tokens is read with phi held and the other half foretold; lower is better. Every fit runs in a process of its
own, after its code is warm. Time to reach another engine's fit is that of a fresh fit of cvb0 with the fewest
sweeps of 5, 10, 15, 20, 30 ... whose perplexity is as low.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from discourse.topics import _cvb0

PARTS = ("engines", "priors", "memory", "scaling")
SWEEPS = (5, 10, 15, 20, 30, 40, 50, 60, 80, 100)
SCALES = ((0.1, 20, 4_000), (0.3, 20, 4_000), (1.0, 20, 4_000), (3.0, 20, 4_000), (10.0, 20, 4_000))
SCALES += ((0.3, 50, 4_000), (0.3, 100, 4_000), (0.3, 200, 4_000), (0.3, 20, 16_000), (0.3, 20, 64_000))


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed and fit of the topic engines.")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--tokens", type=Path, help="a tokens.parquet of a run")
    source.add_argument("--texts", type=Path, help="a folder of UTF-8 text files")
    parser.add_argument("--topics", type=int, nargs="+", default=[20, 50, 100])
    parser.add_argument(
        "--engines", nargs="+", default=list(ENGINES), choices=list(ENGINES), metavar="ENGINE"
    )
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=PARTS, help="tables to make")
    parser.add_argument("--most", type=float, default=10.0, help="million tokens at most in the last table")
    arguments = parser.parse_args()
    print("# Topic engines: speed and fit\n")
    print(f"Load before: {_load()} on {os.cpu_count()} processors.", flush=True)
    if set(arguments.parts) - {"scaling"}:
        counts = read_counts(arguments)
        print(f"{describe(counts)}; a tenth of the passages is held out.\n", flush=True)
        if "engines" in arguments.parts:
            compare_engines(counts, arguments.topics, arguments.engines)
        if "priors" in arguments.parts:
            compare_priors(counts, arguments.topics)
        if "memory" in arguments.parts:
            compare_memory(counts, arguments.topics)
    if "scaling" in arguments.parts:
        grow(arguments.most)
    print(f"\nLoad after: {_load()}.")


def _load() -> str:
    """Processes that wanted a processor, mean of a minute: above the number of processors, times are too long."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def read_counts(arguments: argparse.Namespace) -> sparse.csr_matrix:
    if arguments.tokens:
        return count(pd.read_parquet(arguments.tokens, columns=["passage_id", "term"]))
    if arguments.texts:
        return count(cut_folder(arguments.texts))
    return plant(570_000, n_topics=60, n_terms=10_356, length=61)


def count(tokens: pd.DataFrame) -> sparse.csr_matrix:
    """Counts of terms that occur in at least 3 passages and at most 30 % of them."""
    rows, passages = pd.factorize(tokens["passage_id"])
    columns, terms = pd.factorize(tokens["term"], sort=True)
    ones = np.ones(len(tokens), dtype=np.int32)
    counts = sparse.csr_matrix((ones, (rows, columns)), shape=(len(passages), len(terms)), dtype=np.int32)
    frequency = np.bincount(counts.indices, minlength=len(terms))
    counts = counts[:, (frequency >= 3) & (frequency <= 0.3 * len(passages))]
    return counts[np.asarray(counts.sum(axis=1)).ravel() >= 8]


def cut_folder(folder: Path) -> pd.DataFrame:
    import jieba

    tokenizer = jieba.Tokenizer()
    lines = [line for path in sorted(folder.rglob("*.txt")) for line in path.read_text("utf-8").splitlines()]
    rows = [
        (f"{number:07d}", term)
        for number, line in enumerate(lines)
        for term in tokenizer.cut(line, HMM=False)
        if len(term) > 1 and term.isalpha()
    ]
    return pd.DataFrame(rows, columns=["passage_id", "term"])


def plant(
    n_tokens: int, *, n_topics: int, n_terms: int, length: int = 60, seed: int = 0
) -> sparse.csr_matrix:
    """Passages of about 60 tokens from topics whose terms follow Zipf's law, each in an order of its own."""
    rng = np.random.default_rng(seed)
    zipf = 1 / np.arange(1, n_terms + 1) ** 1.05
    cumulated = np.stack(
        [np.cumsum(rng.permutation(zipf) * rng.gamma(0.3, size=n_terms)) for _ in range(n_topics)]
    )
    cumulated /= cumulated[:, -1:]
    rows, columns = [], []
    for first in range(0, n_tokens // length, 2_000):
        passages = np.arange(first, min(first + 2_000, n_tokens // length))
        theta = rng.dirichlet(np.full(n_topics, 1.5 / n_topics), len(passages))
        for topic, amounts in enumerate(rng.multinomial(length, theta).T):
            rows.append(np.repeat(passages, amounts))
            columns.append(np.searchsorted(cumulated[topic], rng.random(amounts.sum())))
    row, column = np.concatenate(rows), np.minimum(np.concatenate(columns), n_terms - 1)
    shape = (n_tokens // length, n_terms)
    return sparse.csr_matrix((np.ones(len(row), np.int32), (row, column)), shape=shape, dtype=np.int32)


def split_passages(counts: sparse.csr_matrix, seed: int) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Nine tenths to train on, one tenth to judge by."""
    chosen = np.random.default_rng(seed).random(counts.shape[0]) < 0.1
    return counts[~chosen], counts[chosen]


def describe(counts: sparse.csr_matrix) -> str:
    return (
        f"{counts.shape[0]:,} passages, {int(counts.sum()):,} tokens, {counts.nnz:,} pairs, "
        f"{counts.shape[1]:,} terms"
    )


def compare_priors(counts: sparse.csr_matrix, sizes: list[int], n_splits: int = 10) -> None:
    """Perplexity with alpha learnt and with alpha fixed: a seed and a split of its own in every repetition."""
    names = {"alpha learnt": None, "alpha 1/K": 1.0, "alpha 1.5/K": 1.5, "alpha 2/K": 2.0}
    names |= {"alpha 0.1": 0.0}
    print(
        f"Priors: perplexity, mean of {n_splits} splits with a seed each; in brackets what is added to that of"
    )
    print("the learnt priors, in %, with its standard error. No prior was chosen on these passages.\n")
    print("| K | " + " | ".join(names) + " |\n|---" + "|---" * len(names) + "|")
    for n_topics in sizes:
        logs = {name: np.zeros(n_splits) for name in names}
        for split in range(n_splits):
            train, test = split_passages(counts, split)
            for name, total in names.items():
                alpha = None if total is None else total / n_topics or 0.1
                answer = measure(_seeded(split + 1, alpha), train, test, n_topics)
                logs[name][split] = np.log(answer.perplexity)
        learnt, *fixed = logs.values()
        cells = [f"{np.exp(learnt.mean()):.1f}"] + [
            f"{np.exp(values.mean()):.1f} ({_percent(values - learnt)})" for values in fixed
        ]
        print(f"| {n_topics} | " + " | ".join(cells) + " |", flush=True)
    print()


def compare_memory(counts: sparse.csr_matrix, sizes: list[int], n_splits: int = 3) -> None:
    """What is lost, and saved, where a pair keeps sixteen topics only."""
    print("| K | MB, all topics | MB, 16 topics a pair | perplexity, all | perplexity, 16 | difference, % |")
    print("|---|---|---|---|---|---|")
    for n_topics in sizes:
        logs = np.zeros((2, n_splits))
        for split in range(n_splits):
            train, test = split_passages(counts, split)
            for row, memory in enumerate((1e12, 0.0)):
                fit = _seeded(split + 1, 1.5 / n_topics, memory=memory, max_iterations=60)
                logs[row, split] = np.log(measure(fit, train, test, n_topics).perplexity)
        sizes_ = [train.nnz * 4 * n / 1e6 for n in (-(-n_topics // 8) * 8, 16)]
        means = np.exp(logs.mean(axis=1))
        print(
            f"| {n_topics} | {sizes_[0]:.0f} | {sizes_[1]:.0f} | {means[0]:.1f} | {means[1]:.1f} | "
            f"{_percent(logs[1] - logs[0])} |",
            flush=True,
        )
    print()


def _percent(logs: np.ndarray) -> str:
    """Mean difference of logarithms in % and its standard error."""
    return f"{100 * logs.mean():+.1f} ± {100 * logs.std(ddof=1) / len(logs) ** 0.5:.1f}"


def compare_engines(counts: sparse.csr_matrix, sizes: list[int], engines: list[str]) -> None:
    """Two tables: what each engine reaches in what time, and how much sooner cvb0 is there."""
    train, test = split_passages(counts, 0)
    print(
        "| K | engine | seconds | processor seconds | perplexity | million tokens a second | peak memory, MB |"
    )
    print("|---|---|---|---|---|---|---|")
    ratios: dict[str, list[tuple[float, float]]] = {}
    notes = []
    for n_topics in sizes:
        others = {name: measure(ENGINES[name], train, test, n_topics) for name in engines}
        for name, answer in others.items():
            speed = train.sum() * answer.n_rounds / answer.seconds / 1e6
            print(
                f"| {n_topics} | {name} | {answer.seconds:.2f} | {answer.processor:.2f} | {answer.perplexity:.1f} | "
                f"{speed:.1f} | {answer.megabytes:.0f} |",
                flush=True,
            )
        steps = {n: measure(_sweeps(n), train, test, n_topics) for n in SWEEPS}
        for name, other in others.items():
            if name.startswith("cvb0"):
                continue
            reached = [n for n in SWEEPS if steps[n].perplexity <= other.perplexity]
            if not reached:
                notes.append(f"| {n_topics} | {name} | not in {SWEEPS[-1]} sweeps | | | |")
                continue
            ours = steps[reached[0]]
            ratios.setdefault(name, []).append(
                (other.seconds / ours.seconds, other.processor / ours.processor)
            )
            wall, processor = ratios[name][-1]
            notes.append(
                f"| {n_topics} | {name} | {reached[0]} | {ours.seconds:.2f} | {wall:.0f} | {processor:.0f} |"
            )
    print("\n| K | to reach the perplexity of | sweeps of cvb0 | seconds | times sooner | times less work |")
    print("|---|---|---|---|---|---|")
    print("\n".join(notes))
    for name, values in ratios.items():
        wall, processor = np.exp(np.mean(np.log(values), axis=0))
        print(
            f"\nGeometric mean against {name}: **{wall:.0f} times sooner**, {processor:.0f} times less processor "
            f"time ({len(values)} of {len(sizes)} sizes)."
        )
    print()


def grow(most: float) -> None:
    """How the time of a sweep grows, on planted corpora of up to `most` million tokens."""
    print(
        "\n| million tokens | K | terms | pairs | seconds for 20 sweeps | processor seconds | "
        "ns per pair, topic and sweep | peak memory, MB |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for millions, n_topics, n_terms in SCALES:
        if millions > most:
            continue
        counts = plant(int(millions * 1e6), n_topics=20, n_terms=n_terms)
        answer = measure(_sweeps(20), counts, None, n_topics)
        share = answer.processor / 20 / counts.nnz / n_topics * 1e9
        print(
            f"| {millions} | {n_topics} | {n_terms:,} | {counts.nnz:,} | {answer.seconds:.2f} | "
            f"{answer.processor:.2f} | {share:.2f} | {answer.megabytes:.0f} |",
            flush=True,
        )


Answer = tuple[np.ndarray, np.ndarray, int]  # phi, alpha, rounds over the corpus


class Measured(NamedTuple):
    """One fit: seconds, processor seconds of all its threads, held-out perplexity, rounds, MB above the start."""

    seconds: float
    processor: float
    perplexity: float
    n_rounds: int
    megabytes: float


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
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, processor = time.perf_counter(), time.process_time()
    phi, alpha, n_rounds = fit(train, n_topics)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    perplexity = np.nan if test is None else foretell(phi, alpha, test)
    sender.send(Measured(seconds, processor, perplexity, n_rounds, megabytes))


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


def _sweeps(n_sweeps: int) -> Callable[[sparse.csr_matrix, int], Answer]:
    def run(counts: sparse.csr_matrix, n_topics: int) -> Answer:
        fit = _cvb0.fit(counts, n_topics=n_topics, seed=1, max_iterations=n_sweeps, tolerance=1e-9)
        return fit.phi, fit.alpha, fit.n_iterations

    return run


def _seeded(seed: int, alpha: float | None, **settings: float) -> Callable[[sparse.csr_matrix, int], Answer]:
    def run(counts: sparse.csr_matrix, n_topics: int) -> Answer:
        fit = _cvb0.fit(counts, n_topics=n_topics, seed=seed, alpha=alpha, **settings)
        return fit.phi, fit.alpha, fit.n_iterations

    return run


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
    return phi / phi.sum(axis=1, keepdims=True), np.asarray(model.alpha, dtype=float), n_iterations


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
    return model.get_topics(), np.asarray(model.alpha, dtype=float), passes


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
    return phi, np.full(n_topics, 1.5 / n_topics), epochs


ENGINES: dict[str, Callable[[sparse.csr_matrix, int], Answer]] = {
    "cvb0, default": _seeded(1, None),
    "tomotopy, 1000 iterations, 2 threads": fit_tomotopy,
    "gensim LdaModel, 50 passes": fit_gensim,
    "scikit-learn online, 10 epochs": fit_sklearn,
}


if __name__ == "__main__":
    main()
