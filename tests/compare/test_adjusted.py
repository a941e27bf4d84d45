"""Differences that hold other variables fixed, against statsmodels, slow twins and published numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from discourse.compare._regression import estimate_combination
from discourse.compare.adjusted import contrast_adjusted
from discourse.compare.contrasts import contrast_prevalence
from discourse.errors import DataError, SettingError
from tests.compare import reference_stats
from tests.compare.worlds import draw_shares, make_documents, make_shares

FORMULA = "~ level + region + year"


def three_variables(n_documents: int = 24, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    level = rng.choice(["province", "city", "district"], n_documents).tolist()
    region = rng.choice(["东", "西"], n_documents).tolist()
    year = rng.integers(2018, 2026, n_documents).tolist()
    documents = make_documents(level=level, region=region, year=year)
    shifts = np.zeros((n_documents, 3))
    shifts[:, 0] = (np.array(year) - 2021) * 0.4
    return make_shares(documents, draw_shares(rng, shifts, 0.4)), documents


def test_coefficients_and_hc2_errors_are_those_of_statsmodels():
    shares, documents = three_variables()
    table = contrast_adjusted(shares, documents, formula=FORMULA)
    for topic in range(3):
        data = documents.assign(y=shares[f"topic_{topic}"], year=documents["year"].astype(float) - 2020)
        plain = smf.ols("y ~ C(level) + C(region) + year", data).fit()
        robust = plain.get_robustcov_results("HC2")
        names = plain.model.exog_names
        own = table[table["topic"] == topic].set_index(["target", "reference"])
        for key, name, sign in (
            (("year", ""), "year", 1),
            (("东", "西"), "C(region)[T.西]", -1),
            (("city", "district"), "C(level)[T.district]", -1),
            (("province", "city"), "C(level)[T.province]", 1),
        ):
            place = names.index(name)
            assert own.loc[key, "difference"] == pytest.approx(sign * plain.params[name])
            assert own.loc[key, "se"] == pytest.approx(max(plain.bse[name], robust.bse[place]))


def test_degrees_of_freedom_are_those_of_the_slow_twin():
    rng = np.random.default_rng(1)
    x = np.column_stack([rng.normal(size=15), np.ones(15), rng.integers(0, 2, 15), rng.normal(size=15) ** 3])
    found = estimate_combination(rng.normal(size=(15, 2)), x, np.array([1.0, 0, 0, 0]))
    assert found.df == pytest.approx(min(11, reference_stats.bell_mccaffrey(x)))


def test_degrees_of_freedom_of_3_against_27_are_the_2_5_of_imbens_and_kolesar():
    x = np.column_stack([np.arange(30) < 3, np.ones(30)]).astype(float)
    found = estimate_combination(np.random.default_rng(0).normal(size=(30, 1)), x, np.array([1.0, 0.0]))
    assert found.df == pytest.approx(2.5, abs=0.05)


def test_one_factor_alone_gives_the_difference_of_the_plain_contrast():
    shares, documents = three_variables()
    adjusted = contrast_adjusted(shares, documents, formula="~ region")
    plain = contrast_prevalence(shares, documents, by="region")
    np.testing.assert_allclose(adjusted["difference"], plain["difference"])
    assert adjusted["target"].tolist() == plain["target"].tolist()


def test_a_confounder_is_taken_out():
    # cities speak in later years, and the topic rises with the years: levels do not differ
    year = np.r_[np.arange(2018, 2026), np.arange(2014, 2022)]
    documents = make_documents(level=["city"] * 8 + ["district"] * 8, year=year.tolist())
    rng = np.random.default_rng(4)
    value = 0.2 + 0.03 * (year - 2014) + rng.normal(0, 0.01, 16)
    shares = make_shares(documents, np.c_[value, 1 - value])
    plain = contrast_prevalence(shares, documents, by="level").set_index("topic")
    adjusted = contrast_adjusted(shares, documents, formula="~ level + year").set_index(["factor", "topic"])
    assert plain.loc[0, "verdict"] == "higher"
    assert adjusted.loc[("level", 0), "verdict"] == "cannot tell"
    assert adjusted.loc[("year", 0), "difference"] == pytest.approx(0.03, abs=0.004)


def test_what_the_data_cannot_tell_apart_is_flagged_and_has_no_number():
    documents = make_documents(level=["city"] * 4 + ["district"] * 4, region=["东"] * 4 + ["西"] * 4)
    shares = make_shares(documents, np.random.default_rng(0).dirichlet([1, 1], 8))
    table = contrast_adjusted(shares, documents, formula="~ level + region")
    assert (table["flags"] == "confounded").all() and table["difference"].isna().all()
    assert (table["verdict"] == "descriptive only").all()


def test_a_group_of_one_document_has_neither_interval_nor_p():
    documents = make_documents(level=["central"] + ["city"] * 5 + ["district"] * 5)
    shares = make_shares(documents, np.random.default_rng(0).dirichlet([1, 1, 1], 11))
    table = contrast_adjusted(shares, documents, formula="~ level")
    lone = table["target"] == "central"
    assert table.loc[lone, ["se", "low", "high", "p", "p_adjusted", "q"]].isna().all(axis=None)
    assert (table.loc[lone, "flags"] == "rests on one unit").all()
    assert table.loc[~lone, "p"].notna().all()


def test_years_may_be_a_line_or_groups():
    shares, documents = three_variables(40)
    line = contrast_adjusted(shares, documents, formula="~ year")
    groups = contrast_adjusted(shares, documents, formula="~ C(year)")
    assert len(line) == 3 and (line["reference"] == "").all()
    n_years = documents["year"].nunique()
    assert len(groups) == 3 * n_years * (n_years - 1) // 2


def test_clusters_are_the_units_and_must_be_of_one_kind():
    shares, documents = three_variables(24)
    documents = documents.assign(city=pd.Series([f"c{i // 2}" for i in range(24)], dtype="str"))
    with pytest.raises(DataError, match="must not vary inside a unit of cluster='city'"):
        contrast_adjusted(shares, documents, formula="~ level", cluster="city")
    even = documents.assign(level=documents["level"].iloc[::2].repeat(2).to_numpy())
    table = contrast_adjusted(shares, even, formula="~ level", cluster="city")
    sizes = table[["target", "n_units_target", "n_documents_target"]].drop_duplicates()
    assert (sizes["n_documents_target"] == 2 * sizes["n_units_target"]).all()


@pytest.mark.parametrize("formula", ["level + region", "~", "~ level +", "~ level * region", "~ log(year)"])
def test_a_formula_that_cannot_be_read_is_refused(formula):
    shares, documents = three_variables()
    with pytest.raises(SettingError, match="must be '~' and columns|is not a column"):
        contrast_adjusted(shares, documents, formula=formula)


def test_a_misspelt_variable_is_named():
    shares, documents = three_variables()
    with pytest.raises(SettingError, match="'regoin' is not a column of documents. Did you mean 'region'"):
        contrast_adjusted(shares, documents, formula="~ level + regoin")
