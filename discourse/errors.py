"""The errors a user can meet: each is one line that names the thing, the rule, what was found, the next step."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


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
