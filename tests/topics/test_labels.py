import numpy as np
import pandas as pd
import pytest

from discourse.contracts import check, topic_columns
from discourse.errors import SettingError
from discourse.topics.dtm import build_dtm
from discourse.topics.labels import SEPARATOR, describe_topics, rank_terms, theta_table
from discourse.topics.lda import fit_lda
from discourse.topics.shares import estimate_shares
from tests import reference
from tests.topics.planted import THEMES, passages_of, planted_tokens, themes_of


@pytest.fixture(scope="module")
def planted():
    dtm = build_dtm(planted_tokens(), max_df=1.0)
    return fit_lda(dtm, n_topics=3), dtm


def alignment_of(*rows):
    return pd.DataFrame(rows, columns=["model_id", "topic", "matched", "affinity"])


def test_terms_are_ranked_by_phi(planted):
    model, _ = planted
    table = rank_terms(model, n_terms=5)
    assert len(table) == 15
    for topic, part in table.groupby("topic"):
        assert part["rank"].tolist() == [1, 2, 3, 4, 5]
        np.testing.assert_array_equal(part["phi"], np.sort(model.phi[topic])[::-1][:5])


def test_frex_of_a_listed_term_is_that_of_the_whole_vocabulary(planted):
    model, _ = planted
    expected = pd.DataFrame(reference.frex(model.phi), columns=model.vocabulary)
    for row in rank_terms(model, n_terms=6).itertuples():
        assert row.frex == pytest.approx(expected.loc[row.topic, row.term], abs=1e-12)


def test_more_terms_than_there_are_list_the_vocabulary(planted):
    assert len(rank_terms(planted[0], n_terms=1000)) == 3 * 24


def test_no_terms_are_refused(planted):
    with pytest.raises(SettingError, match="n_terms"):
        rank_terms(planted[0], n_terms=0)


def test_a_label_holds_four_words_of_the_theme_and_no_two_topics_share_one(planted):
    model, dtm = planted
    themes, _ = themes_of(model)
    labels = describe_topics(model, dtm)["label"]
    words = [label.split(SEPARATOR) for label in labels]
    assert all(
        len(terms) == 4 and set(terms) <= set(THEMES[theme])
        for terms, theme in zip(words, themes, strict=True)
    )
    assert len({term for terms in words for term in terms}) == 12


def test_topics_with_the_same_words_are_told_apart(planted):
    _, dtm = planted
    few = dtm.vocabulary[:4]
    small = build_dtm(planted_tokens().loc[lambda t: t["term"].isin(few)].reset_index(drop=True), max_df=1.0)
    labels = describe_topics(fit_lda(small, n_topics=3), small)["label"]
    assert labels.is_unique


def test_prevalence_is_the_length_weighted_mean_of_theta_and_sums_to_one(planted):
    model, dtm = planted
    prevalence = describe_topics(model, dtm)["prevalence"]
    expected = np.average(model.theta, axis=0, weights=np.asarray(dtm.counts.sum(axis=1)).ravel())
    np.testing.assert_allclose(prevalence, expected, atol=1e-12)
    assert prevalence.sum() == pytest.approx(1)


def test_stability_is_missing_with_one_model(planted):
    assert describe_topics(*planted)["stability"].isna().all()
    assert describe_topics(*planted, alignment_of())["stability"].isna().all()


def test_stability_is_the_mean_over_models_and_zero_where_nothing_corresponds(planted):
    alignment = alignment_of(
        ("a", 0, 0, 0.9), ("a", 1, 1, 0.8), ("a", 2, 2, 0.7),
        ("b", 0, 0, 0.7), ("b", 1, 0, 0.5), ("b", 2, 2, 0.9), ("b", 3, -1, 0.3),
    )  # fmt: skip
    assert describe_topics(*planted, alignment)["stability"].tolist() == pytest.approx([0.8, 0.4, 0.8])


def test_concentration_is_one_for_a_topic_of_one_document(planted):
    shares = pd.DataFrame(
        {
            "doc_id": ["a", "b"],
            "n_passages": [1, 1],
            "n_tokens": [10, 30],
            "topic_0": [1, 0],
            "topic_1": [0, 0.5],
            "topic_2": [0, 0.5],
        }
    )
    shares["topic_0"], shares["topic_1"] = [0.7, 0.0], [0.3, 0.5]
    table = describe_topics(*planted, shares=shares)
    assert table["concentration"].tolist() == pytest.approx([1.0, 15 / 18, 1.0])


def test_concentration_of_real_shares_lies_between_an_even_part_and_one(planted):
    shares = estimate_shares(*planted, passages_of(planted_tokens()))
    concentration = describe_topics(*planted, shares=shares)["concentration"]
    assert concentration.between(1 / 6, 1).all()


def test_theta_is_the_stored_theta_by_passage(planted):
    model, _ = planted
    table = check(theta_table(model), "theta")
    assert table["passage_id"].tolist() == list(model.passages)
    assert (table[topic_columns(table)].to_numpy() == model.theta).all()
