"""MLlib's topics, for real: planted topics found, close to the house engine, the same bytes again."""

import numpy as np
import pytest

from discourse.contracts import DocumentTermMatrix
from discourse.spark.engine import use_spark
from discourse.topics.infer import fold_in, score_completion
from discourse.topics.lda import fit_lda
from tests.spark.conftest import MASTER, fit_few
from tests.topics.planted import THEMES

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
]


@pytest.fixture(scope="module")
def parted(planted):
    """Seven of eight passages to learn from, the others to foretell."""
    unseen = np.arange(planted.counts.shape[0]) % 8 == 0
    train = DocumentTermMatrix(planted.counts[~unseen], planted.passages[~unseen], planted.vocabulary)
    return train, planted.counts[unseen]


@pytest.fixture(scope="module", params=["spark", "spark-online"])
def model(request, spark, parted):
    with use_spark(MASTER):
        return fit_lda(parted[0], n_topics=3, engine=request.param, max_iterations=20, tolerance=0.5)


def test_planted_topics_are_found(model):
    for words in THEMES.values():
        assert model.phi[:, model.vocabulary.get_indexer(words)].sum(axis=1).max() > 0.9


def test_unseen_passages_are_foretold_nearly_as_well_as_by_the_house_engine(model, parted):
    train, unseen = parted
    own = fit_lda(train, n_topics=3)
    perplexity, best = (np.exp(-score_completion(fitted, unseen)) for fitted in (model, own))
    assert perplexity < 1.1 * best < 0.7 * unseen.shape[1]


def test_theta_is_that_of_the_house_with_phi_held(model, parted):
    again = fold_in(parted[0].counts.astype(np.float64), model.phi, model.alpha)
    assert np.allclose(model.theta, again, atol=1e-12, rtol=0)


def test_one_processor_or_two_and_twice_over_the_bytes_are_the_same(spark, planted, alone):
    assert fit_few(spark, planted) == alone


def test_a_prior_that_is_asked_for_is_the_weight_beside_the_counts(spark, parted):
    priors = {"alpha": 0.3, "eta": 0.2}
    with use_spark(MASTER):
        model = fit_lda(parted[0], n_topics=3, engine="spark", max_iterations=1, tolerance=0.5, **priors)
    assert np.allclose(model.alpha, 0.3) and model.eta == 0.2 and model.settings["n_iterations"] == 1
    # phi_kw (n_k + V eta) = n_kw + eta: some totals of topics must give back the counts of all terms
    wanted = np.asarray(parted[0].counts.sum(axis=0)).ravel() + 3 * 0.2
    totals, *_ = np.linalg.lstsq(model.phi.T, wanted, rcond=None)
    assert np.allclose(totals @ model.phi, wanted, rtol=1e-9)
    assert np.isclose(totals.sum(), wanted.sum())
