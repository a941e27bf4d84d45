import shutil

import numpy as np
import pandas as pd
import pytest

from discourse.config import read_study
from discourse.errors import DataError, SettingError
from discourse.report.methods import _themes
from discourse.resources import resource
from discourse.runs.store import load_model, load_table
from discourse.stages import STAGES, Run
from discourse.topics.dtm import build_dtm
from discourse.topics.labels import describe_topics
from discourse.topics.lda import fit_lda
from discourse.topics.seeded import find_themes, fit_seeded
from tests.topics.planted import THEMES, planted_tokens, themes_of, tokens_of


@pytest.fixture(scope="module")
def planted_dtm():
    return build_dtm(planted_tokens(), max_df=1.0)


@pytest.mark.parametrize("order", [("乡村", "法治"), ("法治", "乡村"), ("党建", "法治", "乡村")])
def test_topics_stand_in_the_order_of_their_themes(planted_dtm, order):
    themes = {theme: THEMES[theme][:2] for theme in order}
    model = fit_seeded(planted_dtm, themes, n_others=3 - len(order))
    found, purity = themes_of(model)
    assert tuple(found[: len(order)]) == order and purity.min() > 0.95
    assert model.settings["themes"] == themes


def test_two_themes_of_one_subject_are_kept_apart_by_their_terms(planted_dtm):
    one, other = THEMES["党建"][:4], THEMES["党建"][4:]
    model = fit_seeded(planted_dtm, {"甲": one, "乙": other}, n_others=2, weight=2.0)
    mass = [[model.phi[k, model.vocabulary.isin(terms)].sum() for terms in (one, other)] for k in (0, 1)]
    assert mass[0][0] > 2 * mass[0][1] and mass[1][1] > 2 * mass[1][0]


def test_a_vanishing_weight_gives_the_likelihood_of_a_model_without_themes(planted_dtm):
    free = fit_lda(planted_dtm, n_topics=3, eta=0.03).settings["log_likelihood"]
    told = fit_seeded(planted_dtm, {"法治": THEMES["法治"]}, n_others=2, weight=1e-9)
    assert told.settings["log_likelihood"] == pytest.approx(free, abs=1e-3)


def test_the_same_seed_gives_the_same_bytes(planted_dtm):
    one, other = (fit_seeded(planted_dtm, {"法治": ["法庭"]}, n_others=3, seed=5) for _ in range(2))
    assert (one.phi == other.phi).all() and (one.theta == other.theta).all()


def test_others_follow_by_decreasing_prevalence(planted_dtm):
    model = fit_seeded(planted_dtm, {"法治": ["法庭"]}, n_others=4)
    prevalence = model.lengths @ model.theta / model.lengths.sum()
    assert (np.diff(prevalence[1:]) <= 1e-12).all()


def test_terms_outside_the_vocabulary_are_passed_over_and_a_theme_of_them_is_an_error(planted_dtm):
    assert fit_seeded(planted_dtm, {"法治": ["法庭", "新词"]}, n_others=2).settings["themes"] == {
        "法治": ["法庭"]
    }
    with pytest.raises(DataError, match="theme '航天' has no term"):
        fit_seeded(planted_dtm, {"航天": ["火箭"]})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"themes": {}}, "themes is empty"),
        ({"weight": 0}, "theme_weight must be"),
        ({"n_others": -1}, "n_others must be"),
    ],
)
def test_a_setting_out_of_range_names_itself(planted_dtm, options, words):
    with pytest.raises(SettingError, match=words):
        fit_seeded(planted_dtm, **{"themes": {"法治": ["法庭"]}, **options})


def test_fit_lda_with_themes_is_the_same_model(planted_dtm):
    themes = {"法治": ["法庭", "调解"]}
    one = fit_seeded(planted_dtm, themes, n_others=2, weight=0.2)
    other = fit_lda(planted_dtm, n_topics=3, themes=themes, theme_weight=0.2)
    assert (one.phi == other.phi).all() and one.settings == other.settings


def test_topics_of_themes_bear_their_names_and_the_others_their_terms(planted_dtm):
    model = fit_seeded(planted_dtm, {"依法": THEMES["法治"][:2], "农村": THEMES["乡村"][:2]}, n_others=1)
    labels = describe_topics(model, planted_dtm)["label"].tolist()
    assert labels[:2] == ["依法", "农村"] and " · " in labels[2]


def test_a_topic_that_drifted_to_another_subject_is_warned_of():
    """Two mentions in passages on the law: with few topics the theme's one becomes a topic on the law."""
    rng = np.random.default_rng(0)
    subjects = [[f"{name}{i}" for i in range(20)] for name in "法农"]
    passages = [(f"doc{i % 4}#{i:04d}", list(rng.choice(subjects[i % 2], 40))) for i in range(60)]
    for _, terms in passages[:4:2]:
        terms += ["航天"]
    dtm = build_dtm(tokens_of(passages), max_df=1.0)
    with pytest.warns(UserWarning, match="theme '航天': its topic is about .* instead"):
        fit_seeded(dtm, {"航天": ["航天"]}, n_others=1)


def test_a_theme_that_is_talked_about_a_little_keeps_its_topic():
    own = [(f"doc{i % 6}#9{i:03d}", ["航天", "火箭", "卫星"] * 8) for i in range(6)]
    dtm = build_dtm(pd.concat([planted_tokens(), tokens_of(own)]), max_df=1.0)
    model = fit_seeded(dtm, {"航天": ["航天"]}, n_others=3)
    assert model.phi[0, model.vocabulary.isin(["航天", "火箭", "卫星"])].sum() > 0.9
    assert (model.lengths @ model.theta / model.lengths.sum())[0] == pytest.approx(144 / 2844, rel=0.2)


def test_engines_without_a_prior_for_every_term_refuse_themes(planted_dtm):
    with pytest.raises(SettingError, match="themes need engine='cvb0', not 'gensim'"):
        fit_lda(planted_dtm, n_topics=3, engine="gensim", themes={"法治": ["法庭"]})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"themes": ["法治"]}, "themes must name the terms"),
        ({"themes": {"法治": "法庭"}}, "must stand in a list"),
        ({"themes": {theme: terms[:1] for theme, terms in THEMES.items()}}, "n_topics=2 leaves no topic"),
        ({"themes": {"法治": ["法庭"]}, "theme_weight": True}, "theme_weight must be"),
        ({"memory": 0}, "memory must be a number of gigabytes"),
    ],
)
def test_settings_of_themes_and_memory_are_checked(planted_dtm, options, words):
    with pytest.raises(SettingError, match=words):
        fit_lda(planted_dtm, n_topics=2, **options)


@pytest.fixture
def lexicon():
    rows = [("法庭", "法治", "own"), ("支部", "党建", "own"), ("调解", "法治", "own")]
    return pd.DataFrame(rows, columns=["term", "theme", "source"], dtype="str")


def test_themes_are_looked_up_in_the_lexicon_by_name(lexicon):
    assert find_themes(["法治"], lexicon) == {"法治": ["法庭", "调解"]}
    assert find_themes({"农": ("村庄",)}, lexicon) == {"农": ["村庄"]}
    with pytest.raises(SettingError, match="no theme '法制'.*Themes: 法治, 党建"):
        find_themes(["法制"], lexicon)


def test_a_study_leads_its_topics_by_themes_of_its_lexicon(demo_run, tmp_path):
    for name in ("documents", "passages", "tokens", "lexicon"):
        shutil.copy(demo_run / f"{name}.parquet", tmp_path)
    changes = ["topics.lda.themes=['党的建设', '法治与平安']", "topics.lda.n_starts=1"]
    changes += ["topics.ensemble.seeds=[1, 2]", "multiverse.sizes=[1.0]"]
    study = read_study(resource("seeds", "study.toml"), changes)
    STAGES["topics"][0](Run(tmp_path, study, {}, say=lambda message: None))
    assert load_table(tmp_path, "topics")["label"].tolist()[:2] == ["党的建设", "法治与平安"]
    assert set(load_model(tmp_path).settings["themes"]) == {"党的建设", "法治与平安"}
    assert load_table(tmp_path, "universes")["n_topics"].eq(6).all()


@pytest.mark.parametrize(
    "settings",
    [{"topics.lda.themes": ["法治", "党建"]}, {"topics.lda.themes.法治": [], "topics.lda.themes.党建": []}],
)
def test_the_methods_say_that_topics_were_led_and_by_what(settings):
    said = _themes({**settings, "topics.lda.theme_weight": 0.1})
    assert "（法治、党建）" in said["zh"] and "first 2 topics" in said["en"] and "0.1 times" in said["en"]
    assert _themes({"topics.lda.themes": None})["zh"] == ""
