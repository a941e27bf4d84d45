"""How much of each topic every group has."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from discourse import estimate_prevalence
from discourse.errors import DataError
from tests.compare.worlds import make_documents, make_shares, two_groups


def test_prevalence_sums_to_one_in_every_group():
    shares, documents = two_groups(3, 6)
    table = estimate_prevalence(shares, documents, by="level")
    np.testing.assert_allclose(table.groupby("group")["prevalence"].sum(), 1.0)


def test_prevalence_is_the_mean_and_its_interval_a_t_interval_of_the_logit():
    shares, documents = two_groups(4, 9)
    table = estimate_prevalence(shares, documents, by="level")
    for row in table[table["group"] == "city"].itertuples():
        sample = shares[f"topic_{row.topic}"][:4]
        mean = sample.mean()
        reach = stats.t.ppf(0.975, 3) * sample.std() / 2 / (mean * (1 - mean))
        assert row.prevalence == pytest.approx(mean)
        odds = mean / (1 - mean) * np.exp([-reach, reach])
        assert (row.low, row.high) == pytest.approx(tuple(odds / (1 + odds)))


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
    assert (table["low"] > 0).all() and (table["high"] < 1).all()
    assert ((table["low"] < table["prevalence"]) & (table["prevalence"] < table["high"])).all()


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


def test_one_document_has_a_measurement_error_from_its_passages():
    documents = make_documents(level=["city", "district", "district"])
    rng = np.random.default_rng(2)
    passages = rng.dirichlet([1, 1, 1], (3, 7))
    shares = make_shares(documents, passages.mean(axis=1))
    ids = [f"{doc_id}#{i:04d}" for doc_id in documents["doc_id"] for i in range(7)]
    theta = pd.DataFrame(passages.reshape(21, 3), columns=["topic_0", "topic_1", "topic_2"])
    theta.insert(0, "passage_id", pd.Series(ids, dtype="str"))
    table = estimate_prevalence(shares, documents, by="level", theta=theta).set_index(["group", "topic"])
    errors = passages.std(axis=1, ddof=1) / np.sqrt(7)
    np.testing.assert_allclose(table.loc["city", "measurement_error"], errors[0])
    np.testing.assert_allclose(table.loc["district", "measurement_error"], np.hypot(errors[1], errors[2]) / 2)
    assert table.loc["city", "low"].isna().all()
    with pytest.raises(DataError, match="theta has no passage of document 'd002'"):
        estimate_prevalence(shares, documents, by="level", theta=theta[:14])


def test_without_theta_no_measurement_error_is_claimed():
    shares, documents = two_groups(1, 2)
    assert estimate_prevalence(shares, documents, by="level")["measurement_error"].isna().all()


def test_prevalence_of_a_crossing_covers_every_cell_that_has_documents():
    documents = make_documents(level=["city", "city", "district"], region=["西", "东", "东"])
    shares = make_shares(documents, np.random.default_rng(0).dirichlet([1, 1], 3))
    table = estimate_prevalence(shares, documents, by="region:level")
    assert table["group"].unique().tolist() == ["东:city", "东:district", "西:city"]
