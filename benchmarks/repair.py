"""How well raw pages are cleaned and damaged texts repaired: ``python benchmarks/repair.py [FOLDER] [--write]``.

FOLDER holds clean or scraped texts (.txt, or .csv with a column ``full_text``); without it the gold texts of the
seeds are used. ``--write`` keeps the tables in ``docs/repair_measured.md``. Prints Markdown.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
from opencc import OpenCC

sys.path.insert(0, str(Path(__file__).parents[1]))

from discourse.corpus.aligned import AlignedText
from discourse.corpus.documents import build_documents
from discourse.corpus.lost_bytes import find_damage, repair_lost_bytes
from discourse.corpus.mojibake import repair_mojibake
from discourse.corpus.repair import Repairer
from discourse.corpus.wordmodel import build_word_model
from discourse.resources import resource
from tests.corpus.damage import damage_bytes
from tests.corpus.gold_pages import Line, read_pages, read_seed_pages, score_page

_OUTPUT = Path(__file__).parents[1] / "docs" / "repair_measured.md"
_simplify, _traditional = OpenCC("tw2s").convert, OpenCC("s2t").convert


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    texts = read_texts(options.folder)
    parts = [
        furniture_table(),
        decoding_table(texts),
        lost_bytes_table(texts),
        false_repairs(texts),
        speed(texts),
    ]
    report = "\n\n".join(parts) + "\n"
    print(report)
    if options.write:
        _OUTPUT.write_text(
            "# Repair, measured\n\nWritten by `benchmarks/repair.py`.\n\n" + report, encoding="utf-8"
        )


def read_texts(folder: Path | None) -> list[str]:
    """Texts of a folder, or the gold texts of the seeds."""
    if folder is None:
        return [
            path.read_text(encoding="utf-8")
            for path in sorted(resource("tests", "gold", "texts").glob("*.txt"))
        ]
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.txt"))]
    csv.field_size_limit(10**9)
    for path in sorted(folder.rglob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as handle:
            texts += [row["full_text"] for row in csv.DictReader(handle)]
    return texts


def furniture_table() -> str:
    """Lines and characters of body kept, lines of furniture removed."""
    rows = [
        "| pages | lines of body kept | characters of body kept | furniture removed |",
        "|---|---|---|---|",
    ]
    for name, pages in (
        ("seeds (5; their pinyin and masked characters counted as changed)", read_seed_pages()),
        ("other sites, development (15)", read_pages("development")),
        ("other sites, held out (15)", read_pages("held_out")),
    ):
        counts = _count(pages)
        rows.append(
            f"| {name} | {counts['body_right']} of {counts['body']} | "
            f"{counts['body_chars_kept'] / counts['body_chars']:.3%} of {counts['body_chars']:,} | "
            f"{counts['other_right']} of {counts['other']} ({counts['other_right'] / counts['other']:.1%}) |"
        )
    return "## Page furniture\n\n" + "\n".join(rows)


def _count(pages: dict[str, list[Line]]) -> Counter[str]:
    return sum((score_page(lines)[0] for lines in pages.values()), Counter())


def _windows(data: bytes) -> str:
    return "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in data)


_DAMAGES: dict[str, Callable[[str], str]] = {
    "UTF-8 read as cp1252": lambda text: _windows(text.encode()),
    "UTF-8 read as Latin-1": lambda text: text.encode().decode("latin-1"),
    "that twice": lambda text: _windows(_windows(text.encode()).encode()),
    "UTF-8 read as GB18030": lambda text: text.encode().decode("gb18030", errors="replace"),
    "UTF-8 read as GBK, losses as ?": lambda text: (
        text.encode().decode("gbk", errors="replace").replace("\ufffd", "?")
    ),
    "GBK read as cp1252": lambda text: _windows(text.encode("gbk", errors="ignore")),
    "Big5 read as GB18030": lambda text: (
        _traditional(text).encode("big5hkscs", errors="ignore").decode("gb18030", errors="replace")
    ),
}


def decoding_table(texts: list[str]) -> str:
    """Characters that stand where they stood, of whole lines damaged on purpose."""
    lines = [line.strip() for text in texts for line in text.split("\n") if len(line) > 40][:400]
    rows = ["| damage | characters back | marked as lost | wrong |", "|---|---|---|---|"]
    for name, damage in _DAMAGES.items():
        counts: Counter[str] = Counter()
        for line in lines:
            right = _traditional(line) if "Big5" in name else line
            restored = repair_mojibake(AlignedText.of(damage(line))).text
            counts += _compare(right, restored)
        total = counts["all"]
        rows.append(
            f"| {name} | {counts['back'] / total:.2%} | {counts['lost'] / total:.2%} | {counts['wrong'] / total:.2%} |"
        )
    return f"## Wrong decoding, {sum(map(len, lines)):,} characters\n\n" + "\n".join(rows)


def _compare(right: str, restored: str) -> Counter[str]:
    """Align by longest common blocks; what U+FFFD stands for is lost, not wrong."""
    from rapidfuzz.distance import Indel

    blocks = Indel.opcodes(right, restored)
    back = sum(op.src_end - op.src_start for op in blocks if op.tag == "equal")
    n_marked = min(restored.count("\ufffd"), len(right) - back)
    wrong = sum(op.dest_end - op.dest_start for op in blocks if op.tag == "insert") - restored.count("\ufffd")
    return Counter({"all": len(right), "back": back, "lost": n_marked, "wrong": max(0, wrong)})


def lost_bytes_table(texts: list[str]) -> str:
    """Byte-wise damage at every third place where it can strike, in both scripts."""
    rows = [
        "| script | places | restored | of these exact | left and marked | left unmarked |",
        "|---|---|---|---|---|---|",
    ]
    model = build_word_model(texts)
    for script, convert in (("simplified", str), ("traditional", _traditional)):
        counts: Counter[str] = Counter()
        for sentence, damaged in _damaged(texts, convert):
            repaired, doubtful = repair_lost_bytes(
                damaged,
                model,
                _simplify if script == "traditional" else str,
                traditional=_traditional if script == "traditional" else None,
            )
            answer = damaged
            for change in reversed(repaired):
                answer = answer[: change.start] + change.after + answer[change.end :]
            counts += Counter(
                all=1,
                restored=bool(repaired),
                exact=bool(repaired)
                and _simplify(answer).split("?")[0] == _simplify(sentence)[: len(answer.split("?")[0])],
                marked=bool(doubtful) and not repaired,
                silent=not doubtful and not repaired,
            )
        figures = [counts[name] for name in ("all", "restored", "exact", "marked", "silent")]
        rows.append(f"| {script} | {' | '.join(map(str, figures))} |")
    return "## Lost GBK bytes\n\n" + "\n".join(rows)


def _damaged(texts: list[str], convert: Callable[[str], str], limit: int = 150) -> Iterator[tuple[str, str]]:
    """Sentences and what becomes of each when one place of it is damaged."""
    n = 0
    for text in texts:
        for sentence in convert(text).replace("\n", "。").split("。"):
            place = next((k for k in range(len(sentence) - 1) if damage_bytes(sentence, k)), None)
            if place is not None and n < limit:
                n += 1
                yield sentence, str(damage_bytes(sentence, place))


def false_repairs(texts: list[str]) -> str:
    """Changes to clean text, over simplified and traditional versions: each is an error."""
    versions = {
        "as they are": texts,
        "in Taiwan's characters": [OpenCC("s2tw").convert(text) for text in texts],
    }
    rows = [
        "| clean text | characters | wrong decoding | forms of lost bytes | lost bytes changed |",
        "|---|---|---|---|---|",
    ]
    repairer = Repairer(texts)
    for name, clean in versions.items():
        n_mojibake = sum(repair_mojibake(AlignedText.of(text)).text != text for text in clean)
        n_forms = sum(find_damage(text) for text in clean)
        n_lost = sum(
            "lost_bytes" in e.rule
            for text in clean
            for e in repairer.repair(text).edits()
            if e.before != e.after
        )
        rows.append(f"| {name} | {sum(map(len, clean)):,} | {n_mojibake} | {n_forms} | {n_lost} |")
    return "## False repairs\n\n" + "\n".join(rows)


def speed(texts: list[str]) -> str:
    """Characters a second of `build_documents`, for one and for four copies of the texts."""
    rows = []
    for n_copies in (1, 4):
        table = [
            dict(
                source_id=f"s{i}", path=f"s{i}.txt", sha256="", encoding="utf-8", n_chars=len(text), text=text
            )
            for i, text in enumerate(texts * n_copies)
        ]
        started = time.process_time()
        build_documents(pd.DataFrame(table))
        n_chars = sum(map(len, texts)) * n_copies
        rows.append(f"| {len(table):,} | {n_chars:,} | {n_chars / (time.process_time() - started):,.0f} |")
    return (
        "## Speed\n\n| documents | characters | characters a second of processor time |\n|---|---|---|\n"
        + "\n".join(rows)
    )


if __name__ == "__main__":
    main()
