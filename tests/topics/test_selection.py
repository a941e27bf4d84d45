import json
import warnings

import numpy as np
import pandas as pd
import pytest

from discourse.errors import DataError, SettingError
from discourse.topics import selection, stability
from discourse.topics.dtm import build_dtm
from discourse.topics.selection import Candidate, default_sizes, score_sizes
from discourse.topics.tradeoff import explain_choice, render_sizes, summarise_sizes
from tests.topics.planted import planted_tokens


@pytest.fixture(scope="module")
def planted():
    tokens = planted_tokens()
    return build_dtm(tokens, max_df=1.0), tokens


@pytest.fixture(scope="module")
def scores(planted):
    return score_sizes(*planted, sizes=(2, 3, 5), seeds=(1, 2, 3), n_starts=2)


class Disk:
    """A store that keeps what a file would keep, and breaks off after some models."""

    def __init__(self, breaks_after=10**9):
        self.saved, self.n_fitted, self.breaks_after = {}, 0, breaks_after

    def load(self, name):
        if name not in self.saved:
            return None
        phi, tops, facts = self.saved[name]
        return Candidate(np.frombuffer(phi[0], np.float32).reshape(phi[1]), tops, json.loads(facts))

    def save(self, name, candidate):
        if self.n_fitted == self.breaks_after:
            raise KeyboardInterrupt
        self.n_fitted += 1
        phi = (candidate.phi.tobytes(), candidate.phi.shape)
        facts = {
            key: value if isinstance(value, bool) else float(value) for key, value in candidate.facts.items()
        }
        self.saved[name] = phi, candidate.tops, json.dumps(facts)


def test_the_planted_number_of_topics_is_recommended(scores):
    sizes = summarise_sizes(scores)
    assert sizes.loc[sizes["recommended"], "n_topics"].tolist() == [3]
    assert sizes.loc[sizes["n_topics"] == 3, "in_set"].item()
    assert sizes.loc[sizes["n_topics"] == 3, "returning"].item() == 1
    assert sizes.loc[sizes["n_topics"] == 3, "stability"].item() > 0.95


def test_every_size_has_every_seed_and_figures_that_are_numbers(scores):
    assert scores["model_id"].tolist() == [f"cvb0-k{k}-s{s}" for k in (2, 3, 5) for s in (1, 2, 3)]
    assert np.isfinite(scores.select_dtypes("number")).all(axis=None)
    assert scores["diversity"].between(0, 1).all() and scores["stability"].le(1).all()


def test_an_interrupted_selection_goes_on_and_ends_with_the_same_table(planted, scores):
    disk = Disk(breaks_after=4)
    options = {"sizes": (2, 3, 5), "seeds": (1, 2, 3), "n_starts": 2, "n_workers": 1}
    with pytest.raises(KeyboardInterrupt):
        score_sizes(*planted, disk, **options)
    assert disk.n_fitted == 4
    disk.n_fitted, disk.breaks_after = 0, 10**9
    pd.testing.assert_frame_equal(score_sizes(*planted, disk, **options), scores, check_exact=True)
    assert disk.n_fitted == 5


def test_the_number_of_workers_changes_no_figure(planted, scores):
    one = score_sizes(*planted, sizes=(2, 3, 5), seeds=(1, 2, 3), n_starts=2, n_workers=1)
    pd.testing.assert_frame_equal(one, scores, check_exact=True)


def test_progress_counts_up_to_the_number_of_models(planted):
    told = []
    score_sizes(
        *planted, progress=lambda done, of: told.append((done, of)), sizes=(2,), seeds=(1, 2), n_starts=1
    )
    assert told == [(1, 2), (2, 2)]


def test_one_seed_has_neither_stability_nor_error_bars(planted):
    scores = score_sizes(*planted, sizes=(2, 3), seeds=(1,), n_starts=1)
    assert scores["stability"].isna().all() and scores["returning"].isna().all()
    sizes = summarise_sizes(scores)
    assert sizes["held_out_se"].isna().all() and sizes["recommended"].sum() == 1
    assert "return" not in explain_choice(sizes)["en"] and "±" not in render_sizes(sizes)


def test_seeds_hold_out_other_passages_sizes_the_same_ones():
    away = [selection._withhold(50, 0.1, seed) for seed in (1, 1, 2)]
    assert away[0].sum() == 5 and (away[0] == away[1]).all() and (away[0] != away[2]).any()


def test_affinity_above_chance_is_zero_for_unrelated_and_one_for_equal_topics():
    assert stability._above_chance(np.array([[1.0, 0.3], [0.3, 1.0]]), np.array([1.0, 1.0])) == 1
    assert stability._above_chance(np.full((3, 3), 0.6), np.full(3, 0.6)) == pytest.approx(0)


def test_sizes_grow_with_the_corpus_and_never_pass_what_it_allows():
    assert default_sizes(80) == [3, 4, 5, 6, 8, 10]
    assert default_sizes(9338)[0] == 12 and default_sizes(9338)[-1] == 96
    assert max(default_sizes(14)) <= 6 and max(default_sizes(10**7)) == 100


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sizes": (1, 2)}, "sizes must be"),
        ({"sizes": ()}, "sizes must be"),
        ({"seeds": (1, 1)}, "seeds must be"),
        ({"held_out": 0.6}, "held_out must be"),
    ],
)
def test_a_setting_out_of_range_names_itself(planted, options, words):
    with pytest.raises(SettingError, match=words):
        score_sizes(*planted, **options)


def test_what_the_passages_do_not_allow_is_said_before_anything_is_fitted(planted):
    with pytest.raises(DataError, match="sizes holds 41, too many topics for 81 passages"):
        score_sizes(*planted, sizes=(41,))
    with pytest.raises(DataError, match="leaves 1 to be foretold"):
        score_sizes(*planted, held_out=0.01)


def test_models_that_did_not_converge_are_told_once(planted):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        score_sizes(*planted, sizes=(2, 3), seeds=(1, 2), n_starts=1, max_iterations=2)
    notes = [str(warning.message) for warning in caught if warning.category is UserWarning]
    assert len(notes) == 1 and notes[0].startswith("4 of 4 models did not converge")


def scored(rows):
    """`selection` of sizes with given held-out fit, coherence and stability, three equal seeds each."""
    columns = ["n_topics", "held_out", "npmi", "stability"]
    table = pd.DataFrame([row for row in rows for _ in range(3)], columns=columns)
    table["seed"] = list(range(3)) * len(rows)
    table["model_id"] = pd.Series([f"m{i}" for i in range(len(table))], dtype="str")
    others = ("log_likelihood", "c_v", "u_mass", "exclusivity", "diversity", "returning")
    return table.assign(**dict.fromkeys(others, 0.5), n_duplicates=0, n_iterations=9, converged=True)


def test_a_size_that_another_one_beats_in_everything_is_not_in_the_set():
    sizes = summarise_sizes(scored([(5, -6.0, 0.1, 0.9), (10, -5.0, 0.3, 0.8), (20, -5.5, 0.2, 0.4)]))
    assert sizes["in_set"].tolist() == [True, True, False]


def test_the_size_with_the_least_weak_side_is_recommended_with_its_price():
    sizes = summarise_sizes(scored([(5, -6.0, 0.1, 0.9), (10, -5.1, 0.28, 0.8), (20, -5.0, 0.3, 0.4)]))
    assert sizes["recommended"].tolist() == [False, True, False]
    words = explain_choice(sizes)
    assert words["en"].startswith(
        "10 topics: of the sizes that no other one beats in every respect (5, 10, 20)"
    )
    assert "better in fit to unseen text (20), coherence (20), stability (5)" in words["en"]
    assert words["zh"].startswith("建议 10 个主题")


def test_a_criterion_that_cannot_tell_the_sizes_apart_decides_nothing_and_is_named():
    table = scored([(5, -6.0, 0.1, 0.9), (10, -5.0, 0.1, 0.8)])
    table["npmi"] = [0.1, 0.2, 0.3, 0.3, 0.1, 0.21]
    sizes = summarise_sizes(table)
    assert "cannot be told apart by coherence" in explain_choice(sizes)["en"]


def test_what_seeds_have_in_common_is_no_error_of_the_comparison():
    table = scored([(5, -6.0, 0.1, 0.9), (10, -5.0, 0.3, 0.8)])
    table["held_out"] += table["seed"] * 0.7
    assert summarise_sizes(table)["held_out_se"].max() < 1e-12


def test_one_size_alone_is_recommended():
    sizes = summarise_sizes(scored([(5, -6.0, 0.1, 0.9)]))
    assert sizes["recommended"].tolist() == [True]
    assert ">" in render_sizes(sizes)
