"""Commands that hand a run on: files for other tools, figures for a paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from discourse.cli.app import RunArgument, app


@app.command()
def export(
    run: RunArgument,
    to: Annotated[
        str, typer.Option("--to", help="Targets: excel, csv, gensim, mallet, r, bibtex.")
    ] = "excel,csv,gensim,mallet,r,bibtex",
    out: Annotated[Path | None, typer.Option("--out", help="Where; default RUN/exports.")] = None,
) -> None:
    """Files for Excel, gensim, MALLET, R and BibTeX. 导出到其他工具。"""
    from discourse.exporting import export_run
    from discourse.pipeline import open_run

    targets = list(dict.fromkeys(word.strip() for word in to.split(",") if word.strip()))
    for folder in export_run(open_run(run), targets, out):
        typer.echo(folder)
