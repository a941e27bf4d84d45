"""Payload to page: every section, nothing from outside, nothing executed that came as data."""

from __future__ import annotations

import json
import re

import pytest

from discourse.errors import RunError
from discourse.report.html import SECTIONS, render_report, write_page, write_report
from discourse.report.ldavis import render_ldavis
from discourse.report.payload import build_payload
from tests.browser import Dom, open_page
from tests.report import story

HOSTILE = "</script></style></iframe><script>console.error('executed')</script><img src=x "
"onerror=\"console.error('executed')\">"


def hostile(value):
    """The same value with every word of data turned into an attack; keys and what pages count by are kept."""
    if isinstance(value, dict):
        return {key: item if key in ("ldavis", "section") else hostile(item) for key, item in value.items()}
    if isinstance(value, list):
        return [hostile(item) for item in value]
    return HOSTILE if isinstance(value, str) else value


@pytest.fixture(scope="module")
def hostile_page(payload, model_and_tables):
    model, tables = model_and_tables
    topics = tables["topics"].assign(label=HOSTILE)
    words = model.vocabulary.where(model.vocabulary != "网格", HOSTILE)
    attacked = type(model)(**{**vars(model), "vocabulary": words})
    return render_report(hostile(payload) | {"ldavis": render_ldavis(attacked, topics)})


def test_every_section_is_there_in_both_languages(page):
    dom = Dom(page)
    assert [section["id"] for section in dom.find("section")] == [name for name, *_ in SECTIONS]
    for _, zh, en in SECTIONS:
        assert zh in dom.text and en in dom.text


def test_no_section_of_a_full_study_is_empty(page):
    assert "This run holds no data for this section." not in page


def test_a_study_without_tables_still_has_every_section():
    dom = Dom(render_report(build_payload({}, name="empty", settings={})))
    assert [section["id"] for section in dom.find("section")] == [name for name, *_ in SECTIONS]
    assert "This run holds no data for this section." in dom.text


def test_the_page_holds_no_address_and_loads_nothing(page):
    assert "://" not in page
    dom = Dom(page)
    assert not dom.find("link") and not dom.find("img")
    assert all("src" not in script for script in dom.find("script"))
    assert all(anchor["href"].startswith("#") for anchor in dom.find("a"))


def test_every_link_leads_to_a_part_of_the_page(page):
    dom = Dom(page)
    ids = {own["id"] for _, own in dom.elements if "id" in own}
    assert {anchor["href"][1:] for anchor in dom.find("a")} <= ids


def test_the_same_payload_gives_the_same_bytes(payload, page):
    assert render_report(json.loads(json.dumps(payload))) == page


def test_figures_of_the_tables_stand_on_the_page(page):
    text = Dom(page).text
    assert "60.0%" in text  # prevalence of topic 0 in 云南
    assert "+46.7" in text  # the difference of city and district
    assert "0.012" in text  # its adjusted p
    assert "習(xí)近0" in text and "习近0" in text  # a repair, before and after


def test_intervals_are_drawn_only_where_they_exist(page, payload):
    cells = [cell for factor in payload["factors"] for topic in factor["topics"] for cell in topic["groups"]]
    dom = Dom(page)
    assert len(dom.find("svg", class_="strip")) == len(cells)
    assert len(dom.find("line", class_="interval")) == sum(cell["low"] is not None for cell in cells)
    assert len(dom.find("circle", class_="document")) == sum(cell["n_documents"] for cell in cells)


def test_quotations_stand_word_for_word_whatever_is_marked(page, payload):
    shown = re.findall(
        r"<figure class=.quote.[^>]*>\s*<blockquote[^>]*>(.*?)</blockquote>", page, flags=re.DOTALL
    )
    quotes = [
        quote["quote"]
        for topic in payload["quotations"]
        for quote in topic["exemplars"]
        + topic["counters"]
        + [quote for group in topic["groups"] for quote in group["exemplars"]]
    ]
    assert sorted(Dom(quote).text for quote in shown) == sorted(quotes)


def test_data_cannot_leave_its_place(hostile_page, page):
    attacked, plain = Dom(hostile_page), Dom(page)
    assert len(attacked.find("script")) == len(plain.find("script"))
    assert not attacked.find("img")
    assert all(not name.startswith("on") for _, own in attacked.elements for name in own)


def test_the_page_appears_whole_or_not_at_all(tmp_path, payload, monkeypatch):
    path = write_report(payload, tmp_path / "new" / "report.html")
    before = path.read_bytes()
    monkeypatch.setattr(
        "os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(RunError, match="cannot be written .No space left on device.: the disk is full"):
        write_page("other", path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]


@pytest.mark.browser
def test_the_report_opens_without_network_and_draws_the_map(tmp_path, payload):
    visit = open_page(write_report(payload, tmp_path / "report.html"), tmp_path)
    assert visit.console == []
    assert visit.requests == []
    assert visit.dom.find("html")[0]["data-ready"] == "yes"
    assert visit.dom.find("iframe")[0]["data-topics"] == str(len(payload["topics"]))
    assert len(visit.dom.find("button")) > 20  # headings that sort


@pytest.mark.browser
def test_hostile_data_are_shown_and_never_executed(tmp_path, hostile_page):
    visit = open_page(write_page(hostile_page, tmp_path / "report.html"), tmp_path)
    assert visit.console == []
    assert visit.requests == []
    assert visit.dom.find("iframe")[0]["data-topics"] == str(len(story.TOPICS))
    assert "console.error('executed')" in visit.dom.text


@pytest.mark.browser
def test_the_browser_sees_errors_and_requests_where_there_are_any(tmp_path):
    page = '<!DOCTYPE html><html><body><img src="http://page.invalid/x.png"><script>absent();</script></body></html>'
    visit = open_page(write_page(page, tmp_path / "bad.html"), tmp_path, milliseconds=500)
    assert visit.requests == ["http://page.invalid/x.png"]
    assert any("absent is not defined" in line for line in visit.console)
