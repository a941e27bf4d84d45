"""The page in use: what a reader clicks and types, in a browser whose network is shut."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from discourse.report.figures.drawing import draw_figures
from discourse.report.html import write_report
from discourse.report.pictures import draw_pictures
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
    opened.goto(opened.url.split("#")[0] + "#quotes-2-0&lang=en")
    opened.reload()
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
    shown = table.locator("> tr:not([hidden])").all_text_contents()
    assert shown and all("云南" in row and "T1" in row for row in shown)
    box.fill("")
    assert table.locator("> tr:not([hidden])").count() > len(shown)


def test_a_badge_opens_its_curve(opened):
    badge = opened.locator("#factor-2 ~ .wide details.curve").first
    curve = badge.locator("svg.spec")
    assert not curve.is_visible()
    badge.locator("summary").click()
    assert curve.is_visible()


def test_a_phone_does_not_scroll_sideways(opened):
    opened.set_viewport_size({"width": 390, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390


def test_everything_that_is_folded_is_printed_but_curves_and_uses_in_cells(opened):
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.locator("details:not([open]):not(.curve):not(.uses)").count() == 0
    opened.evaluate("dispatchEvent(new Event('afterprint'))")
    assert opened.locator("details:not([open])").count() > 0


def test_one_choice_filters_every_section_and_stands_in_the_address(opened):
    opened.select_option("select[data-name=region]", label="武汉")
    opened.select_option("#by-topic", "2")
    lead = opened.locator("#robustness table").first.locator("tbody tr:visible")
    assert lead.count() == 1 and "武汉" in lead.text_content()
    quotes = opened.locator("#quotations figure.quote:visible code").all_text_contents()
    assert quotes and all(code.startswith("d.") for code in quotes)
    assert opened.locator("#topics table").first.locator("tbody tr:visible").count() == 1
    assert "topic=2" in opened.url and "region=" in opened.url
    opened.reload()
    assert opened.locator("#by-topic").input_value() == "2"
    assert opened.locator("#topics table").first.locator("tbody tr:visible").count() == 1
    opened.click("#clear")
    assert opened.locator("#topics table").first.locator("tbody tr:visible").count() == 3
    assert "topic=" not in opened.url


def test_a_word_s_count_opens_its_passages_with_marks_repairs_and_source(opened):
    opened.locator("#words button.see").first.click()
    dialog = opened.locator("#passage")
    assert dialog.locator(".text strong").first.inner_text() == "党组织"
    assert "a.txt" in dialog.inner_text() and "sha256" in dialog.inner_text()
    assert "see=" in opened.url
    opened.reload()
    assert dialog.locator(".text strong").first.inner_text() == "党组织"
    opened.keyboard.press("Escape")
    opened.wait_for_function("!location.hash.includes('see=')")  # a moment after the passage is closed
    assert not dialog.is_visible()


def test_words_looked_for_are_found_in_passages_and_leave_other_parts_out(opened):
    opened.fill("#search", "网格员")
    opened.locator("#hits li").first.wait_for()
    assert all("网格员" in row for row in opened.locator("#hits .hit").all_text_contents())
    shown = opened.locator("#words .card tbody tr:visible").all_text_contents()
    assert all("网格员" in row for row in shown)


def test_a_quotation_is_cited_in_both_ways(opened):
    figure = opened.locator("#topics figure.quote").first
    figure.scroll_into_view_if_needed()
    figure.get_by_role("button", name="citation", exact=False).first.wait_for()
    figure.get_by_role("button", name="citation", exact=False).first.click()
    pasted = "t => { const a = document.createElement('textarea'); document.body.append(a); a.focus(); }"
    opened.evaluate(pasted)
    opened.keyboard.press("Control+V")
    cited = opened.evaluate("document.querySelector('body > textarea').value")
    assert "[Z]. " in cited and "SHA-256" in cited


def test_the_answer_leads_to_its_numbers(opened):
    opened.locator(".answer a.where").first.click()
    reached = opened.locator(".reached")
    assert reached.count() == 1 and reached.is_visible()


def test_a_figure_is_saved_as_it_stands_in_the_page(opened, tmp_path):
    holder = opened.locator("[data-figure=matrix-region]").first
    with opened.expect_download() as kept:
        holder.get_by_role("button", name="Save SVG").click()
    assert kept.value.suggested_filename == "matrix-region.svg"
    kept.value.save_as(tmp_path / "own.svg")
    drawn = ElementTree.parse(tmp_path / "own.svg").getroot()
    assert drawn.tag.endswith("}svg") and drawn.attrib["width"].endswith("pt")
    assert any(text.text and text.text.startswith("T0 ") for text in drawn.iter(drawn.tag[:-3] + "text"))
    with opened.expect_download() as kept:
        holder.get_by_role("button", name="Save PNG").click()
    kept.value.save_as(tmp_path / "own.png")
    assert (tmp_path / "own.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_figures_of_the_page_are_those_of_the_figures_command(payload):
    exported = {figure.name: str(figure.drawing) for figure in draw_figures(payload)}
    shown = {own["name"]: str(own["zh"]) for pictures in draw_pictures(payload).values() for own in pictures}
    assert {"matrix-region", "prevalence-level"} <= set(shown) <= set(exported)
    assert all(exported[name] in drawing for name, drawing in shown.items())


def test_a_number_of_the_coverage_table_shows_these_documents_only(opened):
    cell = opened.locator("button.pick[data-region][data-level]").first
    region, n = cell.get_attribute("data-region"), int(cell.text_content())
    cell.click()
    assert opened.locator("table.documents tbody tr:not(.off)").count() == n
    assert (
        opened.locator("select[data-name=region]").evaluate("e => e.selectedOptions[0].dataset.name")
        == region
    )
    assert "region=" in opened.url and "level=" in opened.url


def test_a_distance_opens_passages_of_both_groups(opened):
    opened.locator("table.matrix button.see").first.click()
    assert opened.locator("#passage .passage").count() >= 2


def test_choices_and_the_map_speak_the_language_of_the_page(opened):
    opened.locator("label[for=language-zh]").click()
    assert opened.locator("#by-topic option").first.inner_text() == "所有主题"
    frame = opened.frame_locator("#ldavis-frame")
    opened.locator("#map").scroll_into_view_if_needed()
    frame.get_by_text("主题之间的距离").first.wait_for()
    opened.locator("label[for=language-en]").click()
    frame.get_by_text("Intertopic Distance Map").first.wait_for()
    assert opened.locator("#by-topic option").first.inner_text() == "All topics"
