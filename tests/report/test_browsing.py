"""The page in use: what a reader clicks and types, in a browser whose network is shut."""

from __future__ import annotations

import pytest

from discourse.report.html import write_report
from tests.browser import SHUT, find_browser

api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium():
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", *SHUT])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, payload, tmp_path):
    page = chromium.new_page(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
    page.set_default_timeout(10_000)
    faults = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(write_report(payload, tmp_path / "report.html").resolve().as_uri())
    yield page
    page.close()
    assert faults == []


@pytest.mark.parametrize(
    "link", ["#comparison .strip-value a.behind >> nth=-1", "#factor-2 ~ .wide a.behind >> nth=0"]
)
def test_a_number_leads_to_its_passages_and_unfolds_them(opened, link):
    address = opened.locator(link).get_attribute("href")
    heading = opened.locator(address)
    heading.evaluate("e => { e.closest('details').open = false; }")
    opened.locator(link).click()
    heading.wait_for(state="visible")
    assert heading.evaluate("e => e.parentElement.querySelector('blockquote').innerText.length > 10")


def test_an_address_that_was_sent_opens_where_it_points(opened, payload):
    opened.goto(opened.url + "?en#quotes-2-0")
    assert opened.locator("#quotes-2-0").is_visible()
    assert not opened.locator("h2 .zh").first.is_visible()
    assert opened.locator("h2 .en").first.is_visible()


def test_one_language_can_be_chosen(opened):
    opened.locator("label[for=language-zh]").click()
    assert not opened.locator("h2 .en").first.is_visible()
    assert opened.locator("h2 .zh").first.is_visible()


def test_a_filter_keeps_the_rows_that_hold_every_word(opened):
    box = opened.locator("#factor-1 ~ details .filter input").first
    table = box.locator("xpath=../following-sibling::div[1]//tbody")
    box.evaluate(
        "e => { for (let d = e; d; d = d.parentElement) if (d.tagName === 'DETAILS') d.open = true; }"
    )
    box.fill("云南 t1")
    shown = table.locator("> tr:visible").all_inner_texts()
    assert shown and all("云南" in row and "T1" in row for row in shown)
    box.fill("")
    assert table.locator("> tr:visible").count() > len(shown)


def test_a_badge_opens_its_curve(opened):
    badge = opened.locator("#factor-2 ~ .wide details.curve").first
    curve = badge.locator("svg.spec")
    assert not curve.is_visible()
    badge.locator("summary").click()
    assert curve.is_visible()


def test_a_phone_does_not_scroll_sideways(opened):
    opened.set_viewport_size({"width": 390, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390


def test_everything_that_is_folded_is_printed(opened):
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.locator("details:not([open])").count() == 0
    opened.evaluate("dispatchEvent(new Event('afterprint'))")
    assert opened.locator("details:not([open])").count() > 0
