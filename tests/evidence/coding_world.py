"""A planted model whose topics have private words, and coders who answer as they are told."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd

from discourse.contracts import TopicModel
from discourse.evidence.answers import _lines, read_answers
from discourse.evidence.form import ANSWERS_SCHEMA, build_key, checksum, render_form

N_TOPICS, N_PRIVATE, N_COMMON = 8, 24, 40
RUN = {"id": "abcd1234", "model": "m", "topics": "t"}


def planted_model(n_topics=N_TOPICS, n_passages=120, seed=0, mixed=True):
    """Topic k has the words ``k词01`` on, all share common ones; passages hold one to three topics."""
    rng = np.random.default_rng(seed)
    vocabulary = ["甲乙丙丁戊己庚辛壬癸"[k] + f"{i:02d}" for k in range(n_topics) for i in range(N_PRIVATE)]
    vocabulary += [f"常{i:02d}" for i in range(N_COMMON)]
    phi = np.full((n_topics, len(vocabulary)), 1e-5)
    for k in range(n_topics):
        phi[k, k * N_PRIVATE : (k + 1) * N_PRIVATE] = np.linspace(2, 1, N_PRIVATE)
        phi[k, -N_COMMON:] = 0.05
    phi /= phi.sum(axis=1, keepdims=True)
    theta = np.full((n_passages, n_topics), 0.01)
    for row in theta:
        held = rng.choice(n_topics, size=3 if mixed else 1, replace=False)
        row[held] = rng.uniform(1, 2, size=len(held))
    theta /= theta.sum(axis=1, keepdims=True)
    ids = [f"d{i % 30:02d}#{i // 30:04d}" for i in range(n_passages)]
    order = np.argsort(ids)
    theta = theta[order]
    model = TopicModel(
        phi=phi, theta=theta, alpha=np.full(n_topics, 0.1), eta=0.1,
        passages=pd.Index(sorted(ids), dtype="str"), vocabulary=pd.Index(vocabulary, dtype="str"),
        lengths=np.full(n_passages, 40), term_counts=np.full(len(vocabulary), 50),
    )  # fmt: skip
    return model


def planted_passages(model):
    rows = []
    for i, name in enumerate(model.passages):
        rows.append((name, name.split("#")[0], i, 0, 40, f"第{i}段，" + "谈治理的话。" * 10, None))
    columns = ["passage_id", "doc_id", "position", "start", "end", "text", "reuse_id"]
    return pd.DataFrame(rows, columns=columns).astype({"reuse_id": "str"})


def planted_topics(model, **columns):
    return pd.DataFrame(
        {
            "topic": range(model.n_topics),
            "label": pd.Series([f"名{k}" for k in range(model.n_topics)], dtype="str"),
            "prevalence": 1 / model.n_topics,
            "coherence": 0.1,
            "exclusivity": 0.5,
            "stability": np.nan,
        }
    ).assign(**columns)


def make_form(items):
    return render_form(items), build_key(items, run=RUN, seed=1)


@cache
def form_of(items):
    """What tells a form from others."""
    key = build_key(items, run=RUN, seed=1)
    return {"form": key["form"], "shown": key["shown"]}


def answer(items, coder, values, **changes):
    """Bytes of the file that the form would save; values: None or a position a question."""
    content = {
        "schema": ANSWERS_SCHEMA,
        **form_of(tuple(items)),
        "coder": coder,
        "lang": "zh",
        "started": "2026-01-01T00:00:00.000Z",
        "finished": "2026-01-01T00:10:00.000Z",
        "answers": [
            {"id": item.item_id, "value": value, "milliseconds": 1000}
            for item, value in zip(items, values, strict=True)
        ],
        **changes,
    }
    content["checksum"] = checksum(_lines(content))
    return json.dumps(content, ensure_ascii=False).encode("utf-8")


def perfect(items):
    """Right answers; labels fit very well."""
    return [item.answer or 5 for item in items]


def guesses(items, rng):
    return [int(rng.integers(1, len(item.options) + 1)) for item in items]


def code(items, *answers):
    """Table `coding_items` of coders who gave these answers."""
    key = build_key(items, run=RUN, seed=1)
    files = [(f"{i}.json", answer(items, f"coder {i}", values)) for i, values in enumerate(answers)]
    return read_answers(files, key)
