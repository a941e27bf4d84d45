"""Files that a run was made with come in besides its texts; copies of them lie in the run, and are found again.

Word lists, the table of metadata, the codebook and study.toml are small: with their copies a run can be computed
again where they are not at hand, and what has changed in them can be named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

from discourse.errors import RunError
from discourse.runs.store import hash_file, write_file

INPUTS = "inputs"
OWN = "lists/own"
IDENTITY = "identity.json"  # all that the results depend on, as the run began
COPIES = "copies"  # entry of the manifest: the hash of every copy
LARGEST = 50_000_000  # bytes of a copy; a metadata table beyond that is not copied
_READ = (
    f"{OWN}/",
    "metadata.",
    "codebook.",
)  # copies that a stage reads; the others only tell what has changed


def keep_inputs(folder: Path, files: Mapping[str, Path], digests: Mapping[str, str]) -> None:
    """Copy files into ``inputs/`` of a run folder, each whole or not at all; what is there already stays.

    files: name of the copy -> file. digests: sha256 that the copy must have, where it is known.
    Raises RunError where a file has changed since it was read.
    """
    for name, path in files.items():
        copy, wanted = folder / INPUTS / name, digests.get(name) or hash_file(path)
        if path.stat().st_size > LARGEST or (copy.is_file() and hash_file(copy) == wanted):
            continue
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != wanted:
            raise RunError(f"{path}: was changed while the run began; give the same command again")
        write_file(copy, partial(_write, content))


def _write(content: bytes, file: IO[bytes]) -> None:
    file.write(content)


def find_input(digest: str | None, places: Iterable[Path | None]) -> Path | None:
    """First of some files that still is what the run was made with; None where none is."""
    return next((path for path in places if path and path.is_file() and hash_file(path) == digest), None)


def kept_copies(folder: Path) -> dict[str, Path]:
    """Names and paths of the copies in a run folder, by name."""
    start = folder / INPUTS
    found = sorted(path for path in start.rglob("*") if path.is_file()) if start.is_dir() else []
    return {path.relative_to(start).as_posix(): path for path in found}


def hash_copies(folder: Path) -> dict[str, str]:
    """sha256 of every copy in a run folder, by name; the manifest keeps them under `COPIES`."""
    return {name: hash_file(path) for name, path in kept_copies(folder).items()}


def recorded_copies(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Hashes that the copies had as the run began; in a run of an earlier version those that its identity has."""
    if isinstance(known := manifest.get(COPIES), dict):
        return known
    found = {f"lists/{name}": digest for name, digest in manifest.get("lists", {}).items()}
    for name in ("metadata", "codebook"):
        if name in manifest["paths"] and f"{name}_sha256" in manifest:
            found[f"{name}{Path(manifest['paths'][name]).suffix}"] = manifest[f"{name}_sha256"]
    return found


def altered_copies(folder: Path, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Copies that are no longer what they were as the run began: (name below ``inputs/``, finding)."""
    known, copies = recorded_copies(manifest), kept_copies(folder)
    for name, digest in known.items():
        if name in copies and hash_file(copies[name]) != digest:
            yield name, "the run's copy was altered since the run"
        elif name not in copies and COPIES in manifest:
            yield name, "the run's copy is gone"
    if COPIES in manifest:
        yield from ((name, "was added since the run") for name in copies if name not in known)


def refuse_altered_copies(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Raise RunError where a stage would read a word list, metadata or codebook that was altered since the run began.

    The stages before were made with other words, and the manifest would name words that nobody used.
    """
    for name, finding in altered_copies(folder, manifest):
        if name.startswith(_READ) and "gone" not in finding:
            raise RunError(
                f"{folder / INPUTS / name}: {finding.replace('since the run', 'since the run began')}, and its stages "
                "would be made with different words; put it back, or change your own file and run the study again"
            )
