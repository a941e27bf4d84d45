"""The errors a user can meet: each is one line that names the thing, the rule, what was found, the next step."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT)


class DiscourseError(Exception):
    """Something the user can mend; the command line prints it on one line and leaves with exit code 1."""


class SourceError(DiscourseError):
    """A file or folder of raw texts cannot be read."""


class SettingError(DiscourseError):
    """A setting of study.toml or an argument has no such name or value."""


class ContractError(DiscourseError):
    """A table does not have the columns that its contract promises."""


class DataError(DiscourseError):
    """The data do not allow what was asked."""


class RunError(DiscourseError):
    """A run folder is missing, incomplete or altered."""


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is a disk without space."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__
    return False


def suggest(name: str, choices: Iterable[str]) -> str:
    """Sentence that offers the nearest of `choices`, or nothing: "Did you mean 'region'? "."""
    near = get_close_matches(name, [str(choice) for choice in choices], n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'? " if near else ""


def require_column(table_name: str, columns: Iterable[str], name: str, argument: str = "by") -> None:
    """Raise `SettingError` unless `name` is one of the columns."""
    columns = [str(column) for column in columns]
    if name not in columns:
        raise SettingError(
            f"{argument}={name!r} is not a column of {table_name}. "
            f"{suggest(name, columns)}Columns: {', '.join(columns)}."
        )


def write_error(path: Path | str, error: OSError) -> RunError:
    """Error, in one line, of a file that cannot be written: what, why, and what to do."""
    number, reason = error.errno, error.strerror or str(error)
    if number in _FULL:
        return RunError(
            f"{path}: cannot be written ({reason}): the disk is full{_tell_space(Path(path))}; "
            "free some space, then give the same command again: it goes on from what is finished"
        )
    if number in (errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
        return RunError(
            f"{path}: cannot be written ({reason}): a file stands where a folder should be, or a folder where "
            "a file should be; move it away, or choose another --out"
        )
    if number in (errno.EROFS, errno.EACCES, errno.EPERM):
        return RunError(
            f"{path}: cannot be written ({reason}); choose another --out, or change the folder's permissions "
            "(a file that Excel holds open cannot be written either)"
        )
    return RunError(f"{path}: cannot be written ({reason}); check the disk and the folder's permissions")


def _tell_space(path: Path) -> str:
    for folder in path.resolve().parents:
        try:
            return f" ({shutil.disk_usage(folder).free / 1e6:,.1f} MB are left)"
        except OSError:
            continue
    return ""
