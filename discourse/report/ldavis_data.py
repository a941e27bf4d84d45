"""A topic model in, the data of its pyLDAvis panel out: plain numbers, topics under the numbers of the tables."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import TopicModel


def prepare_panel(
    model: TopicModel, numbers: Sequence[int], labels: Sequence[str], *, n_terms: int = 30
) -> dict[str, Any]:
    """What LDAvis draws of a model, rounded to what a picture can show.

    numbers: of the topics, one for every row of the model, ascending; where topics were merged, numbers that are
    gone have no circle. labels: one for every number from 0, also for those that are gone.
    """
    data = _prepare(model, n_terms)
    if list(numbers) != list(range(model.n_topics)):
        data = _with_gaps(data, numbers)
    return data | {"labels": list(labels)}


def label_topics(topics: pd.DataFrame | None, n_topics: int) -> list[str]:
    """Number and label of every topic: ``3 · 社区治理``; a number that is gone stands alone."""
    named = (
        {}
        if topics is None
        else dict(zip(topics["topic"].astype(int), topics["label"].astype(str), strict=True))
    )
    return [f"{topic} · {named[topic]}" if topic in named else str(topic) for topic in range(n_topics)]


def _prepare(model: TopicModel, n_terms: int) -> dict[str, Any]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # importing pyLDAvis changes the warning filters
        import pyLDAvis

        prepared = pyLDAvis.prepare(
            model.phi, model.theta, model.lengths, model.vocabulary.to_numpy(dtype=object), model.term_counts,
            R=min(n_terms, 30), lambda_step=0.02, mds=lambda phi: place_topics(np.asarray(phi, dtype=np.float64)),
            n_jobs=1, sort_topics=False, start_index=0, plot_opts={"xlab": "PC1", "ylab": "PC2"},
        )  # fmt: skip
    return _plain(prepared.to_dict())


def place_topics(phi: np.ndarray) -> np.ndarray:
    """Scale the Jensen-Shannon divergences between topics to two axes, (n_topics, 2).

    A symmetric eigensolver keeps everything real where topics repeat (pyLDAvis' own dies there); each axis
    points to where its largest coordinate is positive.
    """
    distances = measure_divergences(phi)
    n_topics = len(distances)
    centre = np.eye(n_topics) - 1.0 / n_topics
    values, vectors = np.linalg.eigh(-0.5 * centre @ distances**2 @ centre)
    axes = np.zeros((n_topics, 2))
    for axis, index in enumerate(np.argsort(-values, kind="stable")[:2]):
        vector = vectors[:, index] * np.sqrt(max(values[index], 0.0))
        axes[:, axis] = vector * (1.0 if vector[np.argmax(np.round(np.abs(vector), 9))] >= 0 else -1.0)
    return np.round(axes, 6) + 0.0


def measure_divergences(phi: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence (nats) of every pair of topics, (n_topics, n_topics)."""
    logs = np.log(np.where(phi > 0, phi, 1.0))
    distances = np.zeros((len(phi), len(phi)))
    for row, own in enumerate(phi):  # a row at a time: all pairs at once take n_topics times the memory
        middle = 0.5 * (own + phi)
        middle = np.log(np.where(middle > 0, middle, 1.0))
        one_way = (own * (logs[row] - middle)).sum(axis=1)
        other_way = (phi * (logs - middle)).sum(axis=1)
        distances[row] = np.maximum(0.5 * (one_way + other_way), 0.0)
    return 0.5 * (distances + distances.T)


def _plain(value: Any) -> Any:
    """Numbers and lists of plain Python, rounded to what a picture can show."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, float | np.floating):
        return round(float(value), 6) if np.isfinite(value) else 0.0
    return int(value) if isinstance(value, np.integer) else value


def _with_gaps(data: dict[str, Any], numbers: Sequence[int]) -> dict[str, Any]:
    """Give the topics their own numbers; a number that is gone has no share and no circle.

    The page looks topics up by position, so a row stands for every number; that of one that is gone repeats the
    place and the terms of the first topic.
    """
    n_rows = numbers[-1] + 1
    source = {number: row for row, number in enumerate(numbers)}
    rows = [source.get(number, 0) for number in range(n_rows)]
    places = data["mdsDat"]
    shown = {name: [values[row] for row in rows] for name, values in places.items()}
    shown["topics"] = list(range(n_rows))
    shown["Freq"] = [
        value if number in source else 0.0 for number, value in zip(range(n_rows), shown["Freq"], strict=True)
    ]
    words = {f"Topic{row}": f"Topic{number}" for number, row in source.items()}
    terms, tokens = data["tinfo"], data["token.table"]
    return data | {
        "mdsDat": shown,
        "tinfo": terms | {"Category": [words.get(name, name) for name in terms["Category"]]},
        "token.table": tokens | {"Topic": [numbers[row] for row in tokens["Topic"]]},
        "topic.order": list(range(n_rows)),
    }


def json_in_script(data: Any) -> str:
    """JSON that can stand inside a script element, whatever the data hold."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
