"""Set phrases of a folder of raw texts, how fast, and a sample to judge: ``python benchmarks/phrases.py FOLDER``.

Phrases that were judged by hand (``tests/gold/phrases.tsv``) are compared with what is found now: of the right ones,
how many are still found, of the wrong ones, how many are gone; so that a change of the rules shows its price.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from discourse.compare.formulas import find_phrases
from discourse.compare.phrases import describe_phrases
from discourse.corpus.documents import build_documents
from discourse.corpus.passages import split_passages
from discourse.corpus.sources import read_sources
from discourse.resources import resource

JUDGED = Path(__file__).resolve().parents[1] / "tests" / "gold" / "phrases.tsv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=resource("seeds"))
    parser.add_argument(
        "--sample", type=int, default=0, help="how many phrases to draw and print with their context"
    )
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    documents, _, _ = build_documents(read_sources(arguments.folder))
    passages = split_passages(documents)
    start = time.perf_counter()
    uses = find_phrases(passages)
    seconds = time.perf_counter() - start
    phrases = describe_phrases(uses, documents)
    n_chars = int(passages["text"].str.len().sum())
    print(f"{len(documents)} documents, {n_chars:,} characters, read in {seconds:.1f} s")
    print(f"{len(uses)} uses of {len(phrases)} phrases")
    print(pd.crosstab(phrases["form"], phrases["reach"]).to_string(), "\n")
    show_judged(set(phrases["phrase"]))
    for phrase in phrases["phrase"].sample(min(arguments.sample, len(phrases)), random_state=arguments.seed):
        print(f"{phrase}\t{context(uses[uses['phrase'] == phrase].iloc[0], passages)}")


def show_judged(found: set[str]) -> None:
    judged = pd.read_csv(JUDGED, sep="\t", comment="#", dtype={"phrase": "str"})
    right = judged["judgement"] == "yes"
    error = 1.96 * np.sqrt(right.mean() * (1 - right.mean()) / len(judged))
    print(f"judged: {len(judged)}, right {right.mean():.2f} (+- {error:.2f}); by form:")
    print(right.groupby(judged["form"]).agg(["mean", "size"]).round(2).to_string())
    print("not right:", judged.loc[~right, "judgement"].value_counts().to_dict())
    still = judged["phrase"].isin(found)
    print(
        f"found in this folder: {still[right].mean():.2f} of the right ones, {still[~right].mean():.2f} of the others\n"
    )


def context(use: pd.Series, passages: pd.DataFrame) -> str:
    text = passages.set_index("passage_id")["text"][use["passage_id"]]
    return str(text[max(0, use["start"] - 14) : use["end"] + 10]).replace("\n", " ")


if __name__ == "__main__":
    main()
