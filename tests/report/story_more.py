"""The rest of the story: other models, maps, set phrases and repeated text, small and made up by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from discourse.contracts import TopicModel, check, empty

N_MODELS = 6


def further_tables(contrasts: pd.DataFrame, documents: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables that follow from the contrasts and documents of the story, each in its contract."""
    tables = {
        "universes": _universes(),
        "specifications": _specifications(contrasts),
        "robustness": _robustness(contrasts),
        "profiles": _profiles(),
        "ordination": _ordination(documents),
        "trends": _trends(),
        "phrases": _phrases(),
        "phrase_uses": _phrase_uses(documents),
        "reuse": _reuse(documents),
        "reuse_matrix": _reuse_matrix(),
    }
    return {name: check(table, name) for name, table in tables.items()}


def words_and_shares(model: TopicModel, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Theta and tokens of the story; words inside topics; contrasts adjusted for year; passages in the raw text."""
    passages = tables["passages"]
    raw = passages.assign(raw_start=passages["start"] + 10, raw_end=passages["end"] + 10)
    theta = pd.DataFrame(model.theta, columns=[f"topic_{topic}" for topic in range(model.n_topics)])
    theta.insert(0, "passage_id", model.passages.astype(str))
    found = {
        "theta": theta,
        "tokens": _tokens(model, passages),
        "vocabulary": _vocabulary(),
        "adjusted": _adjusted(tables["contrasts"]),
    }
    return {name: check(table, name) for name, table in found.items()} | {"passages": raw}


def _tokens(model: TopicModel, passages: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in passages.itertuples():
        hits = sorted((place, term) for term in model.vocabulary for place in _places(row.text, str(term)))
        rows += [(row.passage_id, number, place, term) for number, (place, term) in enumerate(hits)]
    return _table("tokens", rows)


def _places(text: str, term: str) -> list[int]:
    return [place for place in range(len(text)) if text.startswith(term, place)]


def _vocabulary() -> pd.DataFrame:
    numbers = (5.2, 2.1, 0.2, 0.1, 0.7, np.nan, np.nan, 0.01, 1, 2, "effect sizes only")
    rows = [
        ("region", group, "rest", topic, term, rank, *numbers)
        for group in ("云南", "武汉")
        for topic, terms in enumerate((("党员", "支部"), ("网格", "平台"), ("物业", "居民")))
        for rank, term in enumerate(terms)
    ]
    return _table("vocabulary", rows)


def _adjusted(contrasts: pd.DataFrame) -> pd.DataFrame:
    own = contrasts[contrasts["factor"] == "level"]
    rows = [
        ("level + year", "level", row.target, row.reference, row.topic, row.difference, 0.02, 4.0)
        + (row.low, row.high, row.p, row.p_adjusted, row.q, *[3] * 4, "small sample", row.verdict)
        for row in own.itertuples()
    ]
    return _table("adjusted", rows)


def _table(name: str, rows: list[tuple], **dtypes: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(empty(name).columns)).astype(dtypes)


def _universes() -> pd.DataFrame:
    rows = [(f"m{i}", "cvb0", 3 + i % 2, i // 2, -5.0, 80, True, 18, 1.0, False) for i in range(N_MODELS)]
    return _table("universes", rows)


def _specifications(contrasts: pd.DataFrame) -> pd.DataFrame:
    """The first model has lost every topic; differences grow from model to model, p falls."""
    rows = [
        (row.factor, row.target, row.reference, row.topic, f"m{i}", i > 0, 0.9)
        + ((row.difference + (i - 3) / 100, 0.06 - i / 100) if i else (np.nan, np.nan))
        for row, i in itertools.product(contrasts.itertuples(), range(N_MODELS))
    ]
    return _table("specifications", rows)


def _robustness(contrasts: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for i, row in enumerate(contrasts.itertuples()):
        badge = (
            ("robust", "fragile", "model-made")[i % 3]
            if row.verdict in ("higher", "lower")
            else "cannot tell"
        )
        failed = "same sign; significant" if badge == "fragile" else ""
        numbers = (N_MODELS, 5, 1.0, 0.8, row.difference, row.difference - 0.1, row.difference + 0.1)
        rows.append((row.factor, row.target, row.reference, row.topic, badge, failed, *numbers, "seed", 0.7))
    return _table("robustness", rows)


def _profiles() -> pd.DataFrame:
    nothing, sizes = (np.nan,) * 4, (3, 3, 3, 3)
    rows = [
        ("level", "*", "*", *(np.nan,) * 7, 4.2, 0.01, np.nan, 0.005, 6, 6, 6, 6, "small sample", "differ"),
        ("level", "city", "district", 0.2, 0.1, 0.3, 0.25, 0.4, 0.3, 0.5, 4.2, 0.01, 0.02, 0.005, *sizes)
        + ("small sample", "differ"),
    ]
    for group in ("city", "district"):
        rows.append(
            ("level", group, "township", np.nan, np.nan, np.nan, 0.4, *nothing, *nothing[:3], 3, 1, 3, 1)
            + ("group 'township' has 1 document: no interval", "descriptive only")
        )
    return _table("profiles", rows)


def _ordination(documents: pd.DataFrame) -> pd.DataFrame:
    known = documents.dropna(subset="level").reset_index(drop=True)
    rows = [
        ("level", "document", row.doc_id, row.level, i - 3.0, i % 3 - 1.0, 0.6, 0.3, 1, *(np.nan,) * 3)
        for i, row in enumerate(known.itertuples())
    ]
    for i, group in enumerate(("city", "district", "township")):
        ellipse = (0.5, 0.2, 0.3) if i < 2 else (np.nan,) * 3
        rows.append(("level", "group", group, group, i - 1.0, 0.5, 0.6, 0.3, 3, *ellipse))
    rows += [
        ("level", "topic", f"topic_{i}", None, i - 1.0, -0.5, 0.6, 0.3, 0, *(np.nan,) * 3) for i in range(3)
    ]
    return _table("ordination", rows, group="str")


def _trends() -> pd.DataFrame:
    numbers = (0.01, -0.02, 0.04, 0.3, 0.6, 0.5, 0.4, 0.04, 2019.0, 2024.0, 3, 4, 4, "small sample")
    return _table("trends", [("year", topic, *numbers, "cannot tell") for topic in range(3)])


def _phrases() -> pd.DataFrame:
    rows = [
        ("要让", "coinage", "要让 / 要使", 4, 1, 2, 0.25, "a", "2022", "own", "云南省"),
        ("走到一起", "metaphor", "走到一起", 9, 0, 5, 0.6, None, None, "common", None),
    ]
    return _table("phrases", rows, first_doc_id="str", first_date="str", owner="str")


def _phrase_uses(documents: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in documents.head(2).itertuples():
        for start in (0, row.text.index("要让", 5)):
            rows.append(
                ("要让", "coinage", f"{row.doc_id}#0000", row.doc_id, start, start + 2, "要让", False)
            )
    table = _table("phrase_uses", rows)
    return table.assign(passage_id=[f"{row[3]}#{i % 2:04d}" for i, row in enumerate(rows)])


def _reuse(documents: pd.DataFrame) -> pd.DataFrame:
    ids = ("b#0000", "a#0000", "b", "a")
    rows = [(*ids, 0, 12, 3, 15, 12, 0.9, 8.0, None, documents["text"][1][:12], documents["text"][0][3:15])]
    return _table("reuse", rows, earlier="str")


def _reuse_matrix() -> pd.DataFrame:
    rows = [("region", "福州", "云南", 1, 1, 1, 12, 0.02), ("region", None, "福州", 2, 2, 1, 30, 0.05)]
    return _table("reuse_matrix", rows)
