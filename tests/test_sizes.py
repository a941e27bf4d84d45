"""The selection of a run stores what is finished, leaves tables and a page, and says what it recommends."""

import re

import numpy as np
import pytest

from discourse.errors import SettingError
from discourse.report.selection import render_selection
from discourse.sizes import FolderStore, read_sizes
from discourse.topics.selection import Candidate
from discourse.topics.tradeoff import explain_choice, summarise_sizes
from tests.topics.test_selection import scored

CANDIDATE = Candidate(
    np.array([[0.25, 0.75]], dtype=np.float32),
    np.array([[1, 0]]),
    {"held_out": -5.123456789012345, "converged": True},
)


def test_a_stored_candidate_comes_back_to_the_last_bit(tmp_path):
    store = FolderStore(tmp_path / "work", "a.id")
    store.save("k1-s1", CANDIDATE)
    again = FolderStore(tmp_path / "work", "a.id").load("k1-s1")
    assert (again.phi == CANDIDATE.phi).all() and again.phi.dtype == np.float32
    assert (again.tops == CANDIDATE.tops).all() and again.facts == CANDIDATE.facts
    assert store.load("k1-s2") is None


def test_candidates_of_other_settings_are_thrown_away(tmp_path):
    FolderStore(tmp_path / "work", "a.id").save("k1-s1", CANDIDATE)
    assert FolderStore(tmp_path / "work", "b.id").load("k1-s1") is None


def test_half_a_file_counts_as_missing(tmp_path):
    store = FolderStore(tmp_path / "work", "a.id")
    store.save("k1-s1", CANDIDATE)
    path = tmp_path / "work" / "k1-s1.npz"
    path.write_bytes(path.read_bytes()[:100])
    assert store.load("k1-s1") is None


def test_sizes_are_read_from_a_list():
    assert read_sizes(None) is None and read_sizes("5,10, 20") == [5, 10, 20]
    with pytest.raises(SettingError, match="--sizes 'five'"):
        read_sizes("five")


@pytest.fixture(scope="module")
def page():
    sizes = summarise_sizes(scored([(5, -6.0, 0.1, 0.9), (10, -5.1, 0.28, 0.8), (20, -5.0, 0.3, 0.4)]))
    return render_selection(sizes, explain_choice(sizes), title="试 <b>")


def test_the_page_loads_nothing_and_escapes_what_it_is_told(page):
    assert not re.search(r"(src|href)=|url\(|@import|<script", page)
    assert "试 &lt;b&gt;" in page and "<b>试" not in page


def test_the_page_marks_the_recommended_size_in_every_chart(page):
    assert page.count("<svg") == page.count('class="ring"') == 6
    assert '<tr class="chosen"><td>10</td>' in page and "nan" not in page


def test_a_page_of_one_size_and_one_seed_is_whole():
    table = scored([(5, -6.0, 0.1, np.nan)])
    sizes = summarise_sizes(table[table["seed"] == 0].astype({"stability": float}))
    page = render_selection(sizes, explain_choice(sizes), title="试")
    assert page.count("<svg") == 5 and "nan" not in page.split("<table>")[0]
