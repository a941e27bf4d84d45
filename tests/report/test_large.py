"""The page of a large study: bounded, honest about what it leaves out, and whole in a browser."""

from __future__ import annotations

import pytest

from discourse.report.html import render_report, write_page
from discourse.report.payload import build_payload
from discourse.report.shelf import MAX_CHARACTERS
from tests.browser import Dom, open_page
from tests.report.large import large_study


@pytest.fixture(scope="module")
def large():
    return build_payload(large_study(620), name="large", settings={})


@pytest.fixture(scope="module")
def large_page(large):
    return render_report(large)


def test_a_large_page_stays_small(large, large_page):
    assert len(large_page.encode("utf-8")) < 7_000_000
    assert (
        0.9 * MAX_CHARACTERS
        < sum(len(passage["text"]) for passage in large["shelf"]["passages"])
        <= MAX_CHARACTERS
    )


def test_what_a_large_page_leaves_out_is_counted(large, large_page):
    text = Dom(large_page).text
    assert "The first 500 are listed" in text
    listed, n = len(large["factors"][0]["tested"]), large["factors"][0]["n_tested"]
    assert n > listed == 200 and f"The {listed} largest of {n}" in text


@pytest.mark.browser
def test_a_large_page_opens_without_a_fault(large_page, tmp_path):
    visit = open_page(write_page(large_page, tmp_path / "report.html"), tmp_path)
    assert visit.console == [] and visit.requests == []
    assert visit.dom.find("html")[0]["data-ready"] == "yes"
