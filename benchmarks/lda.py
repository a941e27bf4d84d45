"""Speed and fit of the topic engines, in one run, with one evaluator: prints Markdown, or writes it to --out.

python benchmarks/lda.py                              docstrings of installed packages and a planted corpus
python benchmarks/lda.py --tokens RUN/tokens.parquet  a table of the contract `tokens` before them
python benchmarks/lda.py --texts FOLDER               paragraphs of text files, cut by jieba, before them

Perplexity is that of document completion: of a tenth of the passages, never seen in training, one half of the
tokens is read with phi held and the other half foretold; lower is better. Every fit runs in a process of its
own, after its code is warm. Time to reach another engine's fit is that of a fresh fit of cvb0 with the fewest
sweeps of 5, 10, 15, 20, 30 ... whose perplexity is as low. An engine that is not installed is left out, and said so;
MALLET and WarpLDA are used where `mallet` and `warplda` (with its `format` beside it) are on PATH.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd
from lda_corpora import count, cut_folder, describe, plant, read_docstrings, split_passages
from lda_engines import CVB0, ENGINES, SLOW, find_lacking, fit_default, measure, sweeps
from lda_settings import compare_memory, compare_priors
from scipy import sparse

PARTS = ("engines", "priors", "memory", "scaling", "million")
MOST_FOR_SLOW = 300_000  # tokens
MADE = ("docstrings", "planted")
SWEEPS = (5, 10, 15, 20, 30, 40, 50, 60, 80, 100)
SCALES = ((0.1, 20, 4_000), (0.3, 20, 4_000), (1.0, 20, 4_000), (3.0, 20, 4_000), (10.0, 20, 4_000))
SCALES += ((0.3, 50, 4_000), (0.3, 100, 4_000), (0.3, 200, 4_000), (0.3, 20, 16_000), (0.3, 20, 64_000))
Corpora = dict[str, sparse.csr_matrix]


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed and fit of the topic engines.")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--tokens", type=Path, help="a tokens.parquet of a run")
    source.add_argument("--texts", type=Path, help="a folder of UTF-8 text files")
    parser.add_argument("--name", default="Texts", help="what the tokens or texts are, for the headings")
    parser.add_argument(
        "--corpora", nargs="*", default=list(MADE), choices=MADE, help="which to make beside tokens or texts"
    )
    parser.add_argument("--topics", type=int, nargs="+", default=[20, 50, 100])
    parser.add_argument(
        "--engines", nargs="+", default=list(ENGINES), choices=list(ENGINES), metavar="ENGINE"
    )
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=PARTS, help="tables to make")
    parser.add_argument("--splits", type=int, default=5, help="splits and seeds for the table of priors")
    parser.add_argument("--most", type=float, default=10.0, help="million tokens at most in the last table")
    parser.add_argument("--passages", type=int, default=1_000_000, help="passages of the part `million`")
    parser.add_argument("--out", type=Path, help="write the tables there, too, when all are done")
    arguments = parser.parse_args()
    kept = io.StringIO()
    with redirect_stdout(_Both(sys.stdout, kept)):
        make_tables(arguments)
    if arguments.out:
        arguments.out.write_text(kept.getvalue(), encoding="utf-8")


class _Both(io.TextIOBase):
    """Writes to the terminal and keeps."""

    def __init__(self, *streams: TextIO) -> None:
        self.streams = streams

    def write(self, text: str) -> int:
        for stream in self.streams:
            stream.write(text)
            stream.flush()
        return len(text)


def make_tables(arguments: argparse.Namespace) -> None:
    print("# Topic engines: speed and fit\n")
    print(
        f"Made by `benchmarks/lda.py` on {os.cpu_count()} processors, load before {_load()} (a load above the"
    )
    print("number of processors: other work shared them, and seconds are too long for every engine alike).")
    print(
        "Perplexity: document completion on passages that no engine saw, one evaluator for all; lower is better."
    )
    print('"Times sooner": time of the other engine / time that cvb0 takes to be as good.')
    corpora = read_corpora(arguments)
    if "engines" in arguments.parts:
        engines = list(_installed(arguments.engines))
        for name, counts in corpora.items():
            print(f"\n## {name}\n\n{describe(counts)}; a tenth of the passages is held out.\n")
            slow = counts.sum() > MOST_FOR_SLOW
            if slow and set(SLOW) & set(engines):
                print(
                    f"Above {MOST_FOR_SLOW:,} tokens {', '.join(n for n in engines if n in SLOW)} are left out.\n"
                )
            compare_engines(counts, arguments.topics, [n for n in engines if not (slow and n in SLOW)])
    if "priors" in arguments.parts:
        print("\n## Learnt against fixed priors\n")
        compare_priors(corpora, arguments.topics, arguments.splits)
    if "memory" in arguments.parts:
        print("\n## Sixteen topics a pair\n")
        compare_memory(next(iter(corpora.values())), [n for n in arguments.topics if n > 20])
    if "scaling" in arguments.parts:
        print("\n## How time grows\n")
        grow(arguments.most)
    if "million" in arguments.parts:
        print("\n## A million passages\n", flush=True)
        fit_million(arguments.passages)
    print(f"\nLoad after: {_load()}.")


def _load() -> str:
    """Processes that wanted a processor, mean of a minute."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def read_corpora(arguments: argparse.Namespace) -> Corpora:
    corpora: Corpora = {}
    if arguments.tokens:
        corpora[arguments.name] = count(
            pd.read_parquet(arguments.tokens, columns=["passage_id", "term"]).astype(str)
        )
    if arguments.texts:
        corpora[arguments.name] = count(cut_folder(arguments.texts))
    if "docstrings" in arguments.corpora:
        corpora["Docstrings of Python packages"] = count(read_docstrings())
    if "planted" in arguments.corpora or not corpora:
        corpora["A planted corpus"] = plant(570_000, n_topics=60, n_terms=10_356, length=61)
    return corpora


def _installed(engines: list[str]) -> Iterator[str]:
    for name in engines:
        if lacking := find_lacking(name):
            print(f"\n{name}: not measured, {lacking}.")
        else:
            yield name


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
                f"{speed:.1f} | {_whole(answer.megabytes)} |",
                flush=True,
            )
        steps = {n: measure(sweeps(n), train, test, n_topics) for n in SWEEPS}
        for name, other in others.items():
            if name == CVB0:
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


def _whole(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.0f}"


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
        answer = measure(sweeps(20), counts, None, n_topics)
        share = answer.processor / 20 / counts.nnz / n_topics * 1e9
        print(
            f"| {millions} | {n_topics} | {n_terms:,} | {counts.nnz:,} | {answer.seconds:.2f} | "
            f"{answer.processor:.2f} | {share:.2f} | {answer.megabytes:.0f} |",
            flush=True,
        )


def fit_million(n_passages: int, n_topics: int = 50, length: int = 40) -> None:
    """One `fit_lda` with the default memory on planted passages of 40 tokens, as a study would run it."""
    counts = plant(length * n_passages, n_topics=n_topics, n_terms=50_000, length=length)
    print(
        "| passages | million tokens | million pairs | K | sweeps | seconds | processor seconds | peak memory, GB |"
    )
    print("|---|---|---|---|---|---|---|---|", flush=True)
    answer = measure(fit_default, counts, None, n_topics)
    print(
        f"| {n_passages:,} | {length * n_passages / 1e6:.1f} | {counts.nnz / 1e6:.1f} | {n_topics} | "
        f"{answer.n_rounds} | {answer.seconds:.0f} | {answer.processor:.0f} | {answer.peak / 1000:.2f} |\n"
    )
    print("Peak memory is that of the whole process, counts and model included; tolerance 1e-4.")


if __name__ == "__main__":
    main()
