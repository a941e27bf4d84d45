"""Pages of thirty other kinds of site, labelled line by line: the body stays, nearly all else goes."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.corpus.gold_pages import Line, read_pages, read_seed_pages, score_page


def _total(pages: dict[str, list[Line]]) -> tuple[Counter[str], list[str]]:
    counts: Counter[str] = Counter()
    faults = []
    for name, lines in pages.items():
        page_counts, page_faults = score_page(lines)
        counts += page_counts
        faults += [f"{name}: {fault}" for fault in page_faults]
    return counts, faults


@pytest.mark.parametrize(
    "pages", [read_pages("development"), read_seed_pages()], ids=["development", "seeds"]
)
def test_every_line_of_the_pages_that_the_rules_were_made_on_is_right(pages):
    assert _total(pages)[1] == []


def test_on_pages_held_out_body_is_kept_and_furniture_removed():
    counts, _ = _total(read_pages("held_out"))
    assert counts["body"] >= 140 and counts["other"] >= 250
    assert counts["body_chars_kept"] >= 0.999 * counts["body_chars"]
    assert counts["other_right"] >= 0.97 * counts["other"]
