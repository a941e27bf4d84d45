"""A badge tells topics that come back from those that do not, whatever eta does to their affinities."""

import numpy as np
import pandas as pd
import pytest

from discourse.contracts import check
from discourse.topics.families import describe_badge, gather_families, render_families
from discourse.topics.returns import BADGES, name_badges, score_returns
from discourse.topics.selection import Candidate


def smoothed(phi, eta):
    """Topics as a model with a large eta shows them: all drawn to the same even words."""
    return (1 - eta) * phi + eta / phi.shape[1]


def drawn(seed, n=6, n_terms=200):
    return np.random.default_rng(seed).dirichlet(np.full(n_terms, 0.05), n)


def test_equal_topics_return_and_are_found_under_any_number():
    phi, order = drawn(1), [3, 1, 0, 5, 4, 2]
    table = score_returns(phi, [phi, phi[order]])
    np.testing.assert_allclose(table["stability"], 1, atol=1e-12)
    assert set(table["badge"]) == {"returns"} and (table["n_found"] == 2).all()
    assert table["partners"].tolist() == [[k, order.index(k)] for k in range(6)]


@pytest.mark.parametrize("eta", [0.0, 0.3, 0.8, 0.95])
def test_unrelated_topics_do_not_return_however_alike_smoothing_makes_them(eta):
    table = score_returns(smoothed(drawn(1), eta), [smoothed(drawn(seed), eta) for seed in (2, 3, 4, 5)])
    assert set(table["badge"]) == {"does not return"} and (table["stability"] < 0.3).all()
    if eta == 0.95:
        assert (table["affinity"] > 0.9).all()  # plain affinity would have called them the same


@pytest.mark.parametrize("eta", [0.0, 0.3, 0.8])
def test_topics_that_are_there_return_and_the_one_that_is_not_does_not(eta):
    phi = drawn(1)
    others = [smoothed(np.vstack([phi[:5], drawn(seed, 1)]), eta) for seed in (7, 8, 9, 10)]
    assert score_returns(smoothed(phi, eta), others)["badge"].tolist() == ["returns"] * 5 + [
        "does not return"
    ]


def test_a_topic_found_in_some_models_returns_often():
    phi = drawn(1)
    table = score_returns(phi, [phi, phi, np.vstack([phi[:5], drawn(2, 1)])])
    assert table["badge"].tolist() == ["returns"] * 5 + ["returns often"]
    assert table["n_found"].tolist() == [3] * 5 + [2]


def test_a_model_with_fewer_topics_has_none_left_for_some():
    phi = drawn(1)
    table = score_returns(phi, [phi[:4]])
    assert table["partners"].tolist() == [[0], [1], [2], [3], [-1], [-1]]
    assert (table["stability"][4:] == 0).all()


def test_without_another_model_nothing_is_said():
    table = score_returns(drawn(1), [])
    assert table["badge"].isna().all() and table["stability"].isna().all() and (table["n_models"] == 0).all()


def test_badges_begin_at_a_half_and_at_nine_tenths():
    shares = np.array([1.0, 0.9, 0.9 - 1e-15, 0.89, 0.5, 0.49, 0.0])
    assert name_badges(shares).tolist() == [BADGES[0]] * 3 + [BADGES[1]] * 2 + [BADGES[2]] * 2


def selection_of(names):
    return pd.DataFrame(
        {
            "model_id": names,
            "seed": range(1, len(names) + 1),
            "log_likelihood": [-2.0, -1.0, -3.0][: len(names)],
        }
    )


def test_families_follow_the_model_that_fits_best_the_steadiest_first():
    phi, vocabulary = drawn(1, 3), pd.Index([f"词{i}" for i in range(200)])
    worse = np.vstack([drawn(2, 1), phi[[2, 1]]])
    models = {
        name: Candidate(own.astype(np.float32), np.zeros((3, 1)), {})
        for name, own in (("a", worse), ("b", phi), ("c", phi))
    }
    table = check(gather_families(selection_of(["a", "b", "c"]), models, vocabulary), "topic_families")
    assert table["family"].tolist() == [1, 2, 0]  # topic 0 of b is gone in a
    assert table["members"][0] == "b:1 a:2 c:1"
    assert table["terms"][0].split()[0] == vocabulary[phi[1].argmax()]
    assert table["badge"].tolist() == ["returns", "returns", "returns often"]
    assert render_families(table).count("returns") == 3 and "2/2" in describe_badge(table.iloc[0])


def test_one_model_alone_has_families_without_badges():
    model = {"a": Candidate(drawn(1, 3).astype(np.float32), np.zeros((3, 1)), {})}
    table = gather_families(selection_of(["a"]), model, pd.Index([f"词{i}" for i in range(200)]))
    assert table["badge"].isna().all() and "one model only" in render_families(table)
