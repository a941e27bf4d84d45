"""Does a badge keep its word? ``python benchmarks/returns.py``.

Corpora with known topics are planted and fitted under five seeds, with as many topics as there are and with more.
A badge is right if the topic is found again in ten further models of seeds that had no part in it. Prints a table in
Markdown; takes about a minute on two cores.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from selection import plant_corpus

from discourse.topics.lda import fit_lda
from discourse.topics.returns import BADGES, FOUND, score_returns


def try_badges(*, n_corpora: int, sizes: tuple[int, ...], etas: tuple[float, ...]) -> pd.DataFrame:
    """One row a topic: its badge from seeds 1 to 5, and in what share of seeds 6 to 15 it was found again."""
    rows = []
    for corpus in range(n_corpora):
        for n_planted in sizes:
            dtm, _ = plant_corpus(n_planted, seed=corpus, n_passages=300)
            for eta in etas:
                for n_topics in (n_planted, int(1.6 * n_planted)):
                    models = [
                        fit_lda(dtm, n_topics=n_topics, seed=seed, eta=eta, n_starts=1).phi
                        for seed in range(1, 16)
                    ]
                    judged = score_returns(models[0], models[1:5])
                    later = score_returns(models[0], models[5:])
                    rows.append(
                        judged[["affinity", "stability", "badge"]].assign(
                            eta=eta, planted=n_topics == n_planted, later=later["returning"]
                        )
                    )
    return pd.concat(rows, ignore_index=True)


def report_badges(table: pd.DataFrame) -> str:
    """The table in Markdown."""
    lines = [
        f"Found again: affinity above chance of at least {FOUND}. Later: share of ten further models with the topic.",
        "",
        "| eta | topics fitted | badge | topics | plain affinity | stability | found again later |",
        "|---|---|---|---|---|---|---|",
    ]
    for eta in sorted(table["eta"].unique()):
        for planted in (True, False):
            for badge in BADGES:
                own = table[(table["eta"] == eta) & (table["planted"] == planted) & (table["badge"] == badge)]
                if len(own):
                    number = "as planted" if planted else "1.6 times as many"
                    figures = [own[name].mean() for name in ("affinity", "stability", "later")]
                    lines.append(
                        f"| {eta:g} | {number} | {badge} | {len(own)} | {figures[0]:.2f} | {figures[1]:.2f} | "
                        f"{figures[2]:.0%} |"
                    )
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpora", type=int, default=4)
    arguments = parser.parse_args()
    table = try_badges(n_corpora=arguments.corpora, sizes=(8, 15), etas=(0.01, 0.1, 0.5))
    print(report_badges(table))
    held = table[table["badge"] == BADGES[0]]["later"]
    print(
        f"\nOf {len(held)} topics with the badge {BADGES[0]!r}, {np.mean(held >= 0.9):.0%} were found in nine of ten."
    )


if __name__ == "__main__":
    main()
