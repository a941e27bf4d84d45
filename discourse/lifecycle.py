"""A run folder's life between two commands: is it whole, begun, altered; how it gets its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from discourse.config import Study
from discourse.errors import RunError
from discourse.identity import list_files
from discourse.runs import manifest as manifests
from discourse.runs.asked import ASKED, bring_asked
from discourse.runs.folders import (
    copy_whole,
    free_name,
    is_temporary,
    is_vacant,
    remove_folder,
    swap_folder,
    sweep_folder,
)
from discourse.runs.inputs import COPIES, IDENTITY, INPUTS, OWN, hash_copies, keep_inputs
from discourse.runs.store import write_json
from discourse.stages import STAGES, Run

Say = Callable[[str], None]
ASIDE = ("segmentation.parquet", "segmentation.csv", "coding", "beside")
WORK = (".parts", "universes")  # of a stage that is under way


def is_complete(folder: Path, identity: dict[str, Any]) -> bool:
    """Whether the folder holds this very run, whole and unaltered; RunError where it holds another."""
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


def begin_run(folder: Path, study: Study, identity: dict[str, Any]) -> Run:
    """The run that an interrupted command left behind, if it was this one, or a new one."""
    _refuse_foreign(folder)
    paths = {
        "data": study.data,
        "folder": study.folder,
        "metadata": study.metadata,
        "codebook": study.codebook,
        "study": study.file,
    }
    if held_id(folder) == manifests.hash_identity(identity):
        manifest = manifests.read_manifest(folder)
    else:
        remove_folder(folder)
        manifest = manifests.start_manifest(folder, identity, paths)
    sweep_folder(folder)
    _keep_inputs(folder, study, identity)
    return Run(folder, _of_copies(study, folder), manifest | {COPIES: hash_copies(folder)})


def held_id(folder: Path) -> str | None:
    """Id of the run that a folder holds, whole or begun."""
    return manifests.read_manifest(folder)["id"] if (folder / manifests.MANIFEST).is_file() else None


def bring_aside(folder: Path, target: Path) -> None:
    """Copy what was asked beside the run and stands in its report: segmentations, coders, a second model."""
    for path in (folder / name for name in ASIDE):
        if path.exists():
            copy_whole(path, target / path.name)
    bring_asked(folder, target, ASIDE)


def finish_run(run: Run, folder: Path, say: Say) -> None:
    """Give the complete run its name. What somebody changed or added in a folder of that name is not thrown away."""
    broken = [name for name, _ in manifests.altered_outputs(run.path, run.manifest)]
    if broken or set(run.manifest["stages"]) != set(STAGES):
        raise RunError(
            f"{run.path}: {broken[0] if broken else 'a stage'} was changed or deleted while the run was being made; "
            "give the same command again"
        )
    set_aside(folder, say, except_for=ASIDE)  # those were brought along
    swap_folder(run.path, folder)


def set_aside(folder: Path, say: Say, *, except_for: tuple[str, ...] = ()) -> None:
    """Rename a run folder that holds what no run makes, or what somebody altered, instead of replacing it."""
    if not (folder / manifests.MANIFEST).is_file():
        return
    outputs = {name for _, files in STAGES.values() for name in files}
    ours = (manifests.MANIFEST, ASKED, INPUTS, *WORK, *except_for)
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    added = [
        name
        for name in found
        if not (name in outputs or name.startswith(ours) or is_temporary(folder / name))
    ]
    altered = manifests.altered_outputs(folder, manifests.read_manifest(folder))
    if added or any(finding != "missing" for _, finding in altered):
        kept = free_name(folder, "replaced")
        os.replace(folder, kept)
        say(f"note: {folder} held files that were added or changed; it is now {kept}")


def _refuse_foreign(folder: Path) -> None:
    """Never write into, or replace, a folder that is not a run of ours."""
    if not is_vacant(folder) and not (folder / manifests.MANIFEST).is_file():
        raise RunError(
            f"{folder}: is not empty and not a run folder; choose another --out so that nothing is lost"
        )


def _keep_inputs(folder: Path, study: Study, identity: dict[str, Any]) -> None:
    """Copy what the run is made with besides its texts."""
    files = {f"lists/{name}": path for name, path in list_files(study).items()}
    digests = {f"lists/{name}": digest for name, digest in identity["lists"].items()}
    for name in ("metadata", "codebook"):
        if (path := getattr(study, name)) is not None:
            files[f"{name}{path.suffix}"] = path
            digests[f"{name}{path.suffix}"] = identity[f"{name}_sha256"]
    if study.file is not None and study.file.is_file():
        files["study.toml"] = study.file
    keep_inputs(folder, files, digests)
    write_json(folder / INPUTS / IDENTITY, identity)


def _of_copies(study: Study, folder: Path) -> Study:
    """The study with the run's own copies: the user's files may change while the run is being made."""
    paths = {name: getattr(study, name) for name in ("metadata", "codebook")}
    copies = {name: folder / INPUTS / f"{name}{path.suffix}" for name, path in paths.items() if path}
    # a very large one is not copied
    there: dict[str, Any] = {name: copy for name, copy in copies.items() if copy.is_file()}
    return replace(study, kept=folder / INPUTS / OWN, **there)
