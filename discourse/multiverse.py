"""A study and its reference model come in; the same topics in many other models of the same texts go out.

A universe is one way in which the study could have been made: another seed, number of topics, engine, stop
list, lexicon, passage. Every finished model is stored at once, so that an interrupted command goes on from
there; the tables at the end are the same whatever was interrupted and however many processes worked.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from discourse.compare.robustness import join_families
from discourse.config import Study, change_study
from discourse.contracts import DocumentTermMatrix, TopicModel, check
from discourse.corpus.passages import split_passages
from discourse.corpus.recycled import drop_recycled, mark_reuse
from discourse.corpus.reuse import find_reuse
from discourse.errors import DataError, SettingError
from discourse.runs.store import load_model, load_table, read_json, write_json
from discourse.segment.lexicon import read_lexicon
from discourse.segment.tokenizer import build_tokenizer
from discourse.segment.tokens import segment_passages
from discourse.topics.dtm import build_dtm
from discourse.topics.ensemble import align_topics
from discourse.topics.lda import fit_lda
from discourse.topics.shares import estimate_shares

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
_WORK = "universes"

Progress = Callable[[int, int], None]


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
    levels = {key: _levels(study, key, values) for key, values in (vary or {}).items()}
    numbers = list(dict.fromkeys(max(int(size * n_topics + 0.5), 2) for size in (1.0, *_checked(sizes))))
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
        for seed in (seeds if not changes else list(seeds)[: max(n_seeds, 1)])
    ]


def vary_study(study: Study) -> Study:
    """Let `study` try the other settings too: those that it names, else the default ones."""
    own = study.settings["multiverse"]
    vary = own["vary"] or {
        key: [value]
        for key, values in ALTERNATIVES.items()
        for value in [v for v in values if v != _declared(study, key)][:1]
    }
    return replace(study, settings={**study.settings, "multiverse": {**own, "vary": vary}})


def fit_universes(
    folder: Path,
    study: Study,
    plan: Sequence[Universe],
    models: Sequence[TopicModel] = (),
    *,
    processes: int | None = None,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Fit every model of the plan and follow the topics of the reference model through all of them.

    Parameters
    ----------
    folder
        Run folder with `documents`, `passages`, `tokens` and the reference model. Finished models are kept
        below it until all are done.
    study, plan
        The declared settings, and the universes of `plan_universes`.
    models
        Models of the declared settings that are fitted already.
    processes
        If None, one a processor where several preparations are asked for, else one.
    progress
        Called with the number of models done and of all.

    Returns
    -------
    universes, families, family_shares
        Their contracts. Affinity sum_w sqrt(phi phi') is taken over the terms that both models have, phi
        rescaled to them; `common` tells which share of the reference model's tokens these are.

    Warns
    -----
    UserWarning
        Some models cannot be fitted, such as more topics than half the passages: they are left out.
    """
    work = folder / _WORK
    work.mkdir(exist_ok=True)
    ready = {(model.n_topics, model.settings["seed"]): model for model in models}
    declared = [u for u in plan if not u.changes and (u.n_topics, u.seed) in ready]
    for group in _waiting(work, declared):
        _fit_group(folder, study, group, ready)
    groups = _waiting(work, plan)
    done = len(plan) - sum(map(len, groups))
    for finished in _work_off(folder, study, groups, processes):
        done += finished
        if progress is not None:
            progress(done, len(plan))
    tables = _collect(folder, study, plan)
    shutil.rmtree(work)
    return tables


# --- the plan -----------------------------------------------------------------------------------------------


def _levels(study: Study, key: str, values: Sequence[Any]) -> list[Any]:
    """The declared value and the others, each checked against the function that takes it."""
    if not key.startswith(_MAY_VARY) or key in ("topics.lda.n_topics", "topics.lda.seed"):
        raise SettingError(
            f"vary: {key!r} cannot be varied; choose settings of {', '.join(name.strip('.') for name in _MAY_VARY)} "
            "(sizes and seeds vary anyway)."
        )
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise SettingError(f"vary: the values of {key!r} must stand in a list, found {values!r}")
    declared = _declared(study, key)
    for value in values:
        _change(study, {key: value})
    return [declared, *(value for value in values if value != declared)]


def _declared(study: Study, key: str) -> Any:
    section, _, name = key.rpartition(".")
    return study.settings.get(section, {}).get(name)


def _change(study: Study, changes: Mapping[str, Any]) -> Study:
    """`study` with other settings, checked as those of a command line are."""
    return change_study(
        study, [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in changes.items()]
    )


def _checked(sizes: Sequence[float]) -> Sequence[float]:
    if not sizes or not all(isinstance(size, int | float) and 0 < size <= 10 for size in sizes):
        raise SettingError(
            f"sizes must be multiples of the declared number of topics, such as [0.75, 1.5], are {sizes!r}."
        )
    return sizes


def _combine(levels: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Combinations of levels as changes, the empty one first."""
    positions = list(product(*(range(len(own)) for own in levels.values())))
    if len(positions) > MOST_PREPARATIONS:
        positions = [chosen for chosen in positions if sum(level > 0 for level in chosen) % 2 == 0]
    return [
        {key: levels[key][level] for key, level in zip(levels, chosen, strict=True) if level}
        for chosen in positions
    ]


# --- the work -----------------------------------------------------------------------------------------------


def _waiting(work: Path, plan: Sequence[Universe]) -> list[list[Universe]]:
    """Universes without a stored model, those with the same counts together."""
    groups: dict[str, list[Universe]] = {}
    for universe in plan:
        if not (work / f"{universe.model_id}.json").is_file():
            groups.setdefault(json.dumps(universe.preparation, sort_keys=True), []).append(universe)
    return list(groups.values())


def _work_off(
    folder: Path, study: Study, groups: Sequence[list[Universe]], processes: int | None
) -> Iterator[int]:
    """Fit all groups; yields the number of models that came to an end."""
    n_processes = min(_n_processors() if processes is None else processes, len(groups))
    if n_processes <= 1:
        yield from (_fit_group(folder, study, group) for group in groups)
        return
    fresh = multiprocessing.get_context("spawn")  # forking is unsafe beside the engines' threads
    with ProcessPoolExecutor(n_processes, mp_context=fresh, initializer=_die_with_parent) as pool:
        tasks = [pool.submit(_fit_group, folder, study, group) for group in groups]
        try:
            yield from (task.result() for task in as_completed(tasks))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _n_processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _die_with_parent() -> None:
    """A killed command must not leave workers that go on writing."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _fit_group(
    folder: Path,
    study: Study,
    universes: Sequence[Universe],
    ready: Mapping[tuple[int, int], TopicModel] | None = None,
) -> int:
    """Fit universes that share their counts, or take them from `ready`, and store each at once."""
    reference = load_model(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the declared settings they were said already
        try:
            dtm, passages = _prepare(folder, study, universes[0].preparation)
        except DataError as error:
            stored = {universe.model_id: {"error": str(error)} for universe in universes}
        else:
            stored = {}
        for universe in universes:
            result = stored.get(universe.model_id) or _explore(
                study,
                universe,
                dtm,
                passages,
                reference,
                (ready or {}).get((universe.n_topics, universe.seed)),
            )
            write_json(folder / _WORK / f"{universe.model_id}.json", result)
    return len(universes)


def _prepare(
    folder: Path, study: Study, changes: Mapping[str, Any]
) -> tuple[DocumentTermMatrix, pd.DataFrame]:
    """Counts and passages of a preparation, from the tables of the run where nothing before them changed."""
    own = _change(study, changes)
    passages, recycled = load_table(folder, "passages"), own.options("corpus.recycled")
    if any(key.startswith("corpus.passages.") for key in changes):
        documents = load_table(folder, "documents")
        passages = split_passages(documents, **own.options("corpus.passages"))
        if recycled["max_share"] < 1:
            passages = mark_reuse(passages, find_reuse(passages, documents, **own.options("corpus.reuse")))
    passages = drop_recycled(passages, **recycled)
    if any(key.startswith(("corpus.", "segment.")) for key in changes):
        lexicon = read_lexicon(**own.options("segment.lexicon"))
        tokenizer = build_tokenizer(lexicon, **own.options("segment.tokenizer"))
        tokens = segment_passages(passages, tokenizer, **own.options("segment.tokens"))
    else:
        tokens = load_table(folder, "tokens")
    return build_dtm(tokens, **own.options("topics.dtm")), passages


def _explore(
    study: Study,
    universe: Universe,
    dtm: DocumentTermMatrix,
    passages: pd.DataFrame,
    reference: TopicModel,
    model: TopicModel | None,
) -> dict[str, Any]:
    """What is kept of a universe: how it was fitted, its families, and their shares of each document."""
    own = _change(study, universe.changes)
    settings = {**own.options("topics.lda"), "n_topics": universe.n_topics, "seed": universe.seed}
    try:
        model = model or fit_lda(dtm, **settings)
    except DataError as error:
        return {"error": str(error)}
    shares = estimate_shares(model, dtm, passages, **own.options("topics.shares"))
    alignment, common = _align(reference, model)
    family_shares, families = join_families(shares, alignment, n_topics=reference.n_topics)
    facts = ("engine", "n_topics", "seed", "log_likelihood", "n_iterations", "converged")
    return {
        "universe": {name: model.settings[name] for name in facts}
        | {"n_terms": len(model.vocabulary), "common": common},
        "families": {name: _plain(families[name]) for name in families},
        "family_shares": {name: _plain(family_shares[name]) for name in family_shares},
    }


def _align(reference: TopicModel, model: TopicModel) -> tuple[pd.DataFrame, float]:
    """Match topics on the terms that both models have; also the share of the reference's tokens they are."""
    common = reference.vocabulary.intersection(model.vocabulary).sort_values()
    if common.empty:
        raise DataError(
            "a model has no term in common with the reference model: vary fewer settings at once."
        )
    first = _on_terms(reference, common)
    # align_topics leaves out a model that has the reference's name, and the reference is to be followed too
    first = replace(first, settings={**first.settings, "seed": -1})
    known = first.term_counts.sum() / reference.term_counts.sum()
    return align_topics(first, [_on_terms(model, common)]), float(known)


def _on_terms(model: TopicModel, terms: pd.Index) -> TopicModel:
    positions = model.vocabulary.get_indexer(terms)
    phi = model.phi[:, positions]
    return replace(
        model,
        phi=phi / phi.sum(axis=1, keepdims=True),
        vocabulary=terms,
        term_counts=model.term_counts[positions],
    )


def _plain(values: pd.Series) -> list[Any]:
    """Values as JSON has them, NA as null."""
    return [None if pd.isna(value) else value for value in values.tolist()]


# --- the tables ---------------------------------------------------------------------------------------------


def _collect(
    folder: Path, study: Study, plan: Sequence[Universe]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    stored = {universe: read_json(folder / _WORK / f"{universe.model_id}.json") for universe in plan}
    failed = [result["error"] for result in stored.values() if "error" in result]
    if failed:
        warnings.warn(
            f"{len(failed)} of {len(plan)} models of the multiverse could not be fitted and are left out: {failed[0]}",
            stacklevel=3,
        )
    kept = {universe: result for universe, result in stored.items() if "error" not in result}
    varied = sorted({key for universe in plan for key in universe.changes} - {"topics.lda.engine"})
    reference = load_model(folder)
    universes = [
        {
            "model_id": universe.model_id,
            **result["universe"],
            "is_reference": not universe.changes
            and (universe.n_topics, universe.seed) == (reference.n_topics, reference.settings["seed"]),
            **{key: _words(universe.changes.get(key, _declared(study, key))) for key in varied},
        }
        for universe, result in kept.items()
    ]
    return (
        check(pd.DataFrame(universes), "universes"),
        _stack("families", kept),
        _stack("family_shares", kept),
    )


def _words(value: Any) -> str:
    """A setting's value as it stands in a table: lists joined, an empty one "none"."""
    if isinstance(value, list | tuple):
        return "+".join(Path(str(item)).name for item in value) or "none"
    return str(value)


def _stack(name: str, kept: Mapping[Universe, dict[str, Any]]) -> pd.DataFrame:
    tables = [pd.DataFrame(result[name]).assign(model_id=u.model_id) for u, result in kept.items()]
    table = pd.concat(tables, ignore_index=True)
    return check(table[["model_id", *(column for column in table if column != "model_id")]], name)
