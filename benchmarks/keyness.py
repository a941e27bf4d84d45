"""How often does keyness of several groups err on bursty words? ``python benchmarks/keyness.py FOLDER``.

FOLDER holds raw texts of one kind. Its documents are dealt out at random into three groups of equal size: every
term found is false. Printed beside the naive practice, G2 with Bonferroni's and with no correction.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import chi2

from discourse.compare.group_keyness import score_group_keyness
from discourse.corpus.documents import build_documents
from discourse.corpus.passages import split_passages
from discourse.corpus.sources import read_sources
from discourse.resources import resource
from discourse.segment.lexicon import read_lexicon
from discourse.segment.tokenizer import build_tokenizer
from discourse.segment.tokens import segment_passages

GROUPS = ("a", "b", "c")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=resource("seeds"))
    parser.add_argument("--deals", type=int, default=40, help="how many times the documents are dealt out")
    parser.add_argument("--permutations", type=int, default=999)
    arguments = parser.parse_args()
    documents, _, _ = build_documents(read_sources(arguments.folder))
    passages = split_passages(documents)
    tokens = segment_passages(passages, build_tokenizer(read_lexicon()))
    doc_ids = tokens["passage_id"].astype("str").map(passages.set_index("passage_id")["doc_id"])
    counts = pd.crosstab(doc_ids.to_numpy(), tokens["term"].astype("str").to_numpy())
    deals = [
        deal(tokens, passages, documents, counts, seed, arguments.permutations)
        for seed in range(arguments.deals)
    ]
    show(len(documents), pd.DataFrame(deals))


def deal(
    tokens: pd.DataFrame,
    passages: pd.DataFrame,
    documents: pd.DataFrame,
    counts: pd.DataFrame,
    seed: int,
    n_permutations: int,
) -> dict[str, float]:
    """Error rates of one random division of the documents."""
    groups = np.resize(np.array(GROUPS, dtype=object), len(documents))
    labels = pd.Series(np.random.default_rng(seed).permutation(groups), index=documents.index, dtype="str")
    table = score_group_keyness(
        tokens, passages, documents.assign(deal=labels), by="deal", seed=seed, n_permutations=n_permutations
    )
    tested = table[table["t"].notna()]
    p_of_g2 = chi2.sf(tested["g2"], 1)
    p_of_bootstrap = bootstrap_p(counts, labels.set_axis(documents["doc_id"]), tested, seed)
    return {
        "terms tested in each group": len(tested) / len(GROUPS),
        "p <= .05 of a term": (tested["p"] <= 0.05).mean(),
        "any p_adjusted <= .05": float((tested["p_adjusted"] <= 0.05).any()),
        "terms with q <= .05 in a group": (tested["q"] <= 0.05).sum() / len(GROUPS),
        "bootstrap of documents, p <= .05 of a term": (p_of_bootstrap <= 0.05).mean(),
        "naive: G2 > 3.84 of a term": (p_of_g2 <= 0.05).mean(),
        "naive: any G2 after Bonferroni": float((p_of_g2 * len(tested) <= 0.05).any()),
        "naive: terms after Bonferroni in a group": (p_of_g2 * len(tested) <= 0.05).sum() / len(GROUPS),
    }


def bootstrap_p(
    counts: pd.DataFrame, labels: pd.Series, tested: pd.DataFrame, seed: int, n: int = 999
) -> np.ndarray:
    """P of the bootstrap test of Lijffijt et al. (2016) of each tested term: documents drawn anew on both sides."""
    lengths, groups = counts.sum(axis=1).to_numpy(), labels.reindex(counts.index).to_numpy()
    rng, found = np.random.default_rng(seed), []
    for target, rows in tested.groupby("target", sort=False):
        own, sides = counts[rows["term"]].to_numpy(), []
        for side in (np.flatnonzero(groups == target), np.flatnonzero(groups != target)):
            drawn = rng.multinomial(len(side), np.full(len(side), 1 / len(side)), size=n)
            sides.append(drawn @ own[side] / (drawn @ lengths[side])[:, None])
        above = ((sides[0] > sides[1]) + 0.5 * (sides[0] == sides[1])).mean(axis=0)
        found.append((1 + 2 * n * np.minimum(above, 1 - above)) / (1 + n))
    return np.concatenate(found)


def show(n_documents: int, deals: pd.DataFrame) -> None:
    print(
        f"{n_documents} documents dealt {len(deals)} times into {len(GROUPS)} groups: what is found is false\n"
    )
    for name, values in deals.items():
        print(f"{name:<44}{values.mean():>10.3f}   (SE {values.sem():.3f})")


if __name__ == "__main__":
    main()
