"""A document-term matrix comes in; models of several seeds, their reference and their alignment go out."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from threadpoolctl import threadpool_limits

from discourse.contracts import DocumentTermMatrix, TopicModel, check, empty
from discourse.errors import DataError, SettingError
from discourse.topics.lda import ON_CLUSTER, check_priors, fit_lda, warn_of_fit
from discourse.workers import count_processors

NEAREST_AFFINITY = 0.6  # a surplus topic below this resembles no reference topic (docs/methods, stability)
UNMATCHED = -1
MANY_PAIRS = 2_000_000  # of passage and term: a fit keeps all processors busy by itself, and takes gigabytes
HUGE_PAIRS = 10_000_000  # about 500,000 passages: twenty models would take most of an hour, and differ little
SLOW = "a model by Spark takes minutes"
SEEDS, SEEDS_OF_HUGE = (1, 2, 3, 4, 5), (1, 2, 3)
# settings in which models of one engine, size and seed may differ
_ASKED_FOR = "n_starts alpha eta max_iterations tolerance memory themes theme_weight".split()


class Store(Protocol):
    """Where finished models wait, so that an interrupted ensemble goes on from there."""

    def load(self, key: str) -> TopicModel | None:
        """Return the model of that key, None if it is not there."""

    def save(self, key: str, model: TopicModel) -> None:
        """Keep it, all or nothing."""


def fit_ensemble(
    dtm: DocumentTermMatrix,
    progress: Callable[[int, int], None] | None = None,
    store: Store | None = None,
    *,
    seeds: Sequence[int] | None = None,
    n_workers: int | None = None,
    **settings: Any,
) -> list[TopicModel]:
    """Fit one model a seed, all else equal: one seed may have ended in a poor solution.

    Several are fitted at a time, one after another above two million pairs of passage and term; neither the
    models nor the order of warnings depends on how many.

    Parameters
    ----------
    dtm
        Counts (n_passages, n_terms).
    progress
        Called after each model with the number of models done and the number of all.
    store
        Keeps every finished model at once and gives it back, for the same counts and settings only. None
        keeps none.
    seeds
        At least one, none twice; five are the advised least. None: 1 to 5, above ten million pairs 1 to 3,
        which is said.
    n_workers
        Models fitted at a time; None: one a processor, above two million pairs one.
    settings
        Arguments of `fit_lda`. Its ``seed`` is superseded by `seeds` and must be its default or one of them.

    Returns
    -------
    list of TopicModel
        In the order of `seeds`.
    """
    seeds = _checked_seeds(_choose_seeds(dtm, seeds, settings.get("engine")), settings.pop("seed", None))
    n_workers = n_workers or (1 if dtm.counts.nnz > MANY_PAIRS else count_processors())
    models: dict[int, TopicModel] = {}
    # fit_lda limits the threads of BLAS too: of two at a time, the first to end would lift the other's limit
    with threadpool_limits(limits=1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        with ThreadPoolExecutor(min(n_workers, len(seeds))) as pool:
            tasks = {pool.submit(_fit_one, dtm, store, seed, settings): seed for seed in seeds}
            try:
                for task in as_completed(tasks):
                    models[tasks[task]] = task.result()
                    if progress is not None:
                        progress(len(models), len(seeds))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    _warn_in_order(caught)
    return [models[seed] for seed in seeds]


def is_huge(dtm: DocumentTermMatrix) -> bool:
    """Whether a corpus is so large that fewer models are fitted unless more are asked for."""
    return bool(dtm.counts.nnz > HUGE_PAIRS)


def _choose_seeds(dtm: DocumentTermMatrix, seeds: Sequence[int] | None, engine: str | None) -> Sequence[int]:
    if seeds is not None or not (is_huge(dtm) or engine in ON_CLUSTER):
        return SEEDS if seeds is None else seeds
    why = f"the corpus has {dtm.counts.nnz:,} pairs of passage and term" if is_huge(dtm) else SLOW
    warnings.warn(
        f"{len(SEEDS_OF_HUGE)} seeds were fitted, not {len(SEEDS)}: {why}; "
        f"`--set topics.ensemble.seeds={list(SEEDS)}` fits all.",
        stacklevel=3,
    )
    return SEEDS_OF_HUGE


def _fit_one(dtm: DocumentTermMatrix, store: Store | None, seed: int, settings: dict[str, Any]) -> TopicModel:
    """Fit a model, or take the one that was kept, with the warnings that it had."""
    model = store.load(f"seed{seed}") if store is not None else None
    if model is None or not _answers(model, dtm, {**settings, "seed": seed}):
        model = fit_lda(dtm, seed=seed, **settings)
        if store is not None:
            store.save(f"seed{seed}", model)
        return model
    check_priors(settings.get("alpha"), settings.get("eta"), model.n_topics)
    warn_of_fit(model)
    return model


def _answers(model: TopicModel, dtm: DocumentTermMatrix, asked: Mapping[str, Any]) -> bool:
    """Whether a kept model is of these passages and terms, and of the engine, size and seed that are asked for."""
    same = all(
        model.settings.get(key) == asked[key] for key in ("engine", "n_topics", "seed") if key in asked
    )
    return same and model.passages.equals(dtm.passages) and model.vocabulary.equals(dtm.vocabulary)


def _warn_in_order(caught: Iterable[warnings.WarningMessage]) -> None:
    """Give warnings of models fitted at the same time once each, in an order of their own."""
    told = {(str(warning.message), warning.category) for warning in caught}
    for message, category in sorted(told, key=lambda own: (len(own[0]), own[0])):
        warnings.warn(message, category, stacklevel=3)


def choose_reference(models: Sequence[TopicModel]) -> TopicModel:
    """Model with the highest training log likelihood per token; of equals the one with the lowest seed.

    The rule is fixed before any group of documents is looked at.
    Raises DataError without models, or with models of different numbers of topics: more always fit closer.
    """
    sizes = sorted({model.n_topics for model in models})
    if len(sizes) != 1:
        found = f"models with {', '.join(map(str, sizes))} topics" if sizes else "no model"
        raise DataError(f"a reference is chosen among models of one number of topics, found {found}.")
    return max(models, key=lambda model: (model.settings["log_likelihood"], -model.settings["seed"]))


def name_model(model: TopicModel, beside: TopicModel | None = None) -> str:
    """Name of a model in tables, such as ``gensim-k8-s1``; ``gensim-k8-s1-alpha0.5`` beside one of another alpha."""
    name = f"{model.settings['engine']}-k{model.n_topics}-s{model.settings['seed']}"
    if beside is None or beside.settings["engine"] != model.settings["engine"]:
        return name
    return name + "".join(
        f"-{key}{_word(model.settings.get(key))}"
        for key in _ASKED_FOR
        if model.settings.get(key) != beside.settings.get(key)
    )


def _word(value: Any) -> str:
    return "+".join(value) if isinstance(value, Mapping) else f"{value}"


def describe_models(models: Sequence[TopicModel], reference: TopicModel) -> pd.DataFrame:
    """Table `models`: what was fitted, how well, whether it converged, which one is the reference."""
    columns = ("engine", "seed", "log_likelihood", "n_iterations", "converged")
    rows = [
        {
            "model_id": name_model(model, reference),
            "n_topics": model.n_topics,
            "is_reference": name_model(model, reference) == name_model(reference),
            **{column: model.settings[column] for column in columns},
        }
        for model in models
    ]
    return check(pd.DataFrame(rows, columns=list(empty("models").columns)), "models")


def align_topics(reference: TopicModel, models: Sequence[TopicModel]) -> pd.DataFrame:
    """Which topic of the reference each topic of the other models corresponds to.

    Affinity is the Bhattacharyya coefficient sum_w sqrt(phi phi'), 1 for equal topics, 0 for topics without
    a common term. With as many topics as the reference or fewer, topics are paired one to one so that the sum
    of affinities is largest (Hungarian algorithm); with more, each topic joins its nearest reference topic.

    Parameters
    ----------
    reference
        Model whose topic numbers count.
    models
        Models on the same vocabulary; the reference itself, if among them, is left out.

    Returns
    -------
    DataFrame
        Contract `alignment`: `topic` is the topic of the model `model_id`, `matched` the topic of the
        reference, -1 where the nearest one has an affinity below 0.6; `affinity` 0-1.

    Raises
    ------
    DataError
        A model has another vocabulary.
    """
    others = [model for model in models if name_model(model, reference) != name_model(reference)]
    tables = [_align_one(reference, model) for model in others]
    return check(pd.concat(tables, ignore_index=True) if tables else empty("alignment"), "alignment")


def _checked_seeds(seeds: Sequence[int], seed: int | None) -> list[int]:
    seeds = list(seeds)
    if not seeds or len(set(seeds)) < len(seeds):
        raise SettingError(f"seeds must be whole numbers, at least one and none twice, are {seeds}.")
    default = inspect.signature(fit_lda).parameters["seed"].default
    if seed not in (None, default, *seeds):
        raise SettingError(f"seed={seed} is not among seeds={seeds}, which decide here: add it to seeds.")
    return seeds


def _align_one(reference: TopicModel, model: TopicModel) -> pd.DataFrame:
    affinity = _affinities(reference, model)
    if model.n_topics <= reference.n_topics:
        matched, topics = linear_sum_assignment(affinity, maximize=True)
    else:
        matched, topics = affinity.argmax(axis=0), np.arange(model.n_topics)
    values = affinity[matched, topics]
    if model.n_topics > reference.n_topics:
        matched = np.where(values < NEAREST_AFFINITY, UNMATCHED, matched)
    table = pd.DataFrame(
        {"model_id": name_model(model, reference), "topic": topics, "matched": matched, "affinity": values}
    )
    return table.sort_values("topic", ignore_index=True)


def _affinities(reference: TopicModel, model: TopicModel) -> np.ndarray:
    """Affinity of every pair of topics: (n_topics of the reference, n_topics of the model)."""
    if not reference.vocabulary.equals(model.vocabulary):
        raise DataError(
            f"{name_model(model)} and {name_model(reference)} have different vocabularies: "
            "topics are aligned between models of the same document-term matrix only."
        )
    # einsum: the same sum whatever the number of BLAS threads
    return np.minimum(np.einsum("iw,jw->ij", np.sqrt(reference.phi), np.sqrt(model.phi)), 1.0)
