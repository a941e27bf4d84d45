"""A topic in, questions about it out: one maker a task, each drawing from a `World` of words and passages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from discourse.evidence.world import MIN_THETA, N_SHOWN_TOPICS, World, low_bound

N_WORDS = 5  # of the topic beside one intruder (Chang et al. 2009)
N_SETS, SET_SIZE = 3, 4  # R4WSI: three sets of four of the topic beside one of another (Ying et al. 2022)
N_HIGH = 10  # an intruder is among this many most probable terms of another topic
N_SHOWN_TERMS = 8  # terms by which a topic is shown (Chang et al. 2009)
MIN_MAIN_THETA = 0.25  # and is mainly about its largest from here on


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


Maker = Callable[[World, int, int, np.random.Generator, set], Iterator[CodingItem]]


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
        options = [(word,) for word in world.words([*shown, intruder])]
        yield _shuffled("word_intrusion", topic, options, rng)[0]


def _intruding_word(
    world: World, topic: int, shown: np.ndarray, rng: np.random.Generator, used: set[int]
) -> int | None:
    """Find a term that is improbable here (lower half) and among the ten most probable elsewhere."""
    phi = world.phi[topic]
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
        yield _shuffled("set_intrusion", topic, [world.words(rng.permutation(own)) for own in sets], rng)[0]


def ask_topic_intrusion(
    world: World, topic: int, n: int, rng: np.random.Generator, used: set[int]
) -> Iterator[CodingItem]:
    """A passage, the topics that it holds and one that it does not, by their eight most probable words (T8WSI)."""
    for row in _mixed_passages(world, topic, n, rng, used):
        shown = _with_intruder(world, row, rng)
        options = [world.words(world.tops[k][:N_SHOWN_TERMS]) for k in shown]
        yield _of_passage("topic_intrusion", topic, world, row, shown, options, rng)


def ask_label_intrusion(
    world: World, topic: int, n: int, rng: np.random.Generator, used: set[int]
) -> Iterator[CodingItem]:
    """Topic intrusion with labels in place of words (LI)."""
    for row in _mixed_passages(world, topic, n, rng, used):
        shown = _with_intruder(world, row, rng)
        yield _of_passage(
            "label_intrusion", topic, world, row, shown, [(world.labels[k],) for k in shown], rng
        )


def ask_label_choice(
    world: World, topic: int, n: int, rng: np.random.Generator, used: set[int]
) -> Iterator[CodingItem]:
    """A passage mainly about the topic, its label and up to three of topics that it does not hold (OL)."""
    main = (world.theta.argmax(axis=1) == topic) & (world.theta[:, topic] >= MIN_MAIN_THETA)
    for row in _pick(world, main & world.has_low, n, rng, used):
        low = [k for k in world.topics if k != topic and world.theta[row, k] < MIN_THETA]
        shown = [int(k) for k in rng.permutation(low)[:N_SHOWN_TOPICS]] + [topic]
        yield _of_passage("label_choice", topic, world, row, shown, [(world.labels[k],) for k in shown], rng)


def ask_label_fit(
    world: World, topic: int, n: int, rng: np.random.Generator, used: set[int]
) -> Iterator[CodingItem]:
    """The label with the words and two quotations: rated 1 to 5, or no label fits (6)."""
    options = tuple((str(i),) for i in range(1, 7))
    terms = world.words(world.tops[topic][:N_HIGH])
    yield CodingItem(
        "label_fit", topic, options, None, world.quotes[topic], world.labels[topic], terms, (), ()
    )


def _mixed_passages(world: World, topic: int, n: int, rng: np.random.Generator, used: set[int]) -> list[int]:
    """Rows of random passages that hold the topic and one or two others; those that hold three come first.

    At random, not the clearest: the score is to speak of passages as they are.
    """
    fits = (world.held == topic).any(axis=1) & world.has_low
    size = (world.held >= 0).sum(axis=1)
    found = _pick(world, fits & (size == 3), n, rng, used)
    return found + _pick(world, fits & (size == 2), n - len(found), rng, used)


def _pick(world: World, fits: np.ndarray, n: int, rng: np.random.Generator, used: set[int]) -> list[int]:
    """Up to `n` passages at random, none twice in a form, no document twice before all others."""
    fresh = world.pool[fits & ~world.pool.index.isin(used)]
    mixed = fresh.iloc[rng.permutation(len(fresh))]
    turn = mixed.groupby("doc_id", sort=False).cumcount().to_numpy()
    chosen = [int(row) for row in mixed.index[np.argsort(turn, kind="stable")][: max(n, 0)]]
    used.update(chosen)
    return chosen


def _with_intruder(world: World, row: int, rng: np.random.Generator) -> list[int]:
    """List the topics that a passage holds and, last, one that it does not."""
    own = [int(k) for k in world.held[row] if k >= 0]
    bound = low_bound(world.theta[[row]], world.held[[row]])[0]
    low = [k for k in world.topics if k not in own and world.theta[row, k] <= bound]
    return [*own, int(rng.choice(low))]


def _draw(world: World, topic: int, pool: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw `n` different terms in proportion to their probability in the topic."""
    phi = world.phi[topic, pool]
    return rng.choice(pool, size=min(n, len(pool)), replace=False, p=phi / phi.sum())


def _not_in(pool: np.ndarray, others: np.ndarray) -> np.ndarray:
    return pool[~np.isin(pool, others)]


def _of_passage(
    task: str, topic: int, world: World, row: int, shown: Sequence[int],
    options: Sequence[tuple[str, ...]], rng: np.random.Generator,
) -> CodingItem:  # fmt: skip
    """Question about a passage; the last option is the answer before they are shuffled."""
    item, order = _shuffled(task, topic, options, rng)
    return replace(
        item,
        texts=(str(world.pool["text"][row]),),
        option_topics=tuple(shown[i] for i in order),
        option_theta=tuple(float(world.theta[row, shown[i]]) for i in order),
    )


def _shuffled(
    task: str, topic: int, options: Sequence[tuple[str, ...]], rng: np.random.Generator
) -> tuple[CodingItem, list[int]]:
    """Question whose last option is the answer, options in random order; and that order."""
    order = [int(i) for i in rng.permutation(len(options))]
    answer = order.index(len(options) - 1) + 1
    return CodingItem(task, topic, tuple(options[i] for i in order), answer), order


MAKERS: dict[str, Maker] = {
    "word_intrusion": ask_word_intrusion,
    "set_intrusion": ask_set_intrusion,
    "topic_intrusion": ask_topic_intrusion,
    "label_intrusion": ask_label_intrusion,
    "label_choice": ask_label_choice,
    "label_fit": ask_label_fit,
}
