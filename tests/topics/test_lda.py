import hashlib
import logging
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gensim.models import LdaModel
from numba import config
from scipy import sparse

from discourse.contracts import DocumentTermMatrix
from discourse.errors import DataError, SettingError
from discourse.topics import _gensim, lda
from discourse.topics.dtm import build_dtm
from discourse.topics.lda import ENGINES, _checked_starts, _start_seeds, fit_lda, note_compilation
from tests import reference
from tests.topics.planted import planted_tokens, themes_of, tokens_of

gibbs = (
    pytest.mark.skipif(find_spec("tomotopy") is None, reason="the extra `gibbs` is not installed"),
    pytest.mark.filterwarnings("ignore:builtin type:DeprecationWarning"),  # as tomotopy is imported
)
every_engine = pytest.mark.parametrize(
    "engine", [pytest.param(name, marks=gibbs if name == "gibbs" else ()) for name in sorted(ENGINES)]
)


@pytest.fixture(autouse=True)
def one_start_in_plain_python(monkeypatch):
    """Twenty starts of loops that nobody compiled would take minutes."""
    if config.DISABLE_JIT:
        monkeypatch.setattr(lda, "MOST_STARTS", 1)


@pytest.fixture(scope="module")
def planted_dtm():
    return build_dtm(planted_tokens(), max_df=1.0)


def fingerprint(model):
    arrays = (model.phi, model.theta, model.alpha, model.trace.to_numpy(dtype=float))
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


@every_engine
@pytest.mark.parametrize("seed", range(1, 9))
def test_planted_topics_come_back(planted_dtm, engine, seed):
    themes, purity = themes_of(fit_lda(planted_dtm, n_topics=3, engine=engine, seed=seed))
    assert sorted(themes) == ["乡村", "党建", "法治"]
    assert purity.min() > 0.95


@every_engine
def test_a_model_keeps_the_invariants_of_its_contract(planted_dtm, engine):
    model = fit_lda(planted_dtm, n_topics=4, engine=engine, alpha=0.1, eta=0.1)
    assert model.phi.dtype == model.theta.dtype == np.float64
    assert np.abs(model.phi.sum(axis=1) - 1).max() < 1e-12
    assert np.abs(model.theta.sum(axis=1) - 1).max() < 1e-12
    assert (model.phi > 0).all() and (model.theta > 0).all()
    assert model.alpha == pytest.approx([0.1] * 4) and model.eta == pytest.approx(0.1)
    assert model.lengths.sum() == model.term_counts.sum() == planted_dtm.counts.sum()
    assert model.passages.equals(planted_dtm.passages) and model.vocabulary.equals(planted_dtm.vocabulary)


@every_engine
def test_topics_stand_in_order_of_decreasing_prevalence(planted_dtm, engine):
    model = fit_lda(planted_dtm, n_topics=5, engine=engine)
    prevalence = model.lengths @ model.theta / model.lengths.sum()
    assert (np.diff(prevalence) <= 1e-12).all()


@every_engine
def test_the_same_seed_gives_the_same_bytes_whatever_numpy_did_before(planted_dtm, engine):
    np.random.seed(1)  # noqa: NPY002
    first = fit_lda(planted_dtm, n_topics=3, engine=engine, seed=7)
    np.random.seed(2)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert fingerprint(fit_lda(planted_dtm, n_topics=3, engine=engine, seed=7)) == fingerprint(first)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    assert fingerprint(fit_lda(planted_dtm, n_topics=3, engine=engine, seed=8)) != fingerprint(first)


@every_engine
def test_the_number_of_threads_and_the_hash_seed_do_not_move_a_bit(planted_dtm, engine):
    script = (
        "from tests.topics.planted import planted_tokens\n"
        "from tests.topics.test_lda import fingerprint\n"
        "from discourse.topics.dtm import build_dtm\n"
        "from discourse.topics.lda import fit_lda\n"
        "dtm = build_dtm(planted_tokens(), max_df=1.0)\n"
        f"print(fingerprint(fit_lda(dtm, n_topics=3, engine={engine!r}, n_starts=2)))"
    )
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "PYTHONHASHSEED")
    elsewhere = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **dict.fromkeys(names, "3")},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    here = fit_lda(planted_dtm, n_topics=3, engine=engine, n_starts=2)
    assert elsewhere.stdout.strip() == fingerprint(here)


@every_engine
def test_planted_topics_come_back_in_another_order_of_passages(planted_dtm, engine):
    order = np.random.default_rng(5).permutation(len(planted_dtm.passages))
    shuffled = DocumentTermMatrix(
        planted_dtm.counts[order], planted_dtm.passages[order], planted_dtm.vocabulary
    )
    there, back = (fit_lda(dtm, n_topics=3, engine=engine) for dtm in (planted_dtm, shuffled))
    for theme in themes_of(there)[0]:
        here, other = themes_of(there)[0].index(theme), themes_of(back)[0].index(theme)
        np.testing.assert_allclose(back.phi[other], there.phi[here], atol=0.02)
        assert np.corrcoef(back.theta[:, other], there.theta[order, here])[0, 1] > 0.99


@every_engine
def test_fewer_different_passages_than_topics_can_be_fitted(engine):
    tokens = tokens_of([(f"doc{i % 2}#{i:04d}", ["甲", "乙"] if i % 2 else ["丙", "丁"]) for i in range(12)])
    dtm = build_dtm(tokens, min_documents=1)
    assert np.isfinite(fit_lda(dtm, n_topics=4, engine=engine).phi).all()


@every_engine
def test_the_log_likelihood_is_that_of_theta_and_phi(planted_dtm, engine):
    model = fit_lda(planted_dtm, n_topics=3, engine=engine)
    expected = reference.training_likelihood(model.phi, model.theta, planted_dtm.counts.toarray())
    assert model.settings["log_likelihood"] == pytest.approx(expected, abs=1e-12)


def test_the_bound_rises_in_every_pass_and_ends_where_the_settings_say(planted_dtm):
    model = fit_lda(planted_dtm, n_topics=3, engine="gensim")
    bound = model.trace["log_likelihood"].to_numpy()
    assert (np.diff(bound) > -1e-12).all()
    assert bound[-1] - bound[-2] < 1e-5 * abs(bound[-2])
    assert model.trace["iteration"].tolist() == list(range(1, len(bound) + 1))
    assert model.settings["converged"] and model.settings["n_iterations"] == len(bound)


def test_the_bound_is_the_one_that_gensim_computes(planted_dtm):
    counts = planted_dtm.counts.astype(float)
    rng = np.random.default_rng(0)
    model = LdaModel(
        num_topics=3,
        id2word=dict.fromkeys(range(counts.shape[1]), ""),
        alpha=np.full(3, 0.3),
        eta=np.full(counts.shape[1], 0.2),
        random_state=0,
        dtype=np.float64,
    )
    model.state.sstats[...] = rng.gamma(2.0, size=model.state.sstats.shape)
    gamma = rng.gamma(2.0, size=(counts.shape[0], 3))
    expected = (
        model.bound(_gensim._bags(counts), gamma=gamma[:, None, :]) / counts.sum()
    )  # gensim wants a matrix a passage
    assert _gensim._bound(counts, gamma, model.state.get_lambda(), alpha=0.3, eta=0.2) == pytest.approx(
        expected, abs=1e-9
    )


def test_the_bound_is_no_lower_than_after_gensims_own_training(planted_dtm):
    bags, counts = _gensim._bags(planted_dtm.counts), planted_dtm.counts.astype(float)
    theirs = _gensim._untrained(counts.shape[1], n_topics=3, seed=1, alpha=0.1, eta=0.1)
    theirs.iterations, theirs.update_every, theirs.decay = 100, 0, 0.0
    theirs.update(bags, passes=30)
    gamma, _ = theirs.inference(bags)
    expected = _gensim._bound(counts, gamma, theirs.state.get_lambda(), alpha=0.1, eta=0.1)
    ours = fit_lda(planted_dtm, n_topics=3, seed=1, engine="gensim")
    assert ours.trace["log_likelihood"].iloc[-1] >= expected - 1e-3


def test_a_model_that_ran_out_of_iterations_says_so(planted_dtm):
    with pytest.warns(UserWarning, match="did not converge in 3 iterations"):
        model = fit_lda(planted_dtm, n_topics=3, max_iterations=3, engine="gensim")
    assert not model.settings["converged"] and len(model.trace) == 3


def test_priors_that_add_up_to_more_than_five_are_warned_of(planted_dtm):
    with pytest.warns(UserWarning, match=r"adds up to 50: above 5, .* up to 1\.66"):
        fit_lda(planted_dtm, n_topics=3, alpha=50 / 3)


def test_settings_record_every_argument(planted_dtm):
    settings = fit_lda(planted_dtm, n_topics=3, seed=4, alpha=0.2, eta=0.05, tolerance=1e-4).settings
    given = {"engine": "cvb0", "n_topics": 3, "seed": 4, "alpha": 0.2, "eta": 0.05, "tolerance": 1e-4}
    assert given.items() <= settings.items()
    assert set(settings) - set(given) == {
        "n_starts",
        "max_iterations",
        "memory",
        "converged",
        "n_iterations",
        "log_likelihood",
    }


def test_the_start_that_the_engine_judges_highest_is_kept(planted_dtm):
    single = [fit_lda(planted_dtm, n_topics=6, seed=seed, n_starts=1) for seed in _start_seeds(3, 4)]
    best = max(single, key=lambda model: model.trace["log_likelihood"].iloc[-1])
    many = fit_lda(planted_dtm, n_topics=6, seed=3, n_starts=4)
    assert (many.phi == best.phi).all() and many.settings["seed"] == 3 and many.settings["n_starts"] == 4


@pytest.mark.skipif(config.DISABLE_JIT, reason="one start in plain Python")
def test_small_corpora_get_more_starts_than_large_ones(planted_dtm):
    assert fit_lda(planted_dtm, n_topics=2).settings["n_starts"] == 20
    large = DocumentTermMatrix(
        sparse.csr_matrix(np.ones((50, 2000), dtype=np.int32)),
        pd.Index([f"a#{i}" for i in range(50)]),
        pd.Index([f"词{i}" for i in range(2000)]),
    )
    assert _checked_starts(None, "cvb0", large) == 2
    assert _checked_starts(None, "gensim", large) == 1


def test_only_loops_that_are_not_compiled_yet_ask_for_patience(monkeypatch):
    monkeypatch.setattr("discourse.topics._kernels.are_compiled", lambda: False)
    assert "compiling" in note_compilation() and note_compilation("cvb0") == note_compilation()
    assert note_compilation("gensim") is None
    monkeypatch.setattr("discourse.topics._kernels.are_compiled", lambda: True)
    assert note_compilation() is None


def test_gensims_logging_is_left_as_it_was(planted_dtm, caplog):
    logger = logging.getLogger("gensim")
    before = (logger.level, logger.disabled, list(logger.handlers))
    fit_lda(planted_dtm, n_topics=3, engine="gensim")
    assert (logger.level, logger.disabled, list(logger.handlers)) == before
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_the_counts_are_not_altered(planted_dtm):
    before = planted_dtm.counts.copy()
    fit_lda(planted_dtm, n_topics=3)
    assert (planted_dtm.counts != before).nnz == 0


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"n_topics": 1}, "n_topics must be .* at least 2, is 1"),
        ({"n_topics": 2.5}, "n_topics"),
        ({"alpha": 0}, "alpha must be"),
        ({"eta": -1}, "eta must be"),
        ({"seed": -1}, "seed must be"),
        ({"seed": 2**32}, "seed must be"),
        ({"max_iterations": 0}, "max_iterations must be"),
        ({"tolerance": 0}, "tolerance must be"),
        ({"n_starts": 0}, "n_starts must be"),
        ({"engine": "gensin"}, "Did you mean 'gensim'"),
    ],
)
def test_a_setting_out_of_range_is_one_line_that_names_it(planted_dtm, setting, words):
    with pytest.raises(SettingError, match=words) as error:
        fit_lda(planted_dtm, **{"n_topics": 3, **setting})
    assert "\n" not in str(error.value)


def test_more_topics_than_the_passages_allow_names_the_number_that_is_allowed(planted_dtm):
    with pytest.raises(DataError, match="n_topics=25 is too many for 90 passages and 24 terms .* at most 24"):
        fit_lda(planted_dtm, n_topics=25)
    few = DocumentTermMatrix(planted_dtm.counts[:7], planted_dtm.passages[:7], planted_dtm.vocabulary)
    with pytest.raises(DataError, match="for 7 passages .* at most 3"):
        fit_lda(few, n_topics=4)
    assert fit_lda(few, n_topics=3).n_topics == 3


def test_an_empty_matrix_is_an_error(planted_dtm):
    nothing = DocumentTermMatrix(
        planted_dtm.counts * np.int32(0), planted_dtm.passages, planted_dtm.vocabulary
    )
    with pytest.raises(DataError, match="empty"):
        fit_lda(nothing, n_topics=3)
