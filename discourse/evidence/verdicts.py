"""Questions or scores in, lines for a terminal out, Chinese and English."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from discourse.evidence.coding import CodingPlan
from discourse.evidence.form import ASSETS
from discourse.evidence.scores import OF_TOPICS

_PERCENT = ("precision", "accepted", "no_label")
_KINDS = {
    "above_chance": "told",
    "accepted": "accepted",
    "not_above_chance": "untold",
    "not_accepted": "rejected",
    "cannot_tell": "unknown",
}
SECONDS_TEXT, SECONDS_WORDS = 30, 12  # a question with a passage, and without: a guess to plan by


def render_plan(plan: CodingPlan) -> str:
    """How many questions of each task, how long they take, what could not be asked."""
    words = _words()
    counts = Counter(item.task for item in plan.items)
    seconds = sum(SECONDS_TEXT if item.texts else SECONDS_WORDS for item in plan.items)
    total = {"n": len(plan.items), "minutes": max(1, round(seconds / 60))}
    lines = [f"{_both(words['tasks'][task])}: {count}" for task, count in counts.items()]
    lines += [_line(words["lines"]["plan"], total), _line(words["lines"]["few"])]
    lines += [f"note: {note['zh']} {note['en']}" for note in plan.notes]
    return "\n".join(lines)


def render_scores(scores: pd.DataFrame, labels: Mapping[int, str]) -> str:
    """What the scores say: each task with its chance level, then the topics by name."""
    return "\n".join(_lines(scores, labels, _words()))


def _lines(scores: pd.DataFrame, labels: Mapping[int, str], words: Mapping[str, Any]) -> Iterator[str]:
    rows = [row for row in scores.to_dict("records") if pd.isna(row["topic"])]
    whole = [row for row in rows if row["measure"] in ("precision", "accepted") and row["task"] != "all"]
    n_coders = max((row["n_coders"] for row in whole), default=0)
    counts = {name: sum(row[name] for row in whole) for name in ("n_answers", "n_missing")}
    yield from _two(words["lines"]["coders"], {"n_coders": n_coders} | counts)
    yield from _two(words["lines"]["one_coder" if n_coders < 2 else "interval"])
    for row in rows:
        if row["measure"] in ("precision", "accepted"):
            yield f"\n{_both(words['tasks'][row['task']])}"
        yield f"  {_describe(row, words)}"
    yield ""
    named = scores[scores["topic"].notna() & scores["measure"].isin(["precision", "accepted"])]
    for task in _told_by_topic(list(named["task"].unique())):
        yield from _topics(task, named[named["task"] == task], labels, words)


def _told_by_topic(tasks: list[str]) -> list[str]:
    """Tasks that speak of single topics: the intrusion tasks together where there are several, and labels."""
    return [
        task
        for task in dict.fromkeys(("all", *tasks))
        if task in tasks and ("all" not in tasks or task not in OF_TOPICS)
    ]


def _describe(row: Mapping[Any, Any], words: Mapping[str, Any]) -> str:
    percent = row["measure"] in _PERCENT
    parts = [f"{_both(words['measures'][row['measure']])} {_number(row['score'], percent)}"]
    if pd.notna(row["low"]):
        parts.append(f"[{_number(row['low'], percent)}, {_number(row['high'], percent)}]")
    parts.append(f"chance 机遇 {_number(row['chance'], percent)}")
    if pd.notna(row["p"]):
        parts.append(f"p {_p(row['p'])}")
    if pd.notna(row["alpha"]):
        alpha = f"alpha {row['alpha']:.2f}"
        known = pd.notna(row["alpha_low"])
        parts.append(alpha + (f" [{row['alpha_low']:.2f}, {row['alpha_high']:.2f}]" if known else ""))
    if row["verdict"] != "described":
        parts.append(_both(words["verdicts"][row["verdict"]]))
    return "  ".join(parts)


def _topics(
    task: str, own: pd.DataFrame, labels: Mapping[int, str], words: Mapping[str, Any]
) -> Iterator[str]:
    """Topics by verdict, those that people cannot tell by name."""
    yield f"{_both(words['tasks'][task])}:"
    kinds = {
        "above_chance": "told",
        "not_above_chance": "untold",
        "not_accepted": "rejected",
        "cannot_tell": "unknown",
    }
    for verdict, line in kinds.items():
        found = own[own["verdict"] == verdict]
        if len(found):
            names = "; ".join(
                f"T{topic} {labels.get(int(topic), '')} ({_number(score, True)})"
                for topic, score in zip(found["topic"], found["score"], strict=True)
            )
            yield f"  {_both(words['lines'][line])}"
            yield f"    {names}"


def _number(value: float, percent: bool) -> str:
    if value is None or math.isnan(value):
        return "—"
    return f"{100 * value:.0f} %" if percent else f"{value:.2f}".replace("-", "\u2212")


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"{value:.3f}"


def _two(line: Mapping[str, str], values: Mapping[str, Any] | None = None) -> Iterator[str]:
    for language in ("zh", "en"):
        yield line[language].format(**(values or {}))


def _line(line: Mapping[str, str], values: Mapping[str, Any] | None = None) -> str:
    return " ".join(_two(line, values))


def _both(word: Mapping[str, str]) -> str:
    return f"{word['zh']} {word['en']}"


def _words() -> dict[str, Any]:
    return json.loads((ASSETS / "verdicts.json").read_text("utf-8"))
