"""Numbers to passages: what is kept is what stands in the documents, once, and no more than the page has room for."""

from __future__ import annotations

import pandas as pd
import pytest

from discourse.report import shelf as shelves
from discourse.report.html import render_report, write_page
from discourse.report.origins import Repairs
from discourse.report.payload import build_payload
from tests.browser import Dom


def test_every_hit_is_a_word_of_its_passage(payload):
    shelf = payload["shelf"]
    words = [(word, entry) for entry in payload["vocabulary"] for word in entry["words"]]
    assert any(word["evidence"] is not None for word, _ in words)
    for word, _ in words:
        if word["evidence"] is not None:
            for place, start, end in shelf["evidence"][word["evidence"]][1]:
                assert shelf["passages"][place]["text"][start:end] == word["term"]


def test_hits_of_a_group_come_from_its_documents_in_turn(payload, model_and_tables):
    documents = model_and_tables[1]["documents"].set_index("doc_id")
    shelf = payload["shelf"]
    for entry in payload["vocabulary"]:
        for word in entry["words"]:
            hits = [] if word["evidence"] is None else shelf["evidence"][word["evidence"]][1]
            owners = [shelf["passages"][place]["id"].split("#")[0] for place, *_ in hits]
            assert all(documents.at[owner, entry["factor_name"]] == entry["group"] for owner in owners)
            first = owners[: len(set(owners))]
            assert len(set(first)) == len(first)


def test_passages_behind_a_share_carry_the_topic_most(payload, model_and_tables):
    theta = model_and_tables[1]["theta"].set_index("passage_id")
    documents = model_and_tables[1]["documents"].set_index("doc_id")
    shelf = payload["shelf"]
    for factor in payload["factors"]:
        for topic in factor["topics"]:
            for cell in topic["groups"]:
                own = documents.index[documents[factor["factor"]] == cell["group"]]
                shares = theta[f"topic_{topic['topic']}"]
                shares = shares[[name.split("#")[0] in own for name in shares.index]]
                if cell["evidence"] is None:
                    assert shares.max() < 0.15
                    continue
                kept = [
                    shelf["passages"][place]["id"] for place, *_ in shelf["evidence"][cell["evidence"]][1]
                ]
                assert shares[kept[0]] == shares.max()


def test_a_passage_stands_in_its_document_between_what_is_before_and_after(payload, model_and_tables):
    texts = model_and_tables[1]["documents"].set_index("doc_id")["text"]
    shelf = payload["shelf"]
    for passage in shelf["passages"]:
        text = texts[shelf["documents"][passage["document"]]["doc_id"]]
        whole = passage["before"] + passage["text"] + passage["after"]
        assert whole in text and passage["text"] == text[slice(*passage["place"])]
    assert len({passage["id"] for passage in shelf["passages"]}) == len(shelf["passages"])


def test_a_full_shelf_says_no_and_the_page_still_stands(model_and_tables, monkeypatch):
    monkeypatch.setattr(shelves, "MAX_CHARACTERS", 300)
    payload = build_payload(model_and_tables[1], name="x", settings={})
    assert sum(len(passage["text"]) for passage in payload["shelf"]["passages"]) <= 300
    told = Dom(render_report(payload)).find("figure", class_="quote")
    assert len(told) > 20 and sum("data-passage" in figure for figure in told) < len(told)


def test_repairs_of_a_passage_are_those_between_its_raw_places():
    edits = pd.DataFrame(
        {
            "source_id": ["a", "a", "a", "b"], "doc_id": ["a", "a", "a", "b"], "start": [0, 12, 20, 13],
            "end": [5, 14, 22, 15], "before": list("wxyz"), "after": list("WXYZ"), "rule": "pinyin",
            "confidence": 1.0,
        }
    )  # fmt: skip
    found = Repairs(edits).between("a", 10, 20)
    assert found["edits"] == [["x", "X", "pinyin"]] and found["raw"] == [10, 20]
    assert Repairs(edits).between("a", None, None)["raw"] is None


@pytest.mark.parametrize(
    "text", ["\ud800 lone", "\u202eright to left", "=cmd|' /C calc'!A0", "</script><script>"]
)
def test_hostile_passages_reach_the_file_and_stay_words(text, payload, tmp_path):
    shelf = payload["shelf"]
    passages = [passage | {"text": text, "before": text} for passage in shelf["passages"]]
    page = render_report(payload | {"shelf": shelf | {"passages": passages}, "title": text})
    written = write_page(page, tmp_path / "page.html").read_text("utf-8")
    assert len(Dom(written).find("script")) == 2
    assert "\ud800" not in written
