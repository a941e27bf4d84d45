"""Where the word lists and the seed texts are, in a checkout as in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from discourse.errors import DiscourseError

_PACKAGE = Path(__file__).resolve().parent


def resource(*parts: str) -> Path:
    """Path of a packaged file or folder, such as ``resource("stopwords", "general.txt")``.

    Raises DiscourseError when the installation lacks it.
    """
    for root in (_PACKAGE / "_data", _PACKAGE.parent):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise DiscourseError(
        f"packaged file {'/'.join(parts)!r} is missing from this installation: reinstall discourse-zh"
    )
