"""How much of each topic every group has."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from discourse import estimate_prevalence
from tests.compare.worlds import make_documents, make_shares, two_groups


def test_prevalence_sums_to_one_in_every_group():
    shares, documents = two_groups(3, 6)
    table = estimate_prevalence(shares, documents, by="level")
    np.testing.assert_allclose(table.groupby("group")["prevalence"].sum(), 1.0)


def test_prevalence_and_interval_are_those_of_a_t_test_of_one_sample():
    shares, documents = two_groups(4, 9)
    table = estimate_prevalence(shares, documents, by="level")
    city = table[table["group"] == "city"]
    for row in city.itertuples():
        sample = shares[f"topic_{row.topic}"][:4]
        expected = stats.ttest_1samp(sample, 0).confidence_interval()
        assert row.prevalence == pytest.approx(sample.mean())
        assert row.low == pytest.approx(max(expected.low, 0))
        assert row.high == pytest.approx(min(expected.high, 1))


def test_every_document_weighs_the_same_whatever_its_length():
    shares, documents = two_groups(3, 3)
    longer = shares.assign(n_passages=[1, 500, 2, 3, 4, 90])
    pd.testing.assert_frame_equal(
        estimate_prevalence(shares, documents, by="level").drop(columns="n_passages"),
        estimate_prevalence(longer, documents, by="level").drop(columns="n_passages"),
    )


def test_a_group_of_one_document_has_a_share_but_no_interval():
    shares, documents = two_groups(1, 2)
    table = estimate_prevalence(shares, documents, by="level").set_index("group")
    assert table.loc["city", ["low", "high"]].isna().all(axis=None)
    assert table.loc["district", ["low", "high"]].notna().all(axis=None)
    np.testing.assert_allclose(table.loc["city", "prevalence"], shares.filter(like="topic_").iloc[0])


def test_intervals_stay_between_0_and_1():
    documents = make_documents(level=["city"] * 3)
    table = estimate_prevalence(
        make_shares(documents, [[0.99, 0.01], [0.9, 0.1], [0.5, 0.5]]), documents, by="level"
    )
    assert table["low"].min() == 0 and table["high"].max() == 1


def test_order_of_rows_does_not_matter():
    shares, documents = two_groups(4, 5)
    pd.testing.assert_frame_equal(
        estimate_prevalence(shares, documents, by="level"),
        estimate_prevalence(shares.sample(frac=1, random_state=1), documents[::-1], by="level"),
    )


def test_documents_units_and_passages_are_counted():
    documents = make_documents(level=["city"] * 4, city=["南京市", "南京市", "福州市", "武汉市"])
    shares = make_shares(documents, np.random.default_rng(0).dirichlet([1, 1], 4))
    row = estimate_prevalence(shares, documents, by="level", cluster="city").iloc[0]
    assert (row["n_documents"], row["n_units"], row["n_passages"]) == (4, 3, 28)
