import numpy as np
import pandas as pd
import pytest

from discourse.contracts import DocumentTermMatrix
from discourse.errors import DataError, SettingError
from discourse.topics import infer
from discourse.topics.dtm import build_dtm
from discourse.topics.infer import count_known_terms, draw_theta, infer_theta, score_completion
from discourse.topics.labels import theta_table
from discourse.topics.lda import fit_lda
from tests.topics.planted import planted_tokens, themes_of, tokens_of


@pytest.fixture(scope="module")
def planted():
    tokens = planted_tokens()
    dtm = build_dtm(tokens, max_df=1.0)
    return fit_lda(dtm, n_topics=3, tolerance=1e-8), dtm, tokens


def test_the_passages_of_the_model_itself_get_its_theta(planted):
    model, _, tokens = planted
    there, here = theta_table(model), infer_theta(model, tokens)
    assert here["passage_id"].tolist() == there["passage_id"].tolist()
    topics = ["topic_0", "topic_1", "topic_2"]
    np.testing.assert_allclose(here[topics], there[topics], atol=0.02)
    np.testing.assert_allclose(here[topics].sum(axis=1), 1, atol=1e-12)


def test_new_passages_get_the_theme_of_their_words(planted):
    model, _, _ = planted
    new = tokens_of(
        [("new#0", ["粮食", "农机", "水稻", "新词"] * 4), ("new#1", ["法庭", "律师", "判决"] * 4)]
    )
    theta = infer_theta(model, new)[["topic_0", "topic_1", "topic_2"]].to_numpy()
    assert [themes_of(model)[0][topic] for topic in theta.argmax(axis=1)] == ["乡村", "法治"]
    assert theta.max(axis=1).min() > 0.8


def test_a_passage_gets_the_same_theta_whatever_stands_beside_it(planted, monkeypatch):
    model, _, tokens = planted
    together = infer_theta(model, tokens)
    alone = infer_theta(model, tokens[tokens["passage_id"] == "doc3#0004"])
    row = together[together["passage_id"] == "doc3#0004"]
    np.testing.assert_allclose(alone.iloc[0, 1:].astype(float), row.iloc[0, 1:].astype(float), atol=1e-12)
    monkeypatch.setattr(infer, "_CHUNK", 100)
    pd.testing.assert_frame_equal(infer_theta(model, tokens), together, atol=1e-12)


def test_a_passage_without_a_known_term_gets_the_prior_and_a_warning(planted):
    model, _, _ = planted
    new = tokens_of([("new#0", ["新词"]), ("new#1", ["粮食"])])
    with pytest.warns(UserWarning, match="1 of 2 passages hold no term"):
        theta = infer_theta(model, new)
    np.testing.assert_allclose(theta.iloc[0, 1:].astype(float), model.alpha / model.alpha.sum(), atol=1e-12)


def test_no_token_is_an_error(planted):
    model, _, tokens = planted
    with pytest.raises(DataError, match="tokens is empty"):
        infer_theta(model, tokens[:0])


def test_known_terms_are_counted_as_the_matrix_counts_them(planted):
    _, dtm, tokens = planted
    passages, counts = count_known_terms(tokens, dtm.vocabulary)
    assert passages.equals(pd.Index(dtm.passages.to_numpy())) and (counts != dtm.counts).nnz == 0


def test_draws_have_theta_as_their_mean_and_the_variance_of_the_dirichlet(planted):
    model, _, _ = planted
    draws = draw_theta(model, n_draws=4000)
    assert draws.shape == (4000, len(model.passages), 3)
    np.testing.assert_allclose(draws.sum(axis=2), 1, atol=1e-12)
    np.testing.assert_allclose(draws.mean(axis=0), model.theta, atol=0.01)
    strength = (model.lengths + model.alpha.sum())[:, None]
    expected = model.theta * (1 - model.theta) / (strength + 1)
    np.testing.assert_allclose(draws.var(axis=0), expected, atol=4e-4)
    assert (draw_theta(model, n_draws=2, seed=5) == draw_theta(model, n_draws=2, seed=5)).all()


def test_a_number_of_draws_out_of_range_is_an_error(planted):
    with pytest.raises(SettingError, match="n_draws"):
        draw_theta(planted[0], n_draws=0)


def slow_completion(model, counts, seed):
    """Twin of `score_completion`, passage by passage."""
    dense = counts.toarray()
    half = np.zeros_like(dense)
    half[counts.nonzero()] = np.random.default_rng(seed).binomial(counts.data.astype(int), 0.5)
    total = 0.0
    for seen, hidden in zip([*half, *(dense - half)], [*(dense - half), *half], strict=True):
        amounts = seen.sum() * model.alpha / model.alpha.sum()
        for _ in range(300):
            shares = (amounts + model.alpha)[:, None] * model.phi
            amounts = (shares / shares.sum(axis=0)) @ seen
        theta = (amounts + model.alpha) / (amounts + model.alpha).sum()
        total += hidden @ np.log(theta @ model.phi)
    return total / dense.sum()


def test_completion_equals_its_slow_twin(planted):
    model, dtm, _ = planted
    part = dtm.counts[:12]
    assert score_completion(model, part, seed=3) == pytest.approx(slow_completion(model, part, 3), abs=1e-4)


def test_completion_prefers_the_planted_number_of_topics(planted):
    _, dtm, _ = planted
    train = DocumentTermMatrix(dtm.counts[:70], dtm.passages[:70], dtm.vocabulary)
    scores = [score_completion(fit_lda(train, n_topics=k), dtm.counts[70:]) for k in (2, 3, 12)]
    assert scores[1] == max(scores)


def test_counts_of_another_vocabulary_are_refused(planted):
    model, dtm, _ = planted
    with pytest.raises(DataError, match="the model has 24 terms"):
        score_completion(model, dtm.counts[:, :5])
    with pytest.raises(DataError, match="0 tokens"):
        score_completion(model, dtm.counts * 0)
