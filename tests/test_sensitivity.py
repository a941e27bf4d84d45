"""What moves when words are cut otherwise: planted, and in the seeds."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from discourse.codebooks import apply_codebook, draft_codebook, write_draft
from discourse.compare.listing import render_segmentation
from discourse.config import change_study
from discourse.contracts import check
from discourse.errors import RunError, SettingError
from discourse.pipeline import open_run
from discourse.runs.store import load_table
from discourse.sensitivity import HMM, LEXICON, SETTINGS, _four_settings, assess_segmentation
from discourse.steadiness import judge_row


@pytest.fixture(scope="module")
def run(demo_run, tmp_path_factory):
    """A copy of the demo run that may be written into, with one start a model and few permutations."""
    folder = tmp_path_factory.mktemp("sensitivity") / "run"
    shutil.copytree(demo_run, folder)
    opened = open_run(folder)
    return replace(
        opened,
        study=change_study(opened.study, ["topics.lda.n_starts=1", "compare.keyness.n_permutations=19"]),
    )


@pytest.fixture(scope="module")
def table(run):
    return assess_segmentation(run, n_top=8, n_seeds=1, processes=1)


def test_the_table_keeps_its_contract_and_is_stored(run, table):
    pd.testing.assert_frame_equal(check(table, "segmentation"), load_table(run.path, "segmentation"))
    assert set(table["kind"]) == {"term", "topic"} and (table["declared"] == "both").all()
    assert not (run.path / "universes").exists()


def test_the_run_as_declared_gives_the_numbers_of_the_run(run, table):
    keyness = load_table(run.path, "keyness").set_index(["factor", "target", "term"])["log_odds"]
    terms = table[(table["kind"] == "term") & table["estimate_both"].notna()]
    for row in terms.itertuples():
        assert row.estimate_both == keyness[(row.factor, row.target, row.item)]


def test_a_term_that_only_the_lexicon_keeps_whole_is_absent_without_it(table):
    rows = table[(table["kind"] == "term") & (table["item"] == "基层治理")]
    assert len(rows) and (rows["verdict"] == "absent").all() and (rows["moved_by"] == "lexicon").all()
    assert rows[["estimate_no_lexicon", "estimate_neither"]].isna().all(axis=None)
    assert rows[["estimate_both", "estimate_no_hmm"]].notna().all(axis=None)


def test_verdicts_say_what_ranks_and_signs_say(table):
    terms = table[table["kind"] == "term"]
    ranks = terms[[f"rank_{name}" for name in SETTINGS]].astype("float64")
    in_top = (ranks <= 8).all(axis=1)
    assert (in_top == terms["in_top"]).all()
    assert ((terms["verdict"] == "holds") == in_top).all()
    assert ((terms["verdict"] == "enters") == ~(terms["rank_both"] <= 8).fillna(False)).all()
    assert ((table["moved_by"] == "") == (table["verdict"] == "holds")).all()
    topics = table[table["kind"] == "topic"]
    estimates = topics[[f"estimate_{name}" for name in SETTINGS]]
    one_sign = estimates.gt(0).all(axis=1) | estimates.lt(0).all(axis=1)
    assert ((topics["verdict"] == "holds") == one_sign).all()


def test_every_contrast_of_the_run_is_asked_for_once(run, table):
    topics = table[table["kind"] == "topic"]
    assert len(topics) == len(load_table(run.path, "contrasts"))


def test_the_same_question_gets_the_same_answer(run, table):
    again = assess_segmentation(run, n_top=8, n_seeds=0)
    terms = table[table["kind"] == "term"].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, terms)


def test_the_listing_names_what_moves_in_both_languages(table):
    lines = render_segmentation(table, n_shown=3)
    assert "HMM and lexicon 新词识别与词典" in lines and "基层治理 (lexicon)" in lines
    assert "holds in all four 四种分词都成立" in lines and "contrasts of topics 主题差异" in lines


@pytest.mark.parametrize("declared", SETTINGS)
def test_whatever_a_study_declares_the_four_settings_are_the_same(run, declared):
    hmm, lexicon = declared in ("both", "no_lexicon"), declared in ("both", "no_hmm")
    name = '"governance"' if lexicon else "[]"
    study = change_study(run.study, [f"{HMM}={str(hmm).lower()}", f"{LEXICON}={name}"])
    four = _four_settings(study)
    assert [key for key, own in four.items() if not own] == [declared]
    full = {key: {HMM: hmm, LEXICON: "governance" if lexicon else [], **own} for key, own in four.items()}
    assert full["both"] == {HMM: True, LEXICON: "governance"} and full["neither"] == {HMM: False, LEXICON: []}
    assert full["no_hmm"] == {HMM: False, LEXICON: "governance"}


def judged(estimates, ranks, declared="both", n_top=3):
    places = dict(zip(SETTINGS, ranks, strict=True))
    in_top = {name: rank is not None and rank <= n_top for name, rank in places.items()}
    found = judge_row(dict(zip(SETTINGS, estimates, strict=True)), places, in_top, declared)
    return found["verdict"], found["moved_by"]


def test_what_moves_a_row_is_told_by_changing_one_thing_at_a_time():
    assert judged([1, 1, 1, 1], [1, 2, 3, 1]) == ("holds", "")
    assert judged([1, 1, 1, 1], [1, 2, 9, 9]) == ("slips", "lexicon")
    assert judged([1, 1, 1, 1], [1, 9, 9, 9]) == ("slips", "hmm, lexicon")
    assert judged([1, 1, 1, 1], [1, 1, 1, 9]) == ("slips", "hmm with lexicon")
    assert judged([1, -1, 1, 1], [1, None, 1, 1]) == ("turns", "hmm")
    assert judged([1, 1, np.nan, np.nan], [1, 1, None, None]) == ("absent", "lexicon")
    assert judged([np.nan, 1, 1, 1], [None, 9, 2, 1]) == ("enters", "lexicon")
    assert judged([1, 1, 1, 1], [1, 1, 9, 9], declared="neither") == ("enters", "lexicon")


def test_a_run_that_is_not_compared_and_numbers_out_of_range_are_refused(run):
    with pytest.raises(SettingError, match="at least 1 term"):
        assess_segmentation(run, n_top=0)
    with pytest.raises(RunError, match="is not compared yet"):
        assess_segmentation(replace(run, manifest={**run.manifest, "stages": {}}))


def test_topics_are_those_of_the_codebook_where_a_run_has_one(run, tmp_path):
    text = draft_codebook(run).replace("[topic.2]\n", "[topic.2]\nmerge = [3]\n")
    book = write_draft(text, tmp_path / "codebook.toml")
    coded = open_run(apply_codebook(run, book, tmp_path / "coded", say=lambda message: None))
    study = change_study(coded.study, ["topics.lda.n_starts=1", "compare.keyness.n_permutations=19"])
    table = assess_segmentation(replace(coded, study=study), n_seeds=1, processes=1)
    topics = table[table["kind"] == "topic"]
    assert set(topics["item"]) == {"0", "1", "2", "4", "5"} and topics["estimate_both"].notna().any()
