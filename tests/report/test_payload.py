"""Tables to payload: plain, complete, honest."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from discourse.errors import ContractError, SettingError
from discourse.report.faults import count_repeated, list_faults
from discourse.report.methods import write_methods
from discourse.report.notes import tell_note
from discourse.report.payload import build_payload, flatten
from tests.report import story


def sentences(payload, language):
    return [sentence[language] for block in payload["findings"] for sentence in block["sentences"]]


def factor(payload, name):
    return next(entry for entry in payload["factors"] if entry["factor"] == name)


def test_the_payload_survives_json_unchanged(payload):
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload


def test_the_payload_does_not_depend_on_the_order_of_settings(model_and_tables, payload):
    backwards = {key: story.SETTINGS[key] for key in reversed(story.SETTINGS)}
    again = build_payload(model_and_tables[1], name="planted", settings=backwards)
    assert again["settings"] == payload["settings"]


def test_counts_are_those_of_the_tables(payload, model_and_tables):
    tables = model_and_tables[1]
    assert payload["counts"]["documents"] == 8
    assert payload["counts"]["passages"] == len(tables["passages"])
    assert payload["counts"]["edits"] == len(tables["edits"])
    assert sum(repair["n"] for repair in payload["repairs"]) == len(tables["edits"])


def test_each_value_of_a_document_carries_the_words_that_show_it(payload):
    document = next(entry for entry in payload["documents"] if entry["doc_id"] == "a")
    fields = {field["field"]: field for field in document["fields"]}
    assert fields["level"]["value"] == {"zh": "市级", "en": "city"}
    assert fields["level"]["quote"] == "中共city委书记"
    assert fields["city"]["value"] is None
    assert fields["city"]["quote"] is None


def test_what_stayed_unknown_is_counted_by_field(payload):
    unknown = {entry["name"]["en"]: entry["n"] for entry in payload["unknown"]}
    assert unknown["region"] == 3
    assert unknown["level"] == 1
    assert unknown["speaker"] == 8
    assert "genre" not in unknown


def test_a_group_of_one_document_has_neither_interval_nor_p(payload):
    region = factor(payload, "region")
    assert region["tested"] == []
    assert region["n_described"] == len(region["described"]) == 18
    for row in region["described"]:
        assert min(row["n_documents_target"], row["n_documents_reference"]) == 1
        assert row["low"] is row["high"] is row["p"] is row["p_adjusted"] is row["q"] is None
    single = [cell for topic in region["topics"] for cell in topic["groups"] if cell["n_documents"] == 1]
    assert single and all(cell["low"] is None for cell in single)


def test_findings_do_not_speak_of_p_where_nothing_was_tested(payload):
    block = next(block for block in payload["findings"] if block["heading"]["en"] == "By region")
    assert "no interval and no p-value" in block["sentences"][1]["en"]
    assert not any("p =" in sentence["en"] or "adjusted" in sentence["en"] for sentence in block["sentences"])


def test_a_finding_is_told_with_interval_p_and_numbers_of_documents(payload):
    told = [s for s in sentences(payload, "en") if "City documents speak more of T0" in s]
    assert len(told) == 1
    assert "+46.7 percentage points" in told[0]
    assert "+36.7 – +56.7; adjusted p = 0.012; 3 / 3 documents" in told[0]


def test_without_a_finding_the_page_says_so_and_that_it_proves_nothing(model_and_tables):
    tables = dict(model_and_tables[1])
    contrasts = tables["contrasts"]
    tested = contrasts["low"].notna()
    tables["contrasts"] = contrasts.assign(
        verdict=contrasts["verdict"].where(~tested, "cannot tell"), p_adjusted=np.where(tested, 0.4, np.nan)
    )
    told = build_payload(tables, name="x", settings={})
    assert any("not evidence of no difference" in s for s in sentences(told, "en"))


def test_every_document_of_a_group_is_a_dot_and_the_mean_lies_among_them(payload):
    for entry in payload["factors"]:
        for topic in entry["topics"]:
            for cell in topic["groups"]:
                shares = [dot["share"] for dot in cell["dots"]]
                assert len(shares) == cell["n_documents"]
                assert np.mean(shares) == pytest.approx(cell["prevalence"])
                assert 0 <= max(shares) <= entry["axis"] <= 1


def test_levels_stand_in_their_order(payload):
    assert [group["group"] for group in factor(payload, "level")["groups"]] == [
        "city",
        "district",
        "township",
    ]


def test_unstable_topics_are_named(payload):
    assert any("T1 did not come back reliably" in s for s in sentences(payload, "en"))


def test_a_badge_outweighs_plain_stability(model_and_tables):
    tables = dict(model_and_tables[1])
    badges = pd.Series(["does not return", "returns", "returns often"], dtype="str")
    tables["topics"] = tables["topics"].assign(badge=badges.to_numpy())
    payload = build_payload(tables, name="x", settings={})
    assert [topic["unstable"] for topic in payload["topics"]] == [True, False, False]
    assert "1 of 3 topics did not come back" in payload["answer"][-1]["en"]


def test_every_quotation_names_its_document_and_paragraph(payload, model_and_tables):
    texts = model_and_tables[1]["documents"].set_index("doc_id")["text"]
    groups = [group for topic in payload["quotations"] for group in [topic, *topic["groups"]]]
    quotes = [quote for group in groups for quote in group["exemplars"] + group["counters"]]
    assert len(quotes) > 20
    for quote in quotes:
        assert texts[quote["doc_id"]][quote["start"] : quote["end"]] == quote["quote"]
        assert quote["passage_id"] == f"{quote['doc_id']}#{quote['position']:04d}"


def test_both_languages_say_something_everywhere(payload):
    def texts(value):
        if isinstance(value, dict) and set(value) == {"zh", "en"}:
            yield value
        elif isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                yield from texts(item)

    found = list(texts(payload))
    assert len(found) > 100
    assert all(text["zh"].strip() and text["en"].strip() for text in found)


def test_the_methods_speak_of_what_was_done(payload):
    paragraphs = " ".join(text["en"] for text in payload["methods"])
    assert "K = 3 topics, priors alpha = 0.1, eta = 0.01" in paragraphs
    assert "seeds (1 and 2); 2 of 2 models converged (80 to 95 iterations)" in paragraphs
    assert "The unit of analysis is the document" in paragraphs
    assert "云南 (region), 福州 (region), 南京 (region) and township (level) have 1 document" in paragraphs


def test_every_paragraph_of_the_methods_is_whole(payload):
    assert len(payload["methods"]) == 9
    for text in payload["methods"]:
        assert text["zh"].endswith(("。", "）。"))
        assert text["en"].endswith((".", ")."))


def test_tested_words_are_said_to_be_a_ranking_where_documents_are_few(model_and_tables):
    tables = dict(model_and_tables[1])
    tables["keyness"] = tables["keyness"].assign(p=0.04, q=0.2)
    words = build_payload(tables, name="x", settings={})["methods"][7]
    assert words["zh"].endswith("每组不超过 10 篇时它是排序，不是检验。")
    assert words["en"].endswith("this is a ranking, not a test.")


def test_the_methods_do_not_speak_of_what_was_not_done(model_and_tables):
    tables = {name: model_and_tables[1][name] for name in ("sources", "documents")}
    paragraphs = build_payload(tables, name="x", settings={})["methods"]
    assert [text["en"].split(".")[0] for text in paragraphs] == ["Corpus"]


def test_the_methods_of_a_study_without_tests_claim_none(model_and_tables):
    tables = dict(model_and_tables[1])
    for name in ("prevalence", "contrasts"):
        tables[name] = tables[name][tables[name]["factor"] == "region"]
    paragraphs = " ".join(text["en"] for text in build_payload(tables, name="x", settings={})["methods"])
    assert "Westfall" not in paragraphs
    assert "Not tested." in paragraphs


def test_missing_tables_leave_empty_sections():
    payload = build_payload({}, name="empty", settings={})
    assert payload["counts"]["documents"] == 0
    assert payload["topics"] == payload["factors"] == payload["vocabulary"] == []


def test_a_table_that_no_contract_knows_is_refused():
    with pytest.raises(SettingError, match="no table is called 'topic'. Did you mean 'topics'"):
        build_payload({"topic": pd.DataFrame()}, name="x", settings={})


def test_a_table_that_breaks_its_contract_is_refused():
    with pytest.raises(ContractError, match="lacks column 'label'"):
        build_payload({"topics": pd.DataFrame({"topic": [0]})}, name="x", settings={})


def test_settings_are_flat_and_sorted():
    assert flatten({"b": {"y": 1, "x": [2]}, "a.c": {"z": None}}) == [
        ("a.c.z", None),
        ("b.x", [2]),
        ("b.y", 1),
    ]


def test_a_note_is_told_in_both_languages_and_an_unknown_one_as_it_is():
    told = tell_note(
        "one speaker has several documents in a group, which count as independent: if they have one author, "
        "cluster='speaker' averages them first"
    )
    assert told.startswith("同一个 speaker") and told.endswith("averages them first")
    assert tell_note("something else") == "something else"


def test_texts_that_were_not_read_and_repeated_ones_are_counted(model_and_tables):
    sources = model_and_tables[1]["sources"].copy()
    sources.loc[sources.index[0], "n_lost"] = 3
    bad = sources.iloc[[1]].assign(source_id="bad", path="bad.pdf", error="is encrypted")
    faults = list_faults(pd.concat([sources, bad], ignore_index=True))
    assert (faults["n_unread"], faults["n_damaged"]) == (1, 1)
    assert [row["path"] for row in faults["rows"]] == ["bad.pdf", sources["path"].iloc[0]]
    passages = pd.DataFrame(
        {
            "doc_id": list("aabbc"),
            "text": ["甲" * n for n in (10, 10, 95, 5, 7)],
            "reuse_id": [None, "x", "y", None, None],
        }
    )
    assert count_repeated(passages) == {"passages": 2, "documents": 2, "whole": 1}


def test_distances_lead_to_passages_of_the_topic_that_differs_most(payload):
    entry = next(own for own in payload["maps"] if own["factor"] == "level")
    factor = next(own for own in payload["factors"] if own["factor"] == "level")
    pair = next(own for own in entry["pairs"] if own["evidence"] is not None)
    topic, hits = payload["shelf"]["evidence"][pair["evidence"]]
    shares = {
        own["topic"]: [cell["prevalence"] for cell in own["groups"] if cell["group"] in pair["names"]]
        for own in factor["topics"]
    }
    gaps = {number: abs(a - b) for number, (a, b) in shares.items()}
    assert gaps[topic] == max(gaps.values()) and hits


def test_the_methods_say_that_more_than_ten_thousand_documents_get_fewer_relabellings(payload):
    many = json.loads(json.dumps(payload))
    for entry in many["factors"]:
        entry["groups"][0]["n_documents"] = 12_000
    plain, large = ("".join(text["en"] for text in write_methods(own)) for own in (payload, many))
    assert "random ones)" in plain and "random ones (fewer, at least 999" in large
