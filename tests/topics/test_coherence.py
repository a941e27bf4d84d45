import numpy as np
import pytest
from gensim.corpora import Dictionary
from gensim.models import CoherenceModel

from discourse.errors import SettingError
from discourse.topics import cooccurrence
from discourse.topics.coherence import score_c_v, score_npmi, score_u_mass
from discourse.topics.cooccurrence import count_in_passages, count_in_windows
from discourse.topics.dtm import build_dtm
from tests.topics.planted import tokens_of


def bursty_tokens(*, n_passages=12, n_tokens=(3, 60), n_terms=14, seed=0):
    """Passages of very different lengths in which terms repeat."""
    rng = np.random.default_rng(seed)
    passages = []
    for number in range(n_passages):
        chances = rng.dirichlet(np.full(n_terms, 0.4))
        terms = rng.choice(n_terms, size=rng.integers(*n_tokens), p=chances)
        passages.append((f"doc{number % 3}#{number:04d}", [f"词{term}" for term in terms]))
    return tokens_of(passages)


def gensims(tokens, vocabulary, tops, measure, **options):
    texts = list(tokens.groupby("passage_id", sort=False)["term"].apply(list))
    dictionary = Dictionary(texts)
    if measure == "u_mass":
        options["corpus"] = [dictionary.doc2bow(text) for text in texts]
    return CoherenceModel(
        topics=[list(vocabulary[top]) for top in tops],
        texts=texts,
        dictionary=dictionary,
        coherence=measure,
        topn=tops.shape[1],
        processes=1,
        **options,
    ).get_coherence_per_topic()


@pytest.fixture(scope="module", params=[0, 1, 2])
def corpus(request):
    tokens = bursty_tokens(seed=request.param)
    dtm = build_dtm(tokens, min_df=1, max_df=1.0, min_documents=1)
    rng = np.random.default_rng(request.param)
    tops = np.array([rng.choice(len(dtm.vocabulary), 6, replace=False) for _ in range(5)])
    return tokens, dtm, tops


@pytest.mark.parametrize("window", [1, 4, 10, 25, 110])
def test_c_v_and_npmi_are_gensims_for_every_width_of_the_window(corpus, window):
    tokens, dtm, tops = corpus
    windows = count_in_windows(tokens, dtm.vocabulary, np.unique(tops), window=window)
    for measure, score in (("c_npmi", score_npmi), ("c_v", score_c_v)):
        theirs = gensims(tokens, dtm.vocabulary, tops, measure, window_size=window)
        np.testing.assert_allclose(score(tops, windows), theirs, atol=1e-9)


def test_u_mass_is_gensims(corpus):
    tokens, dtm, tops = corpus
    theirs = gensims(tokens, dtm.vocabulary, tops, "u_mass")
    np.testing.assert_allclose(score_u_mass(tops, count_in_passages(dtm)), theirs, atol=1e-9)


def test_windows_counted_in_small_parts_are_those_counted_at_once(corpus, monkeypatch):
    tokens, dtm, _ = corpus
    whole = count_in_windows(tokens, dtm.vocabulary, window=7)
    monkeypatch.setattr(cooccurrence, "_CHUNK", 50)
    parts = count_in_windows(tokens, dtm.vocabulary, window=7)
    assert (whole.together != parts.together).nnz == 0 and whole.n_windows == parts.n_windows


def test_windows_at_least_as_long_as_every_passage_are_the_passages(corpus):
    tokens, dtm, _ = corpus
    windows, passages = count_in_windows(tokens, dtm.vocabulary, window=60), count_in_passages(dtm)
    assert (windows.together != passages.together).nnz == 0
    assert windows.n_windows == passages.n_windows


def test_counting_some_terms_counts_them_as_counting_all(corpus):
    tokens, dtm, tops = corpus
    for count in (
        count_in_passages(dtm, tops[0]),
        count_in_windows(tokens, dtm.vocabulary, tops[0], window=9),
    ):
        everything = count_in_passages(dtm) if count.n_windows == dtm.counts.shape[0] else None
        everything = everything or count_in_windows(tokens, dtm.vocabulary, window=9)
        assert (count.pairs(tops[:1]) == everything.pairs(tops[:1])).all()


def test_the_order_of_rows_of_tokens_does_not_matter(corpus):
    tokens, dtm, _ = corpus
    shuffled = tokens.sample(frac=1, random_state=1)
    one, other = (count_in_windows(table, dtm.vocabulary, window=8) for table in (tokens, shuffled))
    assert (one.together != other.together).nnz == 0


def test_a_term_that_never_occurs_makes_nothing_nan(corpus):
    tokens, dtm, _ = corpus
    vocabulary = dtm.vocabulary.append(dtm.vocabulary[:0]).insert(0, "缺词")
    windows = count_in_windows(tokens, vocabulary, window=10)
    tops = np.array([[0, 1, 2], [0, 0, 0], [3, 4, 0]])
    for score in (score_npmi, score_c_v, score_u_mass):
        assert np.isfinite(score(tops, windows)).all()
    assert score_npmi(tops[1:2], windows) == 0 and score_c_v(tops[1:2], windows) == 0


def test_terms_that_stand_in_every_window_have_a_coherence_of_one():
    tokens = tokens_of([(f"a#{i}", ["甲", "乙"]) for i in range(4)])
    windows = count_in_windows(tokens, build_dtm(tokens, max_df=1.0, min_documents=1).vocabulary)
    assert score_npmi(np.array([[0, 1]]), windows) == 1
    assert score_c_v(np.array([[0, 1]]), windows) == pytest.approx(1)


def test_a_window_without_width_is_an_error(corpus):
    with pytest.raises(SettingError, match="window must be .* is 0"):
        count_in_windows(corpus[0], corpus[1].vocabulary, window=0)
