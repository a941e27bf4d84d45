"""The arithmetic under the comparisons, against slow twins, SciPy and published numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from discourse.compare import _distances, _permutation, _stats
from tests.compare import reference_stats


def one_stratum(n_target: int, n_reference: int) -> _stats.Design:
    target = np.array([True] * n_target + [False] * n_reference)
    return _stats.Design(target, np.zeros(len(target), dtype=np.int64))


@pytest.fixture
def strata() -> _stats.Design:
    """Three strata: 2 + 1, 1 + 3 and 1 + 1."""
    target = np.array([1, 1, 0, 1, 0, 0, 0, 1, 0], dtype=bool)
    return _stats.Design(target, np.array([0, 0, 0, 1, 1, 1, 1, 2, 2]))


def draw(design: _stats.Design, n_columns: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).beta(1, 4, (len(design.target), n_columns))


@pytest.mark.parametrize(("n_target", "n_reference"), [(2, 2), (3, 5), (12, 4)])
def test_se_is_the_larger_of_pooled_and_welch(n_target, n_reference):
    design = one_stratum(n_target, n_reference)
    values = draw(design)
    a, b = values[design.target], values[~design.target]
    pooled, welch = stats.ttest_ind(a, b), stats.ttest_ind(a, b, equal_var=False)
    t = np.where(np.abs(pooled.statistic) < np.abs(welch.statistic), pooled.statistic, welch.statistic)
    effects = _stats.estimate_effects(values, design)
    np.testing.assert_allclose(effects.difference / effects.se, t, rtol=1e-10)
    np.testing.assert_allclose(effects.sd_target, a.std(axis=0, ddof=1))
    np.testing.assert_allclose(effects.p, 2 * stats.t.sf(np.abs(t), effects.df), rtol=1e-9)


@pytest.mark.parametrize(("n_a", "n_b"), [(2, 2), (3, 7), (20, 2), (30, 30)])
def test_df_of_two_groups_follow_the_closed_formula(n_a, n_b):
    expected = (1 / n_a + 1 / n_b) ** 2 / (1 / (n_a**2 * (n_a - 1)) + 1 / (n_b**2 * (n_b - 1)))
    design = one_stratum(n_a, n_b)
    assert _stats.estimate_effects(draw(design), design).df == pytest.approx(expected)


def test_strata_give_the_regression_of_the_slow_twin(strata):
    values = draw(strata)
    effects = _stats.estimate_effects(values, strata)
    for column, value in enumerate(values.T):
        difference, se, df = reference_stats.regression(value, strata.target, strata.strata)
        assert effects.difference[column] == pytest.approx(difference, rel=1e-10)
        assert effects.se[column] == pytest.approx(se, rel=1e-10)
        assert effects.df == pytest.approx(df, rel=1e-10)


def test_interval_excludes_zero_exactly_where_p_is_below_five_percent():
    design = one_stratum(6, 9)
    effects = _stats.estimate_effects(draw(design, 400), design)
    outside = np.abs(effects.difference) > effects.half_width
    assert outside.any() and not outside.all()
    np.testing.assert_array_equal(outside, effects.p < 0.05)


def test_detectable_difference_has_power_80_in_the_noncentral_t():
    design = one_stratum(7, 9)
    effects = _stats.estimate_effects(draw(design), design)
    power = stats.nct.sf(stats.t.ppf(0.975, effects.df), effects.df, effects.detectable / effects.se)
    np.testing.assert_allclose(power, 0.8, atol=1e-6)


def test_permutation_and_max_t_equal_the_slow_twin(strata):
    for design in (strata, one_stratum(3, 4), one_stratum(3, 3)):
        values = draw(design)
        labels = _permutation.relabel(design, 99, seed=1)
        observed = _permutation.studentise(values, design.target[None, :], design)[0]
        permuted = _permutation.studentise(values, labels, design)
        alone, adjusted = reference_stats.permutation(values, design.target, design.strata)
        np.testing.assert_allclose(_permutation.permutation_p(observed, permuted), alone)
        np.testing.assert_allclose(_permutation.max_t(observed, permuted), adjusted)


def test_studentised_statistic_is_that_of_the_fitted_effect(strata):
    values = draw(strata)
    effects = _stats.estimate_effects(values, strata)
    batched = _permutation.studentise(values, strata.target[None, :], strata)[0]
    np.testing.assert_allclose(batched, np.abs(effects.difference / effects.se), rtol=1e-9)


def test_relabellings_are_all_distinct_and_keep_the_strata(strata):
    labels = _permutation.relabel(strata, 99, seed=1)
    assert (
        len(labels) == _permutation.count_relabellings(strata) == 3 * 4 * 2 == len(np.unique(labels, axis=0))
    )
    for stratum, n_targets in enumerate(strata.targets):
        assert (labels[:, strata.strata == stratum].sum(axis=1) == n_targets).all()


def test_random_relabellings_hold_the_observed_one_first_and_are_fair():
    design = one_stratum(10, 12)
    labels = _permutation.relabel(design, 4000, seed=3)
    np.testing.assert_array_equal(labels[0], design.target)
    assert (labels.sum(axis=1) == 10).all()
    np.testing.assert_allclose(labels[1:].mean(axis=0), 10 / 22, atol=4 * np.sqrt(0.25 / 4000))


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [((3, 3), 0.1), ((4, 4), 2 / 70), ((3, 4), 1 / 35), ((2, 5), 1 / 21), ((30, 30), 1 / 10_000)],
)
def test_smallest_p_is_what_complete_separation_reaches(sizes, expected):
    design = one_stratum(*sizes)
    assert _permutation.smallest_p(design, 9999) == pytest.approx(expected)
    if sizes[0] < 5:
        separated = np.where(design.target, 1.0, 0.0)[:, None] + draw(design, 1) / 100
        labels = _permutation.relabel(design, 9999, seed=1)
        observed = _permutation.studentise(separated, design.target[None, :], design)[0]
        permuted = _permutation.studentise(separated, labels, design)
        assert _permutation.permutation_p(observed, permuted)[0] == pytest.approx(expected)


def test_exact_permutation_p_of_pooled_t_equals_scipy():
    design = one_stratum(4, 5)
    values = draw(design)
    centred = values - values.mean(axis=0)
    t = _permutation.pooled_t(centred, design.target[None, :])[0]
    np.testing.assert_allclose(t, stats.ttest_ind(values[:4], values[4:]).statistic)
    own, _ = _permutation.pooled_permutation_p(
        lambda: [centred], _permutation.relabel(design, 9, 1), np.abs(t)
    )
    for column in range(values.shape[1]):
        exact = stats.permutation_test(
            (values[:4, column], values[4:, column]),
            lambda x, y, axis: np.abs(x.mean(axis=axis) - y.mean(axis=axis)),
            alternative="greater",
            n_resamples=np.inf,
        )
        assert own[column] == pytest.approx(exact.pvalue)


def test_pooled_p_counts_the_statistics_of_all_columns():
    design = one_stratum(3, 4)
    values = draw(design)
    centred = values - values.mean(axis=0)
    labels = _permutation.relabel(design, 9, 1)
    permuted = np.abs(_permutation.pooled_t(centred, labels))
    observed = np.abs(_permutation.pooled_t(centred, design.target[None, :])[0])
    own, pooled = _permutation.pooled_permutation_p(lambda: [centred], labels, observed)
    np.testing.assert_allclose(pooled, [(permuted >= t - 1e-9).mean() for t in observed])
    parted = _permutation.pooled_permutation_p(lambda: np.split(centred, [1, 2], axis=1), labels, observed)
    assert (parted[0] == own).all() and (parted[1] == pooled).all()


def test_blocks_of_relabellings_are_those_of_one_draw(monkeypatch):
    design = _stats.Design(np.arange(60) % 3 == 0, np.arange(60) % 2)
    whole = _permutation.relabel(design, 500, 1)
    groups, strata = np.arange(60) % 4, np.arange(60) % 2
    dealt = _distances.deal_groups(groups, strata, 500, 1)
    monkeypatch.setattr(_permutation, "_CELLS", 777)
    assert (_permutation.relabel(design, 500, 1) == whole).all()
    assert (_distances.deal_groups(groups, strata, 500, 1) == dealt).all()
    rng = np.random.default_rng(1)
    order = np.argsort(rng.random((500, 30)), axis=1)
    assert (whole[1:, ::2] == (order < design.targets[0])).all()


def test_more_than_ten_thousand_units_get_fewer_relabellings_and_a_note(monkeypatch):
    assert _permutation.bound_permutations(9999, 10_000) == 9999
    monkeypatch.setattr(_permutation, "MOST_CELLS", 50_000)
    monkeypatch.setattr(_permutation, "LEAST_PERMUTATIONS", 99)
    design = _stats.Design(np.arange(100) % 2 == 0, np.zeros(100, dtype=np.int64))
    with pytest.warns(UserWarning, match="fewer than 9,999 random relabellings"):
        labels = _permutation.relabel(design, 9999, 1)
    assert labels.shape == (501, 100) and (labels.sum(axis=1) == 50).all()
    with pytest.warns(UserWarning, match="fewer"):
        assert _permutation.smallest_p(design, 9999) == 1 / 501


probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(probabilities)
def test_holm_equals_the_slow_twin(p):
    np.testing.assert_allclose(_stats.holm(np.array(p)), reference_stats.holm(p), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(probabilities)
def test_benjamini_hochberg_equals_scipy(p):
    np.testing.assert_allclose(_stats.benjamini_hochberg(np.array(p)), stats.false_discovery_control(p))


def test_missing_p_values_stay_missing_and_are_not_counted():
    p = np.array([0.01, np.nan, 0.04])
    np.testing.assert_allclose(_stats.holm(p), [0.02, np.nan, 0.04])
    np.testing.assert_allclose(_stats.benjamini_hochberg(p), [0.02, np.nan, 0.04])


def test_g2_is_the_one_that_dunning_published():
    # Dunning (1993), table of bigrams: "the swiss" and "can be", counts AB, A~B, ~AB, ~A~B
    for cells, published in (((110, 2442, 111, 29114), 270.72), ((29, 13, 123, 31612), 263.90)):
        a, b, c, d = cells
        found = _stats.log_likelihood_ratio(np.array([a]), np.array([c]), a + b, c + d)[0]
        assert found == pytest.approx(published, abs=0.005)


def test_g2_equals_scipy_and_is_zero_for_equal_rates():
    target, reference = np.array([5, 0, 10]), np.array([9, 7, 20])
    found = _stats.log_likelihood_ratio(target, reference, 100, 200)
    for i in range(2):
        table = [[target[i], reference[i]], [100 - target[i], 200 - reference[i]]]
        expected = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic
        assert found[i] == pytest.approx(expected)
    assert found[2] == 0
