import numpy as np
import pytest

from discourse.errors import DataError, SettingError
from discourse.topics.dtm import build_dtm
from discourse.topics.lda import fit_lda
from discourse.topics.seeded import fit_seeded
from tests.topics.planted import THEMES, planted_tokens, themes_of


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
        ({"weight": 0}, "weight must be"),
        ({"n_others": -1}, "n_others must be"),
    ],
)
def test_a_setting_out_of_range_names_itself(planted_dtm, options, words):
    with pytest.raises(SettingError, match=words):
        fit_seeded(planted_dtm, **{"themes": {"法治": ["法庭"]}, **options})
