"""Read the word lists of `stopwords/` that the corpus room uses: one term a line, ``#`` opens a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable

from discourse.resources import resource


def read_terms(name: str) -> list[str]:
    """Terms of a packaged list in its order, each once; `name` is a file of ``stopwords/``."""
    return list(dict.fromkeys(_read_lines(name)))


def read_sections(name: str) -> dict[str, list[str]]:
    """Terms of a packaged list under its headings, ``[heading]`` alone on a line; each once a heading."""
    sections: dict[str, dict[str, None]] = {}
    for term in _read_lines(name):
        if term.startswith("[") and term.endswith("]"):
            current = sections.setdefault(term[1:-1], {})
        else:
            current[term] = None
    return {heading: list(terms) for heading, terms in sections.items()}


def read_pairs(name: str) -> dict[str, str]:
    """Characters of a packaged table of two columns; ``U+F06C`` stands for the character itself."""
    rows = (line.split("\t") for line in _read_lines(name))
    return {_character(first): _character(second) for first, second in rows}


def alternatives(words: Iterable[str]) -> str:
    """Pattern that matches any of `words`, the longest first."""
    return "|".join(re.escape(word) for word in sorted(set(words), key=lambda word: (-len(word), word)))


def _character(cell: str) -> str:
    return chr(int(cell[2:], 16)) if cell.startswith("U+") else cell


def _read_lines(name: str) -> list[str]:
    lines = resource("stopwords", name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
