import numpy as np
import pytest
from gensim.corpora import Dictionary
from gensim.models import CoherenceModel
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.topics import quality
from discourse.topics.coherence import score_npmi
from discourse.topics.cooccurrence import count_in_passages
from discourse.topics.dtm import build_dtm
from discourse.topics.lda import fit_lda
from discourse.topics.quality import (
    find_duplicates,
    score_coherence,
    score_diversity,
    score_exclusivity,
    score_frex,
    top_positions,
)
from tests import reference
from tests.topics.planted import planted_tokens, tokens_of


@pytest.fixture(scope="module")
def planted():
    dtm = build_dtm(planted_tokens(), max_df=1.0)
    return fit_lda(dtm, n_topics=3), dtm


@pytest.mark.parametrize("n_terms", [2, 5, 10])
def test_coherence_is_gensims_npmi_with_whole_passages_as_windows(planted, n_terms):
    model, dtm = planted
    texts = list(planted_tokens().groupby("passage_id", sort=False)["term"].apply(list))
    terms = [list(model.vocabulary[top]) for top in top_positions(model.phi, n_terms)]
    theirs = CoherenceModel(
        topics=terms,
        texts=texts,
        dictionary=Dictionary(texts),
        coherence="c_npmi",
        topn=n_terms,
        window_size=1000,
        processes=1,
    )
    np.testing.assert_allclose(
        score_coherence(model, dtm, n_terms=n_terms), theirs.get_coherence_per_topic(), atol=1e-12
    )


def test_coherence_equals_its_slow_twin_also_for_terms_that_never_meet():
    tokens = tokens_of([("a#0", ["甲", "丙"]), ("a#1", ["甲"]), ("b#0", ["乙", "丙"]), ("b#1", ["乙"])])
    windows = count_in_passages(build_dtm(tokens, min_df=1, max_df=1.0, min_documents=1))
    present = np.array([[1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1]], dtype=float)  # 丙, 甲, 乙 in code points
    assert score_npmi(np.array([[0, 2, 1]]), windows)[0] == pytest.approx(
        reference.mean_npmi(present), abs=1e-12
    )
    assert score_npmi(np.array([[1, 2]]), windows)[0] < -0.9


def test_one_term_has_no_coherence():
    tokens = tokens_of([("a#0", ["甲", "乙"]), ("a#1", ["甲"])])
    windows = count_in_passages(build_dtm(tokens, min_df=1, max_df=1.0, min_documents=1))
    assert score_npmi(np.array([[0]]), windows) == 0


def test_diversity_counts_different_terms():
    phi = np.array([[0.4, 0.3, 0.2, 0.1], [0.1, 0.4, 0.3, 0.2]])
    assert score_diversity(phi, n_terms=2) == 0.75
    assert score_diversity(phi, n_terms=4) == 0.5


def test_two_topics_that_say_the_same_are_found(planted):
    model, _ = planted
    assert find_duplicates(model.phi) == []
    twin = 0.95 * model.phi[1] + 0.05 * model.phi[0]
    assert find_duplicates(np.vstack([model.phi, twin])) == [(1, 3)]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(2, 12))
def test_frex_equals_its_slow_twin(seed, n_topics, n_terms):
    phi = np.random.default_rng(seed).dirichlet(np.full(n_terms, 0.5), size=n_topics) + 1e-9
    np.testing.assert_allclose(score_frex(phi), reference.frex(phi), atol=1e-12)


def test_frex_prefers_of_two_equally_frequent_terms_the_one_that_is_peculiar():
    phi = np.array([[0.4, 0.4, 0.1, 0.1], [0.5, 0.1, 0.2, 0.2]])
    frex = score_frex(phi)
    assert frex[0, 1] > frex[0, 0]
    assert frex[0, 1] == 1.0
    assert (frex > 0).all() and (frex <= 1).all()


def test_exclusivity_is_the_mean_frex_of_the_top_terms(planted):
    model, _ = planted
    frex = reference.frex(model.phi)
    expected = [frex[k, np.argsort(-model.phi[k])[:10]].mean() for k in range(3)]
    np.testing.assert_allclose(score_exclusivity(model), expected, atol=1e-12)


def test_likelihood_in_small_chunks_is_the_likelihood_in_one(planted, monkeypatch):
    model, dtm = planted
    whole = quality.mix_at(dtm.counts, model.theta, model.phi)
    monkeypatch.setattr(quality, "_CHUNK", 7)
    assert (quality.mix_at(dtm.counts, model.theta, model.phi) == whole).all()


def test_top_positions_break_ties_by_column():
    assert top_positions(np.array([[0.2, 0.3, 0.3, 0.2]]), 3).tolist() == [[1, 2, 0]]
    assert top_positions(np.array([[0.5, 0.5]]), 9).tolist() == [[0, 1]]
