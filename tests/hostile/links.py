"""Files of a run that are links, pipes or sockets, and folders without end."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tests.hostile.spoiling import Spoil


def _link(name: str) -> Spoil:
    """A file or folder of the run that leads to the user's own."""

    def spoil(run: Path, outside: Path) -> None:
        (run / name).unlink(missing_ok=True)
        (run / name).symlink_to(outside)

    return spoil


def _link_folder(name: str) -> Spoil:
    return lambda run, outside: (run / name).symlink_to(outside.parent, target_is_directory=True)


def _pipe(name: str) -> Spoil:
    def spoil(run: Path, outside: Path) -> None:
        (run / name).unlink(missing_ok=True)
        os.mkfifo(run / name)

    return spoil


def _deep(run: Path, outside: Path) -> None:
    """Folders in folders, deeper than a path may be long."""
    here = os.open(run, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("folder in folders", dir_fd=here)
        inner = os.open("folder in folders", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def _socket(name: str) -> Spoil:
    def spoil(run: Path, outside: Path) -> None:
        (run / name).unlink(missing_ok=True)
        os.mknod(run / name, 0o600 | stat.S_IFSOCK)

    return spoil


LINKS: dict[str, Spoil] = {
    "a table that is a link": _link("documents.csv"),
    "a report that is a link": _link("report.html"),
    "a temporary file that is a link": _link(".report.html.tmp"),
    "another temporary file that is a link": _link(".edits.parquet.tmp"),
    "a manifest that is a link": _link("manifest.json"),
    "exports that are a link": _link_folder("exports"),
    "scores that are a link": _link_folder("coding"),
    "parts that are a link": _link_folder(".parts"),
    "a selection that is a link": _link_folder("selection"),
    "folders without end": _deep,
    "a table that is a socket": _socket("topics.parquet"),
    "a copy that is a link": _link("inputs/lists/general.txt"),
    "a manifest that is a pipe": _pipe("manifest.json"),
    "a table that is a pipe": _pipe("passages.parquet"),
    "copies that are a link": _link_folder("inputs/lists/own"),
    "a second model that is a link": _link_folder("beside"),
    "figures that are a link": _link_folder("figures"),
    "models of universes that are a link": _link_folder("universes"),
}
