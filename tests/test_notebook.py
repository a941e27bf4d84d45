"""In a notebook the main objects show themselves, and nothing of theirs can act."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pandas as pd

from discourse.config import change_study, read_study
from discourse.contracts import TopicModel
from discourse.notebook import render_card
from discourse.pipeline import open_run
from discourse.resources import resource

HOSTILE = "<script>alert(1)</script>"


def cells_of(page: str) -> list[str]:
    """Words of the table's cells."""
    return [unescape(words) for words in re.findall(r"<td[^>]*>(.*?)</td>", page)]


def test_a_model_shows_its_topics_with_their_shares_and_terms():
    model = TopicModel(
        phi=np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]]),
        theta=np.array([[1.0, 0.0], [0.0, 1.0]]),
        alpha=np.full(2, 0.1),
        eta=0.1,
        passages=pd.Index(["a", "b"]),
        vocabulary=pd.Index(["党员", HOSTILE, "网格"]),
        lengths=np.array([30, 10]),
        term_counts=np.array([1, 2, 3]),
    )
    page = model._repr_html_()
    cells = cells_of(page)
    assert cells[:2] == ["T0", "75.0%"] and cells[2].startswith("党员") and cells[5].startswith("网格")
    assert "<script" not in page


def test_a_study_shows_what_differs_from_the_defaults():
    study = change_study(read_study(resource("seeds", "study.toml")), ["topics.lda.n_topics=9"])
    page = replace(study, title=HOSTILE)._repr_html_()
    rows = cells_of(page)
    assert rows[rows.index("topics.lda.n_topics") + 1] == "9"
    assert "topics.lda.tolerance" not in rows and "<script" not in page


def test_a_run_shows_its_tables(demo_run):
    rows = cells_of(open_run(demo_run)._repr_html_())
    assert rows[rows.index("contrasts") + 1] == "factor + target + reference + topic"


def test_a_card_loads_nothing_and_escapes_everything():
    card = render_card(HOSTILE, {HOSTILE: HOSTILE}, columns=[HOSTILE], rows=[[HOSTILE]], note=HOSTILE)
    assert "<script" not in card and "http" not in card and card.count("&lt;script&gt;") == 6
