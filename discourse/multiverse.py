"""A study comes in; the universes go out in which its findings are to be tried.

A universe is one way in which the study could have been made: another seed, number of topics, engine, stop
list, lexicon, passage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from discourse.config import Study
from discourse.errors import SettingError
from discourse.variants import change_settings

# Of each setting the values to try: the first one that is not the study's own joins it.
ALTERNATIVES: Mapping[str, tuple[Any, ...]] = {
    "corpus.passages.max_chars": (200, 0),
    "corpus.recycled.max_share": (0.5, 1.0),
    "segment.lexicon.name": ([], "governance"),
    "segment.tokens.stopwords": (["general"], ["general", "official"]),
    "topics.dtm.min_df": (5, 2),
    "topics.lda.engine": ("gensim", "cvb0"),
}
MOST_PREPARATIONS = 16
_MAY_VARY = ("corpus.passages.", "corpus.recycled.", "segment.", "topics.dtm.", "topics.lda.")
_MODELLING = "topics.lda."


@dataclass(frozen=True, eq=False)
class Universe:
    """One model to fit: `changes` are the settings, by section.name, in which it departs from the study."""

    model_id: str
    changes: Mapping[str, Any]
    n_topics: int
    seed: int

    @property
    def preparation(self) -> dict[str, Any]:
        """The changes that alter the counts; the others alter how counts are modelled."""
        return {key: value for key, value in self.changes.items() if not key.startswith(_MODELLING)}


def plan_universes(
    study: Study,
    *,
    n_topics: int,
    seeds: Sequence[int],
    sizes: Sequence[float] = (0.75, 1.0, 1.25, 1.5),
    n_seeds: int = 3,
    size_seeds: int | None = None,
    vary: Mapping[str, Sequence[Any]] | None = None,
) -> list[Universe]:
    """Say which models to fit: other seeds and numbers of topics, and on request other settings.

    Parameters
    ----------
    study
        The declared settings.
    n_topics, seeds
        Of the reference model and its ensemble.
    sizes
        Numbers of topics, as multiples of the declared one. ``[1.0]`` asks no other.
    n_seeds
        How many of the seeds serve universes with other settings; the declared ones get all of them.
    size_seeds
        How many of the seeds serve other numbers of topics under the declared settings. None: all of them; a
        run of more than ten million pairs of passage and term takes one and says so.
    vary
        Setting, written ``section.name``, -> its other values. What `discourse multiverse` adds where nothing
        is given: passages of at most 200 characters, no recycled passages, no lexicon, the general stop list
        alone, terms in at least five passages, the other engine.

    Returns
    -------
    list of Universe
        The declared settings first. Settings that change the counts are crossed with one another, with sizes
        and seeds; above 16 combinations only those that depart from the study in an even number of settings
        are taken, which keeps main effects apart from interactions of two. A setting of ``topics.lda`` departs
        alone.

    Raises
    ------
    SettingError
        A setting that does not exist or cannot be varied, or a value that it does not take.
    """
    _check_plan(sizes, {"n_seeds": n_seeds, "size_seeds": 1 if size_seeds is None else size_seeds}, vary)
    levels = {key: _levels(study, key, values) for key, values in (vary or {}).items()}
    numbers = list(dict.fromkeys(max(int(size * n_topics + 0.5), 2) for size in (1.0, *sizes)))
    prepared = _combine({key: own for key, own in levels.items() if not key.startswith(_MODELLING)})
    modelled = [
        {key: value} for key, own in levels.items() if key.startswith(_MODELLING) for value in own[1:]
    ]
    variants = [("p00-m00", prepared[0])]
    variants += [(f"p00-m{number:02d}", changes) for number, changes in enumerate(modelled, start=1)]
    variants += [(f"p{number:02d}-m00", changes) for number, changes in enumerate(prepared[1:], start=1)]
    return [
        Universe(f"{name}-k{number}-s{seed}", changes, number, seed)
        for name, changes in variants
        for number in sorted(numbers)
        for seed in list(seeds)[: n_seeds if changes else size_seeds if number != n_topics else None]
    ]


def vary_study(study: Study) -> Study:
    """Let `study` try the other settings too: those that it names, else the default ones."""
    own = study.settings["multiverse"]
    led = declared_value(study, "topics.lda.themes") is not None  # themes need the engine that takes them
    vary = own["vary"] or {
        key: [value]
        for key, values in ALTERNATIVES.items()
        if not (led and key == "topics.lda.engine")
        for value in [v for v in values if v != declared_value(study, key)][:1]
    }
    return replace(study, settings={**study.settings, "multiverse": {**own, "vary": vary}})


def _check_plan(
    sizes: Sequence[float], seeds: Mapping[str, int], vary: Mapping[str, Sequence[Any]] | None
) -> None:
    if not sizes or not all(isinstance(size, int | float) and 0 < size <= 10 for size in sizes):
        raise SettingError(
            f"sizes must be multiples of the declared number of topics, such as [0.75, 1.5], are {sizes!r}."
        )
    for name, n_seeds in seeds.items():
        if isinstance(n_seeds, bool) or not isinstance(n_seeds, int) or n_seeds < 1:
            raise SettingError(f"{name} must be a whole number of at least 1, is {n_seeds!r}.")
    if vary is not None and not isinstance(vary, Mapping):
        raise SettingError(
            f'vary must name settings and lists of values, such as {{"topics.dtm.min_df" = [5]}}, is {vary!r}.'
        )


def _levels(study: Study, key: str, values: Sequence[Any]) -> list[Any]:
    """The declared value and the others, each checked against the function that takes it."""
    if not key.startswith(_MAY_VARY) or key in ("topics.lda.n_topics", "topics.lda.seed"):
        raise SettingError(
            f"vary: {key!r} cannot be varied; choose settings of {', '.join(name.strip('.') for name in _MAY_VARY)} "
            "(sizes and seeds vary anyway)."
        )
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise SettingError(f"vary: the values of {key!r} must stand in a list, found {values!r}")
    declared = declared_value(study, key)
    for value in values:
        change_settings(study, {key: value})
    return [declared, *(value for value in values if value != declared)]


def declared_value(study: Study, key: str) -> Any:
    """Value of the setting `section.name` in a study, None where there is no such setting."""
    section, _, name = key.rpartition(".")
    return study.settings.get(section, {}).get(name)


def _combine(levels: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Combinations of levels as changes, the empty one first."""
    positions = list(product(*(range(len(own)) for own in levels.values())))
    if len(positions) > MOST_PREPARATIONS:
        positions = [chosen for chosen in positions if sum(level > 0 for level in chosen) % 2 == 0]
    return [
        {key: levels[key][level] for key, level in zip(levels, chosen, strict=True) if level}
        for chosen in positions
    ]
