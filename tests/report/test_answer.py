"""The answer at the top, what other models say of it, and reviewers' questions: all from the run's numbers."""

from __future__ import annotations

import re

import pandas as pd

from discourse.report.notes import translate_note
from discourse.report.payload import build_payload
from discourse.report.survival import ask_models
from discourse.summary import render_summary, summarise
from tests.report import story


def told(payload, language="en"):
    return [sentence[language] for sentence in payload["answer"]]


def test_the_answer_is_three_sentences_who_how_sure_and_the_caveat(payload):
    who, sure, caveat = told(payload)
    assert (
        "City documents speak more of T0" in who
        and "adjusted p = 0.012" in who
        and "Other models: robust" in who
    )
    assert "3 differences pass the test" in sure and "1 robust" in sure
    assert "these 8 documents only (the smallest group has 1)" in caveat


def test_where_nothing_can_be_tested_the_answer_describes_and_says_so(model_and_tables):
    tables = dict(model_and_tables[1])
    for name in ("prevalence", "contrasts", "specifications", "robustness"):
        tables[name] = tables[name][tables[name]["factor"] == "region"]
    who, sure, _ = told(build_payload(tables, name="x", settings={}))
    assert who.startswith("By region: ")
    assert "This describes and infers nothing" in sure and "p =" not in who + sure


def test_where_only_model_made_differences_pass_the_answer_begins_with_that(model_and_tables):
    tables = dict(model_and_tables[1])
    tables["robustness"] = tables["robustness"].assign(badge="model-made")
    who, sure, _ = told(build_payload(tables, name="x", settings={}))
    assert who.startswith("No difference can be called a finding: ") and "documents speak" in who
    assert "model-made" in sure and "robust" not in sure


def test_no_comparison_no_answer():
    assert build_payload({}, name="x", settings={})["answer"] == []


def test_every_answer_leads_to_a_place_of_the_page(payload, page):
    for sentence in payload["answer"]:
        for kind, place in sentence.get("at", {}).items():
            assert f'id="{kind}-{"-".join(map(str, place))}"' in page


def test_models_are_asked_whether_a_group_leads_like_a_slow_count(model_and_tables):
    tables = model_and_tables[1]
    asked = ask_models(tables)
    table, sizes = tables["specifications"], tables["universes"].set_index("model_id")["n_topics"]
    own = tables["universes"].loc[tables["universes"]["is_reference"], "n_topics"]
    for (factor, group, topic), counts in asked.items():
        leads = []
        for model in table["model_id"].unique():
            rows = table[
                (table["model_id"] == model) & (table["factor"] == factor) & (table["topic"] == topic)
            ]
            ahead = [
                (row.difference if row.target == group else -row.difference) > 0
                for row in rows.itertuples()
                if group in (row.target, row.reference) and row.present
            ]
            if ahead and all(ahead):
                leads.append(model)
        assert counts["n_leads"] == len(leads)
        assert counts["n_models"] == len(sizes) and counts["n_present"] == len(sizes) - 1
        assert counts["n_other"] == (int((sizes != own.iloc[0]).sum()) if len(own) else 0)


def test_models_of_another_size_are_counted_apart(model_and_tables):
    tables = dict(model_and_tables[1])
    universes = tables["universes"]
    tables["universes"] = universes.assign(is_reference=universes["model_id"] == "m2")
    found = ask_models(tables)[("region", "武汉", 2)]
    assert found["n_other"] == 3 and found["n_other_present"] <= 3


def test_notes_of_the_stages_have_both_languages():
    known = [
        "3 of 9 texts could not be read and are left out: a.txt (empty); all are in `sources`, column `error`",
        "region: all documents with a known region belong to one group or to none, so there is nothing to compare",
        "2 document(s) keep no token after stop lists and frequency limits and have no shares: a, b.",
        "the model of 8 topics, seed 3, did not converge in 500 iterations: raise max_iterations.",
        "alpha=1 for each of 20 topics adds up to 20: above 5, differences between documents shrink. "
        "Choose alpha up to 0.25.",
        "4 of 20 models of the multiverse cannot be fitted and are left out: too few terms",
    ]
    for note in known:
        text = translate_note(note)
        assert text["en"] == note and text["zh"] != note
        assert set(re.findall(r"\d+", text["zh"])) <= set(re.findall(r"\d+", note))
    assert translate_note("something {new}") == {"zh": "something {new}", "en": "something {new}"}


def test_reviewers_are_answered_with_numbers_of_the_run(payload):
    answers = {entry["question"]["en"]: entry["answer"]["en"] for entry in payload["questions"]}
    assert len(answers) >= 12
    assert (
        "The document: 8 of them" in answers["What is the unit of inference, and is the sample large enough?"]
    )
    assert "3 remain findings" in answers["With so many comparisons, are some not bound to be significant?"]
    numberless = [question for question, told in answers.items() if not re.search(r"\d", told)]
    assert numberless == ["Do the topics mean anything to people?"]


def test_scores_of_coders_and_other_segmentations_are_shown_where_they_are(model_and_tables):
    tables = model_and_tables[1] | {"segmentation": _segmentation(), "coding_scores": _scores()}
    payload = build_payload(tables, name="x", settings={})
    assert payload["segmentation"]["n_moved"] == 1
    assert payload["segmentation"]["rows"][0]["verdict"]["en"] == "changes its sign somewhere"
    answers = {entry["question"]["en"]: entry["answer"]["en"] for entry in payload["questions"]}
    assert (
        "word intrusion 80.0% (chance 16.7%, 3 coders)" in answers["Do the topics mean anything to people?"]
    )
    assert "1 of 2 results move" in answers["Do the results hang on segmentation?"]


def test_a_segmentation_table_of_other_topics_is_not_shown(model_and_tables):
    stale = _segmentation().assign(label="another label")
    payload = build_payload(model_and_tables[1] | {"segmentation": stale}, name="x", settings={})
    assert payload["segmentation"]["n"] == 0


def _segmentation() -> pd.DataFrame:
    label = " · ".join(story.TOPICS[0][:3])
    rows = [
        ("region", "武汉", "rest", "topic", "0", label, True, "both", 0.1, -0.1, 0.1, 0.1, 1, 1, 1, 1)
        + (False, True, "turns", "hmm"),
        ("region", "武汉", "rest", "term", "网格", "网格", False, "both", 0.5, 0.4, 0.5, 0.5, 1, 1, 1, 1)
        + (True, True, "holds", ""),
    ]
    columns = (
        "factor target reference kind item label is_finding declared estimate_both estimate_no_hmm "
        "estimate_no_lexicon estimate_neither rank_both rank_no_hmm rank_no_lexicon rank_neither same_sign in_top "
        "verdict moved_by"
    )
    return pd.DataFrame(rows, columns=columns.split())


def _scores() -> pd.DataFrame:
    columns = (
        "task measure topic n_topics n_items n_coders n_answers n_missing score low high chance p p_adjusted "
        "p_smallest alpha alpha_low alpha_high verdict"
    )
    row = ("word_intrusion", "precision", None, 3, 9, 3, 27, 0, 0.8, 0.6, 0.95, 1 / 6, 0.001, 0.001, 0.001)
    table = pd.DataFrame([(*row, 0.7, 0.5, 0.9, "above_chance")], columns=columns.split())
    return table.astype({"topic": "Int64"})


def test_a_terminal_is_told_the_answer_first_and_all_findings_on_request(payload):
    summary = summarise(payload) | {"run": "results/x", "report": "results/x/report.html", "stages": {}}
    brief, full = render_summary(summary, in_full=False), render_summary(summary)
    assert brief.count("  · ") == 3 and "discourse show results/x" in brief
    assert full.startswith(brief.split("\nreport")[0]) and len(full) > len(brief)
