"""Counts and tokens come in; how models of several sizes and seeds fare on texts they have not seen goes out.

Each model is fitted without a tenth of the passages, another tenth for each seed and the same for all sizes:
so held-out scores of two sizes are compared on the same passages, and a topic counts as stable only if it
survives another start and another tenth.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from discourse.contracts import DocumentTermMatrix, check
from discourse.errors import DataError, SettingError
from discourse.topics.coherence import score_c_v, score_npmi, score_u_mass
from discourse.topics.cooccurrence import count_in_passages, count_in_windows
from discourse.topics.infer import score_completion
from discourse.topics.lda import fit_lda
from discourse.topics.quality import find_duplicates, score_diversity, score_exclusivity, top_positions
from discourse.topics.stability import score_stability

FEWEST_HELD_OUT = 5  # passages


@dataclass(frozen=True)
class Candidate:
    """What is kept of one model: phi float32 (n_topics, n_terms), tops (n_topics, n_top), figures by name."""

    phi: np.ndarray
    tops: np.ndarray
    facts: dict[str, float]


class Store(Protocol):
    """Where finished candidates wait, so that an interrupted selection goes on from there."""

    def load(self, name: str) -> Candidate | None:
        """Return the candidate of that name, None if it is not there."""

    def save(self, name: str, candidate: Candidate) -> None:
        """Keep it, all or nothing."""


def score_sizes(
    dtm: DocumentTermMatrix,
    tokens: pd.DataFrame,
    store: Store | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    sizes: Sequence[int] | None = None,
    seeds: Sequence[int] = (1, 2, 3, 4, 5),
    held_out: float = 0.1,
    n_terms: int = 10,
    n_workers: int | None = None,
    **settings: Any,
) -> pd.DataFrame:
    """Fit models of several numbers of topics under several seeds and score each one.

    Parameters
    ----------
    dtm
        Counts (n_passages, n_terms).
    tokens
        Contract `tokens`, what the counts were made of: the windows of c_v need their order.
    store
        Keeps every finished model at once; None keeps them in memory.
    progress
        Called after each model with the number of models done and of all.
    sizes
        Numbers of topics to try. If None, six between 3 and 10 for a few texts, up to 12 and 100 for ten
        thousand passages, each about one and a half times the one before.
    seeds
        Error bars and stability need at least two; five are advised.
    held_out
        Share of the passages (0-0.5) that a model does not see and is then asked to foretell.
    n_terms
        Top terms of a topic that coherence and exclusivity look at.
    n_workers
        Models fitted at a time; None: one a processor. It changes no figure.
    settings
        Arguments of `fit_lda`, all but n_topics and seed.

    Returns
    -------
    DataFrame
        Contract `selection`, one row a model. `held_out`: log likelihood of unseen passages by document
        completion, nats per token. `log_likelihood`: of the passages it was fitted to. `npmi` (windows are
        passages), `c_v` (110 tokens), `u_mass`: means over topics, gensim's definitions. `exclusivity`: mean
        FREX of the top terms. `diversity`: share of different terms among the 25 first of all topics.
        `n_duplicates`: topics that another one of the model repeats. `stability`: mean affinity of its topics to
        those of the other seeds, paired one to one (Hungarian algorithm), above what any two different topics
        have in common: 1 the same, 0 no more alike than different topics, so that a large eta alone does not
        raise it; `returning`: share of its topics that are found again, each by itself at least .7 on that scale,
        in the model of another seed, on average.

    Raises
    ------
    SettingError, DataError
        A setting out of range; fewer than five passages held out; more topics than the passages allow.

    Warns
    -----
    UserWarning
        Some models did not converge.
    """
    sizes = _checked(default_sizes(len(dtm.passages)) if sizes is None else sizes, "sizes", least=2)
    seeds = _checked(seeds, "seeds", least=0)
    _check_held_out(dtm, held_out, max(sizes))
    plan = [(size, seed) for size in sorted(sizes, reverse=True) for seed in seeds]  # the longest first
    kept = store or _Memory()

    def work(size: int, seed: int) -> tuple[tuple[int, int], Candidate]:
        name = f"k{size}-s{seed}"
        candidate = kept.load(name)
        if candidate is None:
            candidate = _fit_one(dtm, size, seed, held_out=held_out, n_terms=n_terms, settings=settings)
            kept.save(name, candidate)
        return (size, seed), Candidate(np.empty((0, 0)), candidate.tops, candidate.facts)

    done: dict[tuple[int, int], Candidate] = {}
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of models that did not converge: told below, once
        with ThreadPoolExecutor(n_workers or os.cpu_count() or 1) as pool:
            tasks = [pool.submit(work, *cell) for cell in plan]
            try:
                for task in as_completed(tasks):
                    done.update([task.result()])
                    if progress is not None:
                        progress(len(done), len(plan))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        stability = _score_stability(kept, sizes, seeds)
    _warn_unfinished(done)
    return _tabulate(done, stability, dtm, tokens, engine=settings.get("engine"))


def default_sizes(n_passages: int) -> list[int]:
    """Six numbers of topics that suit the size of a corpus; fewer where it is tiny."""
    largest = min(int(np.clip(np.sqrt(n_passages), 10, 100)), n_passages * 9 // 20)
    smallest = max(3, largest / 8)
    return sorted({int(round(size)) for size in np.geomspace(smallest, max(largest, smallest), 6)})


def _checked(values: Sequence[int], name: str, *, least: int) -> list[int]:
    values = list(values)
    whole = all(isinstance(v, int | np.integer) and not isinstance(v, bool) and v >= least for v in values)
    if not values or not whole or len(set(values)) < len(values):
        raise SettingError(
            f"{name} must be whole numbers of at least {least}, one or more and none twice, are {values}."
        )
    return sorted(int(value) for value in values)


def _check_held_out(dtm: DocumentTermMatrix, held_out: float, largest: int) -> None:
    if isinstance(held_out, bool) or not 0 < held_out <= 0.5:
        raise SettingError(f"held_out must be a share above 0 and up to 0.5, is {held_out!r}.")
    n_passages = len(dtm.passages)
    n_held_out = round(held_out * n_passages)
    if n_held_out < FEWEST_HELD_OUT:
        raise DataError(
            f"held_out={held_out:g} of {n_passages} passages leaves {n_held_out} to be foretold; at least "
            f"{FEWEST_HELD_OUT} are needed. Raise held_out or add texts."
        )
    if largest > (n_passages - n_held_out) // 2:
        raise DataError(
            f"sizes holds {largest}, too many topics for {n_passages - n_held_out} passages that are fitted: "
            f"the largest must not pass {(n_passages - n_held_out) // 2}."
        )


def _fit_one(
    dtm: DocumentTermMatrix,
    size: int,
    seed: int,
    *,
    held_out: float,
    n_terms: int,
    settings: dict[str, Any],
) -> Candidate:
    away = _withhold(len(dtm.passages), held_out, seed)
    train = DocumentTermMatrix(dtm.counts[~away], dtm.passages[~away], dtm.vocabulary)
    model = fit_lda(train, **{**settings, "n_topics": size, "seed": seed})
    duplicates = {topic for pair in find_duplicates(model.phi) for topic in pair[1:]}
    facts = {
        "held_out": score_completion(model, dtm.counts[away], seed=seed),
        "log_likelihood": model.settings["log_likelihood"],
        "exclusivity": float(score_exclusivity(model, n_terms=n_terms).mean()),
        "diversity": score_diversity(model.phi),
        "n_duplicates": len(duplicates),
        "n_iterations": model.settings["n_iterations"],
        "converged": model.settings["converged"],
    }
    return Candidate(model.phi.astype(np.float32), top_positions(model.phi, n_terms), facts)


def _withhold(n_passages: int, share: float, seed: int) -> np.ndarray:
    """Passages that models of a seed do not see, the same for all sizes: bool (n_passages,)."""
    away = np.zeros(n_passages, dtype=bool)
    rng = np.random.default_rng([seed, 0])  # not the stream that the fit starts from
    away[rng.choice(n_passages, round(share * n_passages), replace=False)] = True
    return away


def _score_stability(
    store: Store, sizes: Sequence[int], seeds: Sequence[int]
) -> dict[tuple[int, int], tuple[float, float]]:
    """Stability and share of returning topics of each model; only one size is in memory at a time."""
    scores = {}
    for size in sizes:
        phis = {seed: _must(store.load(f"k{size}-s{seed}")).phi for seed in seeds}
        scores.update({(size, seed): own for seed, own in score_stability(phis).items()})
    return scores


def _must(candidate: Candidate | None) -> Candidate:
    if candidate is None:
        raise DataError("a finished model of the selection is gone from its store: run the selection again.")
    return candidate


def _warn_unfinished(done: dict[tuple[int, int], Candidate]) -> None:
    unfinished = sorted(size for (size, _), candidate in done.items() if not candidate.facts["converged"])
    if unfinished:
        warnings.warn(
            f"{len(unfinished)} of {len(done)} models did not converge (numbers of topics: "
            f"{', '.join(map(str, dict.fromkeys(unfinished)))}): raise max_iterations.",
            stacklevel=3,
        )


def _tabulate(
    done: dict[tuple[int, int], Candidate],
    stability: dict[tuple[int, int], tuple[float, float]],
    dtm: DocumentTermMatrix,
    tokens: pd.DataFrame,
    *,
    engine: str | None,
) -> pd.DataFrame:
    """Table `selection`; co-occurrence is counted once, over the top terms of all models."""
    terms = np.unique(np.concatenate([candidate.tops.ravel() for candidate in done.values()]))
    passages, windows = count_in_passages(dtm, terms), count_in_windows(tokens, dtm.vocabulary, terms)
    rows = []
    for (size, seed), candidate in sorted(done.items()):
        mean_affinity, returning = stability[size, seed]
        coherence = {
            "npmi": float(score_npmi(candidate.tops, passages).mean()),
            "c_v": float(score_c_v(candidate.tops, windows).mean()),
            "u_mass": float(score_u_mass(candidate.tops, passages).mean()),
        }
        own: dict[str, Any] = {
            "model_id": f"{engine or 'cvb0'}-k{size}-s{seed}",
            "n_topics": size,
            "seed": seed,
        }
        rows.append(
            {**own, **candidate.facts, **coherence, "stability": mean_affinity, "returning": returning}
        )
    table = pd.DataFrame(rows).astype(
        {"model_id": "str", "n_duplicates": int, "n_iterations": int, "converged": bool}
    )
    return check(table, "selection")


class _Memory:
    """A store for the length of one call."""

    def __init__(self) -> None:
        self._candidates: dict[str, Candidate] = {}

    def load(self, name: str) -> Candidate | None:
        return self._candidates.get(name)

    def save(self, name: str, candidate: Candidate) -> None:
        self._candidates[name] = candidate
