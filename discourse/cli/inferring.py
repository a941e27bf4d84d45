"""The command that finds a run's topics in new texts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from discourse.cli.app import RunArgument, app


@app.command()
def infer(
    run: RunArgument,
    path: Annotated[Path, typer.Argument(help="A file, folder or archive of new texts.", metavar="TEXTS")],
    out: Annotated[Path, typer.Option("--out", help="The folder to make for shares, theta and texts.")],
    n_shown: Annotated[int, typer.Option("--top", help="How many topics of a document to print.", min=1)] = 3,
) -> None:
    """The run's topics in new texts, the model left as it is. 用已有模型推断新文本的主题。"""
    import warnings

    from discourse.inferring import infer_texts, render_inferred, require_free, save_inferred
    from discourse.pipeline import open_run

    require_free(out)
    opened = open_run(run)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        tables = infer_texts(opened, path)
    save_inferred(tables, out)
    typer.echo(render_inferred(tables["shares"], opened.table("topics"), n_shown=n_shown))
    for note in dict.fromkeys(str(warning.message) for warning in caught):
        typer.echo(f"note 注意: {note}", err=True)
    typer.echo(f"wrote {out}: shares, theta and the tables behind them")
