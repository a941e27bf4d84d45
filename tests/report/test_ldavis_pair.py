"""Two groups side by side: their counts add up to the corpus, and the page prepares them as pyLDAvis does."""

from __future__ import annotations

import json
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from discourse.report.html import write_page
from discourse.report.ldavis import render_ldavis
from discourse.report.ldavis_pair import count_groups
from tests.browser import SHUT, find_browser
from tests.report.test_ldavis import fitted


@pytest.fixture(scope="module")
def divided():
    """A model, expected counts of each topic in eight documents, and two groups of them."""
    model, rng = fitted(4), np.random.default_rng(5)
    counts = [sparse.csr_matrix(rng.poisson(200 * model.phi[topic], size=(8, 60))) for topic in range(4)]
    halves = np.arange(8) < 3
    return model, counts, [("region", "甲", halves), ("region", "<b>乙", ~halves)]


def test_counts_of_the_groups_add_up_to_those_of_the_corpus(divided):
    model, counts, groups = divided
    found = count_groups(model, counts, groups)
    places = [list(model.vocabulary).index(term) for term in found.terms]
    for topic, own in enumerate(counts):
        assert found.tokens[:, topic].sum() == own.sum()
        assert found.counts[:, topic].sum(axis=0) == pytest.approx(
            np.asarray(own.sum(axis=0)).ravel()[places]
        )
    assert found.n_documents == [3, 5]


def test_one_group_alone_leaves_the_page_as_it_was(divided):
    model, counts, groups = divided
    assert render_ldavis(model, groups=count_groups(model, counts, groups[:1])) == render_ldavis(model)


def test_a_group_s_name_cannot_leave_its_place(divided):
    model, counts, groups = divided
    page = render_ldavis(model, groups=count_groups(model, counts, groups))
    assert "<b>" not in page and "&lt;b&gt;乙" in page


@pytest.mark.browser
def test_the_panels_show_what_pyldavis_prepares_for_each_group(divided, tmp_path):
    api = pytest.importorskip("playwright.sync_api")
    model, counts, groups = divided
    page = render_ldavis(model, groups=count_groups(model, counts, groups))
    drawn = 'new LDAvis("#pair-" + side, prepare(group));'
    assert drawn in page
    spied = page.replace(drawn, f"SEEN = window.SEEN || {{}}; SEEN[side] = prepare(group); {drawn}")
    faults = []
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", *SHUT])
        opened = browser.new_page()
        opened.on("console", lambda message: faults.append(message.text))
        opened.on("pageerror", lambda error: faults.append(str(error)))
        opened.goto(write_page(spied, tmp_path / "pair.html").as_uri())
        opened.select_option("#view", "pair")
        seen = json.loads(opened.evaluate("JSON.stringify(window.SEEN)"))
        opened.select_option("#pair-topic", "2")
        lit = [
            opened.evaluate(f"document.getElementById('pair-{side}-topic2').style.opacity") for side in "ab"
        ]
        browser.close()
    assert faults == [] and lit == ["0.6", "0.6"]
    for side, (_, _, members) in zip("ab", groups, strict=True):
        expected = _prepared(model, [own[np.flatnonzero(members)] for own in counts])
        assert seen[side]["mdsDat"]["Freq"] == pytest.approx(expected["Freq"], abs=0.01)
        shown = seen[side]["tinfo"]
        for i, category in enumerate(shown["Category"]):
            key = (shown["Term"][i], category)
            if category != "Default" and shown["Freq"][i] > 0 and key in expected["words"]:
                freq, logprob, loglift = expected["words"][key]
                assert shown["Freq"][i] == pytest.approx(freq, rel=0.01, abs=0.06)
                assert shown["logprob"][i] == pytest.approx(logprob, abs=0.06)
                assert shown["loglift"][i] == pytest.approx(loglift, abs=0.06)


def _prepared(model, counts):
    """What pyLDAvis.prepare makes of a group's topics, whose words are those of its own expected counts."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        import pyLDAvis

        rows = np.stack([np.asarray(own.sum(axis=0)).ravel() for own in counts]).astype(float)
        tokens = rows.sum(axis=1)
        prepared = pyLDAvis.prepare(
            (rows + 1e-12) / (rows + 1e-12).sum(axis=1, keepdims=True), [tokens / tokens.sum()], [tokens.sum()],
            list(model.vocabulary), rows.sum(axis=0) + 1e-9, sort_topics=False, start_index=0, n_jobs=1,
            mds=lambda phi: np.zeros((len(phi), 2)),
        )  # fmt: skip
    info = prepared.topic_info
    words = {
        (row.Term, row.Category): (row.Freq, row.logprob, row.loglift)
        for row in info[info["Freq"] > 0.5].itertuples()
    }
    return {"Freq": prepared.topic_coordinates["Freq"].tolist(), "words": words}


def test_numbers_of_topics_that_are_gone_have_no_tokens(divided):
    model, counts, groups = divided
    topics = pd.DataFrame({"topic": [0, 2, 3, 5], "label": list("甲乙丙丁")})
    page = render_ldavis(model, topics, groups=count_groups(model, counts, groups))
    packed = json.loads(re.search(r"var PAIR = (.*);\n", page).group(1))
    assert [number for number, n in enumerate(packed["groups"][0]["tokens"]) if n == 0] == [1, 4]
