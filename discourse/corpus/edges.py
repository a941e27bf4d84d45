"""Lines of pages come in; how far each page begins and ends as several others do goes out.

A site puts the same lines around all its pages. What must be known of a page for that is small, a number for
each line before its first paragraph and behind its last, so that the pages themselves may be read batch by batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from discourse.corpus.lineforms import HAN, is_paragraph, is_prose


@dataclass(frozen=True)
class Edges:
    """The edges of one page: uint64, number k stands for its first (last) k + 1 lines together.

    text: a number for all of its prose, by which copies of one text are known.
    """

    head: np.ndarray
    tail: np.ndarray
    text: int


def shared_edges(
    pages: Sequence[Sequence[str]], *, min_lines: int = 3, min_pages: int = 3
) -> list[frozenset[int]]:
    """Numbers of the lines of each page that belong to a block which begins or ends several pages.

    A block is at least `min_lines` lines long and stands in at least `min_pages` pages, this one included;
    it ends before the first paragraph, and copies of one text count as one page, so that no text is taken
    for furniture because it was reprinted.
    """
    edges = [read_edges(page) for page in pages]
    lengths = measure_edges(edges, min_lines=min_lines, min_pages=min_pages)
    return [edge_rows(page, *length) for page, length in zip(pages, lengths, strict=True)]


def read_edges(page: Sequence[str]) -> Edges:
    """Edges of the lines of one page, without those that are blank, and without the last that is left."""
    lines = [line.strip() for line in page if line.strip()]
    return Edges(_number(lines), _number(lines[::-1]), _number_text(lines))


def measure_edges(edges: Sequence[Edges], *, min_lines: int = 3, min_pages: int = 3) -> list[tuple[int, int]]:
    """How many lines at the head and at the tail of each page stand so in `min_pages` pages; 0 or `min_lines` on."""
    texts = [edge.text for edge in edges]
    heads = _lengths([edge.head for edge in edges], texts, min_lines, min_pages)
    tails = _lengths([edge.tail for edge in edges], texts, min_lines, min_pages)
    return list(zip(heads, tails, strict=True))


def edge_rows(page: Sequence[str], n_head: int, n_tail: int) -> frozenset[int]:
    """Numbers of the first `n_head` and the last `n_tail` lines of a page that are not blank."""
    rows = [i for i, line in enumerate(page) if line.strip()]
    return frozenset([*rows[:n_head], *rows[len(rows) - n_tail :]])


def _number(lines: Sequence[str]) -> np.ndarray:
    """One number for the first line, for the first two, and so on, up to the first paragraph."""
    digest, numbers = blake2b(digest_size=8), []
    for line in lines[:-1]:
        if is_paragraph(line):
            break
        digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
        numbers.append(int.from_bytes(digest.copy().digest(), "big"))
    return np.array(numbers, dtype=np.uint64)


def _number_text(lines: Sequence[str]) -> int:
    """One number for the characters of all prose of a page; of all lines where there is none."""
    prose = [line for line in lines if is_prose(line)] or lines
    letters = "".join(HAN.findall("".join(prose)))
    return int.from_bytes(blake2b(letters.encode(), digest_size=8).digest(), "big")


def _lengths(edges: Iterable[np.ndarray], texts: Sequence[int], min_lines: int, min_pages: int) -> list[int]:
    listed = [edge.tolist() for edge in edges]
    pairs = {(number, text) for edge, text in zip(listed, texts, strict=True) for number in edge}
    n_pages = Counter(number for number, _ in pairs)
    lengths = [sum(n_pages[number] >= min_pages for number in edge) for edge in listed]
    return [length if length >= min_lines else 0 for length in lengths]
