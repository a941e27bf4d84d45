import sys

import numpy as np
import pytest
from scipy import sparse

from discourse.errors import SettingError
from discourse.topics import _tomotopy
from tests.topics.test_cvb0 import planted


@pytest.fixture(scope="module")
def corpus():
    pytest.importorskip("tomotopy")
    return planted()


SETTINGS = {"n_topics": 4, "seed": 1, "max_iterations": 300, "tolerance": 1e-5}


def test_gibbs_finds_planted_topics_and_repeats_itself(corpus):
    counts, mixtures = corpus
    fit, again = (_tomotopy.fit(counts, **SETTINGS, alpha=0.1, eta=0.01) for _ in range(2))
    blocks = fit.phi.reshape(4, 4, 12).sum(axis=2)
    assert sorted(blocks.argmax(axis=1)) == [0, 1, 2, 3]
    assert blocks.max(axis=1).min() > 0.98
    assert np.abs(fit.theta[:, blocks.argmax(axis=0)] - mixtures).mean() < 0.05
    assert fit.phi.tobytes() == again.phi.tobytes() and fit.theta.tobytes() == again.theta.tobytes()


def test_gibbs_keeps_a_given_alpha_and_learns_a_missing_one(corpus):
    given = _tomotopy.fit(corpus[0], **SETTINGS, alpha=0.4, eta=0.01)
    learnt = _tomotopy.fit(corpus[0], **SETTINGS)
    np.testing.assert_allclose(given.alpha, 0.4, rtol=1e-6)
    assert len(set(learnt.alpha)) == 4 and learnt.alpha.mean() == pytest.approx(0.1, rel=0.5)


def test_gibbs_passes_over_empty_passages_and_unused_terms(corpus):
    rows = np.array([[2, 0, 1, 0], [0, 0, 0, 0], [0, 0, 3, 0], [1, 0, 0, 0]], dtype=np.int32)
    fit = _tomotopy.fit(
        sparse.csr_matrix(rows), n_topics=2, seed=1, alpha=0.2, eta=0.1, max_iterations=15, tolerance=1e-5
    )
    assert fit.phi.shape == (2, 4) and fit.theta.shape == (4, 2)
    np.testing.assert_allclose(fit.theta[1], 0.5)
    np.testing.assert_allclose(fit.theta.sum(axis=1), 1, atol=1e-12)
    assert (fit.phi > 0).all() and not fit.converged and [i for i, _ in fit.trace] == [10, 15]


def test_without_tomotopy_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "tomotopy", None)
    with pytest.raises(SettingError, match=r"discourse-zh\[gibbs\]"):
        _tomotopy.fit(sparse.csr_matrix(np.ones((2, 2), np.int32)), **SETTINGS)
