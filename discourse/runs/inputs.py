"""Files that a run was made with come in besides its texts; copies of them lie in the run, and are found again.

Word lists, the table of metadata, the codebook and study.toml are small: with their copies a run can be computed
again where they are not at hand, and what has changed in them can be named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import IO

from discourse.errors import RunError
from discourse.runs.store import hash_file, write_file

INPUTS = "inputs"
OWN = "lists/own"
IDENTITY = "identity.json"  # all that the results depend on, as the run began
LARGEST = 50_000_000  # bytes of a copy; a metadata table beyond that is not copied


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
