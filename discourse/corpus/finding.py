"""A folder of texts comes in, the files that are worth a look go out, and the folders that stay closed."""

from __future__ import annotations

import os
from pathlib import Path

from discourse.corpus.formats import is_left_aside
from discourse.errors import SourceError

_DEEPEST = 100  # folders in folders; how long a path may be differs between systems


def find_files(root: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    """All files worth a look, sorted, and the folders that were not opened, each with its reason.

    Raises SourceError where there is no such path, or nothing in the folder.
    """
    if not root.exists():
        raise SourceError(
            f"{root}: no such file or folder; give the path of a text file or of a folder of texts."
        )
    if root.is_file():
        return [root], []
    found, faults = _walk(root)
    files = sorted(f for f in found if not is_left_aside(f.relative_to(root).as_posix()))
    if not files and not faults:
        raise SourceError(
            f"{root}: the folder holds no texts; put files there, one file a text, or a table of texts."
        )
    return files, faults


def relative_name(file: Path, base: Path) -> str:
    """POSIX path below `base`; what no name should hold is shown as U+FFFD: bytes that are no UTF-8, control signs."""
    name = os.fsencode(file.relative_to(base).as_posix()).decode("utf-8", "replace")
    return "".join("\ufffd" if char < " " else char for char in name)


def _walk(root: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Files and links to files below a folder, and the folders that are not opened, each with its reason.

    Links to folders are not followed; pipes and devices, which never end, are passed over.
    """
    files: list[Path] = []
    faults: list[tuple[Path, str]] = []
    waiting = [(os.fspath(root), 0)]
    while waiting:
        folder, depth = waiting.pop()
        if depth > _DEEPEST:
            faults.append((Path(folder), f"the folder lies in more than {_DEEPEST} others; move it up"))
            continue
        try:
            with os.scandir(folder) as found:
                entries = list(found)
        except OSError as error:
            reason = f"the folder cannot be opened ({error.strerror}); check its permissions"
            faults.append((Path(folder), reason))
            continue
        for entry in entries:
            if _is_folder(entry):
                waiting.append((entry.path, depth + 1))
            elif _is_file(entry):
                files.append(Path(entry.path))
    return files, faults


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself, or a path that is too long
        return False
