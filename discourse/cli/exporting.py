"""Commands that hand a run on: files for other tools, figures for a paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from discourse.cli.app import RunArgument, app

QuietOption = Annotated[bool, typer.Option("--quiet", help="Print folders only, not what is done.")]


@app.command()
def export(
    run: RunArgument,
    to: Annotated[
        str, typer.Option("--to", help="Targets: excel, csv, gensim, mallet, r, bibtex.")
    ] = "excel,csv,gensim,mallet,r,bibtex",
    out: Annotated[Path | None, typer.Option("--out", help="Where; default RUN/exports.")] = None,
    quiet: QuietOption = False,
) -> None:
    """Files for Excel, gensim, MALLET, R and BibTeX. 导出到其他工具。"""
    from discourse.exporting import export_run
    from discourse.pipeline import open_run

    targets = list(dict.fromkeys(word.strip() for word in to.split(",") if word.strip()))
    progress = None if quiet else lambda target: typer.echo(f"{target} …", err=True)
    for folder in export_run(open_run(run), targets, out, progress=progress):
        typer.echo(folder)


@app.command()
def figures(
    run: RunArgument,
    formats: Annotated[str, typer.Option("--format", help="Of svg, png, pdf.")] = "svg,png,pdf",
    width: Annotated[float, typer.Option("--width", help="Millimetres: a column 85, a page 170.")] = 170.0,
    lang: Annotated[str, typer.Option("--lang", help="Words in the figures: zh or en.")] = "zh",
    font: Annotated[Path | None, typer.Option("--font", help="A font file for PNG and PDF.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where; default RUN/figures.")] = None,
    quiet: QuietOption = False,
) -> None:
    """Figures for a paper, with captions. 论文用图，附图注。"""
    from discourse.figures import draw_run
    from discourse.pipeline import open_run

    chosen = list(dict.fromkeys(word.strip() for word in formats.split(",") if word.strip()))

    def progress(done: int, of: int, name: str) -> None:
        typer.echo(f"{done} of {of}: {name}", err=True)

    folder = draw_run(
        open_run(run),
        out,
        formats=chosen,
        language=lang,  # type: ignore[arg-type]
        width=width,
        font=font,
        progress=None if quiet else progress,
    )
    typer.echo(folder)
