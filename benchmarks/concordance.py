"""How long does a search take? ``python benchmarks/concordance.py RUN [--passages 30000]``.

The passages of RUN are repeated, as other documents, until there are as many as asked for. Printed is the shortest
of five searches: hits, contexts, and both kinds of offsets.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import pandas as pd

from discourse.compare.collocates import score_collocates
from discourse.evidence.concordance import find_concordance
from discourse.runs.store import load_table

SEARCHES: list[tuple[str, dict[str, Any]]] = [
    ("基层治理", {}),
    ("高质量 发展", {"sort": "left"}),
    ("发展", {"sort": "right"}),
    ("AI", {}),
    (r"[一二三四五六七八九十]个(?:意识|自信|维护)", {"regex": True}),
    (r"党.{0,6}治理", {"regex": True, "sort": "right"}),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--passages", type=int, default=30_000)
    arguments = parser.parse_args()
    passages, documents, edits, tokens = (
        load_table(arguments.run, name) for name in ("passages", "documents", "edits", "tokens")
    )
    n_copies = -(-arguments.passages // len(passages))
    copies = range(n_copies)
    tables = [
        repeat(passages, copies, "passage_id", "doc_id"),
        repeat(documents, copies, "doc_id", "source_id"),
        repeat(edits, copies, "doc_id", "source_id"),
    ]
    n_characters = tables[0]["text"].str.len().sum()
    print(f"{len(tables[0]):,} passages, {n_characters:,} characters, {len(tables[1]):,} documents\n")
    for words, options in SEARCHES:
        seconds, hits = min((search(tables, words, options) for _ in range(5)), key=lambda found: found[0])
        print(f"{words:<36}{len(hits):>8,} hits{seconds:>8.2f} s   {options}")
    hits = find_concordance(*tables, "高质量发展")
    many = repeat(tokens.astype({"passage_id": "str"}), copies, "passage_id")
    start = time.perf_counter()
    found = score_collocates(hits, many, tables[0])
    print(
        f"\ncollocates of 高质量发展: {len(found):,} of {len(many):,} tokens, {time.perf_counter() - start:.2f} s"
    )


def repeat(table: pd.DataFrame, copies: range, *names: str) -> pd.DataFrame:
    """Copies of a table one below another, the ids of each its own."""
    parts = [table.assign(**{name: table[name] + f"~{copy}" for name in names}) for copy in copies]
    return pd.concat(parts, ignore_index=True)


def search(tables: list[pd.DataFrame], words: str, options: dict[str, Any]) -> tuple[float, pd.DataFrame]:
    """Seconds and hits of one search."""
    start = time.perf_counter()
    hits = find_concordance(*tables, words, **options)
    return time.perf_counter() - start, hits


if __name__ == "__main__":
    main()
