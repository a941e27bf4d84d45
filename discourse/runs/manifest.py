"""What a run was made from and what it made: settings, versions, hashes, timings; and whether it still holds."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from discourse.errors import RunError
from discourse.runs.entries import check_manifest
from discourse.runs.guard import refuse_links
from discourse.runs.store import hash_file, read_json, write_json

MANIFEST = "manifest.json"
BESIDE = (
    "id",
    "paths",
    "stages",
    "under_way",
    "copies",
)  # what a manifest holds besides the identity of its run
_PACKAGES = (
    "discourse-zh",
    "gensim",
    "jieba",
    "numba",
    "numpy",
    "opencc",
    "pandas",
    "pyLDAvis",
    "pyarrow",
    "rjieba",
    "scipy",
)


def start_manifest(
    folder: Path, identity: Mapping[str, Any], paths: Mapping[str, Path | None]
) -> dict[str, Any]:
    """Write the manifest of a run that has not begun.

    identity: all that its results depend on; paths: where its inputs were, kept relative to the run folder.
    """
    where = {name: _relative(path, folder) for name, path in paths.items() if path is not None}
    manifest = {**identity, "id": hash_identity(identity), "paths": where, "stages": {}}
    write_json(folder / MANIFEST, manifest)
    return manifest


def hash_identity(identity: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits that change when settings, inputs, word lists or versions change."""
    identity = {name: value for name, value in identity.items() if name not in BESIDE}
    text = json.dumps(identity, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]


def read_manifest(folder: Path) -> dict[str, Any]:
    """Manifest of the run in `folder`, which may come from anybody.

    Raises RunError where there is none, or where it or a link in the folder could do harm.
    """
    if not folder.is_dir():
        raise RunError(
            f"{folder}: there is no such run folder; `discourse run` or `discourse demo` makes one"
        )
    refuse_links(folder)
    return check_manifest(read_json(folder / MANIFEST), folder / MANIFEST)


def begin_stage(folder: Path, manifest: dict[str, Any], stage: str, *, about: Mapping[str, Any]) -> bool:
    """Write down that a stage is under way; returns whether the very same was under way before.

    about: what the stage depends on besides the stages before it.
    """
    before = {name: record["outputs"] for name, record in manifest["stages"].items()}
    under_way = f"{stage}-{hash_identity({'before': before, **about})}"
    is_same = manifest.get("under_way") == under_way
    manifest["under_way"] = under_way
    _write_on(folder, manifest)
    return is_same


def record_stage(
    folder: Path,
    manifest: dict[str, Any],
    stage: str,
    files: Iterable[str],
    seconds: float,
    notes: Iterable[str],
    *,
    asked: Mapping[str, str] | None = None,
) -> None:
    """Write down that a stage is done, with the hash of every file that it left.

    asked: hashes of what was asked beside the run and has a place in what the stage made.
    """
    outputs = {name: hash_file(folder / name) for name in sorted(files)}
    record = {"seconds": round(seconds, 3), "outputs": outputs, "notes": list(notes)}
    manifest["stages"][stage] = record if asked is None else {**record, "asked": dict(asked)}
    manifest.pop("under_way", None)
    _write_on(folder, manifest)


def _write_on(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest where there is one: a folder that somebody deleted does not come back half full."""
    if not (folder / MANIFEST).is_file():
        raise RunError(
            f"{folder}: was deleted or moved while the run was writing it; give the same command again"
        )
    write_json(folder / MANIFEST, manifest)


def stage_holds(folder: Path, manifest: Mapping[str, Any], stage: str) -> bool:
    """Whether a stage was finished and its files are still the same."""
    record = manifest["stages"].get(stage)
    return record is not None and not list(altered_outputs(folder, {"stages": {stage: record}}))


def altered_outputs(folder: Path, manifest: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Files of a run that are missing or no longer what the run wrote: (name, finding)."""
    for record in manifest["stages"].values():
        for name, digest in record["outputs"].items():
            path = folder / name
            if not path.is_file():
                yield name, "missing"
            elif hash_file(path) != digest:
                yield name, "altered since the run"


def altered_inputs(folder: Path, manifest: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Raw files that have changed or gone since the run; nothing where the data folder is not at hand."""
    data = (folder / manifest["paths"]["data"]).resolve()
    if not data.exists():
        return
    for name, digest in manifest["inputs"].items():
        path = data if data.is_file() else data / name
        if not path.is_file():
            yield name, "raw file is gone"
        elif hash_file(path) != digest:
            yield name, "raw file has changed"


def versions() -> dict[str, str]:
    """Versions of Python and of every package that a result depends on."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _relative(path: Path, start: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), start.resolve())).as_posix()
    except ValueError:  # another drive on Windows
        return path.resolve().as_posix()
