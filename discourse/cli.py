"""The commands: read arguments, call one function, print."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from discourse.errors import DiscourseError

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


def main() -> None:
    """Entry point: a `DiscourseError` becomes one line and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except DiscourseError as error:
        typer.echo(f"error 错误: {' '.join(str(error).split())}", err=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        typer.echo(
            "interrupted 已中断: what was finished is kept; the same command goes on from there", err=True
        )
        raise SystemExit(130) from None


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
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """The whole walk; goes on where an interrupted run stopped. 运行整个研究，可从中断处继续。"""
    from discourse.config import read_study

    _run(read_study(study, _with_strict(changes, strict)), out, quiet, as_json)


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
) -> None:
    """First stage: files to documents, edits, attributions, passages. 第一步：读取、修复、归属。"""
    from discourse.config import change_study, default_study, read_study
    from discourse.pipeline import run_corpus

    is_study = path.suffix == ".toml"
    changes = _with_strict(changes, strict)
    study = read_study(path, changes) if is_study else change_study(default_study(path), changes)
    run_corpus(study, out, say=typer.echo)
    typer.echo(f"next: discourse segment {out}")


@app.command()
def segment(run: RunArgument) -> None:
    """Second stage: passages to tokens, and the lexicon audit. 第二步：分词。"""
    _stage(run, "segment")


@app.command()
def topics(run: RunArgument) -> None:
    """Third stage: topic models under several seeds, document shares. 第三步：主题模型。"""
    _stage(run, "topics")


@app.command()
def compare(run: RunArgument) -> None:
    """Fourth stage: prevalence, contrasts, keyness. 第四步：比较。"""
    _stage(run, "compare")


@app.command()
def report(run: RunArgument) -> None:
    """Last stage: quotations and the two offline pages. 最后一步：引文与报告。"""
    _stage(run, "report")


@app.command()
def select(
    run: RunArgument,
    sizes: Annotated[str | None, typer.Option("--sizes", help="Numbers of topics to try: 5,10,20.")] = None,
    n_seeds: Annotated[int | None, typer.Option("--seeds", help="How many seeds.", min=1)] = None,
    quiet: QuietOption = False,
) -> None:
    """The number of topics as a trade-off; goes on where it was interrupted. 主题数的权衡。"""
    from discourse.pipeline import open_run
    from discourse.sizes import read_sizes, select_size

    progress = None if quiet else lambda done, of: typer.echo(f"{done} of {of} models", err=True)
    typer.echo(select_size(open_run(run), sizes=read_sizes(sizes), n_seeds=n_seeds, progress=progress))


@app.command()
def reuse(
    run: RunArgument,
    by: Annotated[str, typer.Option("--by", help="A column of documents: between whose texts.")] = "region",
    n_shown: Annotated[int, typer.Option("--top", help="How many pairs of groups and spans to print.")] = 10,
) -> None:
    """Who repeats whom, and in which words. 文本复用：谁重复了谁，用了哪些原话。"""
    from discourse.corpus.recycled import render_reuse, reuse_matrix
    from discourse.pipeline import open_run

    opened = open_run(run)
    spans, documents, passages = (opened.table(name) for name in ("reuse", "documents", "passages"))
    typer.echo(render_reuse(spans, reuse_matrix(spans, documents, by=by), passages, n_shown=n_shown))


@app.command()
def terms(
    run: RunArgument,
    out: Annotated[Path | None, typer.Option("--out", help="Write them as a lexicon file to edit.")] = None,
    n_shown: Annotated[int, typer.Option("--top", help="How many to print.")] = 30,
) -> None:
    """Candidate terms that the lexicon lacks. 词典里还没有的候选术语。"""
    from discourse.pipeline import open_run
    from discourse.segment.discovery import discover_terms, list_candidates, render_candidates
    from discourse.segment.tokenizer import build_tokenizer

    opened = open_run(run)
    lexicon, study = opened.table("lexicon"), opened.study
    tokenizer = build_tokenizer(lexicon, **study.options("segment.tokenizer"))
    found = discover_terms(opened.table("passages"), lexicon, tokenizer, **study.options("segment.discovery"))
    typer.echo(list_candidates(found, n_shown=n_shown))
    if out is not None:
        _write_new(out, render_candidates(found))
        typer.echo(
            f"wrote {out}: delete what is no term, then name the file under [segment.lexicon] in study.toml"
        )


@app.command()
def keyness(
    run: RunArgument,
    by: Annotated[str, typer.Option("--by", help="A column of documents: between whom.")] = "level",
    of: Annotated[str, typer.Option("--of", help="What to count: terms, bigrams or themes.")] = "terms",
    target: Annotated[str | None, typer.Option("--target", help="One group only.")] = None,
    n_shown: Annotated[int, typer.Option("--top", help="How many a group.")] = 10,
) -> None:
    """The words, pairs of words or themes that mark each group. 各组的标志词、词对或主题词类。"""
    from discourse.compare.group_keyness import score_group_keyness
    from discourse.compare.listing import render_keyness
    from discourse.compare.wordings import recount_tokens
    from discourse.pipeline import open_run

    opened = open_run(run)
    passages, documents = opened.table("passages"), opened.table("documents")
    tokens = recount_tokens(opened.table("tokens"), opened.table("lexicon"), of=of)
    options = opened.study.options("compare.keyness")
    scored = score_group_keyness(tokens, passages, documents, by=by, **options)
    typer.echo(render_keyness(scored, target=target, n_shown=n_shown))


@app.command()
def phrases(
    run: RunArgument,
    by: Annotated[str, typer.Option("--by", help="A column of documents: by whom.")] = "region",
    form: Annotated[
        str | None, typer.Option("--form", help="numbered, parallel, metaphor or coinage.")
    ] = None,
    n_shown: Annotated[int, typer.Option("--top", help="How many a group.")] = 15,
) -> None:
    """Set phrases of official language, and whose they are. 提法：大家都说的，一处独有的。"""
    from discourse.compare.listing import render_phrases
    from discourse.compare.phrases import tabulate_phrases
    from discourse.pipeline import open_run

    opened = open_run(run)
    uses, passages, documents = (opened.table(name) for name in ("phrase_uses", "passages", "documents"))
    groups = tabulate_phrases(uses, passages, documents, by=by)
    typer.echo(render_phrases(opened.table("phrases"), groups, form=form, n_shown=n_shown))


@app.command()
def show(run: RunArgument, as_json: JsonOption = False) -> None:
    """What a run holds and what it found. 查看运行结果。"""
    from discourse.summary import describe_run, render_summary

    summary = describe_run(run)
    typer.echo(json.dumps(summary, ensure_ascii=False, indent=2) if as_json else render_summary(summary))


@app.command()
def verify(run: RunArgument, as_json: JsonOption = False) -> None:
    """Compute a run again and name what differs. 重新计算并核对。"""
    from discourse.pipeline import verify_run

    findings = verify_run(run, say=_silent if as_json else typer.echo)
    if as_json:
        typer.echo(
            json.dumps([{"file": name, "finding": finding} for name, finding in findings], ensure_ascii=False)
        )
    else:
        for name, finding in findings:
            typer.echo(f"{name}: {finding}")
        typer.echo(
            "verified 核对无误: every file is as recorded and recomputes to the same bytes"
            if not findings
            else "differs 不一致"
        )
    if findings:
        raise typer.Exit(1)


def _with_strict(changes: list[str] | None, strict: bool) -> list[str]:
    return [*(changes or []), *(["corpus.sources.strict=true"] if strict else [])]


def _run(study: Any, out: Path | None, quiet: bool, as_json: bool) -> None:
    from discourse.pipeline import REPORT, run_study
    from discourse.summary import describe_run, render_summary

    folder = run_study(study, out, say=_silent if quiet or as_json else typer.echo)
    if quiet:
        typer.echo(folder / REPORT)
    elif as_json:
        typer.echo(json.dumps(describe_run(folder), ensure_ascii=False, indent=2))
    else:
        typer.echo(render_summary(describe_run(folder)))


def _stage(folder: Path, stage: str) -> None:
    from discourse.pipeline import STAGES, open_run, run_stage

    run_stage(open_run(folder), stage, say=typer.echo)
    names = list(STAGES)
    if stage != names[-1]:
        typer.echo(f"next: discourse {names[names.index(stage) + 1]} {folder}")


def _write_new(path: Path, text: str) -> None:
    from discourse.errors import RunError
    from discourse.runs.store import write_file

    if path.exists():
        raise RunError(f"{path}: exists already; choose another name so that no edits of yours are lost")
    write_file(path, lambda file: file.write(text.encode("utf-8")))


def _silent(message: str) -> None:
    """Say nothing."""


Say = Callable[[str], None]
