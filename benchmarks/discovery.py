"""Hide a random third of the lexicon and see which ranking finds it again: ``python benchmarks/discovery.py FOLDER``.

FOLDER holds raw texts (default: the packaged seeds). Counted are hidden terms that the full lexicon would cut out
at least five times, in two documents or more, and that the tokenizer without them cuts to pieces: what it keeps
whole by itself needs no discovery.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from discourse.corpus.documents import build_documents
from discourse.corpus.passages import split_passages
from discourse.corpus.sources import read_sources
from discourse.resources import resource
from discourse.segment.discovery import discover_terms
from discourse.segment.lexicon import SHIELD_THEME, read_lexicon
from discourse.segment.tokenizer import Tokenizer, build_tokenizer

DEPTHS = (50, 100, 200, 500)
RANKINGS = ("score", "n", "c_value", "smaller entropy", "pmi")
MIN_COUNT = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=resource("seeds"))
    parser.add_argument("--seeds", type=int, default=10, help="how many times a third is hidden")
    arguments = parser.parse_args()
    documents, _, _ = build_documents(read_sources(arguments.folder))
    passages = split_passages(documents)
    lexicon = read_lexicon()
    produced = count_produced(passages, build_tokenizer(lexicon))
    # seeds from 101: those below were used while the score was being made
    found = [hide(passages, lexicon, produced, seed) for seed in range(101, 101 + arguments.seeds)]
    show(len(documents), pd.concat(found))


def count_produced(passages: pd.DataFrame, tokenizer: Tokenizer) -> pd.DataFrame:
    """Occurrences and documents of each token, before any stop list."""
    rows = [
        (word, doc_id)
        for doc_id, text in zip(passages["doc_id"], passages["text"], strict=True)
        for word, _ in tokenizer.cut(text)
    ]
    words = pd.DataFrame(rows, columns=["term", "doc_id"]).groupby("term")["doc_id"]
    return pd.DataFrame({"n": words.size(), "n_documents": words.nunique()})


def hide(passages: pd.DataFrame, lexicon: pd.DataFrame, produced: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Rank of each hidden term that can be found, by each ranking; one row a term."""
    terms = lexicon.loc[lexicon["theme"] != SHIELD_THEME, "term"].to_numpy()
    hidden = np.random.default_rng(seed).choice(terms, len(terms) // 3, replace=False)
    left = lexicon[~lexicon["term"].isin(hidden)]
    tokenizer = build_tokenizer(left)
    alone = count_produced(passages, tokenizer)["n"]
    frequent = produced[(produced["n"] >= MIN_COUNT) & (produced["n_documents"] >= 2)]
    wanted = [t for t in hidden if t in frequent.index and 2 * alone.get(t, 0) < frequent.loc[t, "n"]]
    candidates = discover_terms(passages, left, tokenizer, min_count=MIN_COUNT, n_terms=10**6)
    candidates["smaller entropy"] = candidates[["left_entropy", "right_entropy"]].min(axis=1)
    rows = pd.DataFrame(index=pd.Index(wanted, name="term"))
    for ranking in RANKINGS:
        order = candidates.sort_values([ranking, "term"], ascending=[False, True])["term"]
        ranks = pd.Series(np.arange(len(order)), index=order.to_numpy())
        rows[ranking] = ranks.reindex(wanted).to_numpy()
    return rows.assign(seed=seed, n_hidden=len(hidden), n_candidates=len(candidates))


def show(n_documents: int, found: pd.DataFrame) -> None:
    runs = found.groupby("seed")
    print(
        f"{n_documents} documents; a third of the lexicon ({found['n_hidden'].iloc[0]} terms) hidden {len(runs)} times"
    )
    n_wanted, n_candidates = runs.size().mean(), runs["n_candidates"].first().mean()
    print(
        f"to be found: {n_wanted:.1f} terms each time, among the candidates {found['score'].notna().mean():.0%} of them"
    )
    print(f"candidates: {n_candidates:.0f}\n")
    print(f"{'share found among the best':<28}" + "".join(f"{depth:>8}" for depth in DEPTHS))
    for ranking in RANKINGS:
        recall = [(found[ranking] < depth).groupby(found["seed"]).mean() for depth in DEPTHS]
        cells = "".join(f"{each.mean():>8.2f}" for each in recall)
        print(f"{ranking:<28}{cells}   (SE at {DEPTHS[2]}: {recall[2].sem():.3f})")


if __name__ == "__main__":
    main()
