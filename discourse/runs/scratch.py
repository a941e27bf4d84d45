"""The name of a purpose comes in; a folder among the temporary ones goes out, and is gone however its command ends."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from discourse.errors import DiscourseError, write_error
from discourse.runs.lock import is_locked_here, lock_folder

_NAME = "[0-9a-f]" * 12  # nobody else's folder is called so


@contextmanager
def make_scratch(purpose: str) -> Iterator[Path]:
    """Make an empty folder ``discourse-<purpose>-...`` for as long as the context lasts.

    No process that is killed can clear up behind itself, so the next one of the same purpose does. A folder is in
    use as long as its lock is held (`lock_folder`), which the system lets go of however a process ends.
    Raises RunError, in one line, where nothing can be written.
    """
    home, start = Path(tempfile.gettempdir()), f"discourse-{purpose}-"
    _sweep(home, start)
    folder = home / f"{start}{uuid.uuid4().hex[:12]}"
    with lock_folder(folder):
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise write_error(folder, error) from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(home: Path, start: str) -> None:
    """Remove the folders of processes that were ended from outside, and locks that are left alone."""
    ours = f"{start}{_NAME}"
    locks = (home / path.name[1:].removesuffix(".lock") for path in home.glob(f".{ours}.lock"))
    for folder in {*home.glob(ours), *locks}:
        with suppress(DiscourseError):
            if not is_locked_here(folder):
                _remove(folder)


def _remove(folder: Path) -> None:
    with lock_folder(folder):
        shutil.rmtree(folder, ignore_errors=True)
