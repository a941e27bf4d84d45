import numpy as np
import pytest
from gensim.corpora import Dictionary
from gensim.models import CoherenceModel
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.topics import quality
from discourse.topics.dtm import build_dtm
from discourse.topics.lda import fit_lda
from discourse.topics.quality import score_coherence, score_exclusivity, score_frex, top_positions
from tests import reference
from tests.topics.planted import planted_tokens


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
    present = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0]], dtype=float)
    assert quality._mean_npmi(present) == pytest.approx(reference.mean_npmi(present), abs=1e-12)
    assert quality._mean_npmi(present[:2]) < -0.9


def test_terms_that_always_meet_have_a_coherence_of_one():
    assert quality._mean_npmi(np.array([[1, 1, 0, 0], [1, 1, 0, 0.0]])) == pytest.approx(1, abs=1e-9)


def test_one_term_has_no_coherence():
    assert np.isnan(quality._mean_npmi(np.array([[1.0, 0.0]])))


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
