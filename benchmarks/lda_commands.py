"""Topic engines that are commands of their own: counts go to them as text, their model comes back as arrays.

`mallet` (https://mimno.github.io/Mallet) and `warplda` with its `format` are used where they are on PATH. Seconds are
those of the training command alone, without making its input and without reading its answer.
"""

from __future__ import annotations

import gzip
import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import sparse


class Answer(NamedTuple):
    """A model: phi (n_topics, n_terms), alpha (n_topics,), eta, rounds over the corpus.

    spent: seconds and processor seconds of a command that fitted it; None: this process did.
    """

    phi: np.ndarray
    alpha: np.ndarray
    eta: float
    n_rounds: int
    spent: tuple[float, float] | None = None


def fit_mallet(
    counts: sparse.csr_matrix, n_topics: int, n_iterations: int = 1000, n_threads: int = 2
) -> Answer:
    """MALLET's last state, alpha and beta optimised every tenth iteration from the 200th on."""
    with tempfile.TemporaryDirectory() as folder:
        texts, corpus, state = (Path(folder) / name for name in ("texts.txt", "texts.mallet", "state.gz"))
        _write_texts(counts, texts)
        _run(
            *("mallet", "import-file", "--input", texts, "--output", corpus),
            *("--keep-sequence", "--preserve-case", "--token-regex", r"\S+"),
        )
        spent = _run(
            *("mallet", "train-topics", "--input", corpus, "--num-topics", n_topics, "--random-seed", 1),
            *("--num-iterations", n_iterations, "--num-threads", n_threads),
            *("--optimize-interval", 10, "--optimize-burn-in", 200, "--output-state", state),
        )
        return _read_state(state, counts.shape[1], n_iterations, spent)


def _read_state(state: Path, n_terms: int, n_rounds: int, spent: tuple[float, float]) -> Answer:
    """Counts of terms in topics, and the priors in the head of the file."""
    with gzip.open(state, "rt", encoding="utf-8") as lines:
        next(lines)
        alpha = np.array(next(lines).split()[2:], dtype=float)
        eta = float(next(lines).split()[2])
        phi = np.full((len(alpha), n_terms), eta)
        for line in lines:
            term, topic = line.split()[-2:]
            phi[int(topic), as_column(term)] += 1
    return Answer(phi / phi.sum(axis=1, keepdims=True), alpha, eta, n_rounds, spent)


def fit_warplda(
    counts: sparse.csr_matrix,
    n_topics: int,
    n_iterations: int = 3000,
    n_threads: int = 2,
    alpha: float = 1.5,
    eta: float = 0.03,
) -> Answer:
    """WarpLDA's last state; it learns no priors: alpha is their sum over topics, as cvb0 begins with."""
    with tempfile.TemporaryDirectory() as folder:
        texts, prefix = Path(folder) / "texts.txt", Path(folder) / "texts"
        _write_texts(counts, texts)
        _run(Path(shutil.which("warplda") or "warplda").parent / "format", "-input", texts, "-prefix", prefix)
        spent = _run(
            *("warplda", "-prefix", prefix, "-k", n_topics, "-alpha", alpha, "-beta", eta),
            *("-niter", n_iterations),
            OMP_NUM_THREADS=str(n_threads),
            OMP_WAIT_POLICY="passive",  # threads that spin for one another lose more than they gain
        )
        terms = prefix.with_suffix(".vocab").read_text("utf-8").split()[1::2]
        rows = prefix.with_suffix(".model").read_text("utf-8").splitlines()[1:]
    phi = np.full((n_topics, counts.shape[1]), eta)
    for term, row in zip(terms, rows, strict=True):
        for entry in row.split()[1:]:
            topic, amount = entry.split(":")
            phi[int(topic), as_column(term)] = int(amount) + eta
    shares = phi / phi.sum(axis=1, keepdims=True)
    return Answer(shares, np.full(n_topics, alpha / n_topics), eta, n_iterations, spent)


def _write_texts(counts: sparse.csr_matrix, path: Path) -> None:
    """One passage a line: a name, a label, then its terms, in an order of their own as in a text."""
    rng = np.random.default_rng(0)
    with path.open("w", encoding="utf-8") as out:
        for row, (first, last) in enumerate(zip(counts.indptr[:-1], counts.indptr[1:], strict=True)):
            terms = np.repeat(counts.indices[first:last], counts.data[first:last])
            out.write(f"p{row} x " + " ".join(map(as_word, rng.permutation(terms))) + "\n")


def as_word(column: int) -> str:
    """Letters for a column: some engines cut their texts themselves, and digits are no words to them."""
    letters = ""
    for _ in range(5):
        column, rest = divmod(int(column), 26)
        letters = chr(ord("a") + rest) + letters
    return f"q{letters}q"


def as_column(word: str) -> int:
    column = 0
    for letter in word[1:-1]:
        column = column * 26 + ord(letter) - ord("a")
    return column


def _run(*arguments: object, **environment: str) -> tuple[float, float]:
    """Seconds and processor seconds of a command; its last words where it fails."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.run(
        [str(argument) for argument in arguments],
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"{arguments[0]} failed: {process.stderr[-500:]}")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, processor
