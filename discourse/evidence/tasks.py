"""A topic in, questions about it out: one maker a task, each drawing from a `World` of words and passages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from discourse.contracts import TopicModel
from discourse.errors import ContractError
from discourse.evidence.exemplars import find_exemplars

N_WORDS = 5  # of the topic beside one intruder (Chang et al. 2009)
N_SETS, SET_SIZE = 3, 4  # R4WSI: three sets of four of the topic beside one of another (Ying et al. 2022)
N_TOP = 20  # most probable terms that words are drawn from
N_HIGH = 10  # an intruder is among this many most probable terms of another topic
N_SHOWN_TERMS = 8  # terms by which a topic is shown (Chang et al. 2009)
N_SHOWN_TOPICS = 3  # topics of a passage beside one intruder (Chang et al. 2009)
MIN_THETA = 0.1  # a passage holds a topic from here on
MIN_MAIN_THETA = 0.25  # and is mainly about its largest from here on
MIN_TOKENS = 20
MAX_CHARACTERS = 600  # a longer passage is not read with care
N_QUOTES, QUOTE_CHARACTERS = 2, 160


@dataclass(frozen=True)
class CodingItem:
    """One question: what is shown, and what only the key may hold.

    Shown: `options` (words of each option, in the order shown), `texts` (verbatim passages), `label`, `terms`.
    Key: `topic`; `answer`, position of the right option from 1, None where there is no right one;
    `option_topics` and `option_theta`: whose the options are, and how much of the passage each topic has.
    """

    task: str
    topic: int
    options: tuple[tuple[str, ...], ...]
    answer: int | None
    texts: tuple[str, ...] = ()
    label: str = ""
    terms: tuple[str, ...] = ()
    option_topics: tuple[int, ...] = ()
    option_theta: tuple[float, ...] = ()
    item_id: str = ""


@dataclass(frozen=True)
class World:
    """What questions are drawn from; `tops[topic]` are positions of its most probable terms, best first."""

    model: TopicModel
    topics: tuple[int, ...]
    labels: dict[int, str]
    tops: dict[int, np.ndarray]
    pool: pd.DataFrame
    quotes: dict[int, tuple[str, ...]]

    def words(self, positions: Sequence[int] | np.ndarray) -> tuple[str, ...]:
        """Terms at these positions of the vocabulary."""
        return tuple(str(self.model.vocabulary[i]) for i in positions)


Maker = Callable[[World, int, int, np.random.Generator, set], Iterator[CodingItem]]


def build_world(model: TopicModel, passages: pd.DataFrame, topics: pd.DataFrame) -> World:
    """Gather words, labels and readable passages of the topics that may be asked about."""
    kept = topics[~topics["excluded"].fillna(False).astype(bool)] if "excluded" in topics else topics
    numbers = [int(topic) for topic in kept["topic"]]
    if numbers and max(numbers) >= model.n_topics:
        raise ContractError(
            f"topics has topic {max(numbers)}, the model has {model.n_topics}: give the topics of this model."
        )
    quoted = find_exemplars(
        model, passages, n=N_QUOTES, n_counter=0, max_characters=QUOTE_CHARACTERS, min_tokens=MIN_TOKENS
    )
    return World(
        model,
        tuple(numbers),
        dict(zip(numbers, kept["label"].astype(str), strict=True)),
        {topic: _ranked(model, topic) for topic in numbers},
        _readable(model, passages),
        {topic: tuple(quoted.loc[quoted["topic"] == topic, "quote"]) for topic in numbers},
    )


def _ranked(model: TopicModel, topic: int) -> np.ndarray:
    """Positions of the terms that the topic has at all, most probable first; ties by the term."""
    order = np.lexsort((model.vocabulary.to_numpy(dtype=str), -model.phi[topic]))
    return order[:N_TOP]


def _readable(model: TopicModel, passages: pd.DataFrame) -> pd.DataFrame:
    """Modelled passages that are long enough, short enough, and repeat no earlier one."""
    rows = pd.DataFrame(
        {
            "passage_id": model.passages.astype("str"),
            "row": np.arange(len(model.passages)),
            "n": model.lengths,
        }
    )
    pool = rows.merge(passages, on="passage_id", how="inner", validate="one_to_one")
    own = pool["reuse_id"].isna() if "reuse_id" in pool else True
    fits = (pool["n"] >= MIN_TOKENS) & (pool["text"].str.len() <= MAX_CHARACTERS) & own
    return pool[fits].drop_duplicates("text").sort_values("passage_id", kind="stable")


def ask_word_intrusion(
    world: World, topic: int, n: int, rng: np.random.Generator, used: set[int]
) -> Iterator[CodingItem]:
    """Five words of the topic and one that has no place in it but is at home in another.

    The first question shows the five most probable terms, as Chang et al. do; further ones draw five of the
    twenty most probable. An intruder serves once, and is none of the words by which other topics are shown.
    """
    used |= {int(i) for own in world.tops.values() for i in own[:N_WORDS]}
    for i in range(n):
        tops = world.tops[topic]
        shown = tops[:N_WORDS] if i == 0 else _draw(world, topic, tops, N_WORDS, rng)
        intruder = _intruding_word(world, topic, shown, rng, used)
        if intruder is None or len(shown) < N_WORDS:
            return
        used.add(intruder)
        yield _shuffled(
            "word_intrusion", topic, [(word,) for word in world.words([*shown, intruder])], N_WORDS, rng
        )


def _intruding_word(
    world: World, topic: int, shown: np.ndarray, rng: np.random.Generator, used: set[int]
) -> int | None:
    """Find a term that is improbable here (lower half) and among the ten most probable elsewhere."""
    phi = world.model.phi[topic]
    own, low = set(world.tops[topic]), np.median(phi)
    high = {int(i) for other, tops in world.tops.items() if other != topic for i in tops[:N_HIGH]}
    fitting = [
        i
        for i in sorted(high)
        if i not in own and phi[i] <= low and not _overlaps(world.words([i])[0], world.words(shown))
    ]
    fresh = [i for i in fitting if i not in used]
    return int(rng.choice(fresh or fitting)) if fitting else None


def _overlaps(word: str, others: Sequence[str]) -> bool:
    """Whether a word holds or is held by another: 社区 beside 社区治理 is no fair intruder."""
    return any(word in other or other in word for other in others)


def ask_set_intrusion(
    world: World, topic: int, n: int, rng: np.random.Generator, used: set[int]
) -> Iterator[CodingItem]:
    """Three sets of four words drawn from the topic's twenty most probable, one set of another topic (R4WSI)."""
    tops = world.tops[topic]
    others = [
        (other, theirs)
        for other in world.topics
        if other != topic and len(theirs := _not_in(world.tops[other], tops)) >= SET_SIZE
    ]
    if len(tops) < N_SETS * SET_SIZE or not others:
        return
    for _ in range(n):
        drawn = _draw(world, topic, tops, N_SETS * SET_SIZE, rng)
        other, theirs = others[rng.integers(len(others))]
        sets = [drawn[i::N_SETS] for i in range(N_SETS)] + [_draw(world, other, theirs, SET_SIZE, rng)]
        yield _shuffled(
            "set_intrusion", topic, [world.words(rng.permutation(own)) for own in sets], N_SETS, rng
        )


def ask_topic_intrusion(
    world: World, topic: int, n: int, rng: np.random.Generator, used: set[int]
) -> Iterator[CodingItem]:
    """A passage, the topics that it holds and one that it does not, by their eight most probable words (T8WSI)."""
    for row, text, own in _mixed_passages(world, topic, n, rng, used):
        intruder = _intruding_topic(world, row, own, rng)
        shown = [*own, intruder]
        options = [world.words(world.tops[k][:N_SHOWN_TERMS]) for k in shown]
        yield _of_passage("topic_intrusion", topic, world, row, text, shown, options, len(own), rng)


def ask_label_intrusion(
    world: World, topic: int, n: int, rng: np.random.Generator, used: set[int]
) -> Iterator[CodingItem]:
    """Topic intrusion with labels in place of words (LI)."""
    for row, text, own in _mixed_passages(world, topic, n, rng, used):
        shown = [*own, _intruding_topic(world, row, own, rng)]
        options = [(world.labels[k],) for k in shown]
        yield _of_passage("label_intrusion", topic, world, row, text, shown, options, len(own), rng)


def ask_label_choice(
    world: World, topic: int, n: int, rng: np.random.Generator, used: set[int]
) -> Iterator[CodingItem]:
    """A passage mainly about the topic, its label and up to three of topics that it does not hold (OL)."""
    theta = world.model.theta[world.pool["row"].to_numpy()]
    main = (theta.argmax(axis=1) == topic) & (theta[:, topic] >= MIN_MAIN_THETA)
    for row, text in _pick(world.pool[main], n, rng, used):
        low = [k for k in world.topics if k != topic and world.model.theta[row, k] < MIN_THETA]
        if not low:
            continue
        others = rng.permutation(low)[:N_SHOWN_TOPICS]
        shown = [int(k) for k in others] + [topic]
        options = [(world.labels[k],) for k in shown]
        yield _of_passage("label_choice", topic, world, row, text, shown, options, len(others), rng)


def ask_label_fit(
    world: World, topic: int, n: int, rng: np.random.Generator, used: set[int]
) -> Iterator[CodingItem]:
    """The label with the words and two quotations: rated 1 to 5, or no label fits (6)."""
    options = tuple((str(i),) for i in range(1, 7))
    terms = world.words(world.tops[topic][:N_HIGH])
    yield CodingItem(
        "label_fit", topic, options, None, world.quotes[topic], world.labels[topic], terms, (), ()
    )


def _mixed_passages(
    world: World, topic: int, n: int, rng: np.random.Generator, used: set[int]
) -> Iterator[tuple[int, str, list[int]]]:
    """Random passages that hold the topic and one or two others; those that hold three come first.

    At random, not the clearest: the score is to speak of passages as they are.
    """
    theta = world.model.theta[world.pool["row"].to_numpy()]
    allowed = np.array(world.topics)
    held: dict[int, list[int]] = {}
    for row, shares in zip(world.pool["row"], theta, strict=True):
        order = allowed[np.argsort(-shares[allowed], kind="stable")][:N_SHOWN_TOPICS]
        own = [int(k) for k in order if shares[k] >= MIN_THETA]
        if topic in own and len(own) >= 2 and _low_topics(world, int(row), own):
            held[int(row)] = own
    found: list[tuple[int, str]] = []
    for size in (3, 2):
        rows = [row for row, own in held.items() if len(own) == size]
        found += _pick(world.pool[world.pool["row"].isin(rows)], n - len(found), rng, used)
    for row, text in found:
        yield row, text, held[row]


def _pick(pool: pd.DataFrame, n: int, rng: np.random.Generator, used: set[int]) -> list[tuple[int, str]]:
    """Up to `n` passages at random, none twice in a form, no document twice before all others."""
    fresh = pool[~pool["row"].isin(used)]
    mixed = fresh.iloc[rng.permutation(len(fresh))]
    turn = mixed.groupby("doc_id", sort=False).cumcount()
    chosen = mixed.iloc[np.argsort(turn.to_numpy(), kind="stable")].head(max(n, 0))
    used |= {int(row) for row in chosen["row"]}
    return [(int(row), str(text)) for row, text in zip(chosen["row"], chosen["text"], strict=True)]


def _low_topics(world: World, row: int, own: Sequence[int]) -> list[int]:
    """Topics that the passage holds at most half as much of as of any that is shown, and less than a tenth."""
    shares = world.model.theta[row]
    bound = min(MIN_THETA, 0.5 * min(shares[k] for k in own))
    return [k for k in world.topics if k not in own and shares[k] <= bound]


def _intruding_topic(world: World, row: int, own: Sequence[int], rng: np.random.Generator) -> int:
    return int(rng.choice(_low_topics(world, row, own)))


def _draw(world: World, topic: int, pool: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw `n` different terms in proportion to their probability in the topic."""
    phi = world.model.phi[topic, pool]
    return rng.choice(pool, size=min(n, len(pool)), replace=False, p=phi / phi.sum())


def _not_in(pool: np.ndarray, others: np.ndarray) -> np.ndarray:
    return pool[~np.isin(pool, others)]


def _of_passage(
    task: str, topic: int, world: World, row: int, text: str, shown: Sequence[int],
    options: Sequence[tuple[str, ...]], answer: int, rng: np.random.Generator,
) -> CodingItem:  # fmt: skip
    order = rng.permutation(len(options))
    return CodingItem(
        task, topic, tuple(options[i] for i in order), int(np.flatnonzero(order == answer)[0]) + 1,
        texts=(text,), option_topics=tuple(shown[i] for i in order),
        option_theta=tuple(float(world.model.theta[row, shown[i]]) for i in order),
    )  # fmt: skip


def _shuffled(
    task: str, topic: int, options: Sequence[tuple[str, ...]], answer: int, rng: np.random.Generator
) -> CodingItem:
    order = rng.permutation(len(options))
    position = int(np.flatnonzero(order == answer)[0]) + 1
    return CodingItem(task, topic, tuple(options[i] for i in order), position)


MAKERS: dict[str, Maker] = {
    "word_intrusion": ask_word_intrusion,
    "set_intrusion": ask_set_intrusion,
    "topic_intrusion": ask_topic_intrusion,
    "label_intrusion": ask_label_intrusion,
    "label_choice": ask_label_choice,
    "label_fit": ask_label_fit,
}
