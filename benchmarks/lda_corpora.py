"""Corpora for the benchmarks of the topic engines: counts (n_passages, n_terms) come out."""

from __future__ import annotations

import ast
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

PACKAGES = ("numpy", "scipy", "pandas", "sklearn", "statsmodels")
LENGTH = 80  # words of a docstring in one passage


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


def read_docstrings(every: int = 6) -> pd.DataFrame:
    """Tokens of every sixth docstring passage of the installed scientific packages: real English texts."""
    rows: list[tuple[int, str]] = []
    number = 0
    for words in _words_of_docstrings():
        for first in range(0, len(words), LENGTH):
            part = words[first : first + LENGTH]
            if len(part) >= LENGTH // 4:
                rows += [(number, word) for word in part] if number % every == 0 else []
                number += 1
    return pd.DataFrame(rows, columns=["passage_id", "term"])


def _words_of_docstrings():
    for package in PACKAGES:
        specification = find_spec(package)
        root = Path(specification.origin).parent if specification and specification.origin else None
        for path in sorted(root.rglob("*.py")) if root else []:
            if "tests" not in path.parts:
                yield from _words_of_file(path)


def _words_of_file(path: Path):
    for node in ast.walk(ast.parse(path.read_text("utf-8", errors="replace"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            yield re.findall(r"[a-z]{3,}", (ast.get_docstring(node) or "").lower())


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
