"""The command that names, merges and excludes topics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from discourse.cli.app import RunArgument, app


@app.command()
def codebook(
    run: RunArgument,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The codebook to write; with --apply the run folder to make."),
    ] = None,
    apply: Annotated[
        Path | None, typer.Option("--apply", help="A codebook that is filled in: use it.", metavar="FILE")
    ] = None,
) -> None:
    """Name, merge and exclude topics: a form to fill in. 编码本：给主题命名、合并、排除。"""
    from discourse.codebooks import apply_codebook, draft_codebook, write_draft
    from discourse.pipeline import REPORT, open_run

    opened = open_run(run)
    if apply is not None:
        folder = apply_codebook(opened, apply, out, say=typer.echo)
        typer.echo(f"made {folder}; report 报告: {folder / REPORT}")
        return
    path = write_draft(draft_codebook(opened), out or Path("codebook.toml"))
    typer.echo(f"wrote {path}: fill it in, then: discourse codebook {run} --apply {path}")
