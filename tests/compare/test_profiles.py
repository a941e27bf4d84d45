"""How far apart whole profiles lie, and maps of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import jensenshannon, pdist, squareform

from discourse.compare import _distances
from discourse.compare.ordination import ordinate_profiles
from discourse.compare.profiles import compare_profiles
from tests.compare.worlds import draw_shares, make_documents, make_shares, two_groups

NUMBERS = ["jsd", "jsd_low", "jsd_high", "hellinger", "hellinger_low", "hellinger_high", "statistic", "p"]


def welch_of_distances(values: np.ndarray, groups: np.ndarray) -> float:
    """Wd* from the matrix of distances, as Hamidi et al. (2019) write it for two groups or more."""
    squared = squareform(pdist(values)) ** 2
    codes = np.unique(groups)
    n = np.array([(groups == g).sum() for g in codes])
    inside = [squared[np.ix_(groups == g, groups == g)].sum() / 2 for g in codes]
    w = np.array([m**2 * (m - 1) / within for m, within in zip(n, inside, strict=True)])
    total = 0.0
    for i, g in enumerate(codes):
        for j in range(i):
            h = codes[j]
            between = squared[np.ix_(groups == g, groups == h)].mean()
            centroid = between - inside[i] / n[i] ** 2 - inside[j] / n[j] ** 2
            total += w[i] * w[j] * centroid / w.sum()
    k = len(codes)
    lack = ((1 - w / w.sum()) ** 2 / (n - 1)).sum()
    return total / (k - 1) / (1 + 2 * (k - 2) / (k**2 - 1) * lack)


def levels(n_documents: int, n_topics: int = 5, effect: float = 0.0, seed: int = 0):
    names = np.repeat(["province", "city", "district"], n_documents)
    rng = np.random.default_rng(seed)
    shifts = np.zeros((len(names), n_topics))
    shifts[names == "city", 0] = effect
    documents = make_documents(level=names.tolist())
    return make_shares(documents, draw_shares(rng, shifts, 0.5)), documents


@pytest.mark.parametrize("sizes", [(3, 4), (4, 5, 6)])
def test_the_statistic_is_that_of_the_slow_twin(sizes):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    values = np.random.default_rng(1).normal(size=(len(groups), 3)) * (1 + groups)[:, None]
    found = _distances.welch_statistic(values, groups[None, :], len(sizes))
    assert found[0] == pytest.approx(welch_of_distances(values, groups))


def test_with_one_column_and_two_groups_the_statistic_is_the_square_of_welchs_t():
    from scipy import stats

    values = np.random.default_rng(2).normal(size=(9, 1))
    groups = np.repeat([0, 1], [4, 5])
    found = _distances.welch_statistic(values, groups[None, :], 2)
    t = stats.ttest_ind(values[:4, 0], values[4:, 0], equal_var=False).statistic
    assert found[0] == pytest.approx(t**2)


def test_plain_distances_are_those_of_scipy():
    a, b = np.random.default_rng(0).dirichlet([1] * 6, 2)
    assert _distances.jensen_shannon(a, b) == pytest.approx(jensenshannon(a, b) ** 2)
    assert _distances.hellinger_squared(a, b) == pytest.approx(1 - np.sqrt(a * b).sum())


@pytest.mark.parametrize("measure", ["jensen_shannon", "hellinger"])
def test_the_correction_removes_most_of_the_bias(measure):
    rng = np.random.default_rng(3)
    distance = getattr(_distances, {"hellinger": "hellinger_squared"}.get(measure, measure))
    bias = getattr(_distances, f"{measure}_bias")
    plain, corrected = [], []
    for _ in range(400):  # equal groups: the truth is 0
        a, b = (draw_shares(rng, np.zeros((5, 6))) for _ in range(2))
        plain.append(distance(a.mean(axis=0), b.mean(axis=0)))
        corrected.append(plain[-1] - bias(a, b))
    assert abs(np.mean(corrected)) < 0.15 * np.mean(plain)


def test_pairs_are_a_distance_matrix_and_the_first_row_asks_about_all_groups():
    shares, documents = levels(6, effect=2.5)
    table = compare_profiles(shares, documents, by="level")
    assert table["target"].tolist() == ["*", "province", "province", "city"]
    assert table["verdict"].tolist()[0] == "differ"
    pairs = table.set_index(["target", "reference"])
    assert pairs.loc[("province", "city"), "jsd"] > pairs.loc[("province", "district"), "jsd"]
    assert (table["jsd_low"][1:] <= table["jsd"][1:]).all() and (
        table["jsd"][1:] <= table["jsd_high"][1:]
    ).all()


def test_one_document_has_no_corrected_distance_and_no_p():
    shares, documents = two_groups(1, 4)
    table = compare_profiles(shares, documents, by="level")
    assert table[NUMBERS].isna().all(axis=None) and table["jsd_plugin"].notna().all()
    assert table["verdict"].tolist() == ["descriptive only"]
    assert table["flags"].str.contains("group 'city' has 1 document").all()


def test_copies_of_one_text_get_no_p():
    documents = make_documents(level=["city"] * 4 + ["district"] * 4)
    shares = make_shares(documents, [[0.7, 0.3]] * 4 + [[0.2, 0.8], [0.3, 0.7], [0.1, 0.9], [0.2, 0.8]])
    table = compare_profiles(shares, documents, by="level")
    assert table["p"].isna().all() and table["flags"].str.contains("no variation within groups").all()


def test_strata_take_the_difference_between_strata_out():
    rng = np.random.default_rng(5)
    region = np.array(["东"] * 12 + ["西"] * 12)
    side = ["city"] * 9 + ["district"] * 3 + ["city"] * 3 + ["district"] * 9
    shifts = np.where((region == "东")[:, None], [2.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    documents = make_documents(level=side, region=region.tolist())
    shares = make_shares(documents, draw_shares(rng, shifts, 0.3))
    plain = compare_profiles(shares, documents, by="level")["p"].iloc[0]
    inside = compare_profiles(shares, documents, by="level", strata="region")["p"].iloc[0]
    assert plain < 0.05 < 0.1 < inside


def test_a_wider_spread_alone_is_not_a_difference():
    rng = np.random.default_rng(6)
    documents = make_documents(level=["city"] * 4 + ["district"] * 12)
    p = []
    for _ in range(60):
        wide, narrow = rng.normal(0, 0.12, (4, 4)), rng.normal(0, 0.03, (12, 4))
        values = np.clip(0.25 + np.concatenate([wide, narrow]), 0.01, None)
        table = compare_profiles(make_shares(documents, values), documents, by="level", n_permutations=199)
        p.append(table["p"].iloc[0])
    assert np.mean(np.array(p) <= 0.05) < 0.17


def test_order_of_rows_and_seed_do_not_matter_where_all_relabellings_are_counted():
    shares, documents = two_groups(4, 5, effect=1.0)
    table = compare_profiles(shares, documents, by="level")
    again = compare_profiles(shares.sample(frac=1, random_state=1), documents[::-1], by="level", seed=9)
    pd.testing.assert_frame_equal(table, again)


def test_the_smallest_p_counts_relabellings_of_any_number_of_groups():
    one_stratum = np.zeros(6, dtype=int)
    assert _distances.smallest_p(np.array([0, 0, 0, 1, 1, 1]), one_stratum, 9999) == pytest.approx(2 / 20)
    assert _distances.smallest_p(np.array([0, 0, 1, 1, 2, 2]), one_stratum, 9999) == pytest.approx(6 / 90)
    assert _distances.smallest_p(np.array([0, 0, 0, 0, 1, 1]), one_stratum, 9999) == pytest.approx(1 / 15)
    assert _distances.smallest_p(np.arange(40) % 4, np.zeros(40, dtype=int), 999) == 1 / 1000


# -- maps --


def test_distances_on_the_map_are_chi_square_distances_where_two_axes_hold_all():
    shares, documents = levels(4, n_topics=3)
    table = ordinate_profiles(shares, documents, by="level")
    points = table[table["kind"] == "document"].sort_values("name")[["axis_1", "axis_2"]]
    values = shares.filter(like="topic_").to_numpy()
    expected = pdist(values / np.sqrt(values.mean(axis=0)))
    np.testing.assert_allclose(pdist(points.to_numpy()), expected, atol=1e-7)
    assert table["explained_1"][0] + table["explained_2"][0] == pytest.approx(1)


def test_every_document_is_a_point_and_every_group_their_mean():
    shares, documents = levels(5)
    table = ordinate_profiles(shares, documents, by="level")
    assert table["kind"].value_counts().to_dict() == {"document": 15, "group": 3, "topic": 5}
    points = table[table["kind"] == "document"].groupby("group")[["axis_1", "axis_2"]].mean()
    groups = table[table["kind"] == "group"].set_index("name")[["axis_1", "axis_2"]]
    np.testing.assert_allclose(points.loc[groups.index], groups, atol=1e-8)


def test_ellipses_are_drawn_only_where_there_are_documents_enough():
    shares, documents = levels(5)
    fewer = shares[~shares["doc_id"].isin(["d000"])]
    groups = ordinate_profiles(fewer, documents, by="level").query("kind == 'group'").set_index("name")
    assert groups["ellipse_major"].isna().to_dict() == {"province": True, "city": False, "district": False}
    assert (groups["ellipse_major"].dropna() >= groups["ellipse_minor"].dropna()).all()


def test_an_ellipse_holds_the_true_mean_in_95_of_100_cases():
    from discourse.compare.ordination import _ellipse

    rng, inside = np.random.default_rng(8), 0
    for _ in range(400):
        points = rng.normal(size=(6, 2)) @ np.array([[1.0, 0.6], [0.0, 0.5]])
        major, minor, angle = _ellipse(points)
        x, y = points.mean(axis=0)
        along, across = np.cos(angle) * x + np.sin(angle) * y, -np.sin(angle) * x + np.cos(angle) * y
        inside += (along / major) ** 2 + (across / minor) ** 2 <= 1
    assert 0.91 <= inside / 400 <= 0.98


def test_the_map_of_two_documents_has_one_axis():
    documents = make_documents(level=["city", "district"])
    table = ordinate_profiles(make_shares(documents, [[0.2, 0.8], [0.6, 0.4]]), documents, by="level")
    assert (table["axis_2"] == 0).all() and table["explained_1"].iloc[0] == 1
