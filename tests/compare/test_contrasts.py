"""Differences between groups, and what may be said of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from discourse import contrast_prevalence
from discourse.errors import DataError, SettingError
from tests.compare import reference_stats
from tests.compare.worlds import draw_shares, make_documents, make_shares, two_groups

INFERENCE = [
    "low",
    "high",
    "effect_size",
    "sd_ratio",
    "mdd",
    "p",
    "p_adjusted",
    "q",
    "p_permutation",
    "p_smallest",
]
SENTENCE = (
    "group 'city' has 1 document: the variation between documents cannot be estimated, "
    "so no interval and no p-value is given"
)


def contrast(
    n_target: int, n_reference: int, *, effect: float = 0.0, seed: int = 0, **options
) -> pd.DataFrame:
    shares, documents = two_groups(n_target, n_reference, effect=effect, seed=seed)
    return contrast_prevalence(shares, documents, by="level", **options)


def three_levels(
    n_documents: int = 4, effect: float = 0.0, seed: int = 5
) -> tuple[pd.DataFrame, pd.DataFrame]:
    levels = np.repeat(["district", "province", "city"], n_documents)
    shifts = np.zeros((len(levels), 3))
    shifts[levels == "province", 0] = effect
    documents = make_documents(level=levels.tolist())
    return make_shares(documents, draw_shares(np.random.default_rng(seed), shifts, 0.4)), documents


# -- the smallest numbers of documents --


@pytest.mark.parametrize("n_reference", [1, 2, 30])
def test_one_document_gets_shares_and_difference_but_nothing_inferred(n_reference):
    table = contrast(1, n_reference, effect=3.0)
    assert table[INFERENCE].isna().all(axis=None)
    assert (table["verdict"] == "descriptive only").all()
    assert table["flags"].str.startswith(SENTENCE).all()
    np.testing.assert_allclose(
        table["difference"], table["prevalence_target"] - table["prevalence_reference"]
    )


def test_both_lone_groups_are_named_once_each():
    flags = contrast(1, 1)["flags"].iloc[0].split("; ")
    assert len(flags) == 2 and "'city'" in flags[0] and "'district'" in flags[1]


def test_two_documents_a_group_get_interval_and_p_but_no_verdict():
    table = contrast(2, 2, effect=4.0)
    assert table[["low", "high", "p", "q"]].notna().all(axis=None)
    assert table["p_adjusted"].isna().all()
    assert (table["p_smallest"] == 1 / 3).all()
    assert (table["verdict"] == "cannot tell").all()
    assert table["flags"].str.startswith("rests on normality").all()


@pytest.mark.parametrize(
    ("sizes", "adjustment", "flag"),
    [
        ((3, 3), "Holm", "small sample"),
        ((2, 4), "", "rests on normality"),
        ((2, 5), "max-T", "rests on normality"),
    ]
    + [((3, 4), "max-T", "small sample"), ((4, 4), "max-T", "small sample"), ((5, 5), "max-T", "")],
)
def test_the_design_fixes_the_adjustment(sizes, adjustment, flag):
    table = contrast(*sizes)
    assert (table["adjustment"] == adjustment).all()
    assert table["p_adjusted"].isna().all() == (adjustment == "")
    assert table["flags"].str.startswith(flag).all()


def test_one_group_alone_is_an_error():
    shares, documents = two_groups(4, 0)
    with pytest.raises(DataError, match="one group with documents, 'city'"):
        contrast_prevalence(shares, documents, by="level")


# -- the numbers --


def test_effect_size_is_the_difference_in_pooled_standard_deviations():
    shares, documents = two_groups(8, 8, effect=1.0)
    for row in contrast_prevalence(shares, documents, by="level").itertuples():
        values = shares[f"topic_{row.topic}"]
        pooled = np.sqrt((values[:8].var() + values[8:].var()) / 2)
        assert row.effect_size == pytest.approx(row.difference / pooled)


@pytest.mark.parametrize("sizes", [(2, 3), (8, 8), (4, 15)])
def test_interval_and_p_are_those_of_the_slow_twin(sizes):
    shares, documents = two_groups(*sizes, effect=1.0)
    for row in contrast_prevalence(shares, documents, by="level").itertuples():
        values = shares[f"topic_{row.topic}"].to_numpy()
        low, high, p = reference_stats.difference_of_shares(values[: sizes[0]], values[sizes[0] :])
        assert (row.low, row.high) == pytest.approx((low, high))
        assert row.p == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_p_is_below_5_percent_exactly_where_the_interval_leaves_0_out(seed):
    table = contrast(6, 7, effect=1.5, seed=seed)
    np.testing.assert_array_equal(table["p"] <= 0.05, (table["low"] > 0) | (table["high"] < 0))
    assert (table["p_adjusted"] >= table["p"]).all()
    assert (table["low"] <= table["difference"]).all() and (table["difference"] <= table["high"]).all()


def test_holm_and_q_of_the_table_are_those_of_its_p():
    table = contrast(3, 3)
    np.testing.assert_allclose(table["p_adjusted"], reference_stats.holm(table["p"].tolist()))
    np.testing.assert_allclose(table["q"], stats.false_discovery_control(table["p"]))


def test_max_t_is_that_of_the_slow_twin():
    shares, documents = two_groups(3, 4, effect=1.5)
    table = contrast_prevalence(shares, documents, by="level")
    target = np.arange(7) < 3
    alone, adjusted = reference_stats.permutation(
        shares.filter(like="topic_").to_numpy(), target, np.zeros(7, dtype=int)
    )
    np.testing.assert_allclose(table["p_permutation"], alone)
    np.testing.assert_allclose(table["p_adjusted"], np.maximum(adjusted, table["p"]))


def test_several_pairs_are_adjusted_by_holm_over_pairs_and_topics():
    shares, documents = three_levels(5, effect=2.0)
    table = contrast_prevalence(shares, documents, by="level")
    assert len(table) == 9 and (table["adjustment"] == "Holm").all()
    np.testing.assert_allclose(table["p_adjusted"], reference_stats.holm(table["p"].tolist()))


def test_a_group_too_small_to_be_adjusted_does_not_enter_the_family_of_the_others():
    shares, documents = three_levels(4)
    fewer = shares[~shares["doc_id"].isin(["d000", "d001"])]  # two districts are left
    table = contrast_prevalence(fewer, documents, by="level")
    large = (table["target"] == "province") & (table["reference"] == "city")
    assert table.loc[~large, "p_adjusted"].isna().all() and table["p"].notna().all()
    alone = contrast_prevalence(fewer, documents, by="level", pairs=[("province", "city")])
    assert (alone["adjustment"] == "max-T").all()
    np.testing.assert_array_equal(table.loc[large, "p_adjusted"], alone["p_adjusted"])


# -- the planted truth --


def test_a_planted_difference_is_found_and_the_others_are_not():
    table = contrast(30, 30, effect=2.0, seed=2).set_index("topic")
    assert table.loc[0, "verdict"] == "higher"
    assert table.loc[0, "low"] > 0 and table.loc[0, "ratio"] > 1.5
    assert table.loc[0, "p_permutation"] == table.loc[0, "p_smallest"] == 1e-4
    assert set(table.loc[1:, "verdict"]) <= {"lower", "cannot tell"}


def test_cluster_averages_copies_into_one_unit():
    shares, documents = two_groups(5, 5, effect=1.0)
    documents = documents.assign(city=documents["doc_id"])
    copies = documents.assign(doc_id=documents["doc_id"] + "x", source_id=documents["source_id"] + "x")
    doubled = contrast_prevalence(
        pd.concat([shares, shares.assign(doc_id=shares["doc_id"] + "x")], ignore_index=True),
        pd.concat([documents, copies], ignore_index=True),
        by="level",
        cluster="city",
    )
    once = contrast_prevalence(shares, documents, by="level")
    assert (doubled["n_documents_target"] == 10).all() and (doubled["n_units_target"] == 5).all()
    columns = ["difference", "low", "high", "p", "p_permutation", "p_adjusted", "verdict"]
    pd.testing.assert_frame_equal(doubled[columns], once[columns])


def test_a_lone_cluster_is_counted_in_its_own_word():
    shares, documents = two_groups(3, 3)
    documents = documents.assign(city=["南京市"] * 3 + ["a", "b", "c"])
    table = contrast_prevalence(shares, documents, by="level", cluster="city")
    assert table["flags"].str.startswith("group 'city' has 1 city: the variation between units").all()


def test_strata_remove_a_difference_between_strata():
    rng = np.random.default_rng(3)
    region = np.array(["东"] * 12 + ["西"] * 12)
    levels = ["city"] * 9 + ["district"] * 3 + ["city"] * 3 + ["district"] * 9
    shifts = np.where((region == "东")[:, None], [2.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    documents = make_documents(level=levels, region=region.tolist())
    shares = make_shares(documents, draw_shares(rng, shifts, 0.3))
    plain = contrast_prevalence(shares, documents, by="level").set_index("topic")
    stratified = contrast_prevalence(shares, documents, by="level", strata="region").set_index("topic")
    assert plain.loc[0, "verdict"] == "higher"
    assert stratified.loc[0, "verdict"] == "cannot tell"
    difference, se, df = reference_stats.regression(
        shares["topic_0"].to_numpy(), np.array(levels) == "city", (region == "西").astype(int)
    )
    half_width = stats.t.ppf(0.975, df) * se
    assert stratified.loc[0, "difference"] == pytest.approx(difference)
    assert stratified.loc[0, "high"] == pytest.approx(difference + half_width)


def test_strata_with_one_group_are_dropped_and_counted():
    shares, documents = two_groups(4, 4)
    documents = documents.assign(region=["a", "a", "b", "c", "a", "a", "b", "d"])
    table = contrast_prevalence(shares, documents, by="level", strata="region")
    assert table["flags"].str.contains("strata dropped: 2").all()
    assert (table["n_documents_target"] == 3).all()
    apart = documents.assign(region=["a"] * 4 + ["b"] * 4)
    with pytest.raises(DataError, match="never meet in one stratum"):
        contrast_prevalence(shares, apart, by="level", strata="region")


# -- invariants --


@pytest.mark.parametrize("sizes", [(4, 5), (12, 14)])
def test_swapping_target_and_reference_flips_the_signs_and_nothing_else(sizes):
    shares, documents = two_groups(*sizes, effect=1.0)
    one, other = (
        contrast_prevalence(shares, documents, by="level", pairs=[pair], n_permutations=499)
        for pair in (("city", "district"), ("district", "city"))
    )
    np.testing.assert_allclose(one["difference"], -other["difference"], rtol=1e-12)
    np.testing.assert_allclose(one["low"], -other["high"], rtol=1e-9)
    np.testing.assert_allclose(one["ratio"], 1 / other["ratio"])
    for column in ("p", "p_permutation", "p_adjusted", "q", "mdd"):
        np.testing.assert_allclose(one[column], other[column])


def test_order_of_rows_and_names_of_other_groups_do_not_matter():
    shares, documents = three_levels(9, effect=1.0)
    table = contrast_prevalence(shares, documents, by="level", n_permutations=199)
    shuffled = contrast_prevalence(
        shares.sample(frac=1, random_state=1), documents[::-1], by="level", n_permutations=199
    )
    pd.testing.assert_frame_equal(table, shuffled)


def test_the_same_seed_gives_the_same_table_and_another_seed_other_permutations_only():
    shares, documents = two_groups(12, 12)
    first, again, other = (
        contrast_prevalence(shares, documents, by="level", seed=seed, n_permutations=99) for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, again)
    changed = [column for column in first if not first[column].equals(other[column])]
    assert "p_permutation" in changed
    assert set(changed) <= {"p_permutation", "p_adjusted", "verdict"}


def test_differences_sum_to_zero_over_topics():
    shares, documents = three_levels()
    table = contrast_prevalence(shares, documents, by="level")
    np.testing.assert_allclose(table.groupby(["target", "reference"])["difference"].sum(), 0, atol=1e-12)


# -- pairs, flags, refusals --


def test_of_levels_the_higher_one_is_the_target():
    shares, documents = three_levels()
    table = contrast_prevalence(shares, documents, by="level")
    pairs = table[["target", "reference"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [["province", "city"], ["province", "district"], ["city", "district"]]


def test_pairs_that_make_no_sense_are_refused():
    shares, documents = three_levels()
    with pytest.raises(SettingError, match="'provinse' is not a group.*Did you mean 'province'"):
        contrast_prevalence(shares, documents, by="level", pairs=[("provinse", "city")])
    with pytest.raises(SettingError, match="two different groups"):
        contrast_prevalence(shares, documents, by="level", pairs=[("city", "city")])
    with pytest.raises(SettingError, match="no pair twice"):
        contrast_prevalence(shares, documents, by="level", pairs=[("city", "province"), ("province", "city")])
    with pytest.raises(SettingError, match="'all', 'rest'"):
        contrast_prevalence(shares, documents, by="level", pairs="each")


def test_unbalanced_and_unequal_groups_are_flagged():
    assert contrast(5, 11)["flags"].str.contains("unbalanced").all()
    assert not contrast(5, 10)["flags"].str.contains("unbalanced").any()
    documents = make_documents(level=["city"] * 6 + ["district"] * 6)
    narrow, wide = np.linspace(0.48, 0.52, 6), np.linspace(0.1, 0.9, 6)
    values = np.concatenate([narrow, wide])
    table = contrast_prevalence(make_shares(documents, np.c_[values, 1 - values]), documents, by="level")
    assert (table["flags"] == "unequal dispersion").all()


def test_groups_that_lie_apart_are_flagged():
    documents = make_documents(level=["city"] * 5 + ["district"] * 5)
    values = np.r_[np.linspace(0.6, 0.8, 5), np.linspace(0.2, 0.4, 5)]
    table = contrast_prevalence(make_shares(documents, np.c_[values, 1 - values]), documents, by="level")
    assert (table["flags"] == "no overlap").all()
    assert table["verdict"].tolist() == ["higher", "lower"]


@pytest.mark.parametrize("form", ["series", "table"])
def test_unstable_topics_are_flagged(form):
    stability = pd.Series([0.95, 0.4, np.nan, 0.8])
    given = stability if form == "series" else pd.DataFrame({"topic": range(4), "stability": stability})
    flags = contrast(6, 6, stability=given)["flags"]
    assert flags.str.contains("topic unstable").tolist() == [False, True, False, False]


def test_a_topic_that_nobody_talks_about_is_no_finding():
    documents = make_documents(level=["city"] * 5 + ["district"] * 5)
    values = np.random.default_rng(0).dirichlet([2, 2], 10)
    shares = make_shares(documents, np.c_[values, np.zeros(10)])
    row = contrast_prevalence(shares, documents, by="level").set_index("topic").loc[2]
    assert (row["p"], row["p_permutation"], row["difference"]) == (1.0, 1.0, 0.0)
    assert row["verdict"] == "cannot tell" and "no variation" in row["flags"]
    assert np.isnan(row["ratio"]) and np.isnan(row["effect_size"])


def test_a_difference_between_copies_is_shown_without_inference_and_flagged():
    documents = make_documents(level=["city"] * 3 + ["district"] * 3)
    varied = np.random.default_rng(1).uniform(0.05, 0.15, 6)
    copied = np.r_[[0.6] * 3, [0.1] * 3]
    shares = make_shares(documents, np.c_[copied, varied, 1 - copied - varied])
    table = contrast_prevalence(shares, documents, by="level").set_index("topic")
    assert table.loc[0, INFERENCE].isna().all()
    assert table.loc[0, "difference"] == pytest.approx(0.5)
    assert table.loc[0, "verdict"] == "descriptive only"
    assert "no variation within groups" in table.loc[0, "flags"]
    assert table.loc[1, INFERENCE].notna().all()


def test_against_the_rest_each_group_meets_all_the_others():
    shares, documents = three_levels(4)
    table = contrast_prevalence(shares, documents, by="level", pairs="rest")
    assert table["target"].unique().tolist() == ["province", "city", "district"]
    assert (table["reference"] == "rest").all() and (table["n_units_reference"] == 8).all()
    values = shares["topic_0"].to_numpy()
    is_city = (documents["level"] == "city").to_numpy()
    row = table[(table["target"] == "city") & (table["topic"] == 0)].iloc[0]
    assert row["difference"] == pytest.approx(values[is_city].mean() - values[~is_city].mean())


def test_two_columns_can_be_crossed():
    shares, documents = three_levels(4)
    documents = documents.assign(region=["东", "西"] * 6).assign(region=lambda d: d["region"].astype("str"))
    table = contrast_prevalence(shares, documents, by="region:level", pairs=[("东:city", "西:district")])
    assert (table["n_documents_target"] == 2).all() and (table["factor"] == "region:level").all()
    every = contrast_prevalence(shares, documents, by="region:level")
    assert every["target"].unique().tolist()[:4] == ["东:province", "东:city", "东:district", "西:province"]
    assert len(every) == 15 * 3
    with pytest.raises(SettingError, match="'levle' is not a column"):
        contrast_prevalence(shares, documents, by="region:levle")
