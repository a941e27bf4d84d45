"""Topic model and passages in, questions for human coders out: what people must be able to tell apart.

Six tasks, each about one topic. In the *intrusion* tasks one of several options does not belong and was put
there by us; in *label choice* one option does belong; *label fit* is a rating. `tasks.py` makes the questions.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import TopicModel
from discourse.errors import DataError, SettingError, suggest
from discourse.evidence.tasks import MAKERS, CodingItem
from discourse.evidence.world import World, build_world

DEFAULT_TASKS = ("word_intrusion", "set_intrusion", "topic_intrusion", "label_fit")
TASKS = tuple(MAKERS)
_ONCE = ("label_fit",)  # asked once a topic, however many questions of other tasks


@dataclass(frozen=True)
class CodingPlan:
    """Questions in the order in which a coder meets them, and what could not be asked (zh, en)."""

    items: tuple[CodingItem, ...]
    notes: tuple[dict[str, str], ...]


def plan_coding(
    model: TopicModel,
    passages: pd.DataFrame,
    topics: pd.DataFrame,
    *,
    tasks: Sequence[str] = DEFAULT_TASKS,
    only: Collection[int] | None = None,
    n: int = 1,
    seed: int = 1,
) -> CodingPlan:
    """Draw the questions that show whether people can tell the topics apart.

    Parameters
    ----------
    model
        phi[topic, term] gives the words, theta[passage, topic] the passages.
    passages
        Contract `passages`; verbatim, and only those that repeat no earlier one.
    topics
        Contract `topics`: which topics there are and their labels. Topics marked in a column `excluded`
        are not asked about.
    tasks
        Some of `TASKS`, asked in the order of `TASKS`: words come before passages and labels before nothing,
        because a later task shows what an earlier one asks.
    only
        Numbers of the topics to ask about; None: all. Intruders may come from any topic.
    n
        Questions a topic and task; label fit is asked once.
    seed
        Same model, texts and seed, same questions in the same order.

    Returns
    -------
    CodingPlan
        Items with opaque ids (``q001`` on) in random order within each task. A topic about which a fair question
        cannot be made gets none, a note says so.

    Raises
    ------
    SettingError
        An unknown task or topic, or `n` out of range.
    DataError
        Not a single question can be asked.

    References
    ----------
    Chang, Boyd-Graber, Gerrish, Wang & Blei (2009), Reading tea leaves, NIPS 22.
    Ying, Montgomery & Stewart (2022), Topics, concepts, and measurement, Political Analysis 30(4).
    """
    world = build_world(model, passages, topics)
    wanted = _choose_topics(world, only)
    _check_request(tasks, n)
    items: list[CodingItem] = []
    missing: dict[str, list[int]] = {}
    for task in (task for task in TASKS if task in tasks):
        made, short = _make(world, task, wanted, 1 if task in _ONCE else n, seed)
        items += made
        if short:
            missing[task] = short
    if not items:
        raise DataError(
            f"no question can be asked about {len(wanted)} topics by {', '.join(tasks)}: the topics or texts are too "
            "few; fit more topics or name other tasks"
        )
    numbered = tuple(replace(item, item_id=f"q{i:03d}") for i, item in enumerate(items, start=1))
    return CodingPlan(numbered, tuple(_note(task, short) for task, short in missing.items()))


def _choose_topics(world: World, only: Collection[int] | None) -> list[int]:
    if only is None:
        return list(world.topics)
    unknown = sorted(set(only) - set(world.topics))
    if unknown:
        shown = ", ".join(map(str, world.topics))
        raise SettingError(f"there is no topic {unknown[0]} to ask about; topics: {shown}")
    return sorted(set(only))


def _check_request(tasks: Sequence[str], n: int) -> None:
    if not tasks:
        raise SettingError(f"no task is named; tasks: {', '.join(TASKS)}")
    for task in tasks:
        if task not in TASKS:
            raise SettingError(f"there is no task {task!r}. {suggest(task, TASKS)}Tasks: {', '.join(TASKS)}.")
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= 20:
        raise SettingError(f"n={n!r}: questions a topic and task must be a whole number from 1 to 20")


def _make(
    world: World, task: str, wanted: Sequence[int], n: int, seed: int
) -> tuple[list[CodingItem], list[int]]:
    """Questions of one task, shuffled, and the topics that got fewer than they should."""
    rng = np.random.default_rng([seed, TASKS.index(task)])
    used: set[Any] = set()
    made = {topic: list(MAKERS[task](world, topic, n, rng, used)) for topic in wanted}
    items = [item for of_topic in made.values() for item in of_topic]
    order = rng.permutation(len(items))
    return [items[i] for i in order], [topic for topic, of_topic in made.items() if len(of_topic) < n]


def _note(task: str, short: Sequence[int]) -> dict[str, str]:
    shown = ", ".join(f"T{topic}" for topic in short)
    note = {
        "en": f"{task}: fewer questions than asked for about {shown}: too few fitting words or passages",
        "zh": f"{task}：{shown} 的题目少于要求，合适的词或段落不够",
    }
    warnings.warn(note["en"], stacklevel=3)
    return note
