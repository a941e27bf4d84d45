"""A small study made up for the report's tests: eight documents, three planted topics, all tables."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from discourse.contracts import TopicModel, check, empty

TOPICS = (
    ("党组织", "党员", "支部", "书记", "组织部门", "党建引领"),
    ("网格", "网格员", "平台", "数据", "智慧", "热线"),
    ("物业", "小区", "业主", "居民", "协商", "议事"),
)
# doc_id, region, level, role, year, shares of the three topics
DOCUMENTS = (
    ("a", "云南", "city", "party_secretary", 2022, (0.6, 0.3, 0.1)),
    ("b", "福州", "city", "organisation_deputy_head", 2019, (0.7, 0.1, 0.2)),
    ("c", "南京", "city", "organisation_head", 2022, (0.5, 0.2, 0.3)),
    ("d.1", "武汉", "district", "author_collective", None, (0.2, 0.3, 0.5)),
    ("d.2", "武汉", "district", "organisation_head", 2024, (0.1, 0.2, 0.7)),
    ("d.3", None, "district", "press", None, (0.1, 0.4, 0.5)),
    ("d.4", None, "township", "author_collective", None, (0.2, 0.1, 0.7)),
    ("e", None, None, None, None, (0.3, 0.3, 0.4)),
)
PASSAGES_A_DOCUMENT = 6
SETTINGS = {
    "topics": {"lda": {"n_topics": 3, "seed": 1, "alpha": 0.1, "eta": 0.01}, "dtm": {"min_df": 2}},
    "compare": {"contrasts": {"by": ["region", "level"]}},
}
VERSIONS = {"discourse": "0.1.0", "python": "3.11.2", "gensim": "4.4.0"}


def planted_study() -> tuple[TopicModel, dict[str, pd.DataFrame]]:
    """The reference model and all tables of the study, each in its contract."""
    rng = np.random.default_rng(7)
    documents, passages, theta = _texts(rng)
    model = _model(passages, theta)
    topics = list(range(model.n_topics))
    tables = {
        "sources": _sources(),
        "documents": documents,
        "edits": _edits(),
        "attributions": _attributions(documents),
        "passages": passages,
        "lexicon_audit": _lexicon_audit(),
        "models": _models(),
        "alignment": _alignment(topics),
        "topic_terms": _topic_terms(model),
        "topics": _topics(model),
        "shares": _shares(),
        "prevalence": pd.concat([_prevalence("region"), _prevalence("level")], ignore_index=True),
        "contrasts": pd.concat([_contrasts("region"), _contrasts("level")], ignore_index=True),
        "keyness": pd.concat([_keyness("region"), _keyness("level")], ignore_index=True),
    }
    return model, {name: check(table, name) for name, table in tables.items()}


def _texts(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    documents, passages, theta = [], [], []
    for doc_id, region, level, role, year, shares in DOCUMENTS:
        start, texts = 0, []
        for position in range(PASSAGES_A_DOCUMENT):
            main = int(rng.choice(3, p=shares))
            text = "".join(_sentence(rng, main) for _ in range(4))
            passages.append(
                (f"{doc_id}#{position:04d}", doc_id, position, start, start + len(text), text, None)
            )
            theta.append([0.9 if topic == main else 0.05 for topic in range(3)])
            texts.append(text)
            start += len(text) + 1
        place = {"云南": "云南省", "福州": "福建省", "南京": "江苏省", "武汉": "湖北省"}.get(region or "")
        documents.append(
            (doc_id, doc_id.split(".")[0], f"关于基层治理的讲话("
            f"{doc_id})", None, year, place, None, None, region, level)
            + (role, None, None, None, None, "speech", 10, 10 + start, "\n".join(texts))
        )  # fmt: skip
    columns = list(empty("documents").columns)
    table = pd.DataFrame(documents, columns=columns).astype({"year": "Int64"})
    strings = {c: "str" for c in columns if c not in ("year", "raw_start", "raw_end")}
    rows = pd.DataFrame(passages, columns=list(empty("passages").columns)).astype({"reuse_id": "str"})
    return table.astype(strings), rows, np.array(theta)


def _sentence(rng: np.random.Generator, topic: int) -> str:
    words = rng.choice(TOPICS[topic], size=5)
    other = rng.choice(TOPICS[(topic + 1) % 3])
    return f"要让{words[0]}和{words[1]}走到一起,{words[2]}推动{words[3]},{words[4]}带动{other}。"


def _model(passages: pd.DataFrame, theta: np.ndarray) -> TopicModel:
    vocabulary = sorted(itertools.chain(*TOPICS))
    weights = np.array(
        [[1.0 / (1 + own.index(t)) if t in own else 0.01 for t in vocabulary] for own in TOPICS]
    )
    counts = np.array([[text.count(term) for term in vocabulary] for text in passages["text"]])
    return TopicModel(
        phi=weights / weights.sum(axis=1, keepdims=True),
        theta=theta,
        alpha=np.full(3, 0.1),
        eta=0.01,
        passages=pd.Index(passages["passage_id"]),
        vocabulary=pd.Index(vocabulary),
        lengths=counts.sum(axis=1),
        term_counts=counts.sum(axis=0),
    )


def _sources() -> pd.DataFrame:
    names = ["a", "b", "c", "d", "e"]
    return pd.DataFrame(
        {
            "source_id": names, "path": [f"{name}.txt" for name in names], 
            "sha256": [name * 64 for name in names],
            "encoding": "utf-8", "n_chars": range(1000, 6000, 1000), "text": "原文",
            "member": None, "row": pd.array([None] * 5, dtype="Int64"), "n_lost": 0, "is_segmented": False,
            "given": None, "remarks": None, "error": None,
        }
    )  # fmt: skip


def _edits() -> pd.DataFrame:
    rows = [
        ("b", "b", 20 * i, 20 * i + 9, f"習(xí)近{i}", f"习近{i}", "pinyin+traditional") for i in range(5)
    ] + [("b", "b", 200, 201, "D", "党", "party_letter"), ("a", None, 0, 9, "SUCAI.COM", "", "furniture")]
    sure = [(*row, 1.0) for row in rows]
    return pd.DataFrame(sure, columns=list(empty("edits").columns)).astype({"doc_id": "str"})


def _attributions(documents: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (row.doc_id, field, str(getattr(row, field)), f"中共{getattr(row, field)}委书记", 3, 9, "byline", 0.9)
        for row in documents.itertuples()
        for field in ("province", "level", "role")
        if pd.notna(getattr(row, field))
    ]
    return pd.DataFrame(rows, columns=list(empty("attributions").columns))


def _lexicon_audit() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "term": ["党建引领", "网格", "街道吹哨"], "n_in_text": [9, 20, 0], "n_produced": [8, 12, 0],
            "status": ["produced", "swallowed", "absent"], "swallowed_by": [None, "网格员", None],
        }
    ).astype({"swallowed_by": "str"})  # fmt: skip


def _models() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model_id": [f"gensim-k3-s{seed}" for seed in (1, 2)], "engine": "gensim", "n_topics": 3,
            "seed": [1, 2], "log_likelihood": [-5.1, -5.2], "n_iterations": [80, 95], "converged": True,
            "is_reference": [True, False],
        }
    )  # fmt: skip


def _alignment(topics: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"model_id": "gensim-k3-s2", "topic": topics, "matched": topics, "affinity": 0.9})


def _topic_terms(model: TopicModel) -> pd.DataFrame:
    rows = [
        (topic, str(model.vocabulary[i]), rank, float(model.phi[topic, i]), 1.0 - 0.05 * rank)
        for topic in range(model.n_topics)
        for rank, i in enumerate(np.argsort(-model.phi[topic], kind="stable")[:6], start=1)
    ]
    return pd.DataFrame(rows, columns=list(empty("topic_terms").columns))


def _topics(model: TopicModel) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "topic": range(3), "label": [" · ".join(terms[:3]) for terms in TOPICS],
            "prevalence": [0.4, 0.25, 0.35], "coherence": [0.2, 0.1, None], "exclusivity": [0.8, 0.7, 0.9],
            "stability": [0.95, 0.7, 0.9],
        }
    )  # fmt: skip


def _shares() -> pd.DataFrame:
    shares = pd.DataFrame([row[5] for row in DOCUMENTS], columns=["topic_0", "topic_1", "topic_2"])
    shares.insert(0, "n_tokens", 200)
    shares.insert(0, "n_passages", PASSAGES_A_DOCUMENT)
    shares.insert(0, "doc_id", [row[0] for row in DOCUMENTS])
    return shares


def _grouped(factor: str) -> dict[str, np.ndarray]:
    index = {"region": 1, "level": 2}[factor]
    groups = dict.fromkeys(row[index] for row in DOCUMENTS if row[index])
    return {group: np.array([row[5] for row in DOCUMENTS if row[index] == group]) for group in groups}


def _prevalence(factor: str) -> pd.DataFrame:
    rows = []
    for group, shares in _grouped(factor).items():
        for topic in range(3):
            mean, several = shares[:, topic].mean(), len(shares) > 1
            half = 0.1 if several else np.nan
            sizes = (len(shares), len(shares), 6 * len(shares))
            rows.append((factor, group, topic, mean, mean - half, mean + half, 0.05, *sizes))
    return pd.DataFrame(rows, columns=list(empty("prevalence").columns))


def _contrasts(factor: str) -> pd.DataFrame:
    rows = []
    for (target, a), (reference, b) in itertools.combinations(_grouped(factor).items(), 2):
        for topic in range(3):
            means = a[:, topic].mean(), b[:, topic].mean()
            difference = means[0] - means[1]
            if min(len(a), len(b)) == 1:
                few = target if len(a) == 1 else reference
                numbers = [np.nan] * 7 + [""] + [np.nan] * 3
                flags = f"group '{few}' has 1 document: the variation between documents cannot be estimated"
                verdict = "descriptive only"
            else:
                numbers = [
                    difference - 0.1,
                    difference + 0.1,
                    1.5,
                    1.0,
                    0.1,
                    0.004,
                    0.012,
                    "max-T",
                    0.012,
                    0.02,
                    0.01,
                ]
                flags, verdict = "small sample", "higher" if difference > 0 else "lower"
            rows.append(
                (factor, target, reference, topic, *means, difference, means[0] / means[1], *numbers)
                + (len(a), len(b), len(a), len(b), flags, verdict)
            )
    return pd.DataFrame(rows, columns=list(empty("contrasts").columns))


def _keyness(factor: str) -> pd.DataFrame:
    rows = [
        (factor, group, "rest", term, 20 - i, 5, 90.0 - i, 10.0, 3.2 - i / 10, 1.5 - i / 10, 30.0 - i)
        + (np.nan, np.nan, np.nan, 1, 0.3)
        for group in _grouped(factor)
        for i, term in enumerate(TOPICS[0])
    ]
    table = pd.DataFrame(rows, columns=list(empty("keyness").columns))
    return table.assign(burst=[i % 6 == 1 for i in range(len(table))])
