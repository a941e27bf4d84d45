"""A study of many documents, made up: tables only, as many rows as a large corpus has."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from discourse.contracts import LEVELS, check, empty

N_TOPICS = 12
N_REGIONS = 12
PASSAGES = 3  # a document


def large_study(n_documents: int) -> dict[str, pd.DataFrame]:
    """Documents, passages, shares, theta, prevalence, contrasts and exemplars of `n_documents`."""
    rng = np.random.default_rng(3)
    shares = rng.dirichlet(np.full(N_TOPICS, 0.3), size=n_documents)
    documents, passages = _texts(n_documents)
    theta = np.repeat(shares, PASSAGES, axis=0)
    tables = {
        "documents": documents,
        "passages": passages,
        "shares": _with_topics(
            shares, doc_id=documents["doc_id"], n_passages=PASSAGES, n_tokens=60 * PASSAGES
        ),
        "theta": _with_topics(theta, passage_id=passages["passage_id"]),
        "topics": _topics(shares),
        "prevalence": pd.concat([_prevalence(documents, shares, f) for f in ("region", "level")]),
        "contrasts": pd.concat([_contrasts(documents, shares, f) for f in ("region", "level")]),
        "exemplars": _exemplars(documents, passages, theta),
    }
    return {name: check(table.reset_index(drop=True), name) for name, table in tables.items()}


def _texts(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    text = "要加强基层治理,推动资源下沉,把服务送到群众身边。" * 24
    ids = [f"d{i:05d}" for i in range(n)]
    documents = empty("documents").reindex(range(n))
    documents = documents.assign(
        doc_id=ids, source_id=ids, title=[f"讲话{i}" for i in range(n)], text="\n".join([text] * PASSAGES),
        region=[f"地区{i % N_REGIONS}" for i in range(n)], level=[LEVELS[1 + i % 4] for i in range(n)],
        raw_start=0, raw_end=PASSAGES * (len(text) + 1), year=pd.array([2015 + i % 10 for i in range(n)], "Int64"),
    )  # fmt: skip
    rows = [
        (f"{doc_id}#{p:04d}", doc_id, p, p * (len(text) + 1), p * (len(text) + 1) + len(text), text, None)
        for doc_id, p in itertools.product(ids, range(PASSAGES))
    ]
    passages = pd.DataFrame(rows, columns=list(empty("passages").columns)).astype({"reuse_id": "str"})
    return documents, passages


def _with_topics(shares: np.ndarray, **columns: object) -> pd.DataFrame:
    table = pd.DataFrame(shares, columns=[f"topic_{topic}" for topic in range(N_TOPICS)])
    for place, (name, values) in enumerate(columns.items()):
        table.insert(place, name, values)
    return table


def _topics(shares: np.ndarray) -> pd.DataFrame:
    names = [f"主题{topic} · 治理" for topic in range(N_TOPICS)]
    numbers = {"prevalence": shares.mean(axis=0), "coherence": 0.1, "exclusivity": 0.9, "stability": 0.9}
    return pd.DataFrame({"topic": range(N_TOPICS), "label": names} | numbers)


def _means(documents: pd.DataFrame, shares: np.ndarray, factor: str) -> dict[str, tuple[np.ndarray, int]]:
    groups = documents.groupby(factor, sort=True).indices
    return {str(group): (shares[rows].mean(axis=0), len(rows)) for group, rows in groups.items()}


def _prevalence(documents: pd.DataFrame, shares: np.ndarray, factor: str) -> pd.DataFrame:
    rows = [
        (factor, group, topic, mean[topic], mean[topic] * 0.8, mean[topic] * 1.2, 0.01, n, n, 3 * n)
        for group, (mean, n) in _means(documents, shares, factor).items()
        for topic in range(N_TOPICS)
    ]
    return pd.DataFrame(rows, columns=list(empty("prevalence").columns))


def _contrasts(documents: pd.DataFrame, shares: np.ndarray, factor: str) -> pd.DataFrame:
    rows = []
    for (a, (x, n)), (b, (y, m)) in itertools.combinations(_means(documents, shares, factor).items(), 2):
        for topic in range(N_TOPICS):
            d = x[topic] - y[topic]
            numbers = (d, x[topic] / y[topic], d - 0.02, d + 0.02, 0.3, 1.0, 0.02, 0.01, 0.04, "max-T")
            rows.append(
                (factor, a, b, topic, x[topic], y[topic], *numbers, 0.02, 0.01, 0.001, n, m, n, m, "")
                + ("higher" if d > 0.01 else "lower" if d < -0.01 else "cannot tell",)
            )
    return pd.DataFrame(rows, columns=list(empty("contrasts").columns))


def _exemplars(documents: pd.DataFrame, passages: pd.DataFrame, theta: np.ndarray) -> pd.DataFrame:
    rows = []
    for topic, (factor, group) in itertools.product(
        range(N_TOPICS), [(None, None), *[("region", f"地区{i}") for i in range(N_REGIONS)]]
    ):
        own = passages if group is None else passages[
            passages["doc_id"].isin(documents.loc[documents["region"] == group, "doc_id"].head(40))
        ]  # fmt: skip
        for rank, place in enumerate(
            own.index[np.argsort(-theta[own.index, topic])[: 3 * PASSAGES : PASSAGES]], 1
        ):
            row = passages.loc[place]
            rows.append(
                (
                    topic,
                    factor,
                    group,
                    rank,
                    row["passage_id"],
                    row["doc_id"],
                    theta[place, topic],
                    "exemplar",
                )
                + (row["start"], row["end"], row["text"])
            )
    return pd.DataFrame(rows, columns=list(empty("exemplars").columns)).astype(
        {"factor": "str", "group": "str"}
    )
