"""Commands that compute: the whole walk, or one stage of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from discourse.cli.app import (
    JsonOption,
    OutOption,
    QuietOption,
    RunArgument,
    SetOption,
    StrictOption,
    app,
    silent,
)
from discourse.cli.clusters import EngineOption, MasterOption, RefitOption, cluster, refit, with_engine

if TYPE_CHECKING:
    from discourse.stages import Run


@app.command()
def demo(out: OutOption = None, quiet: QuietOption = False, as_json: JsonOption = False) -> None:
    """The whole walk on the packaged seed texts. 用自带的五个样本文件走完全程。"""
    from discourse.config import read_study
    from discourse.resources import resource

    _run(read_study(resource("seeds", "study.toml")), out, quiet, as_json)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="The folder to make.", metavar="DIR")]) -> None:
    """A study folder of your own: study.toml with comments, data/, a lexicon. 新建研究文件夹。"""
    from discourse.studies import make_study

    typer.echo(
        f"made {make_study(folder)}: put texts into {folder / 'data'}, then: discourse run {folder / 'study.toml'}"
    )


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="The study file.", metavar="STUDY.toml")],
    changes: SetOption = None,
    out: OutOption = None,
    strict: StrictOption = False,
    engine: EngineOption = "local",
    master: MasterOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """The whole walk; goes on where an interrupted run stopped. 运行整个研究，可从中断处继续。"""
    from discourse.config import read_study

    with cluster(engine, master):
        changes = with_engine(_with_strict(changes, strict), engine)
        _run(read_study(study, changes), out, quiet, as_json)


@app.command()
def multiverse(
    study: Annotated[Path, typer.Argument(help="The study file.", metavar="STUDY.toml")],
    changes: SetOption = None,
    out: OutOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """The study in some 200 models: what its findings survive. 多重设定：结论经得起哪些选择。"""
    from discourse.config import read_study
    from discourse.multiverse import vary_study

    _run(vary_study(read_study(study, changes or ())), out, quiet, as_json)


@app.command()
def corpus(
    path: Annotated[
        Path,
        typer.Argument(
            help="A file, folder or archive of texts, a table of texts, or a study.toml.", metavar="PATH"
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="The run folder to make.")],
    changes: SetOption = None,
    strict: StrictOption = False,
    engine: EngineOption = "local",
    master: MasterOption = None,
) -> None:
    """First stage: files to documents, edits, attributions, passages. 第一步：读取、修复、归属。"""
    from discourse.config import change_study, default_study, read_study
    from discourse.corpus.coverage import render_coverage
    from discourse.pipeline import run_corpus

    is_study = path.suffix == ".toml"
    changes = with_engine(_with_strict(changes, strict), engine)
    study = read_study(path, changes) if is_study else change_study(default_study(path), changes)
    with cluster(engine, master):
        run = run_corpus(study, out, say=typer.echo)
    typer.echo(f"\n{render_coverage(run.table('documents'), run.table('attributions'))}\n")
    typer.echo(
        f"to correct 如需更正: {out / 'attributions.csv'}: keep the rows that you change 只留改过的行; then in "
        'study.toml: [study] metadata = "attributions.csv"'
    )
    typer.echo(f"next: discourse segment {out}")


@app.command()
def segment(run: RunArgument, engine: EngineOption = "local", master: MasterOption = None) -> None:
    """Second stage: passages to tokens, and the lexicon audit. 第二步：分词。"""
    with cluster(engine, master):
        _stage(run, "segment")


@app.command()
def topics(run: RunArgument, engine: RefitOption = None, master: MasterOption = None) -> None:
    """Third stage: topic models under several seeds, document shares. 第三步：主题模型。"""
    with cluster(engine or "local", master):
        _stage(run, "topics", refit(run, engine))


@app.command()
def compare(run: RunArgument) -> None:
    """Fourth stage: prevalence, contrasts, keyness. 第四步：比较。"""
    _stage(run, "compare")


@app.command()
def report(
    run: RunArgument,
    beside: Annotated[
        str | None,
        typer.Option(
            "--beside",
            help="A second model in the map of topics: another run of the same texts, or n_topics=12,seed=3; or none.",
        ),
    ] = None,
) -> None:
    """Last stage: quotations and the two offline pages. 最后一步：引文与报告。"""
    if beside is not None:
        from discourse.beside import set_beside
        from discourse.pipeline import open_run

        opened = open_run(run)
        set_beside(opened.path, opened.study, beside)
    _stage(run, "report")


def _with_strict(changes: list[str] | None, strict: bool) -> list[str]:
    return [*(changes or []), *(["corpus.sources.strict=true"] if strict else [])]


def _run(study: Any, out: Path | None, quiet: bool, as_json: bool) -> None:
    from discourse.pipeline import REPORT, run_study
    from discourse.summary import describe_run, render_summary

    folder = run_study(study, out, say=silent if quiet or as_json else typer.echo)
    if quiet:
        typer.echo(folder / REPORT)
    elif as_json:
        typer.echo(json.dumps(describe_run(folder), ensure_ascii=False, indent=2))
    else:
        typer.echo(render_summary(describe_run(folder), in_full=False))


def _stage(folder: Path, stage: str, run: Run | None = None) -> None:
    from discourse.pipeline import STAGES, open_run, run_stage

    run_stage(run or open_run(folder), stage, say=typer.echo)
    names = list(STAGES)
    if stage != names[-1]:
        typer.echo(f"next: discourse {names[names.index(stage) + 1]} {folder}")
