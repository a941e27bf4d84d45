"""The project itself comes in; one archive that executors unpack and import goes out: code and word lists."""

from __future__ import annotations

import zipfile
from pathlib import Path

import discourse
from discourse.resources import resource

FOLDER = "discourse_job"  # where executors find it, in their working folder


def pack_project(folder: Path) -> Path:
    """Write an archive of the package and of `stopwords`, laid out as an installed wheel is; returns its path.

    An executor needs neither an installation of this project nor its lists, only the packages that it uses.
    """
    package, lists = Path(discourse.__file__).parent, resource("stopwords")
    archive = folder / f"{FOLDER}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(package.rglob("*")):
            inside = path.relative_to(package)
            if path.is_file() and not {"__pycache__", "_data"} & set(inside.parts):
                file.write(path, Path("discourse", inside))
        for path in sorted(lists.rglob("*")):
            if path.is_file():
                file.write(path, Path("discourse", "_data", "stopwords", path.relative_to(lists)))
    return archive
