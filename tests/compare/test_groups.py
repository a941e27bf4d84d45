"""Who is a unit, in which group, and what is refused or warned of."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from discourse.compare.groups import gather_units
from discourse.errors import ContractError, DataError, SettingError
from tests.compare.worlds import make_documents, make_shares


def spread(n_documents: int) -> np.ndarray:
    return np.random.default_rng(4).dirichlet([2.0, 2.0, 2.0], n_documents)


def test_documents_are_averaged_inside_their_cluster_first():
    documents = make_documents(level=["city"] * 5, city=["南京市", "南京市", "南京市", "福州市", "福州市"])
    values = spread(5)
    units = gather_units(make_shares(documents, values), documents, by="level", cluster="city")
    assert units.noun == "city"
    assert units.table["unit"].tolist() == ["南京市", "福州市"]
    assert units.table["n_documents"].tolist() == [3, 2]
    assert units.table["n_passages"].tolist() == [21, 14]
    np.testing.assert_allclose(units.shares, [values[:3].mean(axis=0), values[3:].mean(axis=0)])


def test_documents_without_a_cluster_stay_units_of_their_own():
    documents = make_documents(level=["city"] * 4, speaker=["甲", "甲", None, None])
    units = gather_units(make_shares(documents, spread(4)), documents, by="level", cluster="speaker")
    assert sorted(units.table["n_documents"]) == [1, 1, 2]


def test_documents_without_a_group_or_stratum_are_left_out():
    documents = make_documents(level=["city", None, "city", "district"], region=["东", "东", None, "东"])
    shares = make_shares(documents, spread(4))
    assert gather_units(shares, documents, by="level").table["unit"].tolist() == ["d000", "d002", "d003"]
    stratified = gather_units(shares, documents, by="level", strata="region")
    assert stratified.table["unit"].tolist() == ["d000", "d003"]


def test_levels_stand_from_the_centre_down_and_other_groups_by_value():
    documents = make_documents(
        level=["village", "other", "central", "city"],
        region=["b", "a", "c", "a"],
        year=[2024, 2023, 2026, 2025],
    )
    shares = make_shares(documents, spread(4))
    assert gather_units(shares, documents, by="level").order == ["central", "city", "village", "other"]
    assert gather_units(shares, documents, by="region").order == ["a", "b", "c"]
    assert gather_units(shares, documents, by="year").order == ["2023", "2024", "2025", "2026"]


def test_a_group_that_varies_inside_a_unit_is_refused_by_name():
    documents = make_documents(level=["city", "district"], city=["南京市", "南京市"])
    with pytest.raises(DataError, match="'level' must not vary.*'南京市' has city, district"):
        gather_units(make_shares(documents, spread(2)), documents, by="level", cluster="city")


def test_a_stratum_that_varies_inside_a_unit_is_refused():
    documents = make_documents(level=["city"] * 2, city=["南京市"] * 2, region=["东", "西"])
    with pytest.raises(DataError, match="'region' must not vary"):
        gather_units(
            make_shares(documents, spread(2)), documents, by="level", cluster="city", strata="region"
        )


@pytest.mark.parametrize("argument", ["by", "cluster", "strata"])
def test_a_misspelt_column_is_answered_with_the_right_one(argument):
    documents = make_documents(level=["city", "city"])
    options = {"by": "level"} | {argument: "regoin"}
    with pytest.raises(SettingError, match=f"{argument}='regoin'.*Did you mean 'region'"):
        gather_units(make_shares(documents, spread(2)), documents, **options)


def test_shares_that_are_no_shares_are_refused():
    documents = make_documents(level=["city", "district"])
    shares = make_shares(documents, spread(2))
    with pytest.raises(DataError, match="'d001' must be 0 or more and sum to 1"):
        gather_units(shares.assign(topic_0=[shares["topic_0"][0], 3.0]), documents, by="level")
    with pytest.raises(DataError, match="sum to 1"):
        gather_units(shares.assign(topic_0=[shares["topic_0"][0], np.nan]), documents, by="level")


def test_shares_of_an_unknown_document_are_refused():
    documents = make_documents(level=["city", "district"])
    with pytest.raises(DataError, match="1 documents that the documents table lacks, such as 'd001'"):
        gather_units(make_shares(documents, spread(2)), documents.iloc[:1], by="level")


def test_a_factor_without_any_value_is_refused():
    documents = make_documents(level=["city", "district"])
    with pytest.raises(DataError, match="by='region': no document that has shares has a value"):
        gather_units(make_shares(documents, spread(2)), documents, by="region")


def test_repeated_documents_of_one_speaker_are_warned_of():
    documents = make_documents(level=["city"] * 3, speaker=["甲", "乙", "甲"])
    with pytest.warns(UserWarning, match="one speaker has several documents in a group"):
        gather_units(make_shares(documents, spread(3)), documents, by="level")


def test_repeated_documents_of_one_file_are_warned_of_unless_places_tell_them_apart():
    anonymous = make_documents(level=["district"] * 2, source_id=["s", "s"])
    with pytest.warns(UserWarning, match="one source_id has several documents"):
        gather_units(make_shares(anonymous, spread(2)), anonymous, by="level")
    placed = anonymous.assign(district=["甲区", "乙区"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gather_units(make_shares(placed, spread(2)), placed, by="level")


def test_a_cluster_or_another_group_silences_the_warning():
    documents = make_documents(level=["city", "city"], region=["东", "西"], source_id=["s", "s"])
    shares = make_shares(documents, spread(2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(gather_units(shares, documents, by="level", cluster="source").table) == 1
        assert len(gather_units(shares, documents, by="region").table) == 2


def test_a_table_without_its_columns_is_refused():
    documents = make_documents(level=["city"])
    with pytest.raises(ContractError):
        gather_units(make_shares(documents, spread(1)), documents.drop(columns="speaker"), by="level")
