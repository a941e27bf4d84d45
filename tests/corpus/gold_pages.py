"""Pages labelled line by line: reads them and counts what the cleaning of a page keeps and removes."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from discourse.corpus.documents import build_documents
from discourse.resources import resource

Line = tuple[str, str]


def read_pages(folder: str) -> dict[str, list[Line]]:
    """Lines (label, text) of each page of ``tests/gold/pages/<folder>``."""
    return {
        path.stem: list(_read_page(path))
        for path in sorted(resource("tests", "gold", "pages", folder).glob("*.txt"))
    }


def read_seed_pages() -> dict[str, list[Line]]:
    """Lines of the seeds; the title of a part is furniture like any other line that is no body."""
    pages = {}
    for path in sorted(resource("tests", "gold", "furniture").glob("*.tsv")):
        lines = resource("seeds", f"{path.stem}.txt").read_text(encoding="utf-8").split("\n")
        with path.open(encoding="utf-8", newline="") as handle:
            labels = [
                "B" if row["label"] == "body" else "F" for row in csv.DictReader(handle, delimiter="\t")
            ]
        pages[path.stem] = list(zip(labels, lines, strict=True))
    return pages


def score_page(lines: list[Line]) -> tuple[Counter[str], list[str]]:
    """Body lines, characters and others of one page with what became of them; the lines that went wrong."""
    text = "\n".join(line for _, line in lines)
    kept = _kept_characters(text)
    counts: Counter[str] = Counter()
    faults = []
    place = 0
    for label, line in lines:
        n_kept, n_chars = kept[place : place + len(line)].count(1), len(line.strip())
        place += len(line) + 1
        if not n_chars:
            continue
        stays = n_kept >= 0.5 * n_chars
        kind = "body" if label == "B" else "other"
        counts += Counter({kind: 1, f"{kind}_right": int(stays == (label == "B"))})
        counts += Counter({f"{kind}_chars": n_chars, f"{kind}_chars_kept": min(n_kept, n_chars)})
        if stays != (label == "B"):
            faults.append(f"{'lost' if label == 'B' else 'left'} {label} {line.strip()}")
    return counts, faults


def _read_page(path: Path) -> Iterator[Line]:
    for row in path.read_text(encoding="utf-8").splitlines():
        label, _, line = row.partition("\t")
        if label.startswith("@"):
            name, _, numbers = label[1:].partition(":")
            first, _, last = numbers.partition("-")
            (source,) = resource("tests", "gold", "texts").glob(f"{name.split('.')[0]}*{name[3:]}.txt")
            body = source.read_text(encoding="utf-8").splitlines()
            yield from (("B", text) for text in body[int(first) - 1 : int(last or first)])
        else:
            yield label, line


def _kept_characters(text: str) -> bytearray:
    """1 for each raw character that stands in a document, changed or not."""
    source = dict(source_id="s", path="s.txt", sha256="", encoding="utf-8", n_chars=len(text), text=text)
    documents, edits, _ = build_documents(pd.DataFrame([source]))
    kept = bytearray(len(text))
    for document in documents.itertuples():
        kept[document.raw_start : document.raw_end] = b"\x01" * (document.raw_end - document.raw_start)
    for edit in edits.itertuples():
        if not edit.after:
            kept[edit.start : edit.end] = bytes(edit.end - edit.start)
    return kept
