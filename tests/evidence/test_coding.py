"""Questions for coders: fair, blind, random where they must be, the same again under the same seed."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from discourse.errors import ContractError, DataError, SettingError
from discourse.evidence.coding import DEFAULT_TASKS, TASKS, plan_coding
from tests.evidence.coding_world import N_TOPICS, planted_model, planted_passages, planted_topics


@pytest.fixture(scope="module")
def world():
    model = planted_model()
    return model, planted_passages(model), planted_topics(model)


@pytest.fixture(scope="module")
def plan(world):
    return plan_coding(*world, tasks=TASKS, n=2, seed=3)


def of_task(plan, task):
    return [item for item in plan.items if item.task == task]


def test_every_topic_is_asked_about_in_every_task(plan):
    for task in TASKS:
        n = 1 if task == "label_fit" else 2
        assert Counter(item.topic for item in of_task(plan, task)) == dict.fromkeys(range(N_TOPICS), n)
    assert plan.notes == ()


def test_the_first_word_question_shows_the_five_most_probable_terms(world):
    model, *_ = world
    for item in of_task(plan_coding(*world, tasks=["word_intrusion"]), "word_intrusion"):
        words = [option[0] for option in item.options]
        intruder = words.pop(item.answer - 1)
        tops = model.vocabulary[np.argsort(-model.phi[item.topic])[:5]]
        assert sorted(words) == sorted(tops)
        assert intruder[0] not in {word[0] for word in words}


def test_a_word_intruder_is_improbable_here_and_probable_elsewhere(world, plan):
    model, *_ = world
    for item in of_task(plan, "word_intrusion"):
        column = model.vocabulary.get_loc(item.options[item.answer - 1][0])
        phi = model.phi[:, column]
        assert phi[item.topic] <= np.median(model.phi[item.topic])
        ranks = (model.phi > phi[:, None]).sum(axis=1)
        assert (np.delete(ranks, item.topic) < 10).any()


def test_no_intruding_word_serves_twice_or_is_shown_for_its_own_topic(world):
    items = plan_coding(*world, tasks=["word_intrusion"]).items
    intruders = [item.options[item.answer - 1] for item in items]
    shown = {o for item in items for i, o in enumerate(item.options, start=1) if i != item.answer}
    assert len(set(intruders)) == len(intruders) and not set(intruders) & shown


def test_an_intruder_never_holds_or_is_held_by_a_word_beside_it(world):
    model, passages, topics = world
    renamed = model.vocabulary.where(~model.vocabulary.str.startswith("乙"), "甲00" + model.vocabulary)
    items = plan_coding(replace(model, vocabulary=renamed), passages, topics, tasks=["word_intrusion"]).items
    about_first = next(item for item in items if item.topic == 0)
    assert "甲00" in [option[0] for option in about_first.options]
    assert not about_first.options[about_first.answer - 1][0].startswith("甲00乙")


def test_three_sets_are_of_the_topic_and_one_of_another(plan):
    for item in of_task(plan, "set_intrusion"):
        firsts = [{word[0] for word in option} for option in item.options]
        assert all(len(option) == 4 for option in item.options)
        own = "甲乙丙丁戊己庚辛"[item.topic]
        assert [first == {own} for first in firsts].index(False) + 1 == item.answer
        assert sum(first == {own} for first in firsts) == 3
        words = [word for option in item.options for word in option]
        assert len(set(words)) == 16


@pytest.mark.parametrize("task", ["topic_intrusion", "label_intrusion"])
def test_a_passage_holds_all_topics_but_the_intruder(world, plan, task):
    model, passages, _ = world
    rows = dict(zip(passages["text"], range(len(passages)), strict=True))
    for item in of_task(plan, task):
        theta = model.theta[rows[item.texts[0]]]
        assert item.option_theta == tuple(theta[list(item.option_topics)])
        shown = [t for i, t in enumerate(item.option_theta, start=1) if i != item.answer]
        assert len(shown) == 3 and min(shown) >= 0.1 and item.topic in item.option_topics
        assert item.option_theta[item.answer - 1] <= min(shown) / 2
    assert len({item.texts for item in of_task(plan, task)}) == 2 * N_TOPICS


def test_the_right_label_is_that_of_the_passage(world, plan):
    model, passages, _ = world
    rows = dict(zip(passages["text"], range(len(passages)), strict=True))
    for item in of_task(plan, "label_choice"):
        assert item.options[item.answer - 1] == (f"名{item.topic}",)
        assert model.theta[rows[item.texts[0]]].argmax() == item.topic


def test_answers_stand_at_every_position_alike():
    model = planted_model()
    parts = model, planted_passages(model), planted_topics(model)
    places = Counter(
        item.answer for seed in range(12) for item in plan_coding(*parts, tasks=["set_intrusion"], seed=seed).items
    )  # fmt: skip
    expected = 12 * N_TOPICS / 4
    chi_square = sum((places[i] - expected) ** 2 / expected for i in range(1, 5))
    assert chi_square < 16.3  # three degrees of freedom, p = .001


def test_the_same_seed_asks_the_same_and_another_seed_asks_otherwise(world):
    assert plan_coding(*world, seed=5) == plan_coding(*world, seed=5)
    assert plan_coding(*world, seed=5).items != plan_coding(*world, seed=6).items


def test_tasks_come_in_one_order_whatever_the_request(world):
    items = plan_coding(*world, tasks=tuple(reversed(DEFAULT_TASKS))).items
    assert list(dict.fromkeys(item.task for item in items)) == list(DEFAULT_TASKS)
    assert [item.item_id for item in items] == [f"q{i:03d}" for i in range(1, len(items) + 1)]


def test_passages_in_another_order_give_the_same_questions(world):
    model, passages, topics = world
    shuffled = passages.sample(frac=1, random_state=1)
    assert plan_coding(model, shuffled, topics) == plan_coding(model, passages, topics)


def test_only_chosen_topics_are_asked_about_and_excluded_ones_never_appear(world):
    model, passages, topics = world
    items = plan_coding(model, passages, topics, only=[2, 5]).items
    assert {item.topic for item in items} == {2, 5}
    coded = topics.assign(excluded=topics["topic"] == 3)
    items = plan_coding(model, passages, coded, tasks=TASKS, n=3).items
    assert 3 not in {item.topic for item in items}
    assert all(3 not in item.option_topics for item in items)
    assert not any(word.startswith("丁") for item in items for option in item.options for word in option)


def test_numbers_of_merged_topics_are_kept(world):
    model, passages, topics = world
    gapped = topics.assign(topic=topics["topic"] + (topics["topic"] > 2) * 4)
    before, after = (
        plan_coding(model, passages, topics, tasks=TASKS),
        plan_coding(model, passages, gapped, tasks=TASKS),
    )
    moved = dict(zip(topics["topic"], gapped["topic"], strict=True))
    assert [item.options for item in before.items] == [item.options for item in after.items]
    assert [moved[item.topic] for item in before.items] == [item.topic for item in after.items]


def test_a_passage_that_repeats_another_or_is_too_long_is_not_shown(world):
    model, passages, topics = world
    changed = passages.assign(
        reuse_id=["x" if i < 40 else None for i in range(len(passages))],
        text=[text * 20 if i >= 100 else text for i, text in enumerate(passages["text"])],
    ).astype({"reuse_id": "str"})
    items = plan_coding(model, changed, topics, tasks=["topic_intrusion"], n=3).items
    assert {item.texts[0] for item in items} <= set(changed["text"][40:100])


def test_a_question_that_would_be_unfair_is_not_asked_and_said():
    model = planted_model(mixed=False)
    with pytest.warns(UserWarning, match="topic_intrusion: fewer"):
        plan = plan_coding(
            model, planted_passages(model), planted_topics(model), tasks=["set_intrusion", "topic_intrusion"]
        )
    assert {item.task for item in plan.items} == {"set_intrusion"}
    assert "T0" in plan.notes[0]["zh"] and "T7" in plan.notes[0]["en"]


def test_nothing_to_ask_is_an_error():
    model = planted_model(n_topics=1, mixed=False)
    with pytest.raises(DataError, match="no question"):
        plan_coding(model, planted_passages(model), planted_topics(model), tasks=["word_intrusion"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tasks": ["word_intrusoin"]}, "Did you mean 'word_intrusion'"),
        ({"tasks": []}, "no task"),
        ({"only": [99]}, "no topic 99"),
        ({"n": 0}, "n=0"),
        ({"n": True}, "n=True"),
    ],
)
def test_a_wrong_request_is_refused(world, options, words):
    with pytest.raises(SettingError, match=words):
        plan_coding(*world, **options)


def test_topics_of_another_model_are_refused(world):
    model, passages, topics = world
    with pytest.raises(ContractError, match="give the topics of this model"):
        plan_coding(model, passages, topics.head(3))
