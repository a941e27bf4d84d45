"""The pyLDAvis page: offline, ours in its numbers, the same whenever it is made."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from discourse.contracts import TopicModel
from discourse.errors import DiscourseError
from discourse.report import ldavis, ldavis_data
from discourse.report.html import write_page
from discourse.report.ldavis import render_ldavis
from tests.browser import Dom, open_page


def fitted(n_topics: int, *, duplicated: bool = False, n_terms: int = 60) -> TopicModel:
    """A model with random topics; duplicated: all topics are the same."""
    rng = np.random.default_rng(n_topics)
    phi = rng.dirichlet(np.full(n_terms, 0.1), size=n_topics) + 1e-9
    phi = np.repeat(phi[:1], n_topics, axis=0) if duplicated else phi
    return TopicModel(
        phi=phi / phi.sum(axis=1, keepdims=True),
        theta=rng.dirichlet(np.full(n_topics, 0.2), size=40),
        alpha=np.full(n_topics, 0.1),
        eta=0.1,
        passages=pd.Index([f"a#{i:04d}" for i in range(40)]),
        vocabulary=pd.Index([f"词{i}" for i in range(n_terms)]),
        lengths=rng.integers(20, 90, 40),
        term_counts=rng.integers(1, 50, n_terms),
    )


def data_of(page: str) -> dict:
    found = re.search(r"var DATA = (.*);\nnew LDAvis", page)
    assert found
    return json.loads(found.group(1))


def test_topics_keep_their_numbers_and_their_prevalence():
    model = fitted(5)
    data = data_of(render_ldavis(model))
    prevalence = model.theta.T @ model.lengths / model.lengths.sum()
    assert data["mdsDat"]["topics"] == [0, 1, 2, 3, 4]
    assert data["mdsDat"]["Freq"] == pytest.approx(list(100 * prevalence), abs=1e-5)
    assert set(data["tinfo"]["Category"]) == {"Default", *(f"Topic{k}" for k in range(5))}
    assert set(data["token.table"]["Topic"]) <= set(range(5))


def test_the_words_of_a_topic_are_its_most_probable_ones():
    model = fitted(4)
    data = pd.DataFrame(data_of(render_ldavis(model, n_terms=10))["tinfo"])
    for topic in range(4):
        own = data[data["Category"] == f"Topic{topic}"].nlargest(10, "logprob")
        best = np.argsort(-model.phi[topic], kind="stable")[:10]
        assert set(own["Term"]) == set(model.vocabulary[best])


@pytest.mark.parametrize(
    ("n_topics", "duplicated"), [(2, False), (3, False), (2, True), (7, True), (30, False)]
)
def test_any_model_can_be_shown(n_topics, duplicated):
    data = data_of(render_ldavis(fitted(n_topics, duplicated=duplicated)))
    assert len(data["mdsDat"]["x"]) == n_topics
    assert np.isfinite([data["mdsDat"]["x"], data["mdsDat"]["y"]]).all()


def test_a_vocabulary_smaller_than_the_list_can_be_shown():
    assert data_of(render_ldavis(fitted(3, n_terms=8)))["R"] == 8


def test_the_map_keeps_the_distances_of_three_topics():
    phi = fitted(3).phi
    divergences = ldavis_data.measure_divergences(phi)
    points = ldavis_data.place_topics(phi)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.testing.assert_allclose(distances, divergences, atol=1e-5)


def test_divergences_agree_with_the_definition():
    phi = fitted(4).phi
    for a in range(4):
        for b in range(4):
            middle = (phi[a] + phi[b]) / 2
            slow = sum(np.sum(p * np.log(p / middle)) for p in (phi[a], phi[b])) / 2
            assert ldavis_data.measure_divergences(phi)[a, b] == pytest.approx(slow, abs=1e-12)


def test_the_page_holds_no_address():
    page = render_ldavis(fitted(3))
    assert "://" not in page
    assert all("src" not in script for script in Dom(page).find("script"))


def test_a_term_cannot_end_the_script():
    model = fitted(3)
    bad = "</script><script>alert(1)</script>"
    attacked = type(model)(
        **{**vars(model), "vocabulary": model.vocabulary.where(model.vocabulary != "词1", bad)}
    )
    page = render_ldavis(attacked, pd.DataFrame({"topic": range(3), "label": [bad] * 3}))
    assert len(Dom(page).find("script")) == len(Dom(render_ldavis(model)).find("script"))
    data = data_of(page)
    assert bad in data["tinfo"]["Term"]
    assert data["labels"][0] == f"0 · {bad}"


def test_nothing_is_said_and_no_filter_changed(capfd):
    before = list(warnings.filters)
    render_ldavis(fitted(3))
    assert warnings.filters == before
    assert capfd.readouterr() == ("", "")


def test_another_process_gives_the_same_bytes():
    code = (
        "import hashlib; from tests.report.test_ldavis import fitted; "
        "from discourse.report.ldavis import render_ldavis; "
        "print(hashlib.sha256(render_ldavis(fitted(6)).encode()).hexdigest())"
    )
    other = os.environ | {"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=other, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(render_ldavis(fitted(6)).encode()).hexdigest()


def test_another_version_of_the_script_is_refused():
    with pytest.raises(DiscourseError, match="Install pyLDAvis==3.4.1"):
        ldavis._corrected("another script")


@pytest.mark.browser
def test_the_page_draws_one_circle_a_topic_without_network(tmp_path):
    labels = pd.DataFrame({"topic": range(4), "label": [f"主题{k}" for k in range(4)]})
    path = write_page(render_ldavis(fitted(4), labels), tmp_path / "ldavis.html")
    visit = open_page(path, tmp_path)
    assert visit.console == []
    assert visit.requests == []
    assert {circle["id"] for circle in visit.dom.find("circle", class_="dot")} == {
        f"ldavis-topic{k}" for k in range(4)
    }
    assert "3 · 主题3" in visit.dom.text
    assert len(visit.dom.find("text", class_="terms")) == 30


CLICKS = """
<script>
function press(id) { document.getElementById(id).dispatchEvent(new MouseEvent("click", {bubbles: true})); }
function heading() { return document.querySelector(".bubble-tool").textContent.slice(0, 45); }
var seen = [];
press("ldavis-topic-up"); seen.push(document.getElementById("ldavis-topic").value, heading());
press("ldavis-topic-up"); seen.push(document.getElementById("ldavis-topic").value);
press("ldavis-topic-down"); seen.push(document.getElementById("ldavis-topic").value);
press("ldavis-topic-clear"); seen.push("[" + document.getElementById("ldavis-topic").value + "]", heading());
press("ldavis-topic0"); seen.push(document.getElementById("ldavis-topic").value, heading());
document.documentElement.dataset.seen = seen.join("|");
</script>
</body>"""


@pytest.mark.browser
def test_topic_0_can_be_chosen_like_any_other(tmp_path):
    page = render_ldavis(fitted(3)).replace("</body>", CLICKS)
    visit = open_page(write_page(page, tmp_path / "ldavis.html"), tmp_path)
    seen = visit.dom.find("html")[0]["data-seen"].split("|")
    chosen = "Top-30 Most Relevant Terms for Topic 0"
    assert visit.console == []
    assert seen[0] == "0" and seen[1].startswith(chosen)
    assert seen[2:4] == ["1", "0"]
    assert seen[4] == "[]" and seen[5].startswith("Top-30 Most Salient Terms")
    assert seen[6] == "0" and seen[7].startswith(chosen)
