"""What settings of cvb0 do to its fit: learnt against fixed priors, all responsibilities against the largest."""

from __future__ import annotations

import numpy as np
from lda_corpora import split_passages
from lda_engines import measure, seeded
from scipy import sparse

ONE, TWO = (0.015, 0.03, 0.06, 0.12, 0.25), (0.03, 0.06)  # eta beside a sum of alpha of 1, of 2
FIXED = (*((1.0, eta) for eta in ONE), *((2.0, eta) for eta in TWO))


def compare_priors(corpora: dict[str, sparse.csr_matrix], sizes: list[int], n_splits: int) -> None:
    """Perplexity with priors learnt and with priors fixed: a seed and a split of its own in every repetition."""
    print(
        "What a fixed pair (sum of alpha, eta) adds to the perplexity of learnt priors, in %, with the standard"
    )
    print(f"error of {n_splits} splits with a seed each. No prior was chosen on the passages that judge.\n")
    heads = [f"{total:g}, {eta:g}" for total, eta in FIXED] + ["0.1 a topic, 0.1"]
    print("| corpus | K | learnt: perplexity (sum of alpha, eta) | " + " | ".join(heads) + " |")
    print("|---" * (3 + len(heads)) + "|", flush=True)
    added = np.zeros((0, len(heads)))
    for corpus, counts in corpora.items():
        for n_topics in sizes:
            learnt, fixed, priors = _fit_priors(counts, n_topics, n_splits)
            cells = [_percent(values - learnt) for values in fixed]
            added = np.vstack([added, [100 * (values - learnt).mean() for values in fixed]])
            total, eta = np.mean(priors, axis=0)
            print(
                f"| {corpus} | {n_topics} | {np.exp(learnt.mean()):.1f} ({total:.2f}, {eta:.3f}) | ", end=""
            )
            print(" | ".join(cells) + " |", flush=True)
    print("| mean | | | " + " | ".join(f"{value:+.1f}" for value in added.mean(axis=0)) + " |")
    print("| worst | | | " + " | ".join(f"{value:+.1f}" for value in added.max(axis=0)) + " |")


def _fit_priors(
    counts: sparse.csr_matrix, n_topics: int, n_splits: int
) -> tuple[np.ndarray, np.ndarray, list[tuple[float, float]]]:
    """Log perplexities with learnt priors (n_splits,), with fixed ones (n_pairs, n_splits); the learnt priors."""
    pairs = [(total / n_topics, eta) for total, eta in FIXED] + [(0.1, 0.1)]
    learnt, fixed, priors = np.zeros(n_splits), np.zeros((len(pairs), n_splits)), []
    for split in range(n_splits):
        train, test = split_passages(counts, split)
        answer = measure(seeded(split + 1, None), train, test, n_topics)
        learnt[split] = np.log(answer.perplexity)
        priors.append((answer.alpha, answer.eta))
        for row, (alpha, eta) in enumerate(pairs):
            answer = measure(seeded(split + 1, alpha, eta=eta), train, test, n_topics)
            fixed[row, split] = np.log(answer.perplexity)
    return learnt, fixed, priors


def compare_memory(counts: sparse.csr_matrix, sizes: list[int], n_splits: int = 10) -> None:
    """What is lost, and saved, where a pair keeps sixteen topics only."""
    print("| K | MB, all topics | MB, 16 topics a pair | perplexity, all | perplexity, 16 | difference, % |")
    print("|---|---|---|---|---|---|")
    for n_topics in sizes:
        logs = np.zeros((2, n_splits))
        for split in range(n_splits):
            train, test = split_passages(counts, split)
            for row, memory in enumerate((1e12, 0.0)):
                fit = seeded(split + 1, 1.5 / n_topics, eta=0.03, memory=memory, max_iterations=60)
                logs[row, split] = np.log(measure(fit, train, test, n_topics).perplexity)
        sizes_ = [train.nnz * 4 * n / 1e6 for n in (-(-n_topics // 8) * 8, 16)]
        means = np.exp(logs.mean(axis=1))
        print(
            f"| {n_topics} | {sizes_[0]:.0f} | {sizes_[1]:.0f} | {means[0]:.1f} | {means[1]:.1f} | "
            f"{_percent(logs[1] - logs[0])} |",
            flush=True,
        )


def _percent(logs: np.ndarray) -> str:
    """Mean difference of logarithms in % and its standard error."""
    return f"{100 * logs.mean():+.1f} ± {100 * logs.std(ddof=1) / len(logs) ** 0.5:.1f}"
