"""The application and the options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from discourse.progress import Progress, silent

__all__ = ["app", "follow", "silent"]

app = typer.Typer(
    name="discourse",
    help="Compare how regions and levels of government talk. 比较不同地区、不同层级的治理话语。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

OutOption = Annotated[
    Path | None, typer.Option("--out", help="The run folder itself; default results/<study>-<hash>.")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="Change a setting: topics.lda.n_topics=30.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print the path of the report only.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="One file that cannot be read stops the study.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON, for a script.")]
RunArgument = Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")]


def follow(name: str, unit: str, *, quiet: bool) -> Progress:
    """Tell on standard error how far a long piece of work has come, so that the answer stands alone."""
    return Progress(name, unit, say=silent if quiet else lambda line: typer.echo(line, err=True))
