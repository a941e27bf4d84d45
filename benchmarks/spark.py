"""Tokens a second on Spark and on one machine: ``python benchmarks/spark.py [--passages 10000,100000]``.

Passages of the seed texts are recombined, sentence by sentence, into as many as are asked for (no corpus is needed
beside the repository). Each is cut by `PassageWalk` with one worker and with two, and by `SparkWalk` on ``local[2]``;
all must give the same tokens. ``--topics`` fits MLlib's optimisers and the engines of one machine to the passages of
the seeds, or of a run folder (``--run``), a tenth of which stays out, and compares them by the same evaluator. Prints
Markdown.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from discourse.corpus.documents import build_documents
from discourse.corpus.passages import split_passages
from discourse.corpus.sources import read_sources
from discourse.resources import resource
from discourse.runs.store import load_table
from discourse.segment.batches import PassageWalk
from discourse.segment.lexicon import read_lexicon
from discourse.segment.tokenizer import build_tokenizer
from discourse.segment.tokens import segment_passages
from discourse.spark import lda
from discourse.spark.engine import use_spark
from discourse.stages import ENGINE
from discourse.topics.dtm import build_dtm
from discourse.topics.infer import score_completion
from discourse.topics.lda import fit_lda

MASTER = "local[2]"
TABLE = 10_000  # passages, as a row group of a run folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", default="10000,100000")
    parser.add_argument("--topics", action="store_true")
    parser.add_argument("--n-topics", type=int, default=20)
    parser.add_argument("--run", type=Path)
    options = parser.parse_args()
    if options.topics:
        compare_topics(options.n_topics, _tokens(options.run))
        return
    print("| passages | tokens | who | seconds | processor seconds | characters a processor second | load |")
    print("|---|---|---|---|---|---|---|")
    for n in map(int, options.passages.split(",")):
        compare_tokens(recombine(n))


def recombine(n_passages: int, *, seed: int = 1) -> pd.DataFrame:
    """Passages of some three sentences each, drawn from the seeds, ten to a document."""
    texts = "".join(seed_passages()["text"])
    sentences = np.array(re.findall(r"[^。！？]{4,}[。！？]", texts), dtype=object)
    drawn = np.random.default_rng(seed).integers(len(sentences), size=(n_passages, 3))
    names = [f"d{number // 10:07d}#{number % 10:04d}" for number in range(n_passages)]
    rows = {"passage_id": names, "doc_id": [name.partition("#")[0] for name in names]}
    table = pd.DataFrame(rows | {"text": ["".join(row) for row in sentences[drawn]]}).astype("str")
    lengths = table["text"].str.len()
    return table.assign(position=np.arange(n_passages) % 10, start=0, end=lengths, reuse_id=pd.NA).astype(
        {"reuse_id": "str"}
    )


def seed_passages() -> pd.DataFrame:
    documents, _, _ = build_documents(read_sources(resource("seeds")))
    return split_passages(documents)


def compare_tokens(passages: pd.DataFrame) -> None:
    tokenizer = build_tokenizer(read_lexicon("governance"))
    n_chars = int(passages["text"].str.len().sum())

    def measure(who: str, walk: Callable[..., Iterable[pd.DataFrame]], **options: int) -> str:
        tables = [passages.iloc[i : i + TABLE].reset_index(drop=True) for i in range(0, len(passages), TABLE)]
        start, before = time.perf_counter(), processor_seconds()
        cut = list(walk(tables, len(passages), tokenizer, **options))
        seconds, used = time.perf_counter() - start, processor_seconds() - before
        n, digest = sum(map(len, cut)), hashlib.sha256()
        for tokens in cut:
            digest.update(tokens.astype("str").to_csv(index=False).encode())
        print(
            f"| {len(passages):,} | {n:,} | {who} | {seconds:.1f} | {used:.1f} | {n_chars / used:,.0f} "
            f"| {os.getloadavg()[0]:.0f} |",
            flush=True,
        )
        return digest.hexdigest()

    found = {
        measure("this machine, 1 process", PassageWalk),
        measure("this machine, 2 processes", PassageWalk, n_workers=2),
    }
    began, before = time.perf_counter(), processor_seconds()
    with use_spark(MASTER):
        seconds, used = time.perf_counter() - began, processor_seconds() - before
        print(f"| | | {MASTER}: starting it | {seconds:.1f} | {used:.1f} | | |", flush=True)
        found.add(measure(f"Spark, {MASTER}, first time", ENGINE.get().walk))
        found.add(measure(f"Spark, {MASTER}, again", ENGINE.get().walk))
    if len(found) != 1:
        raise SystemExit("tokens differ")


def compare_topics(n_topics: int, tokens: pd.DataFrame) -> None:
    """One row a fit; what MLlib is asked in each stands in the first column."""
    dtm = build_dtm(tokens)
    held_out = np.random.default_rng(1).random(dtm.counts.shape[0]) < 0.1
    train = type(dtm)(dtm.counts[~held_out], dtm.passages[~held_out], dtm.vocabulary)
    print(f"{train.counts.shape[0]:,} passages, {train.counts.nnz:,} pairs, K = {n_topics}\n")
    print("| engine | passes | seconds | processor seconds | perplexity of unseen passages | load |")
    print("|---|---|---|---|---|---|")

    def show(name: str, **options: Any) -> None:
        start, before = time.perf_counter(), processor_seconds()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # converged or not: the figure tells
            model = fit_lda(train, n_topics=n_topics, **options)
        seconds, used = time.perf_counter() - start, processor_seconds() - before
        perplexity = np.exp(-score_completion(model, dtm.counts[held_out]))
        figures = (f"{seconds:.1f}", f"{used:.1f}", f"{perplexity:.0f}", f"{os.getloadavg()[0]:.0f}")
        print(f"| {' | '.join((name, str(model.settings['n_iterations']), *figures))} |", flush=True)

    show("cvb0", engine="cvb0")
    show("gensim", engine="gensim")
    with use_spark(MASTER):
        for passes in (20, 50, 100):
            show("MLlib EM", engine="spark", max_iterations=passes)
        show("MLlib EM, alpha and eta 0.1", engine="spark", max_iterations=50, alpha=0.1, eta=0.1)
        show(
            "MLlib EM, alpha 2.5, eta 0.1 (MLlib's own)",
            engine="spark",
            max_iterations=50,
            alpha=50 / n_topics,
            eta=0.1,
        )
        show("MLlib online, 128 passages a round", engine="spark-online")
        for words, changes in _OTHER_STEPS.items():
            with _online(**changes):
                show(f"MLlib online, {words}", engine="spark-online")


_OTHER_STEPS = {
    "all passages in each of 50 rounds, slow steps": {
        "_BATCH": 10**9, "ROUNDS": 50, "_STEP_OFFSET": 1.0, "_STEP_DECAY": 0.51
    },
    "MLlib's own steps (1024, 0.51; 5 % a round)": {"_BATCH": 70, "_STEP_OFFSET": 1024.0, "_STEP_DECAY": 0.51},
}  # fmt: skip


@contextmanager
def _online(**changes: float) -> Iterator[None]:
    """Other steps of the online optimiser, which are no settings of a study."""
    before = {name: getattr(lda, name) for name in changes}
    vars(lda).update(changes)
    try:
        yield
    finally:
        vars(lda).update(before)


def processor_seconds() -> float:
    """Of this process and all that it has started, Java and its workers among them; Linux only."""
    lines = [_stat(path) for path in Path("/proc").glob("[0-9]*/stat")]
    parents = {int(line[0]): int(line[2]) for line in lines if line}
    spent = {int(line[0]): sum(map(int, line[12:16])) for line in lines if line}  # those that ended, too
    mine = [pid for pid in spent if os.getpid() in _ancestors(pid, parents)]
    return sum(spent[pid] for pid in mine) / os.sysconf("SC_CLK_TCK")


def _stat(path: Path) -> list[str]:
    try:
        pid, _, rest = path.read_text(encoding="utf-8", errors="replace").partition(" (")
    except OSError:  # it has ended
        return []
    return [pid, *rest.rpartition(") ")[2].split()]


def _ancestors(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while pid:
        yield pid
        pid = parents.get(pid, 0)


def _tokens(run: Path | None) -> pd.DataFrame:
    if run is not None:
        return load_table(run, "tokens")
    return segment_passages(seed_passages(), build_tokenizer(read_lexicon("governance")))


if __name__ == "__main__":
    main()
