import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from discourse.contracts import DocumentTermMatrix, TopicModel, topic_columns
from discourse.errors import DataError, SettingError
from discourse.topics.dtm import build_dtm
from discourse.topics.lda import fit_lda
from discourse.topics.shares import _share_documents, estimate_shares
from tests import reference
from tests.topics.planted import passages_of, planted_mixtures, planted_tokens, themes_of


@pytest.fixture(scope="module")
def planted():
    tokens = planted_tokens()
    dtm = build_dtm(tokens, max_df=1.0)
    return fit_lda(dtm, n_topics=3), dtm, passages_of(tokens)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(2, 4), st.integers(1, 12))
def test_shares_equal_their_slow_twin(seed, n_passages, n_topics, n_rounds):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.8, size=(n_passages, 6))
    counts[:, 0] += 1
    phi = rng.dirichlet(np.full(6, 0.3), size=n_topics) * 0.999 + 0.001 / 6
    cut = int(rng.integers(0, n_passages)) if n_passages > 1 else 0
    starts = np.unique([0, cut, n_passages])
    fast = _share_documents(sparse.csr_matrix(counts), starts, phi, n_rounds)
    slow = [
        reference.document_share(counts[a:b], phi, n_rounds) for a, b in zip(starts, starts[1:], strict=False)
    ]
    np.testing.assert_allclose(fast, slow, atol=1e-10)


def test_shares_sum_to_one_and_count_what_was_modelled(planted):
    model, dtm, passages = planted
    shares = estimate_shares(model, dtm, passages)
    values = shares[topic_columns(shares)].to_numpy()
    assert topic_columns(shares) == ["topic_0", "topic_1", "topic_2"]
    np.testing.assert_allclose(values.sum(axis=1), 1, atol=1e-12)
    assert (values >= 0).all()
    assert shares["n_tokens"].sum() == dtm.counts.sum()
    assert shares["n_passages"].tolist() == [15] * 6
    assert shares["doc_id"].tolist() == [f"doc{i}" for i in range(6)]


def test_a_document_of_one_theme_has_nearly_all_of_that_topic(planted):
    model, dtm, passages = planted
    pure = planted_mixtures(np.array([[0.98, 0.01, 0.01]]), n_passages=20)
    counts = build_dtm(pure, min_df=1, max_df=1.0)
    column = counts.vocabulary.get_indexer(model.vocabulary)
    padded = np.where(column >= 0, counts.counts.toarray()[:, column], 0)
    new = DocumentTermMatrix(sparse.csr_matrix(padded.astype(np.int32)), counts.passages, model.vocabulary)
    shares = estimate_shares(model, new, passages_of(pure))
    topic = themes_of(model)[0].index("党建")
    assert shares[f"topic_{topic}"].iloc[0] > 0.9


def test_shares_follow_the_true_shares_of_documents_with_a_slope_of_at_least_nine_tenths():
    rng = np.random.default_rng(3)
    mixtures = rng.dirichlet([2, 2, 2], size=30)
    tokens = planted_mixtures(mixtures, seed=4)
    dtm = build_dtm(tokens, max_df=1.0)
    model = fit_lda(dtm, n_topics=3)
    shares = estimate_shares(model, dtm, passages_of(tokens))
    themes, _ = themes_of(model)
    order = [themes.index(theme) for theme in ("党建", "乡村", "法治")]
    estimated = shares[[f"topic_{topic}" for topic in order]].to_numpy()
    slopes = [np.polyfit(mixtures[:, k], estimated[:, k], 1)[0] for k in range(3)]
    assert 0.9 <= np.mean(slopes) <= 1.1
    assert np.corrcoef(mixtures.ravel(), estimated.ravel())[0, 1] > 0.9


def test_the_order_of_rows_changes_nothing_but_the_order_of_documents(planted):
    model, dtm, passages = planted
    there = estimate_shares(model, dtm, passages).set_index("doc_id")
    back = estimate_shares(model, dtm, passages.iloc[::-1].reset_index(drop=True)).set_index("doc_id")
    assert list(back.index) == list(there.index)[::-1]
    pd.testing.assert_frame_equal(back.loc[there.index], there, atol=1e-12)


def test_copying_every_passage_leaves_the_share_of_its_document_alone(planted):
    model, dtm, _ = planted
    counts = dtm.counts[:15]
    once = _share_documents(counts, np.array([0, 15]), model.phi, 30)
    doubled = sparse.vstack([counts, counts]).tocsr()
    np.testing.assert_allclose(_share_documents(doubled, np.array([0, 30]), model.phi, 30), once, atol=1e-12)


def test_blocks_of_documents_give_the_shares_of_one_block(planted, monkeypatch):
    whole = estimate_shares(*planted)
    monkeypatch.setattr("discourse.topics.shares._PAIRS_A_BLOCK", 100)
    pd.testing.assert_frame_equal(estimate_shares(*planted), whole, check_exact=True)


def test_a_document_without_a_modelled_token_is_named_and_left_out(planted):
    model, dtm, _ = planted
    passages = passages_of(planted_tokens(), further=["silent#0000"])
    with pytest.warns(UserWarning, match="1 document.*silent"):
        shares = estimate_shares(model, dtm, passages)
    assert "silent" not in set(shares["doc_id"]) and len(shares) == 6


def test_passages_of_another_corpus_are_refused(planted):
    model, dtm, passages = planted
    with pytest.raises(DataError, match="1 passages .* 'doc0#0000'"):
        estimate_shares(model, dtm, passages.iloc[1:])


def test_a_matrix_of_another_vocabulary_is_refused(planted):
    model, dtm, passages = planted
    other = DocumentTermMatrix(dtm.counts[:, 1:], dtm.passages, dtm.vocabulary[1:])
    with pytest.raises(DataError, match="another vocabulary"):
        estimate_shares(model, other, passages)


def test_less_than_one_round_is_refused(planted):
    with pytest.raises(SettingError, match="n_rounds"):
        estimate_shares(*planted, n_rounds=0)


def test_categorical_names_of_documents_do_not_invent_documents(planted):
    model, dtm, passages = planted
    categories = passages.astype({"doc_id": "category"})
    categories["doc_id"] = categories["doc_id"].cat.add_categories(["ghost"])
    assert len(estimate_shares(model, dtm, categories)) == 6
    assert isinstance(model, TopicModel)
