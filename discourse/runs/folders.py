"""A function that fills a folder comes in; the folder appears under its name when it is whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from discourse.errors import RunError, write_error
from discourse.runs.store import hash_file, read_json, write_json

MARK = "made.json"


def replace_folder(folder: Path, fill: Callable[[Path], Any], *, about: Mapping[str, Any]) -> Path:
    """Fill a new folder beside `folder`, then let it take that name; returns `folder`.

    fill: writes files (no subfolders' worth of state) into the path it is given. about: what is written into
    ``made.json`` with the hash of every file, by which a folder of ours is known again. A folder that lacks it,
    or whose files somebody has changed since, is never replaced: RunError.
    """
    refuse_foreign(folder)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        fill(partial)
        files = sorted(path for path in partial.rglob("*") if path.is_file())
        hashes = {path.relative_to(partial).as_posix(): hash_file(path) for path in files}
        write_json(partial / MARK, {**about, "files": hashes})
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(partial, folder)
    except OSError as error:
        raise write_error(folder, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def refuse_foreign(folder: Path) -> None:
    """Raise RunError where `folder` holds something that we did not write, or that was changed since."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / MARK).is_file():
        raise RunError(
            f"{folder}: holds files that this program did not write; choose another --out so that nothing is lost"
        )
    known = read_json(folder / MARK).get("files", {})
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    changed = [name for name in sorted(known) if name in found and hash_file(folder / name) != known[name]]
    if strangers := changed + sorted(found - set(known) - {MARK}):
        raise RunError(
            f"{folder}: {strangers[0]} was added or changed since it was written; choose another --out so that "
            "nothing is lost, or delete the folder"
        )
