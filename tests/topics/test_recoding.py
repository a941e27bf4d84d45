"""Named, merged and excluded topics: shares stay shares, numbers stay numbers, refits are recognised."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.compare.contrasts import contrast_prevalence
from discourse.compare.groups import rescale_shares
from discourse.contracts import check, empty, topic_columns
from discourse.topics.candidates import suggest_labels
from discourse.topics.codebook import hash_model, parse_codebook
from discourse.topics.codebook_form import render_codebook
from discourse.topics.dtm import build_dtm
from discourse.topics.labels import describe_topics, rank_terms, theta_table
from discourse.topics.lda import fit_lda
from discourse.topics.recoding import (
    kept_topics,
    leave_out,
    match_codebook,
    merge_columns,
    merge_families,
    merge_means,
    merge_model,
    name_topics,
    renumber,
)
from discourse.topics.shares import estimate_shares
from tests.topics.planted import THEMES, passages_of, planted_tokens, themes_of

NO_EXEMPLARS = pd.DataFrame({"topic": [], "role": [], "quote": [], "passage_id": []})


@pytest.fixture(scope="module")
def dtm():
    return build_dtm(planted_tokens(), max_df=1.0)


@pytest.fixture(scope="module")
def model(dtm):
    return fit_lda(dtm, n_topics=3)


def draft(model, dtm, decided=None):
    return render_codebook(model, describe_topics(model, dtm), rank_terms(model), NO_EXEMPLARS, decided)


def fill(text, topic, **values):
    """The draft with lines added to one topic, empty names filled."""
    head, rest = text.split(f"[topic.{topic}]\n", 1)
    lines = "".join(f"{key} = {value}\n" for key, value in values.items())
    rest = "\n".join(
        line for line in rest.split("\n") if line.split(" = ")[0] not in values or line[-2:] != '""'
    )
    return f"{head}[topic.{topic}]\n{lines}{rest}"


def filled(model, dtm, **sections):
    text = draft(model, dtm)
    for topic, values in sections.items():
        text = fill(text, topic.removeprefix("t"), **values)
    return parse_codebook(text.encode("utf-8"))


def test_a_draft_is_a_codebook_of_its_model_that_changes_nothing(model, dtm):
    book = parse_codebook(draft(model, dtm).encode("utf-8"))
    assert book.model_hash == hash_model(model)
    table = match_codebook(book, model)
    assert table["merged_into"].tolist() == [0, 1, 2] and set(table["status"]) == {"same"}
    assert not table["excluded"].any() and table["name_zh"].isna().all()
    merged = merge_model(model, table)
    np.testing.assert_allclose(merged.phi, model.phi, atol=1e-15)
    pd.testing.assert_frame_equal(merge_columns(theta_table(model), table), theta_table(model))


def test_a_draft_of_terms_that_look_like_toml_is_still_toml(dtm):
    odd = pd.Index([f'"{i}" = [x]\n# \\u00{i:02d}\x7f' for i in range(len(dtm.vocabulary))])
    model = fit_lda(replace(dtm, vocabulary=odd), n_topics=3)
    text = render_codebook(
        model, describe_topics(model, replace(dtm, vocabulary=odd)), rank_terms(model), NO_EXEMPLARS
    )
    book = parse_codebook(text.encode("utf-8"))
    assert set(book.terms[0]) <= set(odd) and book.entries.keys() == {0, 1, 2}


def test_merged_topics_add_up_and_the_other_numbers_stay(model, dtm):
    table = match_codebook(filled(model, dtm, t2={"merge_into": 0}), model)
    assert kept_topics(table) == [0, 1]
    table = match_codebook(filled(model, dtm, t2={"merge": "[0]"}), model)
    assert kept_topics(table) == [1, 2]
    shares = estimate_shares(model, dtm, passages_of(planted_tokens()))
    merged = check(merge_columns(shares, table), "shares")
    assert topic_columns(merged) == ["topic_1", "topic_2"]
    np.testing.assert_allclose(merged["topic_2"], shares["topic_0"] + shares["topic_2"], atol=1e-12)
    np.testing.assert_array_equal(merged["topic_1"], shares["topic_1"])
    topics = renumber(describe_topics(merge_model(model, table), dtm, shares=merged), table)
    assert topics["topic"].tolist() == [1, 2]


def test_the_words_of_a_merged_topic_are_the_mean_of_its_parts_by_tokens(model, dtm):
    table = match_codebook(filled(model, dtm, t1={"merge_into": 0}), model)
    merged = merge_model(model, table)
    tokens = model.lengths @ model.theta
    expected = (tokens[0] * model.phi[0] + tokens[1] * model.phi[1]) / (tokens[0] + tokens[1])
    np.testing.assert_allclose(merged.phi[0], expected, atol=1e-12)
    np.testing.assert_allclose(merged.theta[:, 0], model.theta[:, 0] + model.theta[:, 1], atol=1e-12)
    assert merged.alpha.sum() == pytest.approx(model.alpha.sum())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=5, max_size=5), st.integers(0, 1000))
def test_any_merging_keeps_rows_that_sum_to_one(owners, seed):
    owner = [min(topic for topic in range(5) if owners[topic] == own) for own in owners]
    table = pd.DataFrame({"topic": range(5), "merged_into": owner})
    rng = np.random.default_rng(seed)
    theta = pd.DataFrame(rng.dirichlet(np.ones(5), 4), columns=[f"topic_{t}" for t in range(5)])
    merged = merge_columns(theta, table)
    assert topic_columns(merged) == [f"topic_{t}" for t in sorted(set(owner))]
    np.testing.assert_allclose(merged.sum(axis=1), 1, atol=1e-12)
    means = merge_means(np.ones(5), table, rng.random(5))
    np.testing.assert_allclose(means, 1, atol=1e-12)


def test_families_of_merged_topics_are_never_nearer_than_the_topics_themselves():
    rng = np.random.default_rng(3)
    one, other = rng.dirichlet(np.full(30, 0.2), 2), rng.dirichlet(np.full(30, 0.2), 2)
    weights = np.array([0.3, 0.7])
    families = pd.DataFrame(
        {"model_id": "a", "topic": [0, 1], "affinity": np.sqrt(one * other).sum(axis=1), "n_joined": [1, 1]}
    ).astype({"model_id": "str"})
    table = pd.DataFrame({"topic": [0, 1], "merged_into": [1, 1]})
    merged = merge_families(families, table, weights)
    assert merged["topic"].tolist() == [1] and merged["n_joined"].tolist() == [2]
    whole = np.sqrt((weights @ one) * (weights @ other)).sum()
    assert merged["affinity"].item() == pytest.approx(weights @ families["affinity"])
    assert merged["affinity"].item() <= whole + 1e-12


def test_a_part_that_a_model_lacks_counts_against_its_family():
    families = pd.DataFrame(
        {"model_id": "a", "topic": [0, 1, 2], "affinity": [1.0, np.nan, np.nan], "n_joined": [1, 0, 0]}
    ).astype({"model_id": "str"})
    table = pd.DataFrame({"topic": [0, 1, 2], "merged_into": [0, 0, 2]})
    merged = merge_families(families, table, np.array([0.25, 0.25, 0.5])).set_index("topic")["affinity"]
    assert merged[0] == 0.5 and np.isnan(merged[2])


def test_names_are_labels_and_an_excluded_topic_says_so(model, dtm):
    book = filled(
        model, dtm, t0={"name_zh": '"甲"', "name_en": '"A"'}, t1={"exclude": "true", "reason": '"杂质"'}
    )
    topics = name_topics(describe_topics(model, dtm), match_codebook(book, model))
    assert topics["label"][0] == "甲 A" and "excluded" in topics["label"][1]
    assert topics["label"][2] == topics["automatic"][2] == describe_topics(model, dtm)["label"][2]
    assert topics["excluded"].tolist() == [False, True, False] and topics["reason"][1] == "杂质"


def test_an_excluded_topic_stays_in_the_denominator_and_out_of_the_tests(model, dtm):
    shares = estimate_shares(model, dtm, passages_of(planted_tokens()))
    documents = (
        empty("documents")
        .reindex(range(6))
        .assign(
            doc_id=shares["doc_id"],
            source_id=shares["doc_id"],
            title="t",
            text="文",
            raw_start=0,
            raw_end=1,
            region=["a", "b"] * 3,
        )
    )
    topics = pd.DataFrame({"topic": [0, 1, 2], "excluded": [False, True, False], "stability": 1.0})
    compared = leave_out(shares, topics)
    assert topic_columns(compared) == ["topic_0", "topic_2"]
    few = contrast_prevalence(compared, documents, by="region", n_permutations=99)
    full = contrast_prevalence(shares, documents, by="region", n_permutations=99)
    assert few["topic"].tolist() == [0, 2]
    same = full[full["topic"] != 1].reset_index(drop=True)
    for figure in ("difference", "low", "high", "p"):
        np.testing.assert_array_equal(few[figure], same[figure])
    assert (few["p_adjusted"] <= same["p_adjusted"]).all()  # a smaller family costs less
    np.testing.assert_allclose(rescale_shares(compared)[["topic_0", "topic_2"]].sum(axis=1), 1)
    assert leave_out(shares, topics.assign(excluded=False)) is shares


def test_names_follow_their_topics_into_another_fit(model, dtm):
    themes, _ = themes_of(model)
    book = filled(model, dtm, **{f"t{k}": {"name_zh": f'"{themes[k]}"'} for k in range(3)})
    again = fit_lda(dtm, n_topics=3, seed=11)
    with pytest.warns(UserWarning, match="3 of its 3 topics were found again"):
        table = match_codebook(book, again)
    assert table["name_zh"].tolist() == themes_of(again)[0] and set(table["status"]) == {"same"}


def test_a_topic_that_vanished_or_is_new_is_told_and_keeps_no_name(model, dtm):
    themes, _ = themes_of(model)
    away = themes.index("法治")
    book = filled(model, dtm, **{f"t{k}": {"name_zh": f'"{themes[k]}"'} for k in range(3)})
    tokens = planted_tokens()
    other = tokens.assign(
        term=tokens["term"].where(~tokens["term"].isin(THEMES["法治"]), "新" + tokens["term"])
    )
    again = fit_lda(build_dtm(other, max_df=1.0), n_topics=3)
    with pytest.warns(UserWarning) as told:
        table = match_codebook(book, again)
    words = " ".join(str(warning.message) for warning in told)
    assert f"topic {away} (法治) has no counterpart" in words and "are not in it" in words
    assert sorted(table["name_zh"].dropna()) == sorted(set(themes) - {"法治"})
    assert table.loc[table["name_zh"].isna(), "status"].tolist() == ["new"]


def test_a_topic_that_changed_is_told_with_its_terms(model, dtm):
    book = filled(model, dtm, t0={"name_zh": '"甲"'})
    phi = model.phi.copy()
    phi[0] = 0.55 * phi[0] + 0.45 * phi[1]  # still nearest to what it was
    changed = replace(model, phi=phi)
    with pytest.warns(UserWarning) as told:
        table = match_codebook(book, changed)
    assert "topic 0 (甲) has changed (now 0, affinity 0.7" in str(told[1].message)
    assert table["status"].tolist() == ["changed", "same", "same"] and table["name_zh"][0] == "甲"


def test_merges_survive_where_the_topic_merged_into_is_gone(model, dtm):
    themes, _ = themes_of(model)
    away = themes.index("法治")
    first, second = (k for k in range(3) if k != away)
    values = {f"t{away}": {"merge": f"[{first}, {second}]", "name_zh": '"合并"'}}
    tokens = planted_tokens()
    kept = tokens[~tokens["term"].isin(THEMES["法治"])].reset_index(drop=True)
    again = fit_lda(build_dtm(kept, max_df=1.0), n_topics=2)
    with pytest.warns(UserWarning):
        table = match_codebook(filled(model, dtm, **values), again)
    assert table["merged_into"].nunique() == 1
    assert table.loc[table["topic"] == table["merged_into"], "name_zh"].tolist() == ["合并"]


def test_a_codebook_of_an_applied_one_holds_the_same_decisions(model, dtm):
    book = filled(
        model, dtm, t0={"name_zh": '"甲"', "merge": "[2]"}, t1={"exclude": "true", "reason": '"杂"'}
    )
    again = parse_codebook(draft(model, dtm, match_codebook(book, model)).encode("utf-8"))
    assert again.owner == book.owner and again.entries[1] == book.entries[1]
    assert again.entries[0].name_zh == "甲"


# --- what a topic could be called ---------------------------------------------------------------------------


def uses_of(model, phrase, rows):
    ids = model.passages[rows]
    return pd.DataFrame(
        {
            "phrase": phrase, "form": "coinage", "passage_id": ids, "doc_id": ids.str.split("#").str[0],
            "start": 0, "end": 1, "quote": phrase, "quoted": True,
        }
    ).astype({"phrase": "str", "passage_id": "str", "doc_id": "str"})  # fmt: skip


def test_candidates_are_words_of_the_theme(model):
    themes, _ = themes_of(model)
    for theme, candidates in zip(themes, suggest_labels(model), strict=True):
        assert len(candidates) >= 6 and set(candidates) <= set(THEMES[theme])


def test_a_phrase_of_a_topic_is_a_candidate_of_that_topic_alone(model):
    topic = 1
    rows = np.flatnonzero(model.theta[:, topic] > 0.8)
    candidates = suggest_labels(model, uses_of(model, "三会一课", rows))
    assert [("三会一课" in own) for own in candidates] == [False, True, False]


def test_a_phrase_of_one_document_or_of_all_topics_names_none(model):
    rows = np.flatnonzero((model.theta[:, 1] > 0.8) & model.passages.str.startswith("doc1#"))
    assert not any("一家之言" in own for own in suggest_labels(model, uses_of(model, "一家之言", rows)))
    everywhere = uses_of(model, "处处都说", np.arange(len(model.passages)))
    assert not any("处处都说" in own for own in suggest_labels(model, everywhere))


def test_of_a_word_and_a_longer_one_that_holds_it_one_is_kept(dtm):
    names = {"党组织": "治理", "支部": "社区治理", "党员": "推进"}
    vocabulary = pd.Index([names.get(term, term) for term in dtm.vocabulary])
    model = fit_lda(replace(dtm, vocabulary=vocabulary), n_topics=3)
    own = next(candidates for candidates in suggest_labels(model) if "社区治理" in candidates)
    assert "治理" not in own
    assert own[-1] == "推进"  # names no subject: last
