"""A document-term matrix comes in; a topic model goes out, whatever engine fitted it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from discourse.contracts import DocumentTermMatrix, TopicModel
from discourse.errors import DataError, SettingError, suggest
from discourse.topics import _cvb0, _gensim, _kernels, _tomotopy
from discourse.topics._fit import Fit, as_model
from discourse.topics._themes import known_terms, note_strangers, seed_prior

ENGINES: dict[str, Callable[..., Fit]] = {"gensim": _gensim.fit, "cvb0": _cvb0.fit, "gibbs": _tomotopy.fit}
ON_CLUSTER = ("spark", "spark-online")  # among the engines while `discourse.spark.engine` has a cluster
PRIOR = 0.1  # alpha and eta of engines that choose none themselves
_CHOOSE_PRIORS = ("cvb0", *ON_CLUSTER)
ETA_OF_THEMES = 0.03  # what cvb0 takes where no eta is given
MOST_STARTS = 20
PAIRS_AT_ONCE = 200_000  # (passage, term) pairs that the starts of one seed may read per sweep together


def fit_lda(
    dtm: DocumentTermMatrix,
    *,
    n_topics: int = 20,
    seed: int = 1,
    engine: str = "cvb0",
    n_starts: int | None = None,
    alpha: float | None = None,
    eta: float | None = None,
    max_iterations: int = 500,
    tolerance: float = 1e-5,
    memory: float = 2.0,
    themes: Mapping[str, Sequence[str]] | None = None,
    theme_weight: float = 0.1,
) -> TopicModel:
    """Fit latent Dirichlet allocation until another pass over the passages brings no more.

    A fit climbs to the nearest hilltop. In a small corpus the hills are many and nearly as high, so that
    single fits disagree by chance alone; there it climbs from many starts and keeps the highest.

    Parameters
    ----------
    dtm
        Counts (n_passages, n_terms).
    n_topics
        Number of topics, K.
    seed
        Where the engine's own generator starts; numpy's global generator is neither read nor moved.
    engine
        Who fits: ``cvb0`` (collapsed variational Bayes, compiled, all processors, by far the fastest),
        ``gensim`` (batch variational Bayes, one process), ``gibbs`` (collapsed Gibbs sampling by tomotopy, an
        extra), ``spark`` or ``spark-online`` (MLlib on a cluster, an extra: `docs/spark.md`).
    n_starts
        Fits from so many starts and keeps the one that its engine judges highest. If None, ``cvb0`` takes as
        many as 200,000 pairs of passage and term allow, 1 to 20, and the others one. On the seed texts (80
        passages, 6 topics) topics of two seeds have an affinity of .86 with one start and .94 with a hundred.
    alpha
        Symmetric Dirichlet prior of theta, per topic. If None, ``cvb0`` learns one value a topic (1.5 / K
        below 500 passages), ``spark`` takes 1 / K, the others 0.1. Small on purpose: 50 / K, advised in older
        papers for long texts, pulls paragraphs so far to the middle that a difference between documents shrinks
        to 0.38 of itself.
    eta
        Symmetric Dirichlet prior of phi, per term. If None, ``cvb0`` learns it (0.03 below 500 passages and
        with `themes`), ``spark`` takes 1 / K between 0.02 and 0.1, the others 0.1.
    max_iterations
        Passes over the matrix at most.
    tolerance
        It has converged when a pass raises the bound by less than this share of its size.
    memory
        Gigabytes that the responsibilities of ``cvb0`` may take; they need 4 bytes a pair of passage and term
        and topic. Beyond, every pair keeps its 16 largest: 64 bytes a pair, fit within 1 % (docs/lda.md).
    themes
        For confirmatory work, name of a theme -> its terms: topic 0 is told to be about the first theme and so
        on, and bears its name; topics left over take what else the texts talk about. ``cvb0`` only. In
        study.toml also a list of names of the lexicon's themes. A theme is not found because it was asked for:
        where the texts say little of it its topic drifts to another subject, so look at its terms first.
    theme_weight
        A term of a theme has the prior eta + theme_weight * its count in the theme's topic: as if that share
        of its occurrences (above 0) were known to belong there.

    Returns
    -------
    TopicModel
        Topics in order of decreasing prevalence (length-weighted mean theta), but those of themes first, in the
        order of `themes`. `settings` records every argument, of `themes` the terms that were used, and
        ``converged``, ``n_iterations`` and ``log_likelihood``: sum c log(theta phi) / sum c in nats per token,
        the same for every engine. `trace` holds what the engine raises (gensim: its bound; cvb0: each token
        foretold by all others; gibbs: the sampler's likelihood), in nats per token.

    Raises
    ------
    SettingError
        Unknown engine; a setting out of range.
    DataError
        No counts; more topics than half the passages or than terms; a theme without a known term.

    Warns
    -----
    UserWarning
        The priors alpha add up to more than 5; it did not converge; the topic of a theme is about something else.
    """
    fit = _engine(engine)
    check_priors(alpha, eta, n_topics)
    _check_stopping(max_iterations, tolerance, seed)
    _check_size(dtm, n_topics)
    given: dict[str, Any] = {
        "engine": engine,
        "seed": int(seed),
        "n_starts": _checked_starts(n_starts, engine, dtm),
        "n_topics": int(n_topics),
        "alpha": _prior(alpha, engine),
        "eta": _prior(eta, engine),
        "max_iterations": int(max_iterations),
        "tolerance": float(tolerance),
    }
    if engine == "cvb0":
        given["memory"] = _checked_memory(memory)
    if themes is not None:
        given |= _checked_themes(themes, theme_weight, dtm, given)
    model = _fit_best(fit, dtm, given)
    warn_of_fit(model)
    return model


def warn_of_fit(model: TopicModel) -> None:
    """Warn where a model did not converge, or where the topic of a theme is about something else."""
    settings = model.settings
    if not settings["converged"]:
        done, most = settings["n_iterations"], settings["max_iterations"]
        advice = "raise max_iterations" if done >= most else "its engine makes no more"
        warnings.warn(
            f"the model of {model.n_topics} topics, seed {settings['seed']}, did not converge in "
            f"{done} iterations: {advice}.",
            stacklevel=3,
        )
    for note in note_strangers(settings.get("themes", {}), model.phi, model.vocabulary):
        warnings.warn(note, stacklevel=3)


def note_compilation(engine: str | None = None) -> str | None:
    """Sentence for the user where `engine` (the default of `fit_lda` if None) has to be compiled first."""
    engine = engine or inspect.signature(fit_lda).parameters["engine"].default
    if engine != "cvb0" or _kernels.are_compiled():
        return None
    return "compiling the loops of the topic model, once on this machine: a few seconds"


def _fit_best(fit: Callable[..., Fit], dtm: DocumentTermMatrix, given: dict[str, Any]) -> TopicModel:
    """Fit from the starts of a seed and keep the best."""
    counts, settings = dtm.counts.astype(np.float64), _engine_settings(dtm, given)
    # one thread: sums of another number of threads differ in the last bits
    with threadpool_limits(limits=1):
        fits = (
            fit(counts, seed=start, **settings) for start in _start_seeds(given["seed"], given["n_starts"])
        )
        return as_model(max(fits, key=lambda fitted: fitted.trace[-1][1]), dtm, given)


def _engine_settings(dtm: DocumentTermMatrix, given: dict[str, Any]) -> dict[str, Any]:
    """Arguments of the engine, of what was given to `fit_lda`."""
    settings = {name: given[name] for name in ("n_topics", "alpha", "eta", "max_iterations", "tolerance")}
    if "memory" in given:
        settings["memory"] = given["memory"] * 1e9
    if "themes" in given:
        led = {"n_topics": given["n_topics"], "eta": given["eta"], "weight": given["theme_weight"]}
        settings["eta"] = seed_prior(dtm, given["themes"], **led)
    return settings


def _engine(name: str) -> Callable[..., Fit]:
    if name in ON_CLUSTER and name not in ENGINES:
        raise SettingError(
            f"engine={name!r} fits on a cluster, and there is none: give the command --engine spark --master local[2] "
            "(docs/spark.md), or choose --set topics.lda.engine=cvb0, or for a run that is begun: discourse topics RUN "
            "--engine local."
        )
    if name not in ENGINES:
        raise SettingError(
            f"engine={name!r} is not known. {suggest(name, ENGINES)}Engines: {', '.join(ENGINES)}."
        )
    return ENGINES[name]


def check_priors(alpha: float | None, eta: float | None, n_topics: int) -> None:
    """Refuse priors that are none, and warn where those of all topics add up to much."""
    if isinstance(n_topics, bool) or not isinstance(n_topics, int | np.integer) or n_topics < 2:
        raise SettingError(f"n_topics must be a whole number of at least 2, is {n_topics!r}.")
    for name, value in (("alpha", alpha), ("eta", eta)):
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < np.inf:
            raise SettingError(f"{name} must be a number above 0, is {value!r}; usual values are 0.01 to 1.")
    if alpha is not None and alpha * n_topics > 5 * (1 + 1e-12):  # 50 topics of 0.1 are allowed
        warnings.warn(
            f"alpha={alpha:g} for each of {n_topics} topics adds up to {alpha * n_topics:g}: above 5, "
            f"differences between documents shrink. Choose alpha up to {np.floor(500 / n_topics) / 100:g}.",
            stacklevel=4,
        )


def _check_stopping(max_iterations: int, tolerance: float, seed: int) -> None:
    for name, value, least in (("max_iterations", max_iterations, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise SettingError(f"{name} must be a whole number of at least {least}, is {value!r}.")
    if seed >= 2**32:
        raise SettingError(f"seed must be below 2**32, is {seed}.")
    if not 0 < tolerance < 1:
        raise SettingError(f"tolerance must be between 0 and 1, is {tolerance!r}; a usual value is 1e-5.")


def _checked_memory(memory: float) -> float:
    if isinstance(memory, bool) or not isinstance(memory, int | float) or not memory > 0:
        raise SettingError(
            f"memory must be a number of gigabytes above 0, is {memory!r}; a usual value is 2."
        )
    return float(memory)


def _checked_themes(
    themes: Mapping[str, Sequence[str]], weight: float, dtm: DocumentTermMatrix, given: dict[str, Any]
) -> dict[str, Any]:
    """Return what the model records of its themes: the terms that it knows, their weight, the eta of the others."""
    if given["engine"] != "cvb0":
        raise SettingError(f"themes need engine='cvb0', not {given['engine']!r}: leave out one of the two.")
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < np.inf:
        raise SettingError(f"theme_weight must be a number above 0, is {weight!r}; a usual value is 0.1.")
    known = known_terms(themes, dtm, n_topics=given["n_topics"])
    eta = ETA_OF_THEMES if given["eta"] is None else given["eta"]
    return {"themes": known, "theme_weight": float(weight), "eta": eta}


def _check_size(dtm: DocumentTermMatrix, n_topics: int) -> None:
    n_passages, n_terms = dtm.counts.shape
    if not dtm.counts.sum():
        raise DataError(
            "the document-term matrix is empty: topics need counts. Check stop lists, min_df and max_df."
        )
    allowed = min(n_passages // 2, n_terms)
    if n_topics > allowed:
        advice = f"choose n_topics of at most {allowed} or add texts" if allowed >= 2 else "add texts"
        raise DataError(
            f"n_topics={n_topics} is too many for {n_passages} passages and {n_terms} terms "
            f"(a topic needs two passages on average, and a term): {advice}."
        )


def _prior(value: float | None, engine: str) -> float | None:
    """Prior as asked, or what the engine makes of None: its own choice where it has one."""
    if value is None:
        return None if engine in _CHOOSE_PRIORS else PRIOR
    return float(value)


def _checked_starts(n_starts: int | None, engine: str, dtm: DocumentTermMatrix) -> int:
    """Return how many starts a seed has: as asked, or as many as the size of the corpus allows."""
    if n_starts is None:
        return int(np.clip(PAIRS_AT_ONCE // dtm.counts.nnz, 1, MOST_STARTS)) if engine == "cvb0" else 1
    if isinstance(n_starts, bool) or not isinstance(n_starts, int | np.integer) or n_starts < 1:
        raise SettingError(f"n_starts must be a whole number of at least 1, is {n_starts!r}.")
    return int(n_starts)


def _start_seeds(seed: int, n_starts: int) -> list[int]:
    """Seeds of the single starts: the seed itself first, so that one start is what it was without the others."""
    return [int(seed), *np.random.SeedSequence(int(seed)).generate_state(n_starts - 1).tolist()]
