"""Scores of simulated coders: perfect ones, guessing ones, constant ones, ones who leave gaps."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from discourse.evidence.coding import TASKS, plan_coding
from discourse.evidence.scores import adjust_holm, estimate_share, score_coding, score_guessing
from discourse.evidence.verdicts import render_plan, render_scores
from tests.evidence.coding_world import (
    N_TOPICS,
    code,
    guesses,
    perfect,
    planted_model,
    planted_passages,
    planted_topics,
)

RIGHT_OR_WRONG = [task for task in TASKS if task != "label_fit"]
LABELS = {k: f"名{k}" for k in range(N_TOPICS)}


@pytest.fixture(scope="module")
def plan():
    model = planted_model()
    return plan_coding(model, planted_passages(model), planted_topics(model), tasks=TASKS, n=2, seed=1)


@pytest.fixture(scope="module")
def items(plan):
    return plan.items


def whole(scores, measure="precision"):
    """Rows of whole tasks, by task."""
    return scores[scores["topic"].isna() & (scores["measure"] == measure)].set_index("task")


def test_perfect_coders_score_one_agree_and_tell_every_topic(items):
    scores = score_coding(code(items, *[perfect(items)] * 3))
    precision = whole(scores)
    assert set(precision.index) == {*RIGHT_OR_WRONG, "all"}
    assert (precision["score"] == 1).all() and (precision["verdict"] == "above_chance").all()
    assert (precision.loc[RIGHT_OR_WRONG, "alpha"] == 1).all()
    assert (precision["low"] < 1).all() and (precision["high"] == 1).all()
    odds = whole(scores, "log_odds")
    assert (odds["score"] == 0).all() and (odds["chance"] < -1).all()
    assert whole(scores, "accepted").loc["label_fit", "score"] == 1
    assert whole(scores, "rating").loc["label_fit", "score"] == 5
    topics = scores[(scores["task"] == "all") & scores["topic"].notna()]
    assert (topics["verdict"] == "above_chance").all()


def test_guessing_coders_score_chance_within_monte_carlo_error_and_do_not_agree(items):
    rng = np.random.default_rng(7)
    crowd = code(items, *[guesses(items, rng) for _ in range(150)])
    scores = score_coding(crowd, n_draws=20)
    for measure in ("precision", "accepted", "rating", "no_label", "log_odds"):
        for task, row in whole(scores, measure).iterrows():
            values = {"rating": 2.0, "log_odds": 2.0}.get(
                measure, 0.5
            )  # greatest standard deviation of an answer
            assert abs(row["score"] - row["chance"]) < 3.5 * values / np.sqrt(row["n_answers"]), (
                measure,
                task,
            )
    assert (scores["alpha"].dropna().abs() < 0.02).all()


def test_guessing_is_called_better_than_chance_no_more_often_than_promised():
    rng = np.random.default_rng(11)
    chances = pd.Series([1 / 6] * 3 + [1 / 4] * 6)  # three coders, one topic in three tasks
    n_worlds, named, passed = 250, 0, 0
    for _ in range(n_worlds):
        p = [
            score_guessing(pd.Series((rng.random(9) < chances).astype(float)), chances)[0]
            for _ in range(N_TOPICS)
        ]
        named += (adjust_holm(p) <= 0.05).any()
        passed += p[0] <= 0.05
    limit = stats.binom.ppf(0.999, n_worlds, 0.05)
    assert named <= limit and passed <= limit


def test_a_constant_coder_scores_as_often_as_the_answer_stands_there(items):
    scores = whole(score_coding(code(items, [2] * len(items), [2] * len(items))))
    for task in RIGHT_OR_WRONG:
        expected = np.mean([item.answer == 2 for item in items if item.task == task])
        assert scores.loc[task, "score"] == pytest.approx(expected)
    assert np.isnan(scores.loc["set_intrusion", "alpha"])  # nothing varies: nothing to agree about


def test_the_topic_that_coders_cannot_tell_is_named(items):
    rng = np.random.default_rng(5)
    both = [list(zip(items, perfect(items), guesses(items, rng), strict=True)) for _ in range(3)]
    blind = [[guess if item.topic == 4 else right for item, right, guess in coder] for coder in both]
    scores = score_coding(code(items, *blind), n_draws=50)
    topics = scores[(scores["task"] == "all") & scores["topic"].notna()].set_index("topic")
    assert topics.loc[4, "verdict"] == "not_above_chance"
    assert (topics["verdict"].drop(4) == "above_chance").all()
    words = render_scores(scores, LABELS)
    line = words.splitlines()[
        next(i for i, line in enumerate(words.splitlines()) if "与猜测无法区分的主题" in line) + 1
    ]
    assert "T4 名4" in line and "T3" not in line


def test_a_label_that_most_do_not_accept_is_named(items):
    def rate(value):
        return [
            value if i.task == "label_fit" and i.topic == 6 else right
            for i, right in zip(items, perfect(items), strict=True)
        ]

    scores = score_coding(code(items, rate(2), rate(6), rate(4)))
    row = scores[(scores["measure"] == "accepted") & (scores["topic"] == 6)].iloc[0]
    assert row["score"] == pytest.approx(1 / 3) and row["verdict"] == "not_accepted"
    none = scores[(scores["measure"] == "no_label") & (scores["topic"] == 6)].iloc[0]
    rating = scores[(scores["measure"] == "rating") & (scores["topic"] == 6)].iloc[0]
    assert none["score"] == pytest.approx(1 / 3) and rating["score"] == 3
    assert "T6 名6 (33 %)" in render_scores(scores, LABELS)


def test_one_coder_gets_scores_but_no_interval_agreement_or_verdict(items):
    scores = score_coding(code(items, perfect(items)))
    assert (scores["score"].notna()).all() and scores["low"].isna().all() and scores["alpha"].isna().all()
    assert set(scores["verdict"]) == {"cannot_tell", "described"}
    assert "One coder only" in render_scores(scores, LABELS)


def test_missing_answers_are_counted_and_weigh_nothing(items):
    half = [right if i % 2 else None for i, right in enumerate(perfect(items))]
    scores = score_coding(code(items, half, perfect(items)))
    precision = whole(scores)
    assert (precision["score"] == 1).all()
    assert precision.loc["set_intrusion", "n_missing"] == sum(
        half[i] is None for i, item in enumerate(items) if item.task == "set_intrusion"
    )
    assert precision.loc["set_intrusion", ["n_answers", "n_missing"]].sum() == 2 * 2 * N_TOPICS


def test_coders_who_answered_nothing_give_no_score(items):
    scores = score_coding(code(items, [None] * len(items), [None] * len(items)))
    assert scores["score"].isna().all() and scores["p"].isna().all()
    assert set(scores["verdict"]) == {"cannot_tell", "described"} and (scores["n_coders"] == 0).all()
    assert "—" in render_scores(scores, LABELS)


def test_every_topic_weighs_the_same_however_many_answered(items):
    first = next(i for i in items if i.task == "set_intrusion").topic
    wrong = [right % len(i.options) + 1 for i, right in zip(items, perfect(items), strict=True)]
    one = [w if i.topic == first else r for i, w, r in zip(items, wrong, perfect(items), strict=True)]
    gone = [None if i.topic == first else value for i, value in zip(items, one, strict=True)]
    full, part = (whole(score_coding(code(items, one, other), n_draws=5)) for other in (one, gone))
    assert (
        full.loc["set_intrusion", "score"]
        == part.loc["set_intrusion", "score"]
        == pytest.approx(1 - 1 / N_TOPICS)
    )


def test_scores_do_not_depend_on_the_order_of_coders(items):
    rng = np.random.default_rng(9)
    coded = code(items, *[guesses(items, rng) for _ in range(3)])
    keys = ["task", "measure", "topic"]
    one, other, again = (
        score_coding(table, n_draws=50).sort_values(keys).reset_index(drop=True)
        for table in (coded, coded.iloc[::-1], coded)
    )
    intervals = ["alpha_low", "alpha_high"]  # resample topics in the order of the questions
    pd.testing.assert_frame_equal(one.drop(columns=intervals), other.drop(columns=intervals))
    pd.testing.assert_frame_equal(one, again)


def test_the_test_of_guessing_is_a_binomial_where_chances_are_equal():
    scores, chances = pd.Series([1.0] * 5 + [0.0] * 7 + [np.nan]), pd.Series([0.25] * 13)
    p, smallest = score_guessing(scores, chances)
    assert p == pytest.approx(stats.binomtest(5, 12, 0.25, alternative="greater").pvalue)
    assert smallest == pytest.approx(0.25**12)


def test_the_test_of_guessing_equals_all_outcomes_counted():
    chances = np.array([1 / 6, 1 / 4, 1 / 3, 1 / 4])
    outcomes = np.array(np.meshgrid(*[[0, 1]] * 4)).reshape(4, -1).T
    weights = np.where(outcomes == 1, chances, 1 - chances).prod(axis=1)
    for right in range(5):
        scores = pd.Series([1.0] * right + [0.0] * (4 - right))
        expected = weights[outcomes.sum(axis=1) >= right].sum()
        assert score_guessing(scores, pd.Series(chances))[0] == pytest.approx(expected)


def test_holm_is_that_of_statsmodels():
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    p = np.random.default_rng(0).uniform(size=15) ** 3
    assert adjust_holm(p) == pytest.approx(multitest.multipletests(p, method="holm")[1])
    gap = adjust_holm([0.01, np.nan, 0.2])
    assert gap[0] == 0.02 and np.isnan(gap[1]) and gap[2] == 0.2


def test_the_interval_of_a_share_is_exact_where_topics_are_all_or_nothing():
    exact = stats.binomtest(10, 10).proportion_ci(method="exact")
    assert estimate_share(np.ones(10)) == pytest.approx((exact.low, 1.0))
    assert estimate_share(np.zeros(10)) == pytest.approx((0.0, 1 - exact.low))
    assert all(np.isnan(estimate_share(np.array([0.4]))))


@pytest.mark.parametrize(("n_topics", "a", "b"), [(6, 8, 2), (6, 19, 1), (20, 4, 1), (20, 2, 3)])
def test_the_interval_of_a_share_covers_at_least_as_promised(n_topics, a, b):
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(400):
        low, high = estimate_share(rng.binomial(3, rng.beta(a, b, n_topics)) / 3)
        covered.append(low - 1e-12 <= a / (a + b) <= high + 1e-12)
    assert np.mean(covered) > 0.92


def test_the_plan_says_how_many_questions_and_how_long(plan):
    words = render_plan(plan)
    assert "88 questions" in words and "88 题" in words and "Word intrusion: 16" in words
