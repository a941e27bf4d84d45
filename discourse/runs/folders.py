"""A function that fills a folder comes in; the folder appears under its name when it is whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from discourse.errors import RunError, write_error
from discourse.runs.lock import lock_folder
from discourse.runs.store import hash_file, read_json, write_json

MARK = "made.json"


def replace_folder(folder: Path, fill: Callable[[Path], Any], *, about: Mapping[str, Any]) -> Path:
    """Fill a new folder beside `folder`, then let it take that name; returns `folder`.

    fill: writes files (no subfolders' worth of state) into the path it is given. about: what is written into
    ``made.json`` with the hash of every file, by which a folder of ours is known again. A folder that lacks it,
    or whose files somebody has changed since, is never replaced: RunError. Nor is one that another process is writing.
    """
    with lock_folder(folder):
        refuse_foreign(folder)
        return _fill(folder, lambda partial: _fill_and_mark(partial, fill, about))


def fill_folder(folder: Path, fill: Callable[[Path], Any]) -> Path:
    """Fill a folder that is new or empty; it appears whole or not at all. Returns it.

    Raises RunError where something lies there, or another process is writing it.
    """
    with lock_folder(folder):
        if not is_vacant(folder):
            raise RunError(f"{folder}: is not empty; choose another --out so that nothing is lost")
        return _fill(folder, fill)


def _fill(folder: Path, fill: Callable[[Path], Any]) -> Path:
    """Fill a folder beside `folder`, then let it take that name."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        fill(partial)
        swap_folder(partial, folder)
    except OSError as error:
        raise write_error(folder, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _fill_and_mark(partial: Path, fill: Callable[[Path], Any], about: Mapping[str, Any]) -> None:
    fill(partial)
    files = sorted(path for path in partial.rglob("*") if path.is_file())
    hashes = {path.relative_to(partial).as_posix(): hash_file(path) for path in files}
    write_json(partial / MARK, {**about, "files": hashes})


def remove_folder(folder: Path) -> None:
    """Remove a folder of ours so that, whenever this is interrupted, it is there whole or no more under its name."""
    waste = folder.with_name(f".{folder.name}.waste")
    shutil.rmtree(waste, ignore_errors=True)
    if folder.is_dir():
        os.replace(folder, waste)
        shutil.rmtree(waste, ignore_errors=True)


def swap_folder(new: Path, folder: Path) -> None:
    """Let `new` take the name of `folder`, which is removed; interrupted, one of the two is there whole."""
    waste = folder.with_name(f".{folder.name}.waste")
    shutil.rmtree(waste, ignore_errors=True)
    if folder.is_dir():
        os.replace(folder, waste)
    os.replace(new, folder)
    shutil.rmtree(waste, ignore_errors=True)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file or folder under a temporary name, then rename the copy."""
    temporary = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    if source.is_dir():
        shutil.copytree(source, temporary)
        shutil.rmtree(target, ignore_errors=True)
    else:
        shutil.copyfile(source, temporary)
    os.replace(temporary, target)


def free_name(folder: Path, word: str) -> Path:
    """First of ``<name>.<word>``, ``<name>.<word>-2`` and so on that nothing bears."""
    numbers = ("" if i == 1 else f"-{i}" for i in range(1, 1_000_000))
    names = (folder.with_name(f"{folder.name}.{word}{number}") for number in numbers)
    return next(path for path in names if not path.exists())


def is_vacant(folder: Path) -> bool:
    """Whether nothing is there but an empty folder, or files that were never finished."""
    if folder.is_file():
        return False
    return not folder.is_dir() or all(is_temporary(path) for path in folder.iterdir())


def is_temporary(path: Path) -> bool:
    """Whether a file bears one of our temporary names, or is a lock."""
    return path.name == ".lock" or (path.name.startswith(".") and path.name.endswith(".tmp"))


def sweep_folder(folder: Path) -> None:
    """Remove files that an interrupted command had not finished."""
    for path in list(folder.rglob(".*.tmp")):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def refuse_foreign(folder: Path) -> None:
    """Raise RunError where `folder` holds something that we did not write, or that was changed since."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / MARK).is_file():
        raise RunError(
            f"{folder}: holds files that this program did not write; choose another --out so that nothing is lost"
        )
    mark = read_json(folder / MARK)
    known = mark.get("files") if isinstance(mark, dict) else None
    if not isinstance(known, dict):
        raise RunError(
            f"{folder / MARK}: is not what this program wrote; choose another --out, or delete the folder"
        )
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    changed = [name for name in sorted(known) if name in found and hash_file(folder / name) != known[name]]
    if strangers := changed + sorted(found - set(known) - {MARK}):
        raise RunError(
            f"{folder}: {strangers[0]} was added or changed since it was written; choose another --out so that "
            "nothing is lost, or delete the folder"
        )
