"""A folder name comes in, a study of the user's own goes out: study.toml with comments, data/, a lexicon."""

from __future__ import annotations

import shutil
from pathlib import Path

from discourse.errors import RunError
from discourse.resources import resource


def make_study(folder: Path) -> Path:
    """Make `folder` with study.toml, data/ and lexicon.txt; returns the path of study.toml.

    Raises RunError where the folder already holds something.
    """
    folder = Path(folder)
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise RunError(
            f"{folder}: exists and is not empty; choose another name so that nothing is overwritten"
        )
    try:
        (folder / "data").mkdir(parents=True)
        for name in ("study.toml", "lexicon.txt"):
            shutil.copyfile(resource("discourse", "template", name), folder / name)
    except OSError as error:
        raise RunError(
            f"{folder}: cannot be made ({error.strerror}); check the path and its permissions"
        ) from error
    return folder / "study.toml"
