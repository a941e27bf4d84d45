from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from discourse.contracts import TopicModel
from discourse.errors import DataError, SettingError
from discourse.topics.dtm import build_dtm
from discourse.topics.ensemble import (
    align_topics,
    choose_reference,
    describe_models,
    fit_ensemble,
    name_model,
)
from discourse.topics.lda import fit_lda
from tests.topics.planted import planted_tokens, themes_of


@pytest.fixture(scope="module")
def planted_dtm():
    return build_dtm(planted_tokens(), max_df=1.0)


@pytest.fixture(scope="module")
def models(planted_dtm):
    return fit_ensemble(planted_dtm, n_topics=3, seeds=(1, 2, 3))


def toy_model(phi, *, seed=1, log_likelihood=-1.0):
    phi = np.array(phi, dtype=float)
    n_topics, n_terms = phi.shape
    return TopicModel(
        phi=phi,
        theta=np.full((1, n_topics), 1 / n_topics),
        alpha=np.full(n_topics, 0.1),
        eta=0.1,
        passages=pd.Index(["a#0000"]),
        vocabulary=pd.Index([f"词{i}" for i in range(n_terms)]),
        lengths=np.array([1.0]),
        term_counts=np.ones(n_terms),
        settings={
            "engine": "toy",
            "seed": seed,
            "log_likelihood": log_likelihood,
            "n_iterations": 1,
            "converged": True,
        },
    )


def test_an_ensemble_holds_for_each_seed_the_model_that_the_seed_alone_gives(planted_dtm, models):
    assert [model.settings["seed"] for model in models] == [1, 2, 3]
    alone = fit_lda(planted_dtm, n_topics=3, seed=2)
    assert (alone.phi == models[1].phi).all() and (alone.theta == models[1].theta).all()


def test_progress_is_told_after_every_model(planted_dtm):
    told = []
    fit_ensemble(planted_dtm, lambda done, total: told.append((done, total)), seeds=(1, 2), n_topics=2)
    assert told == [(1, 2), (2, 2)]


class Shelf(dict):
    """A store that remembers which models were put there."""

    load = dict.get
    save = dict.__setitem__


def test_a_kept_model_is_taken_and_the_others_are_fitted(planted_dtm, models):
    shelf = Shelf(seed2=models[1])
    again = fit_ensemble(planted_dtm, None, shelf, n_topics=3, seeds=(1, 2, 3))
    assert again[1] is models[1] and sorted(shelf) == ["seed1", "seed2", "seed3"]
    assert [(own.phi == other.phi).all() for own, other in zip(again, models, strict=True)] == [True] * 3


def test_a_kept_model_of_other_texts_is_fitted_anew(planted_dtm, models):
    other = toy_model([[0.5, 0.5]] * 3)
    shelf = Shelf(seed1=replace(other, settings={**other.settings, "n_topics": 3}))
    assert (fit_ensemble(planted_dtm, None, shelf, n_topics=3, seeds=(1,))[0].phi == models[0].phi).all()
    assert shelf["seed1"].vocabulary.equals(planted_dtm.vocabulary)


def test_a_kept_model_of_another_size_is_fitted_anew(planted_dtm, models):
    shelf = Shelf(seed1=models[0])
    assert fit_ensemble(planted_dtm, None, shelf, n_topics=2, seeds=(1,))[0].n_topics == 2


def test_a_kept_model_gives_the_warnings_that_its_fit_gave(planted_dtm):
    shelf, asked = Shelf(), {"n_topics": 3, "seeds": (1, 2), "max_iterations": 3, "alpha": 2.0}
    told = []
    for _ in range(2):
        with pytest.warns(UserWarning) as caught:
            fit_ensemble(planted_dtm, None, shelf, **asked)
        told.append([str(warning.message) for warning in caught])
    assert told[0] == told[1] and len(told[0]) == 3  # two that did not converge, one sum of alpha


@pytest.mark.parametrize("seeds", [(), (1, 1)])
def test_seeds_must_be_there_and_differ(planted_dtm, seeds):
    with pytest.raises(SettingError, match="seeds"):
        fit_ensemble(planted_dtm, seeds=seeds, n_topics=3)


def test_a_seed_beside_the_seeds_is_refused_unless_it_is_one_of_them(planted_dtm):
    with pytest.raises(SettingError, match="seed=9 is not among"):
        fit_ensemble(planted_dtm, seeds=(1, 2), seed=9, n_topics=3)
    assert [m.settings["seed"] for m in fit_ensemble(planted_dtm, seeds=(4,), seed=4, n_topics=2)] == [4]
    assert [m.settings["seed"] for m in fit_ensemble(planted_dtm, seeds=(4,), seed=1, n_topics=2)] == [4]


def test_the_reference_has_the_highest_likelihood_and_of_equals_the_lowest_seed():
    phi = [[0.5, 0.5], [0.1, 0.9]]
    low, high, tie = (toy_model(phi, seed=s, log_likelihood=v) for s, v in ((1, -3.0), (7, -2.0), (4, -2.0)))
    assert choose_reference([low, high, tie]) is tie
    assert choose_reference([tie, high, low]) is tie


def test_models_of_different_numbers_of_topics_have_no_common_reference():
    with pytest.raises(DataError, match="2, 3 topics"):
        choose_reference([toy_model(np.full((2, 2), 0.5)), toy_model(np.full((3, 2), 0.5))])
    with pytest.raises(DataError, match="no model"):
        choose_reference([])


def test_the_table_of_models_marks_one_reference(models):
    table = describe_models(models, choose_reference(models))
    assert table["model_id"].tolist() == ["cvb0-k3-s1", "cvb0-k3-s2", "cvb0-k3-s3"]
    assert table["is_reference"].sum() == 1
    assert table.loc[table["is_reference"], "log_likelihood"].item() == table["log_likelihood"].max()


def test_planted_topics_of_all_seeds_are_aligned_to_the_same_theme(models):
    reference = choose_reference(models)
    alignment = align_topics(reference, models)
    assert len(alignment) == 6 and name_model(reference) not in set(alignment["model_id"])
    themes = {name_model(model): themes_of(model)[0] for model in models}
    for row in alignment.itertuples():
        assert themes[row.model_id][row.topic] == themes[name_model(reference)][row.matched]
        assert row.affinity > 0.95


def test_renumbered_topics_are_recognised_with_an_affinity_of_one():
    phi = np.random.default_rng(0).dirichlet(np.ones(9), size=4)
    order = [2, 0, 3, 1]
    table = align_topics(toy_model(phi), [toy_model(phi[order], seed=2)])
    assert table["matched"].tolist() == order
    np.testing.assert_allclose(table["affinity"], 1, atol=1e-12)


def test_topics_are_paired_so_that_the_sum_of_affinities_is_largest():
    reference = toy_model([[0.5, 0.5, 0.0], [0.5, 0.3, 0.2]])
    other = toy_model([[0.5, 0.45, 0.05], [1.0, 0.0, 0.0]], seed=2)
    affinity = np.sqrt(reference.phi) @ np.sqrt(other.phi).T
    table = align_topics(reference, [other]).set_index("topic")
    best = max(affinity[0, 0] + affinity[1, 1], affinity[0, 1] + affinity[1, 0])
    assert sorted(table["matched"]) == [0, 1]
    assert table["affinity"].sum() == pytest.approx(best, abs=1e-12)


def test_with_more_topics_each_joins_its_nearest_or_none():
    reference = toy_model([[0.9, 0.1, 0.0, 0.0], [0.0, 0.1, 0.9, 0.0]])
    many = toy_model([[1, 0, 0, 0], [0.8, 0.2, 0, 0], [0, 0, 0, 1]], seed=2)
    table = align_topics(reference, [many])
    assert table["matched"].tolist() == [0, 0, -1]
    assert table["affinity"].iloc[2] == 0


def test_with_fewer_topics_some_reference_topics_stay_alone():
    reference = toy_model([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    few = toy_model([[0, 0.1, 0.9], [0.9, 0.1, 0]], seed=2)
    assert align_topics(reference, [few])["matched"].tolist() == [2, 0]


def test_the_reference_alone_has_an_empty_alignment(models):
    assert align_topics(models[0], models[:1]).empty


def test_models_of_other_vocabularies_are_not_aligned():
    one = toy_model([[0.5, 0.5], [0.1, 0.9]])
    other = replace(toy_model([[0.5, 0.5], [0.1, 0.9]], seed=2), vocabulary=pd.Index(["甲", "乙"]))
    with pytest.raises(DataError, match="vocabularies"):
        align_topics(one, [other])


def test_models_of_one_seed_and_other_priors_bear_other_names(planted_dtm, models):
    other = fit_lda(planted_dtm, n_topics=3, seed=models[0].settings["seed"], alpha=0.3)
    assert name_model(other, models[0]) == f"{name_model(models[0])}-alpha0.3"
    told = fit_lda(planted_dtm, n_topics=3, seed=1, themes={"法治": ["法庭"]})
    assert "-themes法治" in name_model(told, models[0])
    table = describe_models([models[0], other, told], models[0])
    assert table["model_id"].is_unique and table["is_reference"].tolist() == [True, False, False]
    assert align_topics(models[0], [models[0], other])["model_id"].unique().tolist() == [
        name_model(other, models[0])
    ]


def test_a_huge_corpus_gets_three_seeds_and_says_so_unless_more_are_asked_for(planted_dtm, monkeypatch):
    monkeypatch.setattr("discourse.topics.ensemble.HUGE_PAIRS", planted_dtm.counts.nnz - 1)
    with pytest.warns(
        UserWarning, match=r"3 seeds were fitted, not 5.*topics\.ensemble\.seeds=\[1, 2, 3, 4, 5\]"
    ):
        few = fit_ensemble(planted_dtm, n_topics=3, max_iterations=30)
    assert [model.settings["seed"] for model in few] == [1, 2, 3]
    asked = fit_ensemble(planted_dtm, n_topics=3, max_iterations=30, seeds=[1, 2, 3, 4])
    assert [model.settings["seed"] for model in asked] == [1, 2, 3, 4]


def test_large_models_are_fitted_one_after_another_with_the_same_result(planted_dtm, models, monkeypatch):
    monkeypatch.setattr("discourse.topics.ensemble.MANY_PAIRS", 1)
    alone = fit_ensemble(planted_dtm, n_topics=3, seeds=(1, 2, 3))
    assert all((one.phi == two.phi).all() for one, two in zip(alone, models, strict=True))
