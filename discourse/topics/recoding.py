"""A model, its tables and a codebook come in; the same tables with topics named, merged and excluded go out.

Topic numbers are those of the fitted model. A merged topic keeps the number of the topic it was merged into; the
other numbers are not given again.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from discourse.contracts import TopicModel, check, topic_columns
from discourse.topics.codebook import Codebook, Entry, hash_model
from discourse.topics.ensemble import NEAREST_AFFINITY

RETURNS_AFFINITY = 0.8  # from which on a topic counts as the same, as in comparisons of many models
_N_NAMED = 4  # terms named of a topic that changed


def match_codebook(codebook: Codebook, model: TopicModel) -> pd.DataFrame:
    """Which topic of a model each decision of a codebook belongs to.

    In the model that the codebook was written for, the topic of that number. In another one topics are paired
    one to one so that the sum of affinities is largest (Hungarian algorithm), affinity being sum_w sqrt(phi
    phi') over the terms that the codebook lists, as a share of what the topic reaches with itself.

    Returns
    -------
    DataFrame
        Contract `codebook`, one row a topic of the model. merged_into: the topic that it counts as, itself
        unless merged; status: "same" (affinity of .8 or more), "changed" (.6 to .8, the decisions are kept) or
        "new" (below; nothing is known of it); codebook_topic: its number in the codebook, NA for a new one.

    Warns
    -----
    UserWarning
        The codebook belongs to another model: how many topics were found again; each one that changed, with
        terms that came and went; each decision that found no topic.
    """
    if codebook.model_hash == hash_model(model):
        pairs = {topic: (topic, 1.0) for topic in codebook.terms}
    else:
        pairs = _pair(codebook, model)
        _warn_of_changes(codebook, model, pairs)
    found = {own: topic for topic, (own, _) in pairs.items()}
    rows = [_describe(codebook, topic, pairs.get(topic), found) for topic in range(model.n_topics)]
    return check(pd.DataFrame(rows).astype(_DTYPES), "codebook")


def merge_model(model: TopicModel, codebook: pd.DataFrame) -> TopicModel:
    """`model` with one row a topic that is left, in the order of `kept_topics`.

    phi of a merged topic is the mean of its parts weighted by their tokens, theta and alpha are sums.
    """
    membership = _membership(codebook)
    tokens = model.lengths @ model.theta
    weights = membership * np.maximum(tokens, 1e-300)
    weights = weights / weights.sum(axis=1, keepdims=True)
    phi = np.einsum("ik,kw->iw", weights, model.phi)
    theta = np.einsum("pk,ik->pi", model.theta, membership)
    settings = dict(model.settings)
    if "themes" in settings:  # of the first topics: the names of those that are left
        names = list(settings["themes"])
        settings["themes"] = [names[topic] for topic in kept_topics(codebook) if topic < len(names)]
    return replace(
        model,
        phi=phi / phi.sum(axis=1, keepdims=True),
        theta=theta,
        alpha=membership @ model.alpha,
        settings=settings,
    )


def kept_topics(codebook: pd.DataFrame) -> list[int]:
    """Numbers of the topics that are left after merging, excluded ones among them."""
    return sorted({int(topic) for topic in codebook["merged_into"]})


def merge_columns(table: pd.DataFrame, codebook: pd.DataFrame) -> pd.DataFrame:
    """A table with a column a topic (shares, theta, family shares), those of merged topics added up.

    NA, where a model has no such topic, adds nothing; a topic all of whose parts are NA stays NA.
    """
    owner = dict(zip(codebook["topic"], codebook["merged_into"], strict=True))
    columns = topic_columns(table)
    merged = {
        f"topic_{topic}": table[[f"topic_{part}" for part in owner if owner[part] == topic]].sum(
            axis=1, min_count=1
        )
        for topic in kept_topics(codebook)
    }
    return table.drop(columns=columns).assign(**merged)


def merge_families(families: pd.DataFrame, codebook: pd.DataFrame, weights: np.ndarray) -> pd.DataFrame:
    """Contract `families` for merged topics.

    affinity: mean over the parts, weighted by the prevalence of each in the reference model (`weights`), 0 for
    a part that the model lacks: never more than the affinity of the merged topics themselves, since affinity is
    jointly concave. n_joined: the sum.
    """
    owner = dict(zip(codebook["topic"], codebook["merged_into"], strict=True))
    parts = families.assign(
        owner=families["topic"].map(owner),
        weight=weights[families["topic"].to_numpy()],
        weighted=families["affinity"].fillna(0.0).to_numpy() * weights[families["topic"].to_numpy()],
    )
    merged = parts.groupby(["model_id", "owner"], sort=False, observed=True)[
        ["weight", "weighted", "n_joined"]
    ]
    table = merged.sum().reset_index().rename(columns={"owner": "topic"})
    affinity = (table["weighted"] / table["weight"]).where(table["n_joined"] > 0)
    table = table.assign(affinity=affinity)[["model_id", "topic", "affinity", "n_joined"]]
    return check(table.sort_values(["model_id", "topic"], ignore_index=True), "families")


def name_topics(topics: pd.DataFrame, codebook: pd.DataFrame) -> pd.DataFrame:
    """Contract `topics` with the names of a codebook as labels, beside the automatic ones.

    automatic: the label without the codebook; definition; excluded, reason. An excluded topic says so in its
    label, so that no table shows it unmarked.
    """
    own = codebook.set_index("topic").reindex(topics["topic"])
    named = [
        _label(entry, automatic)
        for entry, automatic in zip(own.itertuples(), topics["label"], strict=True)
    ]  # fmt: skip
    table = topics.assign(
        label=pd.Series(named, index=topics.index, dtype="str"),
        automatic=topics["label"],
        **{name: own[name].to_numpy() for name in ("definition", "excluded", "reason")},
    )
    return check(table, "topics")


def renumber(table: pd.DataFrame, codebook: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of a table of `merge_model` the numbers of the fitted model in its column `topic`."""
    numbers = np.array(kept_topics(codebook))
    return table.assign(topic=numbers[table["topic"].to_numpy(dtype=np.int64)])


def merge_means(values: np.ndarray, codebook: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
    """A figure of each fitted topic as the weighted mean over the parts of each topic that is left."""
    membership = _membership(codebook) * np.maximum(weights, 1e-300)
    return (membership @ np.asarray(values, dtype=np.float64)) / membership.sum(axis=1)


_DTYPES = {
    "topic": "int64", "merged_into": "int64", "codebook_topic": "Int64", "affinity": "float64", "status": "str",
    "name_zh": "str", "name_en": "str", "definition": "str", "excluded": "bool", "reason": "str",
}  # fmt: skip


def _membership(codebook: pd.DataFrame) -> np.ndarray:
    """1 where a fitted topic is part of a topic that is left: (n_kept, n_topics)."""
    owner = codebook.sort_values("topic")["merged_into"].to_numpy()
    return (np.array(kept_topics(codebook))[:, None] == owner).astype(np.float64)


def _pair(codebook: Codebook, model: TopicModel) -> dict[int, tuple[int, float]]:
    """Topic of the model -> topic of the codebook and their affinity, where it is high enough."""
    affinity = _affinities(codebook, model)
    rows, columns = linear_sum_assignment(affinity, maximize=True)
    numbers = list(codebook.terms)
    return {
        int(topic): (numbers[row], float(affinity[row, topic]))
        for row, topic in zip(rows, columns, strict=True)
        if affinity[row, topic] >= NEAREST_AFFINITY
    }


def _affinities(codebook: Codebook, model: TopicModel) -> np.ndarray:
    """(n_topics of the codebook, n_topics of the model), over listed terms, 1 for a topic with itself.

    Terms that the model lacks count against the match.
    """
    found = np.zeros((len(codebook.terms), model.n_topics))
    for row, listed in enumerate(codebook.terms.values()):
        phi = np.array(list(listed.values()))
        positions = model.vocabulary.get_indexer(pd.Index(list(listed)))
        known = positions >= 0
        root = np.sqrt(model.phi[:, positions[known]])
        found[row] = np.einsum("kw,w->k", root, np.sqrt(phi[known])) / phi.sum()
    return np.minimum(found, 1.0)


def _describe(
    codebook: Codebook, topic: int, pair: tuple[int, float] | None, found: Mapping[int, int]
) -> dict[str, Any]:
    """One row of `codebook`; `found`: topic of the codebook -> topic of the model."""
    if pair is None:
        return {"topic": topic, "merged_into": topic, "codebook_topic": pd.NA, "affinity": np.nan,
                "status": "new", **_decisions(Entry())}  # fmt: skip
    own, affinity = pair
    root = codebook.owner[own]
    # where the topic that others were merged into is gone, the first of its parts stands in for it
    heir = found.get(root, min(found[part] for part in found if codebook.owner[part] == root))
    entry = codebook.entries.get(root if heir == topic else own, Entry())
    return {
        "topic": topic,
        "merged_into": heir,
        "codebook_topic": own,
        "affinity": affinity,
        "status": "same" if affinity >= RETURNS_AFFINITY else "changed",
        **_decisions(entry),
    }


def _decisions(entry: Entry) -> dict[str, Any]:
    texts = {name: getattr(entry, name) or pd.NA for name in ("name_zh", "name_en", "definition", "reason")}
    return {**texts, "excluded": entry.exclude}


def _warn_of_changes(codebook: Codebook, model: TopicModel, pairs: Mapping[int, tuple[int, float]]) -> None:
    n_same = sum(affinity >= RETURNS_AFFINITY for _, affinity in pairs.values())
    warnings.warn(
        f"codebook: it was written for another model ({codebook.model_hash}, here {hash_model(model)}); {n_same} of "
        f"its {len(codebook.terms)} topics were found again by their terms",
        stacklevel=4,
    )
    for topic, (own, affinity) in sorted(pairs.items()):
        if affinity < RETURNS_AFFINITY:
            gone, come = _changed_terms(codebook.terms[own], model, topic)
            warnings.warn(
                f"codebook: topic {own}{_named(codebook, own)} has changed (now {topic}, affinity {affinity:.2f}; lost "
                f"{gone}; new {come}): read it again before you keep its name",
                stacklevel=4,
            )
    known = {own for own, _ in pairs.values()}
    for own in codebook.terms:
        if own not in known and _is_decided(codebook, own):
            warnings.warn(
                f"codebook: topic {own}{_named(codebook, own)} has no counterpart in this model; what was "
                "decided about it is not applied",
                stacklevel=4,
            )
    new = [str(topic) for topic in range(model.n_topics) if topic not in pairs]
    if new:
        warnings.warn(
            f"codebook: topics {', '.join(new)} of this model are not in it; they keep automatic labels",
            stacklevel=4,
        )


def _is_decided(codebook: Codebook, topic: int) -> bool:
    """Whether a topic was named, excluded or is part of a merge."""
    merged = any(part != owner and topic in (part, owner) for part, owner in codebook.owner.items())
    return merged or codebook.entries.get(topic, Entry()) != Entry()


def _changed_terms(listed: Mapping[str, float], model: TopicModel, topic: int) -> tuple[str, str]:
    """First terms of a topic that it had and has no more, and those that it has and had not."""
    before = sorted(listed, key=lambda term: (-listed[term], term))
    order = np.lexsort((model.vocabulary.to_numpy(dtype=str), -np.round(model.phi[topic], 12)))
    after = [str(term) for term in model.vocabulary[order[: len(before)]]]
    gone = [term for term in before if term not in after][:_N_NAMED]
    come = [term for term in after if term not in before][:_N_NAMED]
    return ", ".join(gone) or "nothing", ", ".join(come) or "nothing"


def _named(codebook: Codebook, topic: int) -> str:
    name = codebook.entries.get(topic, Entry()).name
    return f" ({name})" if name else ""


def _label(entry: Any, automatic: str) -> str:
    names = [str(name) for name in (entry.name_zh, entry.name_en) if isinstance(name, str) and name]
    label = " ".join(names) or automatic
    return f"{label}（已排除 excluded）" if entry.excluded else label


def leave_out(shares: pd.DataFrame, topics: pd.DataFrame) -> pd.DataFrame:
    """`shares` without the columns of excluded topics; their sum stands in the column ``excluded``.

    So a share stays a share of everything that was said, and no test asks about an excluded topic.
    """
    numbers = excluded_topics(topics)
    if not numbers:
        return shares
    columns = [f"topic_{topic}" for topic in numbers]
    return shares.drop(columns=columns).assign(excluded=shares[columns].sum(axis=1))


def excluded_topics(topics: pd.DataFrame) -> list[int]:
    """Numbers of the topics that a codebook excludes; none without one."""
    if "excluded" not in topics:
        return []
    return [int(topic) for topic in topics.loc[topics["excluded"].astype(bool), "topic"]]
