"""How well attribution reads pages: ``python benchmarks/attribution.py [--texts DIR --gold CSV] [--split S]``.

The gold is ``tests/gold/attribution`` (see its README), beside it a folder of .txt with a gold of the same columns.
``--faults`` lists what is wrong, for the development half only. Prints Markdown; ``--write`` keeps it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.corpus.attribution_gold import GOLD, Row, list_faults, read_gold, read_pages, score_fields

_OUTPUT = Path(__file__).with_suffix(".md")
_HEAD = """# Attribution, measured

Written by `python benchmarks/attribution.py --write`. Pages held out only: the rules were made on the other half, and
what goes wrong here was not looked at; one person wrote gold and
rules (tests/gold/attribution/README.md).
known: pages on which a reader finds a value; found: values given; right: the reader's or one that the gold accepts;
na_rate: pages left unknown.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, help="a folder of .txt with a gold of its own")
    parser.add_argument("--gold", type=Path, help="that gold")
    parser.add_argument("--split", choices=("development", "held_out"), default="held_out")
    parser.add_argument("--faults", action="store_true", help="list what is wrong; never for held-out pages")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    read, gold = read_pages(GOLD / options.split), read_gold(GOLD / "gold.csv", options.split)
    parts = [_section("Invented pages", read, gold)]
    if options.faults and options.split == "development":
        print("\n".join(list_faults(read, gold)))
    if options.texts:
        others, others_gold = read_pages(options.texts), read_gold(options.gold, options.split)
        parts.append(_section("Reports of provinces, not in the repository", others, others_gold))
        if options.faults and options.split == "development":
            print("\n".join(list_faults(others, others_gold)))
    report = "\n\n".join(parts) + "\n"
    print(report)
    if options.write:
        _OUTPUT.write_text(f"{_HEAD}\n{report}", encoding="utf-8")


def _section(title: str, read: Mapping[str, Row], gold: Mapping[str, Row]) -> str:
    table = score_fields(read, gold)
    lines = [f"## {title} (n = {len(gold)})", "", "| " + " | ".join(table.columns) + " |", "|---" * 8 + "|"]
    for row in table.itertuples(index=False):
        lines.append("| " + " | ".join(_cell(value) for value in row) + " |")
    wrong = int((table["found"] - table["right"]).sum())
    lines += ["", f"Values given: {int(table['found'].sum())}, wrong: {wrong}."]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.2f}"
    return str(value)


if __name__ == "__main__":
    main()
