"""A plan of universes and a run folder come in; the run's topics in every one of these models go out.

Every finished model is stored at once, so that an interrupted command goes on from there; the tables at the
end are the same whatever was interrupted and however many processes worked.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from discourse.config import Study
from discourse.contracts import CONTRACTS, DocumentTermMatrix, TopicModel, check
from discourse.errors import DataError, RunError
from discourse.multiverse import Universe, declared_value
from discourse.runs.parts import FolderParts
from discourse.runs.store import load_model, read_json, write_json
from discourse.topics.lda import fit_lda
from discourse.variants import change_settings, follow_topics, model_settings, prepare_counts
from discourse.workers import count_processors, open_workers

_WORK = "universes"

Progress = Callable[[int, int], None]


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
    for group in _waiting(folder, declared):
        _fit_group(folder, study, group, ready)
    tell = partial(_tell, work, len(plan), progress or _silent)
    _work_off(folder, study, _waiting(folder, plan), processes, tell)
    tables = _collect(folder, study, plan)
    shutil.rmtree(work)
    return tables


# --- the work -----------------------------------------------------------------------------------------------


def _waiting(folder: Path, plan: Sequence[Universe]) -> list[list[Universe]]:
    """Universes without a stored model, those with the same counts together."""
    groups: dict[str, list[Universe]] = {}
    for universe in plan:
        if not _place(folder, universe).is_file():
            groups.setdefault(json.dumps(universe.preparation, sort_keys=True), []).append(universe)
    return list(groups.values())


def _tell(work: Path, n_models: int, progress: Progress) -> None:
    progress(len(list(work.glob("*.json"))), n_models)


def _silent(n_done: int, n_models: int) -> None:
    """Say nothing."""


def _work_off(
    folder: Path,
    study: Study,
    groups: Sequence[list[Universe]],
    processes: int | None,
    tell: Callable[[], None],
) -> None:
    """Fit all groups, one after another or in several processes."""
    n_processes = min(count_processors() if processes is None else processes, len(groups))
    tell()  # what was done before
    here = tell if n_processes <= 1 else None  # no other process can tell
    with open_workers(partial(partial, _fit_group, folder, study, tell=here), n_processes) as fit_all:
        for _ in fit_all(groups):
            tell()


def _fit_group(
    folder: Path,
    study: Study,
    universes: Sequence[Universe],
    ready: Mapping[tuple[int, int], TopicModel] | None = None,
    *,
    tell: Callable[[], None] | None = None,
) -> None:
    """Fit universes that share their counts, or take them from `ready`, and store each at once."""
    reference = load_model(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the declared settings they were said already
        try:
            prepared = prepare_counts(folder, study, universes[0].preparation)
        except DataError as error:
            for universe in universes:
                write_json(_place(folder, universe), {"error": str(error)})
            return
        for universe in universes:
            own = change_settings(study, universe.changes)
            wanted = {"n_topics": universe.n_topics, "seed": universe.seed}
            settings = {**model_settings(folder, own), **wanted}
            model = (ready or {}).get((universe.n_topics, universe.seed))
            facts, family_shares = _explore(own, settings, reference, model, *prepared)
            if family_shares is not None:  # too many for JSON where documents are many
                _shares(folder).save(universe.model_id, {"family_shares": family_shares})
            write_json(_place(folder, universe), facts)  # the last: a universe is done when this is there
            if tell:
                tell()


def _explore(
    own: Study,
    settings: Mapping[str, Any],
    reference: TopicModel,
    model: TopicModel | None,
    dtm: DocumentTermMatrix,
    passages: pd.DataFrame,
) -> tuple[dict[str, Any], pd.DataFrame | None]:
    """What is kept of a universe: how it was fitted and its families; and their shares of each document."""
    try:
        model = model or fit_lda(dtm, **settings)
        followed = follow_topics(reference, model, dtm, passages, **own.options("topics.shares"))
    except DataError as error:
        return {"error": str(error)}, None
    facts, families, family_shares = followed
    return {"universe": facts, "families": _columns(families)}, family_shares


def _columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    """A table as JSON has it, NA as null."""
    return {
        str(name): [None if pd.isna(value) else value for value in values.tolist()]
        for name, values in table.items()
    }


def _place(folder: Path, universe: Universe) -> Path:
    return folder / _WORK / f"{universe.model_id}.json"


def _shares(folder: Path) -> FolderParts:
    return FolderParts(folder / _WORK, ["family_shares"])


# --- the tables ---------------------------------------------------------------------------------------------


def _collect(
    folder: Path, study: Study, plan: Sequence[Universe]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    stored = {universe: read_json(_place(folder, universe)) for universe in plan}
    kept = {universe: result for universe, result in stored.items() if "error" not in result}
    failed = [result["error"] for result in stored.values() if "error" in result]
    if failed:
        found = f"{len(failed)} of {len(plan)} models of the multiverse cannot be fitted"
        if not kept:
            raise DataError(f"{found}: {failed[0]}")
        warnings.warn(f"{found} and are left out: {failed[0]}", stacklevel=3)
    families = {universe: pd.DataFrame(result["families"]) for universe, result in kept.items()}
    shares = {universe: _load_shares(folder, universe) for universe in kept}
    return (
        _describe(study, load_model(folder), kept),
        _stack("families", families),
        _stack("family_shares", shares),
    )


def _load_shares(folder: Path, universe: Universe) -> pd.DataFrame:
    tables = _shares(folder).load(universe.model_id)
    if tables is None:
        raise RunError(
            f"{_place(folder, universe).parent}: shares of {universe.model_id} are damaged; delete it"
        )
    return tables["family_shares"]


def _describe(study: Study, reference: TopicModel, kept: Mapping[Universe, dict[str, Any]]) -> pd.DataFrame:
    """Table `universes`: how each model was fitted, with a column for every setting that was varied."""
    varied = sorted({key for universe in kept for key in universe.changes} - {"topics.lda.engine"})
    first = (reference.n_topics, reference.settings["seed"])
    rows = [
        {
            "model_id": universe.model_id,
            "is_reference": not universe.changes and (universe.n_topics, universe.seed) == first,
            **result["universe"],
            **{key: _words(universe.changes.get(key, declared_value(study, key))) for key in varied},
        }
        for universe, result in kept.items()
    ]
    return check(pd.DataFrame(rows)[[*CONTRACTS["universes"].columns, *varied]], "universes")


def _words(value: Any) -> str:
    """A setting's value as it stands in a table: lists joined, an empty one "none"."""
    if isinstance(value, list | tuple):
        return "+".join(Path(str(item)).name for item in value) or "none"
    return str(value)


def _stack(name: str, tables: Mapping[Universe, pd.DataFrame]) -> pd.DataFrame:
    for universe, table in tables.items():
        table.insert(0, "model_id", universe.model_id)
    return check(pd.concat(tables.values(), ignore_index=True), name)
