"""Two models side by side: partners and their similarity, and panels that act together."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.beside import compare_topics
from discourse.report.beside import OtherModel, describe_beside, link_topics
from discourse.report.html import write_page
from discourse.report.labels import Text
from discourse.report.ldavis import render_ldavis
from discourse.topics.returns import score_returns
from tests.browser import SHUT, find_browser
from tests.report.test_ldavis import fitted


def named(numbers):
    return pd.DataFrame({"topic": list(numbers), "label": [f"甲{number} <b>" for number in numbers]})


def beside(model, other, topics=None):
    similarity, pairs = compare_topics(model, other)
    own = named(range(other.n_topics)) if topics is None else topics
    return OtherModel(Text(zh="另一个<b>", en="the other<b>"), other, own, similarity, pairs, least=0.7)


def reordered(model, order):
    """The same model with some of its topics, in this order."""
    theta = model.theta[:, order]
    theta = theta / theta.sum(axis=1, keepdims=True)
    return replace(model, phi=model.phi[order], theta=theta, alpha=model.alpha[order])


def packed(page):
    found = re.search(r"var MODELS = (.*);\n", page)
    assert found
    return json.loads(found.group(1))


@given(st.permutations(range(6)), st.integers(2, 6))
@settings(max_examples=20, deadline=None)
def test_topics_that_were_taken_from_the_model_are_found_again_one_by_one(order, n):
    model, order = fitted(6), list(order)[:n]
    onward, back = link_topics(beside(model, reordered(model, order)))
    assert [link.row for link in back] == order and all(link.found for link in back)
    assert [topic for topic, link in enumerate(onward) if link.found] == sorted(order)
    assert [order[link.row] for link in onward if link.found] == sorted(order)
    assert all(link.similarity == pytest.approx(1.0) for link in back)


def test_similarity_is_that_of_the_badges_of_the_page():
    model, other = fitted(5), fitted(5, n_terms=60)
    other = replace(other, phi=np.roll(other.phi, 7, axis=1) * 0.4 + other.phi * 0.6)
    similarity, pairs = compare_topics(model, other)
    returns = score_returns(model.phi, [other.phi])
    assert [pair[1] for pair in pairs] == [partners[0] for partners in returns["partners"]]
    assert [similarity[a, b] for a, b in pairs] == pytest.approx(list(returns["stability"]))


def test_a_vocabulary_of_its_own_makes_topics_differ_in_part():
    model = fitted(4)
    kept = np.arange(60) % 6 != 0
    phi = model.phi[:, kept] / model.phi[:, kept].sum(axis=1, keepdims=True)
    other = replace(model, phi=phi, vocabulary=model.vocabulary[kept], term_counts=model.term_counts[kept])
    similarity, pairs = compare_topics(model, other)
    assert pairs == [(i, i) for i in range(4)]
    assert (np.diag(similarity) < 1).all()
    page = render_ldavis(model, other=beside(model, other))
    assert len(packed(page)["places"][0]) == 4


def test_the_table_of_the_page_says_what_is_found_what_is_near_and_what_is_left():
    model = fitted(5)
    told = describe_beside(beside(model, reordered(model, [3, 0, 4])), model, named(range(5)))
    assert told["n_found"] == 3 and told["left"] == []
    assert [row["topic"] for row in told["rows"] if not row["found"]] == [1, 2]
    first = told["rows"][0]
    assert first["other"]["topic"] == 1 and first["shared"] == first["terms"]
    assert first["only_here"] == first["only_there"] == []
    turned = describe_beside(beside(reordered(model, [3, 0]), model), reordered(model, [3, 0]), named([0, 1]))
    assert sorted(topic["topic"] for topic in turned["left"]) == [1, 2, 4]


def test_two_topics_that_the_other_model_has_in_one_are_said_to_be_joined():
    model = fitted(4)
    phi = np.stack([0.55 * model.phi[0] + 0.45 * model.phi[1], model.phi[2], model.phi[3]])
    other = replace(reordered(model, [0, 2, 3]), phi=phi / phi.sum(axis=1, keepdims=True))
    found = beside(model, other)
    lenient = replace(found, least=0.5)
    onward, _ = link_topics(lenient)
    assert [(link.row, link.found, link.joined) for link in onward[:2]] == [
        (0, True, False),
        (0, False, True),
    ]
    told = describe_beside(lenient, model, named(range(4)))
    assert (told["n_found"], told["n_joined"]) == (3, 1)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (2, 7), (7, 2), (5, 5)])
def test_few_topics_and_repeated_ones_have_places_links_and_a_page(n, m):
    for duplicated in (False, True):
        model, other = fitted(n, duplicated=duplicated), fitted(m, duplicated=duplicated)
        found = packed(render_ldavis(model, named(range(n)), other=beside(model, other)))
        assert [len(places) for places in found["places"]] == [n, m]
        assert [sorted(map(int, links)) for links in found["links"]] == [list(range(n)), list(range(m))]
        assert all(0 <= link[1] <= 1 for links in found["links"] for link in links.values())


def test_numbers_of_the_tables_hold_in_both_models():
    model = fitted(3)
    other = beside(model, reordered(model, [2, 0]), named([4, 9]))
    found = packed(render_ldavis(model, named([1, 5, 6]), other=other))
    assert found["links"][0]["1"][0] == 9 and found["links"][0]["6"][0] == 4
    assert found["links"][1]["4"] == [6, 1.0, True, False] and found["numbers"] == [4, 9]
    assert found["places"][0]["1"] == found["places"][1]["9"]


def test_a_name_cannot_leave_its_place_and_the_bytes_are_the_same():
    model = fitted(4)
    pages = {render_ldavis(model, other=beside(model, fitted(5))) for _ in range(2)}
    assert len(pages) == 1 and "<b>" not in pages.pop()


@pytest.mark.browser
def test_what_is_chosen_in_one_model_is_chosen_in_the_other(tmp_path):
    api = pytest.importorskip("playwright.sync_api")
    model, order = fitted(5), [3, 0, 4, 1]
    page = render_ldavis(model, named(range(5)), other=beside(model, reordered(model, order)))
    faults = []
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", *SHUT])
        opened = browser.new_page(locale="zh-CN", viewport={"width": 1300, "height": 700})
        opened.on("console", lambda message: faults.append(message.text))
        opened.on("pageerror", lambda error: faults.append(str(error)))
        opened.goto(write_page(page, tmp_path / "two.html").as_uri())
        opened.select_option("#view", "models")
        opened.select_option("#models-topic", "3")
        assert _lit(opened) == ["models-a-topic3", "models-b-topic0"]
        assert "重现为" in opened.locator("#models-told").inner_text()
        assert "最相关" in opened.locator("#models-b").inner_text()
        opened.locator("#models-b-topic2").click()
        assert _lit(opened) == ["models-a-topic4", "models-b-topic2"]
        opened.select_option("#models-topic", "2")  # the one that was left out
        assert "没有重现" in opened.locator("#models-told").inner_text()
        assert _places(opened, "a", [3, 0, 4, 1]) == _places(opened, "b", [0, 1, 2, 3])
        browser.close()
    assert faults == []


def _lit(page):
    """Circles that stand out."""
    return page.evaluate(
        "Array.from(document.querySelectorAll('#models .dot')).filter(d => d.style.opacity === '0.6').map(d => d.id)"
    )


def _places(page, side, numbers):
    ask = "id => { const own = document.getElementById(id); return [own.getAttribute('cx'), own.getAttribute('cy')]; }"
    return [page.evaluate(ask, f"models-{side}-topic{number}") for number in numbers]
