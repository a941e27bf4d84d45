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
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from discourse.topics import _cvb0

SWEEPS = (5, 10, 15, 20, 30, 40, 50, 60, 80, 100)
SCALES = ((0.1, 20, 4_000), (0.3, 20, 4_000), (1.0, 20, 4_000), (10.0, 20, 4_000))
SCALES += ((0.3, 50, 4_000), (0.3, 100, 4_000), (0.3, 200, 4_000), (0.3, 20, 16_000), (0.3, 20, 64_000))


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed and fit of the topic engines.")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--tokens", type=Path, help="a tokens.parquet of a run")
    source.add_argument("--texts", type=Path, help="a folder of UTF-8 text files")
    parser.add_argument("--topics", type=int, nargs="+", default=[20, 50, 100])
    parser.add_argument("--scaling-only", action="store_true", help="leave the other engines out")
    arguments = parser.parse_args()
    print("# Topic engines: speed and fit\n")
    if not arguments.scaling_only:
        counts = read_counts(arguments)
        train, test = split_passages(counts)
        print(f"{describe(train)} to train on, {test.shape[0]} passages held out.\n", flush=True)
        compare_priors(train, test, arguments.topics)
        compare_engines(train, test, arguments.topics)
    grow()


def read_counts(arguments: argparse.Namespace) -> sparse.csr_matrix:
    if arguments.tokens:
        return count(pd.read_parquet(arguments.tokens, columns=["passage_id", "term"]))
    if arguments.texts:
        return count(cut_folder(arguments.texts))
    return plant(570_000, n_topics=60, n_terms=10_000)


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


def split_passages(counts: sparse.csr_matrix) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    chosen = np.random.default_rng(0).random(counts.shape[0]) < 0.1
    return counts[~chosen], counts[chosen]


def describe(counts: sparse.csr_matrix) -> str:
    return (
        f"{counts.shape[0]:,} passages, {int(counts.sum()):,} tokens, {counts.nnz:,} pairs, "
        f"{counts.shape[1]:,} terms"
    )


def compare_priors(
    train: sparse.csr_matrix, test: sparse.csr_matrix, sizes: list[int], n_seeds: int = 5
) -> None:
    """Perplexity with alpha learnt and with alpha fixed, over seeds."""
    names: dict[str, float | None] = {
        "alpha learnt": None,
        "1/K": 1.0,
        "1.5/K": 1.5,
        "2/K": 2.0,
        "0.1 each": 0.0,
    }
    print(f"cvb0, mean perplexity of {n_seeds} seeds by alpha (standard error of a mean in brackets):\n")
    print("| K | " + " | ".join(names) + " |\n|---" + "|---" * len(names) + "|")
    for n_topics in sizes:
        cells = []
        for total in names.values():
            alpha = None if total is None else total / n_topics or 0.1
            values = [
                measure(_seeded(seed, alpha), train, test, n_topics)[1] for seed in range(1, n_seeds + 1)
            ]
            cells.append(f"{np.mean(values):.1f} ({np.std(values, ddof=1) / n_seeds**0.5:.1f})")
        print(f"| {n_topics} | " + " | ".join(cells) + " |", flush=True)
    print()


def compare_engines(train: sparse.csr_matrix, test: sparse.csr_matrix, sizes: list[int]) -> None:
    """Two tables: what each engine reaches in what time, and how much sooner cvb0 is there."""
    print("| K | engine | seconds | perplexity | million tokens a second | peak memory, MB |")
    print("|---|---|---|---|---|---|")
    ratios: dict[str, list[float]] = {}
    notes = []
    for n_topics in sizes:
        others = {name: measure(fit, train, test, n_topics) for name, fit in ENGINES.items()}
        for name, (seconds, perplexity, n_rounds, memory) in others.items():
            speed = train.sum() * n_rounds / seconds / 1e6
            print(
                f"| {n_topics} | {name} | {seconds:.2f} | {perplexity:.1f} | {speed:.1f} | {memory:.0f} |",
                flush=True,
            )
        steps = {n: measure(_sweeps(n), train, test, n_topics) for n in SWEEPS}
        for name, (seconds, goal, _, _) in others.items():
            reached = [n for n in SWEEPS if steps[n][1] <= goal]
            if name.startswith("cvb0"):
                continue
            if not reached:
                notes.append(f"| {n_topics} | {name} | not in {SWEEPS[-1]} sweeps | | |")
                continue
            ratios.setdefault(name, []).append(seconds / steps[reached[0]][0])
            notes.append(
                f"| {n_topics} | {name} | {reached[0]} | {steps[reached[0]][0]:.2f} | {ratios[name][-1]:.0f} |"
            )
    print(
        "\n| K | to reach the perplexity of | sweeps of cvb0 | seconds | times sooner |\n|---|---|---|---|---|"
    )
    print("\n".join(notes))
    for name, values in ratios.items():
        mean = np.exp(np.mean(np.log(values)))
        print(
            f"\nGeometric mean against {name}: **{mean:.0f} times sooner** ({len(values)} of {len(sizes)} sizes)."
        )


def grow() -> None:
    """How the time of a sweep grows, on planted corpora."""
    print("\n| million tokens | K | terms | pairs | seconds for 20 sweeps | ns per pair, topic and sweep |")
    print("|---|---|---|---|---|---|")
    for millions, n_topics, n_terms in SCALES:
        counts = plant(int(millions * 1e6), n_topics=20, n_terms=n_terms)
        seconds, *_ = measure(_sweeps(20), counts, None, n_topics)
        share = seconds / 20 / counts.nnz / n_topics * 1e9
        print(
            f"| {millions} | {n_topics} | {n_terms:,} | {counts.nnz:,} | {seconds:.2f} | {share:.2f} |",
            flush=True,
        )


Answer = tuple[np.ndarray, np.ndarray, int]  # phi, alpha, rounds over the corpus


def measure(
    fit: Callable[[sparse.csr_matrix, int], Answer],
    train: sparse.csr_matrix,
    test: sparse.csr_matrix | None,
    n_topics: int,
) -> tuple[float, float, int, float]:
    """Seconds, held-out perplexity, rounds and MB above the start, of one fit in a process of its own."""
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
    start = time.perf_counter()
    phi, alpha, n_rounds = fit(train, n_topics)
    seconds = time.perf_counter() - start
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    sender.send((seconds, np.nan if test is None else foretell(phi, alpha, test), n_rounds, megabytes))


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


def _seeded(seed: int, alpha: float | None) -> Callable[[sparse.csr_matrix, int], Answer]:
    def run(counts: sparse.csr_matrix, n_topics: int) -> Answer:
        fit = _cvb0.fit(counts, n_topics=n_topics, seed=seed, alpha=alpha)
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
    sys.exit(main())
