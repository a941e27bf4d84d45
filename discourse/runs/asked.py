"""Files that a command leaves in a run beside those of its stages come in; their hashes are kept, to be held later."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from discourse.runs.lock import lock_folder
from discourse.runs.store import hash_file, read_json, write_json

ASKED = "asked.json"


@contextlib.contextmanager
def writing_beside(folder: Path, *names: str) -> Iterator[None]:
    """Lock a run while a command writes these files, or files of these folders, in it; then keep their hashes.

    Raises RunError where another process is writing the run.
    """
    with lock_folder(folder):
        yield
        _record(folder, names)


def asked_hashes(folder: Path) -> dict[str, str]:
    """Name of each such file -> the sha256 that it had when it was written."""
    known = read_json(folder / ASKED) if (folder / ASKED).is_file() else {}
    files = known.get("files") if isinstance(known, dict) else None
    return {str(name): str(digest) for name, digest in files.items()} if isinstance(files, dict) else {}


def bring_asked(folder: Path, target: Path, names: Sequence[str]) -> None:
    """Let another run folder know the hashes of what was brought along into it."""
    found = {name: digest for name, digest in asked_hashes(folder).items() if _is_of(name, names)}
    if found:
        write_json(target / ASKED, {"files": found})


def _record(folder: Path, names: Sequence[str]) -> None:
    others = {name: digest for name, digest in asked_hashes(folder).items() if not _is_of(name, names)}
    written = [path for name in names for path in _files(folder / name)]
    own = {path.relative_to(folder).as_posix(): hash_file(path) for path in written}
    write_json(folder / ASKED, {"files": {**others, **own}})


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(inner for inner in path.rglob("*") if inner.is_file())


def _is_of(name: str, names: Sequence[str]) -> bool:
    return any(name == own or name.startswith(f"{own}/") for own in names)
