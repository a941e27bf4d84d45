"""A study comes in, a run folder goes out: stages in order, resumed where they stopped, verified on request."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from discourse import __version__
from discourse.codebook_tables import CODEBOOK, hash_codebook
from discourse.config import Study
from discourse.corpus.metadata import read_metadata
from discourse.corpus.sources import note_faults, read_sources
from discourse.errors import RunError
from discourse.progress import Progress
from discourse.resources import resource
from discourse.runs import manifest as manifests
from discourse.runs.guard import is_remote
from discourse.runs.store import hash_file
from discourse.stages import REPORT, STAGES, Run

__all__ = [
    "REPORT",
    "STAGES",
    "Run",
    "identify",
    "open_run",
    "run_corpus",
    "run_stage",
    "run_study",
    "verify_run",
]

Say = Callable[[str], None]
ASIDE = ("segmentation.parquet", "coding")


def run_study(
    study: Study, out: Path | None = None, *, results: Path = Path("results"), say: Say = print
) -> Path:
    """Run every stage of a study into ``results/<study>-<hash>/`` or `out`; returns the folder.

    What an interrupted run had finished is kept. The folder appears under its name only when it is complete.
    """
    sources = _read(study, say)
    identity = identify(study, sources)
    folder = Path(out) if out else results / f"{study.name}-{manifests.hash_identity(identity)}"
    if _is_complete(folder, identity):
        say(f"{folder} holds this run already, unchanged; delete it to compute it again")
        return folder
    partial = folder.with_name(f"{folder.name}.partial")
    run = _resume(partial, study, identity) or _start(partial, study, identity)
    for stage in STAGES:
        run_stage(run, stage, sources=sources, resume=True, say=say)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(partial, folder)
    return folder


def run_corpus(study: Study, folder: Path, *, say: Say = print) -> Run:
    """Begin a run in `folder` with its first stage only: sources, documents, edits, attributions, passages."""
    sources = _read(study, say)
    run = _start(folder, study, identify(study, sources))
    run_stage(run, "corpus", sources=sources, say=say)
    return run


def _read(study: Study, say: Say) -> pd.DataFrame:
    """Read the sources; what the corpus stage will note of them is not said twice."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        with Progress("reading 读取", "files 份", say=say) as tell:
            sources = read_sources(study.data, progress=tell, **study.options("corpus.sources"))
    known = note_faults(sources)
    for note in (str(w.message) for w in caught if w.category is UserWarning):
        if note not in known:
            say(f"note: {note}")
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
        metadata=paths.get("metadata"),
        codebook=folder / CODEBOOK if coded and (folder / CODEBOOK).is_file() else paths.get("codebook"),
        by=tuple(manifest["by"]),
        regions=manifest["regions"],
        settings=manifest["settings"],
    )
    return Run(folder, study, manifest)


def run_stage(
    run: Run, stage: str, *, sources: pd.DataFrame | None = None, resume: bool = False, say: Say = print
) -> None:
    """Run one stage in a run folder; its later stages, if any, are forgotten because they no longer hold."""
    if resume and manifests.stage_holds(run.path, run.manifest, stage):
        say(f"{stage:<8} kept from the interrupted run")
        return
    names = list(STAGES)
    for missing in (name for name in names[: names.index(stage)] if name not in run.manifest["stages"]):
        raise RunError(
            f"{run.path}: stage {missing!r} is not done; run `discourse {missing} {run.path}` first"
        )
    for later in names[names.index(stage) :]:
        run.manifest["stages"].pop(later, None)
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        function, files = STAGES[stage]
        run = replace(run, say=say)
        summary = function(run) if stage != "corpus" else function(run, sources)
    notes = list(dict.fromkeys(str(w.message) for w in caught if w.category is UserWarning))
    existing = [name for name in files if (run.path / name).is_file()]
    manifests.record_stage(run.path, run.manifest, stage, existing, time.perf_counter() - start, notes)
    say(f"{stage:<8} {summary}")
    for note in notes:
        say(f"         note: {note}")


def verify_run(folder: Path, *, say: Say = print) -> list[tuple[str, str]]:
    """What no longer holds of a run: files altered, raw files changed, results that recompute differently.

    Everything is computed again from the raw texts that the run stores. Returns (file, finding) pairs.
    """
    run = open_run(folder)
    for stage in STAGES:
        if stage not in run.manifest["stages"]:
            raise RunError(
                f"{folder}: this run is not complete (stage {stage!r} is missing); finish it with `discourse run`"
            )
    findings = [
        *manifests.altered_outputs(folder, run.manifest),
        *manifests.altered_inputs(folder, run.manifest),
    ]
    altered = {name for name, _ in findings}
    if altered & {"sources.parquet", CODEBOOK}:
        return findings
    with tempfile.TemporaryDirectory(prefix="discourse-verify-") as scratch:
        again = Run(Path(scratch), run.study, {**run.manifest, "stages": {}})
        _bring_aside(folder, again.path)
        for stage in STAGES:
            run_stage(again, stage, sources=run.table("sources"), say=say)
        findings += _differences(run.manifest, again.manifest, altered)
    return (
        findings + [(name, finding) for name, finding in _version_changes(run.manifest)] if findings else []
    )


def _bring_aside(folder: Path, scratch: Path) -> None:
    """Copy what was asked beside the run and stands in its report: other segmentations, human coders."""
    for path in (folder / name for name in ASIDE):
        if path.is_dir():
            shutil.copytree(path, scratch / path.name)
        elif path.is_file():
            shutil.copy(path, scratch / path.name)


def identify(study: Study, sources: pd.DataFrame) -> dict[str, Any]:
    """All that the results of a run depend on: settings, raw files, word lists, metadata, versions."""
    identity = {
        "name": study.name,
        "title": study.title,
        "by": list(study.by),
        "regions": dict(study.regions),
        "settings": {section: dict(values) for section, values in study.settings.items()},
        "inputs": dict(sources.dropna(subset="sha256")[["path", "sha256"]].itertuples(index=False)),
        "given": manifests.hash_identity({"given": sources["given"].dropna().tolist()}),
        "lists": _hash_lists(study),
        "version": __version__,
        "versions": manifests.versions(),
    }
    if study.metadata is not None:
        read_metadata(study.metadata)  # a table that cannot be read is refused before anything is computed
        identity["metadata_sha256"] = hash_file(study.metadata)
    if study.codebook is not None:
        identity["codebook_sha256"] = hash_codebook(study.codebook)  # and one that is not right is refused
    return identity


def _hash_lists(study: Study) -> dict[str, str]:
    """Every packaged list, since repair and attribution read them too, and the user's own."""
    packaged = resource("stopwords")
    files = {path.relative_to(packaged).as_posix(): path for path in packaged.rglob("*.t*") if path.is_file()}
    files |= {f"own/{Path(name).name}": Path(name) for name in study.lists() if Path(name).is_file()}
    return {name: hash_file(files[name]) for name in sorted(files)}


def _is_complete(folder: Path, identity: dict[str, Any]) -> bool:
    if not folder.exists():
        return False
    _refuse_foreign(folder)
    if not (folder / manifests.MANIFEST).is_file():
        return False
    manifest = manifests.read_manifest(folder)
    if manifest["id"] != manifests.hash_identity(identity):
        raise RunError(
            f"{folder}: holds a run of other settings, texts or versions; choose another --out, or delete it"
        )
    return all(manifests.stage_holds(folder, manifest, stage) for stage in STAGES)


def _refuse_foreign(folder: Path) -> None:
    """Never write into, or replace, a folder that is not a run of ours."""
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not _is_run(folder)):
        raise RunError(
            f"{folder}: is not empty and not a run folder; choose another --out so that nothing is lost"
        )


def _is_run(folder: Path) -> bool:
    """Whether the folder holds a manifest of ours: other programs write files of that name, too."""
    try:
        manifests.read_manifest(folder)
    except RunError:
        return False
    return True


def _start(folder: Path, study: Study, identity: dict[str, Any]) -> Run:
    _refuse_foreign(folder)
    shutil.rmtree(folder, ignore_errors=True)
    paths = {
        "data": study.data,
        "folder": study.folder,
        "metadata": study.metadata,
        "codebook": study.codebook,
    }
    return Run(folder, study, manifests.start_manifest(folder, identity, paths))


def _resume(folder: Path, study: Study, identity: dict[str, Any]) -> Run | None:
    """The run that an interrupted command left behind, if it was this one."""
    if not (folder / manifests.MANIFEST).is_file():
        return None
    manifest = manifests.read_manifest(folder)
    return Run(folder, study, manifest) if manifest["id"] == manifests.hash_identity(identity) else None


def _differences(before: dict[str, Any], after: dict[str, Any], known: set[str]) -> list[tuple[str, str]]:
    new = {name: digest for record in after["stages"].values() for name, digest in record["outputs"].items()}
    return [
        (name, "recomputes differently")
        for record in before["stages"].values()
        for name, digest in record["outputs"].items()
        if name not in known and new.get(name) != digest
    ]


def _version_changes(manifest: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for name, version in manifests.versions().items():
        if (recorded := manifest["versions"].get(name)) != version:
            yield name, f"version {version} here, {recorded} in the run"
