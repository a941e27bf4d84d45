"""A badge starts from a finding, and other models can only take away from it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from discourse.compare._movers import find_movers, split_variance
from discourse.compare.contrasts import contrast_prevalence
from discourse.compare.robustness import contrast_models, join_families, judge_robustness
from discourse.contracts import CONTRACTS, check, empty
from discourse.errors import DataError

N_MODELS = 20


def verdicts(verdict: str, difference: float = 0.1) -> pd.DataFrame:
    """One contrast as `contrasts` holds it, as far as badges read it."""
    row = {"factor": "level", "target": "city", "reference": "district", "topic": 0}
    return pd.DataFrame([row | {"difference": difference, "verdict": verdict}])


def curve(differences: list[float], p: list[float], n_present: int) -> pd.DataFrame:
    table = pd.DataFrame({"difference": differences, "p": p})
    table["model_id"] = [f"m{number:02d}" for number in range(len(table))]
    table["present"] = np.arange(len(table)) < n_present
    table["affinity"] = np.where(table["present"], 0.9, 0.5)
    return table.assign(factor="level", target="city", reference="district", topic=0)


def universes_of(n_models: int = N_MODELS, **settings: list[object]) -> pd.DataFrame:
    table = pd.DataFrame({"model_id": [f"m{number:02d}" for number in range(n_models)]})
    plain = {"engine": "cvb0", "n_topics": 8, "seed": np.arange(n_models) % 5, "log_likelihood": -5.0}
    plain |= {"n_iterations": 50, "converged": True, "n_terms": 100, "common": 1.0}
    return table.assign(**plain, is_reference=np.arange(n_models) == 0, **settings)


def badge(verdict: str, differences: list[float], p: list[float], n_present: int) -> tuple[str, str]:
    row = judge_robustness(verdicts(verdict), curve(differences, p, n_present), universes_of()).iloc[0]
    return row["badge"], row["failed"]


STEADY, SURE = [0.1] * N_MODELS, [0.01] * N_MODELS


@pytest.mark.parametrize(
    ("verdict", "differences", "p", "n_present", "expected"),
    [
        ("higher", STEADY, SURE, 20, ("robust", "")),
        ("higher", STEADY, SURE, 18, ("robust", "")),
        ("higher", STEADY, SURE, 17, ("fragile", "present")),
        ("higher", STEADY, SURE, 10, ("fragile", "present")),
        ("higher", STEADY, SURE, 9, ("model-made", "present")),
        ("higher", [-0.1] + [0.1] * 19, SURE, 20, ("robust", "")),
        ("higher", [-0.1] * 2 + [0.1] * 18, SURE, 20, ("fragile", "same sign")),
        ("higher", STEADY, [0.2] * 5 + [0.01] * 15, 20, ("robust", "")),
        ("higher", STEADY, [0.2] * 6 + [0.01] * 14, 20, ("fragile", "significant")),
        ("higher", [-0.1] * 20, [0.2] * 20, 0, ("model-made", "present; same sign; significant")),
        ("cannot tell", STEADY, SURE, 20, ("cannot tell", "")),
        ("descriptive only", STEADY, [np.nan] * 20, 20, ("cannot tell", "")),
    ],
)
def test_a_badge_follows_the_published_thresholds(verdict, differences, p, n_present, expected):
    assert badge(verdict, differences, p, n_present) == expected


def test_the_sign_that_counts_is_that_of_the_finding():
    row = judge_robustness(verdicts("lower", -0.1), curve(STEADY, SURE, 20), universes_of()).iloc[0]
    assert (row["same_sign"], row["badge"]) == (0.0, "fragile")


def test_absent_topics_do_not_enter_the_range_of_differences():
    differences = [0.1, 0.2, 0.3, 5.0]
    row = judge_robustness(verdicts("higher"), curve(differences, [0.01] * 4, 3), universes_of(4)).iloc[0]
    assert (row["smallest"], row["median"], row["largest"], row["n_present"]) == (0.1, 0.2, 0.3, 3)


def test_without_a_p_in_any_model_none_is_counted():
    table = judge_robustness(verdicts("descriptive only"), curve(STEADY, [np.nan] * 20, 20), universes_of())
    assert table["significant"].isna().all()


def test_a_model_that_universes_lack_is_refused():
    with pytest.raises(DataError, match="'m19', which universes lack"):
        judge_robustness(verdicts("higher"), curve(STEADY, SURE, 20), universes_of(19))


# --- families -----------------------------------------------------------------------------------------------


@pytest.fixture
def shares_of_four_topics() -> pd.DataFrame:
    values = np.random.default_rng(3).dirichlet(np.ones(4), 6)
    columns = {f"topic_{topic}": values[:, topic] for topic in range(4)}
    return pd.DataFrame({"doc_id": [f"d{n}" for n in range(6)], "n_passages": 3, "n_tokens": 90} | columns)


def alignment_of(matched: list[int], affinity: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"model_id": "m", "topic": range(4), "matched": matched, "affinity": affinity})


def test_topics_that_join_one_family_add_their_shares(shares_of_four_topics):
    alignment = alignment_of([1, 1, 0, -1], [0.9, 0.7, 0.85, 0.3])
    joined, families = join_families(shares_of_four_topics, alignment, n_topics=3)
    expected = shares_of_four_topics["topic_0"] + shares_of_four_topics["topic_1"]
    assert np.allclose(joined["topic_1"], expected)
    assert np.allclose(joined["topic_0"], shares_of_four_topics["topic_2"])
    assert joined["topic_2"].isna().all()
    assert families["n_joined"].tolist() == [1, 2, 0]
    assert families["affinity"].tolist()[:2] == [0.85, 0.9]
    assert np.isnan(families["affinity"][2])


# --- contrasts of many models at once -----------------------------------------------------------------------


def make_documents(levels: list[str | None], **columns: list[str]) -> pd.DataFrame:
    ids = [f"d{number}" for number in range(len(levels))]
    given = {"doc_id": ids, "source_id": ids, "text": "", "raw_start": 0, "raw_end": 0, "level": levels}
    rules = CONTRACTS["documents"].columns
    table = pd.DataFrame({name: (given | columns).get(name) for name in rules}, index=range(len(ids)))
    return table.astype({name: "str" for name, rule in rules.items() if rule.startswith("str")})


def sample_models(rng: np.random.Generator, n_documents: int, n_models: int) -> list[pd.DataFrame]:
    """Shares of three topics in several models; the models agree but for some noise."""
    truth = rng.dirichlet(np.ones(3) * 4, n_documents)
    sampled = []
    for _ in range(n_models):
        values = truth * rng.uniform(0.8, 1.25, truth.shape)
        values /= values.sum(axis=1, keepdims=True)
        columns = {f"topic_{topic}": values[:, topic] for topic in range(3)}
        ids = [f"d{number}" for number in range(n_documents)]
        sampled.append(pd.DataFrame({"doc_id": ids, "n_passages": 3, "n_tokens": 90} | columns))
    return sampled


def stack_models(models: list[pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    shares = pd.concat([table.assign(model_id=f"m{n:02d}") for n, table in enumerate(models)])
    families = pd.DataFrame({"topic": range(3), "affinity": 0.9, "n_joined": 1})
    return shares.drop(columns=["n_passages", "n_tokens"]), pd.concat(
        [families.assign(model_id=f"m{n:02d}") for n in range(len(models))]
    )


@pytest.mark.parametrize("options", [{}, {"cluster": "city"}, {"strata": "region"}])
def test_every_model_says_what_contrast_prevalence_says_of_it_alone(options):
    rng = np.random.default_rng(5)
    levels = ["city"] * 6 + ["district"] * 6
    cities = [f"c{n // 2}" for n in range(12)]
    documents = make_documents(levels, city=cities, region=[f"r{n % 2}" for n in range(12)])
    models = sample_models(rng, 12, 3)
    contrasts = contrast_prevalence(models[0], documents, by="level", n_permutations=99, **options)
    table = contrast_models(contrasts, *stack_models(models), documents, **options)
    for number, shares in enumerate(models):
        alone = contrast_prevalence(shares, documents, by="level", n_permutations=99, **options)
        own = table[table["model_id"] == f"m{number:02d}"].sort_values("topic")
        np.testing.assert_allclose(own["difference"], alone["difference"], atol=1e-12)
        np.testing.assert_allclose(own["p"], alone["p"], rtol=1e-7)


def test_one_document_in_a_group_gives_a_difference_and_no_p():
    documents = make_documents(["city", "district", "district"])
    models = sample_models(np.random.default_rng(1), 3, 2)
    contrasts = contrast_prevalence(models[0], documents, by="level")
    table = contrast_models(contrasts, *stack_models(models), documents)
    assert table["p"].isna().all() and table["difference"].notna().all()


def test_contrasts_with_the_rest_are_followed_too():
    documents = make_documents(["city"] * 3 + ["district"] * 3 + ["province"] * 3)
    models = sample_models(np.random.default_rng(2), 9, 2)
    contrasts = contrast_prevalence(models[0], documents, by="level", pairs="rest", n_permutations=99)
    table = contrast_models(contrasts, *stack_models(models), documents)
    own = table[table["model_id"] == "m00"].merge(contrasts, on=["target", "reference", "topic"])
    np.testing.assert_allclose(own["difference_x"], own["difference_y"], atol=1e-12)


def test_a_model_that_lost_documents_is_contrasted_without_them():
    documents = make_documents(["city"] * 4 + ["district"] * 4)
    models = sample_models(np.random.default_rng(4), 8, 2)
    contrasts = contrast_prevalence(models[0], documents, by="level", n_permutations=99)
    lost = [models[0], models[1].iloc[1:]]
    table = contrast_models(contrasts, *stack_models(lost), documents)
    alone = contrast_prevalence(lost[1], documents, by="level", n_permutations=99)
    own = table[table["model_id"] == "m01"].sort_values("topic")
    np.testing.assert_allclose(own["difference"], alone["difference"], atol=1e-12)


def test_a_model_that_lost_a_whole_group_says_nothing():
    documents = make_documents(["city"] * 2 + ["district"] * 2)
    models = sample_models(np.random.default_rng(4), 4, 2)
    contrasts = contrast_prevalence(models[0], documents, by="level")
    table = contrast_models(contrasts, *stack_models([models[0], models[1].iloc[2:]]), documents)
    own = table[table["model_id"] == "m01"]
    assert own["difference"].isna().all() and not own["present"].any()


def test_a_topic_without_a_family_has_no_difference():
    documents = make_documents(["city"] * 3 + ["district"] * 3)
    models = sample_models(np.random.default_rng(6), 6, 2)
    contrasts = contrast_prevalence(models[0], documents, by="level", n_permutations=99)
    shares, families = stack_models(models)
    gone = (families["model_id"] == "m01") & (families["topic"] == 2)
    families.loc[gone, "affinity"] = np.nan
    shares.loc[shares["model_id"] == "m01", "topic_2"] = np.nan
    table = contrast_models(contrasts, shares, families, documents)
    row = table[(table["model_id"] == "m01") & (table["topic"] == 2)].iloc[0]
    assert np.isnan(row["difference"]) and not row["present"]


def test_no_contrast_gives_empty_tables():
    contrasts, universes = empty("contrasts"), universes_of(3)
    table = contrast_models(contrasts, empty("family_shares"), empty("families"), make_documents(["city"]))
    assert check(table, "specifications").empty
    assert judge_robustness(contrasts, table, universes).empty


# --- which setting moves a difference -----------------------------------------------------------------------


def test_the_setting_that_was_made_to_move_a_difference_is_named():
    stop_lists = ["general", "official"] * 10
    universes = universes_of(
        **{"segment.tokens.stopwords": stop_lists, "topics.dtm.min_df": [2] * 10 + [5] * 10}
    )
    noise = np.random.default_rng(0).normal(0, 0.01, N_MODELS)
    moved_by, share = find_movers(
        np.array([np.where(np.array(stop_lists) == "general", 0.1, 0.3) + noise]), universes
    )
    assert moved_by == ["segment.tokens.stopwords"] and share[0] > 0.95


def test_where_settings_do_nothing_the_seed_moves_a_difference():
    universes = universes_of(**{"topics.dtm.min_df": [2] * 10 + [5] * 10})
    moved_by, _ = find_movers(np.random.default_rng(2).normal(0, 0.01, (30, N_MODELS)), universes)
    assert moved_by.count("seed") >= 27


def test_variance_components_of_a_balanced_design_equal_those_made_by_hand():
    rng = np.random.default_rng(8)
    settings = pd.DataFrame({"a": np.repeat(["x", "y"], 8), "b": np.tile(np.repeat(["u", "v"], 4), 2)})
    values = rng.normal(size=(16, 1)) + np.where(settings["a"] == "x", 3.0, 0.0)[:, None]
    parts = split_variance(values, settings)
    cells = values.reshape(4, 4)
    within = cells.var(axis=1, ddof=1).mean()
    residual = ((values - 0) ** 2).sum()  # of the main-effects model, from level means
    means = values.mean() + sum(
        (pd.Series(values[:, 0]).groupby(settings[name]).transform("mean") - values.mean()) for name in "ab"
    )
    residual = ((values[:, 0] - means) ** 2).sum() / (16 - 3)
    between = pd.Series(values[:, 0]).groupby(settings["a"]).mean().var(ddof=0)
    assert parts["seed"][0] == pytest.approx(within)
    assert parts["a"][0] == pytest.approx(between - residual / 16)
    assert parts["interplay"][0] == pytest.approx(max(residual - within, 0.0))


def test_fewer_than_three_models_name_no_mover():
    moved_by, share = find_movers(np.array([[0.1, 0.2]]), universes_of(2))
    assert moved_by == [None] and np.isnan(share).all()


def test_models_that_all_say_the_same_name_no_mover():
    moved_by, share = find_movers(np.full((1, N_MODELS), 0.1), universes_of())
    assert moved_by == [None] and np.isnan(share).all()
