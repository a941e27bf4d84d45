"""What rises and falls, and what may not be said of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from discourse.compare.trends import estimate_trend
from discourse.errors import DataError, SettingError
from tests.compare.worlds import draw_shares, make_documents, make_shares


def yearly(
    slope: float, *, n_places: int = 6, n_years: int = 5, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Places that report every year; topic 0 moves by `slope` a year on the logit."""
    rng = np.random.default_rng(seed)
    year = np.tile(np.arange(2020, 2020 + n_years), n_places)
    place = np.repeat(np.arange(n_places), n_years)
    shifts = rng.normal(0, 0.6, (n_places, 4))[place]
    shifts[:, 0] += slope * (year - 2020)
    documents = make_documents(year=year.tolist(), province=[f"p{i}" for i in place])
    return make_shares(documents, draw_shares(rng, shifts, 0.2)), documents


def test_slope_and_interval_are_those_of_least_squares_where_hc2_is_smaller():
    year = np.arange(2016, 2026)
    value = 0.3 + 0.01 * (year - 2020) + np.array([3, -3, 1, -1, 1, -1, 1, -1, 3, -3]) / 100
    documents = make_documents(year=year.tolist())
    table = estimate_trend(make_shares(documents, np.c_[value, 1 - value]), documents).set_index("topic")
    expected = stats.linregress(year, value)
    assert table.loc[0, "slope"] == pytest.approx(expected.slope)
    half_width = table.loc[0, "high"] - table.loc[0, "slope"]
    assert half_width >= expected.stderr * stats.t.ppf(0.975, 8) * (1 - 1e-9)


def test_a_planted_rise_is_found_and_the_last_and_first_year_are_told():
    shares, documents = yearly(0.4)
    table = estimate_trend(shares, documents, cluster="province").set_index("topic")
    assert table.loc[0, "verdict"] == "rising" and table.loc[0, "low"] > 0
    assert (table["first"] == 2020).all() and (table["last"] == 2024).all()
    assert (table["n_units"] == 6).all() and (table["n_documents"] == 30).all()


def test_clusters_are_a_t_test_over_their_slopes():
    shares, documents = yearly(0.2)
    table = estimate_trend(shares, documents, cluster="province")
    slopes = [
        np.polyfit(range(5), shares["topic_0"][documents["province"] == f"p{i}"], 1)[0] for i in range(6)
    ]
    expected = stats.ttest_1samp(slopes, 0)
    interval = expected.confidence_interval()
    row = table.iloc[0]
    assert (row["p"], row["low"], row["high"]) == pytest.approx(
        (expected.pvalue, interval.low, interval.high)
    )
    flips = stats.permutation_test((slopes,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert row["p_permutation"] == pytest.approx(flips.pvalue)
    assert row["p_smallest"] == 2 / 2**6


def test_permutation_p_is_near_that_of_scipy():
    shares, documents = yearly(0.15, n_places=3)
    row = estimate_trend(shares, documents, n_permutations=1999).iloc[0]
    expected = stats.permutation_test(
        (documents["year"].to_numpy(),),
        lambda year: abs(np.corrcoef(year, shares["topic_0"])[0, 1]),
        permutation_type="pairings",
        alternative="greater",
        n_resamples=1999,
        rng=np.random.default_rng(0),
    )
    assert row["p_permutation"] == pytest.approx(expected.pvalue, abs=0.04)


def test_p_agrees_with_the_interval_and_never_exceeds_the_adjusted_p():
    shares, documents = yearly(0.1, seed=3)
    table = estimate_trend(shares, documents)
    np.testing.assert_array_equal(table["p"] <= 0.05, (table["low"] > 0) | (table["high"] < 0))
    assert (table["p_adjusted"] >= table["p"]).all()


def test_two_documents_have_a_slope_and_nothing_else():
    documents = make_documents(year=[2020, 2024])
    table = estimate_trend(make_shares(documents, [[0.2, 0.8], [0.4, 0.6]]), documents).set_index("topic")
    assert table.loc[0, "slope"] == pytest.approx(0.05)
    assert table[["low", "high", "p", "p_adjusted", "q", "p_permutation"]].isna().all(axis=None)
    assert (table["verdict"] == "descriptive only").all()


def test_dates_are_read_as_years_and_levels_as_steps():
    shares, documents = yearly(0.4)
    dated = documents.assign(date=[f"{year}-01-01" for year in documents["year"]]).astype({"date": "str"})
    by_year, by_date = estimate_trend(shares, documents), estimate_trend(shares, dated, by="date")
    np.testing.assert_allclose(by_date["slope"], by_year["slope"])
    steps = estimate_trend(
        shares, documents.assign(level=["province", "city", "district", "city", "province"] * 6), by="level"
    )
    assert (steps["first"] == 0).all() and (steps["last"] == 2).all()


def test_what_has_no_order_or_no_time_is_refused():
    shares, documents = yearly(0.0)
    with pytest.raises(SettingError, match="by='province' has no order"):
        estimate_trend(shares, documents, by="province")
    with pytest.raises(DataError, match="fewer than two values"):
        estimate_trend(shares, documents.assign(year=2020))
    with pytest.raises(DataError, match="no 'doc' has documents at two values"):
        estimate_trend(shares, documents.assign(doc=documents["doc_id"]), cluster="doc")


def test_documents_without_a_year_are_left_out():
    shares, documents = yearly(0.2)
    some = documents.assign(year=documents["year"].astype("Int64").mask(documents.index < 5))
    assert (estimate_trend(shares, some)["n_documents"] == 25).all()


def test_few_documents_cannot_give_a_small_p():
    documents = make_documents(year=[2020, 2021, 2022, 2022])
    shares = make_shares(documents, np.random.default_rng(0).dirichlet([1, 1], 4))
    table = estimate_trend(shares, documents)
    assert (table["p_smallest"] == 1 / 12).all()  # 4! / 2! arrangements
    assert (table["p_permutation"] >= 1 / 12 - 1e-12).all()
    even = estimate_trend(shares, documents.assign(year=[2020, 2021, 2022, 2023]))
    assert (even["p_smallest"] == 2 / 24).all() and (even["flags"] == "small sample").all()
