"""Coverage: every document once, gaps and unknowns shown."""

from __future__ import annotations

import pandas as pd

from discourse.report.coverage import cross_documents
from discourse.report.payload import build_payload
from tests.browser import Dom


def test_every_document_stands_in_one_cell(payload):
    coverage = payload["coverage"]
    assert sum(row["n"] for row in coverage["rows"]) == payload["counts"]["documents"]
    assert sum(column["n"] for column in coverage["columns"]) == payload["counts"]["documents"]
    assert all(sum(row["counts"]) == row["n"] for row in coverage["rows"])


def test_empty_cells_are_counted_and_shown(payload, page):
    coverage = payload["coverage"]
    assert [column["label"]["en"] for column in coverage["columns"]] == [
        "city", "district", "township", "unknown",
    ]  # fmt: skip
    # four regions by three levels; 云南, 福州, 南京 have a city, 武汉 two districts
    assert (coverage["n_cells"], coverage["n_empty"], coverage["n_single"]) == (12, 8, 3)
    shown = [count for row in coverage["rows"] for count in row["counts"]]
    assert len(Dom(page).find("td", class_="gap")) == shown.count(0)


def test_unknown_places_come_last_and_are_not_gaps(payload):
    rows = payload["coverage"]["rows"]
    assert [row["known"] for row in rows] == [True] * 4 + [False]
    assert rows[-1]["n"] == 3


def test_a_corpus_without_documents_has_no_coverage():
    assert cross_documents(pd.DataFrame({"region": [], "level": []}))["rows"] == []


def test_tokens_kept_and_tokens_modelled_are_both_told(model_and_tables):
    tables = dict(model_and_tables[1])
    passage = tables["passages"]["passage_id"].iloc[0]
    tables["tokens"] = pd.DataFrame(
        {"passage_id": passage, "position": range(2000), "start": range(2000), "term": "党员"}
    )
    told = build_payload(tables, name="x", settings={})
    assert "2,000 个词，其中 1,600 个进入主题模型" in told["findings"][0]["sentences"][0]["zh"]
    assert "2,000 tokens, of which 1,600 entered" in told["findings"][0]["sentences"][0]["en"]
    assert "2,000 tokens, of which 1,600 are frequent" in told["methods"][1]["en"]
