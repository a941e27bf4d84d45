"""A study comes in, a run folder goes out: stages in order, resumed where they stopped."""

from __future__ import annotations

import contextlib
import shutil
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import indent
from typing import Any

import pandas as pd

from discourse.codebook_tables import CODEBOOK
from discourse.config import Study
from discourse.corpus.sources import note_faults, read_sources
from discourse.errors import RunError, is_disk_full, write_error
from discourse.identity import hash_lists, identify
from discourse.lifecycle import (
    WORK,
    begin_run,
    bring_aside,
    finish_run,
    held_id,
    is_complete,
    set_aside,
)
from discourse.progress import Progress
from discourse.report.notes import tell_note
from discourse.runs import manifest as manifests
from discourse.runs.asked import asked_hashes
from discourse.runs.entries import is_remote
from discourse.runs.folders import sweep_folder
from discourse.runs.inputs import INPUTS, OWN, refuse_altered_copies
from discourse.runs.lock import lock_folder
from discourse.stages import REPORT, STAGES, Run
from discourse.workers import count_processors

__all__ = [
    "REPORT",
    "STAGES",
    "Run",
    "open_run",
    "run_corpus",
    "run_stage",
    "run_study",
]

Say = Callable[[str], None]
_BYTES, _BYTES_A_CHARACTER = 3_000_000, 80  # of a run folder: measured, see docs/verify.md


def run_study(
    study: Study, out: Path | None = None, *, results: Path = Path("results"), say: Say = print
) -> Path:
    """Run every stage of a study into ``results/<study>-<hash>/`` or `out`; returns the folder.

    What an interrupted run had finished is kept. The folder appears under its name only when it is complete.
    Raises RunError where another process is writing it.
    """
    sources = _read(study, say)
    identity = identify(study, sources)
    folder = Path(out) if out else results / f"{study.name}-{manifests.hash_identity(identity)}"
    with lock_folder(folder), _told(folder, int(sources["n_chars"].sum())):
        if is_complete(folder, identity):
            say(f"{folder} holds this run already, unchanged; delete it to compute it again")
            return folder
        run = begin_run(folder.with_name(f"{folder.name}.partial"), study, identity)
        bring_aside(folder, run.path)
        do_stage(run, "corpus", sources=sources, resume=True, say=say)
        del sources  # a large corpus is gigabytes; what later stages need of it lies in the run
        for stage in list(STAGES)[1:]:
            do_stage(run, stage, resume=True, say=say)
        finish_run(run, folder, say)
    return folder


def run_corpus(study: Study, folder: Path, *, say: Say = print) -> Run:
    """Begin a run in `folder` with its first stage only: sources, documents, edits, attributions, passages."""
    sources = _read(study, say)
    identity = identify(study, sources)
    with lock_folder(folder), _told(folder, int(sources["n_chars"].sum())):
        if held_id(folder) != manifests.hash_identity(identity):
            set_aside(folder, say)
        run = begin_run(folder, study, identity)
        do_stage(run, "corpus", sources=sources, say=say)
    return run


@contextlib.contextmanager
def _told(folder: Path, n_chars: int) -> Iterator[None]:
    """Tell what forbids writing in one line, and how much room a run of these texts takes."""
    try:
        yield
    except (OSError, RunError) as error:
        told = error if isinstance(error, RunError) else write_error(error.filename or folder, error)
        if is_disk_full(error):
            need = _BYTES + _BYTES_A_CHARACTER * n_chars
            raise RunError(f"{told}; a run of these texts takes about {need / 1e6:,.0f} MB") from error
        raise told from error.__cause__


def _read(study: Study, say: Say) -> pd.DataFrame:
    """Read the sources; what the corpus stage will note of them is not said twice."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        with Progress("reading 读取", "files 份", say=say) as tell:
            sources = read_sources(
                study.data, n_workers=count_processors(), progress=tell, **study.options("corpus.sources")
            )
    known = note_faults(sources)
    for note in (str(w.message) for w in caught if w.category is UserWarning):
        if note not in known:
            say(f"注意 note: {tell_note(note)}")
    return sources


def open_run(folder: Path) -> Run:
    """Open a run folder, complete or not, with the study that its manifest records."""
    manifest = manifests.read_manifest(folder)
    known = {name: path for name, path in manifest["paths"].items() if not is_remote(path)}
    paths = {name: folder / known.get(name, "not-at-hand") for name in manifest["paths"]}
    coded = "codebook_sha256" in manifest
    study = Study(
        name=manifest["name"],
        title=manifest["title"],
        data=paths["data"],
        folder=paths["folder"],
        metadata=_original_or_copy(folder, paths.get("metadata"), "metadata"),
        codebook=folder / CODEBOOK
        if coded and (folder / CODEBOOK).is_file()
        else _original_or_copy(folder, paths.get("codebook"), "codebook"),
        kept=folder / INPUTS / OWN,
        file=paths.get("study"),
        by=tuple(manifest["by"]),
        regions=manifest["regions"],
        settings=manifest["settings"],
    )
    return Run(folder, study, manifest)


def _original_or_copy(folder: Path, path: Path | None, name: str) -> Path | None:
    if path is None or path.is_file():
        return path
    copy = folder / INPUTS / f"{name}{path.suffix}"
    return copy if copy.is_file() else path


def run_stage(
    run: Run, stage: str, *, sources: pd.DataFrame | None = None, resume: bool = False, say: Say = print
) -> None:
    """Run one stage in a run folder; its later stages, if any, are forgotten because they no longer hold.

    Raises RunError where another process is writing the folder.
    """
    with lock_folder(run.path):
        refuse_altered_copies(run.path, run.manifest)
        try:
            do_stage(run, stage, sources=sources, resume=resume, say=say)
        except OSError as error:
            raise write_error(error.filename or run.path, error) from error


def do_stage(
    run: Run, stage: str, *, sources: pd.DataFrame | None = None, resume: bool = False, say: Say = print
) -> None:
    """Run one stage in a folder that nobody else writes."""
    if resume and manifests.stage_holds(run.path, run.manifest, stage):
        say(f"{stage:<8} kept from the interrupted run")
        return
    _clear_for(run, stage)
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        function, files = STAGES[stage]
        run = replace(run, say=say)
        summary = function(run) if stage != "corpus" else function(run, sources)
    notes = list(dict.fromkeys(str(w.message) for w in caught if w.category is UserWarning))
    existing = [name for name in files if (run.path / name).is_file()]
    asked = asked_hashes(run.path) if stage == "report" else None
    seconds = time.perf_counter() - start
    manifests.record_stage(run.path, run.manifest, stage, existing, seconds, notes, asked=asked)
    say(f"{stage:<8} {summary}")
    for note in notes:
        say(indent(f"注意 note: {tell_note(note)}", " " * 9))


def _clear_for(run: Run, stage: str) -> None:
    """Forget this stage and later ones, and unfinished work, unless it is of this very stage."""
    names = list(STAGES)
    for missing in (name for name in names[: names.index(stage)] if name not in run.manifest["stages"]):
        raise RunError(
            f"{run.path}: stage {missing!r} is not done; run `discourse {missing} {run.path}` first"
        )
    for later in names[names.index(stage) :]:
        run.manifest["stages"].pop(later, None)
    sweep_folder(run.path)
    if not manifests.begin_stage(run.path, run.manifest, stage, about=_about(run.study)):
        for work in WORK:
            shutil.rmtree(run.path / work, ignore_errors=True)


def _about(study: Study) -> dict[str, Any]:
    return {"settings": study.settings, "lists": hash_lists(study), "versions": manifests.versions()}
