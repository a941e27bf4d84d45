"""A topic model and the set phrases of its passages come in; what each topic could be called goes out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from discourse.contracts import TopicModel
from discourse.resources import resource
from discourse.topics.quality import top_positions

POOL = 40  # most probable terms that may name a topic
N_CANDIDATES = 8
N_PHRASES = 2  # phrases at the end, where no better place was theirs
MIN_USES = 2.0  # expected uses of a phrase in the topic
MIN_DOCUMENTS = 2  # a phrase of one document names the document
MIN_LIFT = 1.5  # a phrase that the topic uses no more than others says nothing of it
_KEEPS = 0.25  # part of its weight that a word inside a longer one must leave to that one


def suggest_labels(model: TopicModel, phrase_uses: pd.DataFrame | None = None) -> list[list[str]]:
    """Words and set phrases that say what each topic is about: eight, best first, then two more phrases.

    Weight is n log(n / expected), the part of a candidate in the divergence of the topic's words from those of
    the corpus: high where it is frequent and peculiar. For a term n is the topic's tokens times phi; for a phrase
    the sum of theta over the passages that use it, each once. Terms that are more probable in another topic and
    words that name no subject (``stopwords/label_words.txt``) come last, in this order. Of two candidates one
    of which holds the other (社区治理, 治理) one is kept: the longer one, unless its weight is less than a
    quarter of the shorter one's.

    phrase_uses: contract `phrase_uses`; a phrase counts if documents differ in the passages that use it.
    """
    idle = _read_idle()
    terms = _weigh_terms(model)
    phrases = _weigh_phrases(model, phrase_uses)
    return [
        _with_phrases(_choose([*own, *used], idle), used) for own, used in zip(terms, phrases, strict=True)
    ]


Candidate = tuple[str, float, bool]  # words, weight, whether the topic is their home


def _read_idle() -> frozenset[str]:
    lines = resource("stopwords", "label_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _weigh_terms(model: TopicModel) -> list[list[Candidate]]:
    tokens = model.lengths @ model.theta
    spread = np.round(model.phi, 12)
    home = spread.argmax(axis=0)
    whole = (tokens / tokens.sum()) @ model.phi
    weighed = []
    for topic, pool in enumerate(top_positions(model.phi, POOL)):
        weight = np.round(tokens[topic] * model.phi[topic] * np.log(model.phi[topic] / whole), 9)
        weighed.append(
            [(str(model.vocabulary[term]), float(weight[term]), bool(home[term] == topic)) for term in pool]
        )
    return weighed


def _weigh_phrases(model: TopicModel, uses: pd.DataFrame | None) -> list[list[Candidate]]:
    """Phrases that several documents use and that are not terms already, most telling ones for each topic."""
    none: list[list[Candidate]] = [[] for _ in range(model.n_topics)]
    if uses is None or uses.empty:
        return none
    rows = model.passages.get_indexer(pd.Index(uses["passage_id"].astype("str")))
    known = uses.assign(row=rows)[rows >= 0].drop_duplicates(["phrase", "passage_id"])
    spread = known.groupby("phrase", sort=True)["doc_id"].nunique()
    shared = spread.index[(spread >= MIN_DOCUMENTS) & ~spread.index.isin(model.vocabulary)]
    tokens = model.lengths @ model.theta
    for phrase, own in known[known["phrase"].isin(shared)].groupby("phrase", sort=True):
        n = model.theta[own["row"].to_numpy()].sum(axis=0)
        lift = n / (n.sum() * tokens / tokens.sum())
        for topic in np.flatnonzero((n >= MIN_USES) & (lift >= MIN_LIFT)):
            weight = round(float(n[topic] * np.log(lift[topic])), 9)
            none[topic].append((str(phrase), weight, bool(n.argmax() == topic)))
    return none


def _choose(candidates: Sequence[Candidate], idle: frozenset[str]) -> list[str]:
    """Best first, none inside another one."""
    weight = {words: value for words, value, _ in candidates}
    ranked = sorted(candidates, key=lambda own: (own[0] in idle, not own[2], -own[1], own[0]))
    peculiar = any(value > 0 for value in weight.values())  # else all topics are one, and any word is as good
    chosen: list[str] = []
    for words, value, _ in ranked:
        if not any(character.isalpha() for character in words) or (value <= 0 and peculiar):
            continue
        nested = [other for other in chosen if words in other or other in words]
        if not nested:
            chosen.append(words)
        elif len(nested) == 1 and nested[0] in words and value >= _KEEPS * weight[nested[0]]:
            chosen[chosen.index(nested[0])] = words  # the longer one says more
        if len(chosen) == N_CANDIDATES:
            break
    return chosen


def _with_phrases(chosen: list[str], phrases: Sequence[Candidate]) -> list[str]:
    """Add the most telling phrases that are at home in the topic: a person may want to name it by one."""
    ranked = sorted((own for own in phrases if own[2]), key=lambda own: (-own[1], own[0]))
    new = [words for words, _, _ in ranked if not any(words in other or other in words for other in chosen)]
    return [*chosen, *new[:N_PHRASES]]
