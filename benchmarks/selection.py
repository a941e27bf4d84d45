"""Is the true number of topics among those that `discourse select` proposes? ``python benchmarks/selection.py``.

Corpora are planted: topics with Zipfian words of which a part belongs to all of them, passages of Poisson length
that mix few topics, documents that lean. For each corpus six sizes from half to three times the truth are tried.
Prints a table in Markdown; a run of 10 corpora takes a few minutes on two cores.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
from scipy import sparse

from discourse.contracts import DocumentTermMatrix
from discourse.topics.selection import score_sizes
from discourse.topics.tradeoff import summarise_sizes


def plant_corpus(
    n_topics: int,
    *,
    n_passages: int = 800,
    n_terms: int = 1200,
    n_tokens: int = 60,
    alpha: float = 0.1,
    seed: int = 0,
) -> tuple[DocumentTermMatrix, pd.DataFrame]:
    """Counts and tokens of a corpus with `n_topics` topics; a third of every topic is the common language."""
    rng = np.random.default_rng(seed)
    frequent = 1 / (np.arange(n_terms) + 3.0)
    common = rng.permutation(frequent) / frequent.sum()
    own = rng.dirichlet(np.full(n_terms, 0.05), size=n_topics)
    phi = 0.35 * common + 0.65 * own
    lean = rng.dirichlet(np.full(n_topics, 1.0), size=n_passages // 20)
    rows = []
    for passage in range(n_passages):
        theta = rng.dirichlet(alpha * n_topics * (0.5 / n_topics + 0.5 * lean[passage // 20]) + 1e-3)
        terms = rng.choice(n_terms, size=rng.poisson(n_tokens) + 5, p=theta @ phi)
        rows += [
            (f"doc{passage // 20:03d}#{passage:04d}", place, f"t{term:04d}")
            for place, term in enumerate(terms)
        ]
    tokens = pd.DataFrame(rows, columns=["passage_id", "position", "term"])
    tokens["start"] = tokens["position"]
    return _count(tokens), tokens


def _count(tokens: pd.DataFrame) -> DocumentTermMatrix:
    rows, passages = pd.factorize(tokens["passage_id"])
    columns, vocabulary = pd.factorize(tokens["term"], sort=True)
    counts = sparse.csr_matrix(
        (np.ones(len(tokens), dtype=np.int32), (rows, columns)), shape=(len(passages), len(vocabulary))
    )
    counts.sum_duplicates()
    kept = np.flatnonzero(np.bincount(counts.indices) >= 2)
    return DocumentTermMatrix(counts[:, kept].tocsr(), pd.Index(passages), pd.Index(vocabulary[kept]))


def try_corpus(n_topics: int, *, seed: int, n_seeds: int) -> tuple[pd.DataFrame, float]:
    """Table `sizes` of one planted corpus, and the seconds that it took."""
    dtm, tokens = plant_corpus(n_topics, seed=seed)
    sizes = sorted({max(2, round(n_topics * factor)) for factor in (0.5, 0.75, 1, 1.5, 2, 3)})
    start = time.perf_counter()
    scores = score_sizes(dtm, tokens, sizes=sizes, seeds=range(1, n_seeds + 1))
    return summarise_sizes(scores), time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    print(
        "| true K | sizes tried | in the set | recommended | truth in set | seconds |\n|---|---|---|---|---|---|",
        flush=True,
    )
    hits, exact, n_in_set = 0, 0, []
    for number in range(arguments.corpora):
        truth = (5, 8, 12, 16, 24)[number % 5]
        sizes, seconds = try_corpus(truth, seed=number, n_seeds=arguments.seeds)
        proposed = sizes.loc[sizes["in_set"], "n_topics"].tolist()
        chosen = int(sizes.loc[sizes["recommended"], "n_topics"].iloc[0])
        hits, exact = hits + (truth in proposed), exact + (truth == chosen)
        n_in_set.append(len(proposed))
        words = (", ".join(map(str, sizes["n_topics"])), ", ".join(map(str, proposed)), chosen)
        print(
            f"| {truth} | {' | '.join(map(str, words))} | {'yes' if truth in proposed else 'no'} | {seconds:.0f} |",
            flush=True,
        )
    n = arguments.corpora
    print(f"\nTruth in the set: {hits} of {n}; recommended: {exact} of {n};", end=" ")
    print(f"sizes in the set: {np.mean(n_in_set):.1f} of 6 on average.")


if __name__ == "__main__":
    main()
