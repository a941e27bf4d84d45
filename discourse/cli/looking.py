"""Commands that look into a run: its words, its number of topics, what it holds, whether it still holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from discourse.cli.app import JsonOption, QuietOption, RunArgument, app, follow, silent
from discourse.cli.clusters import EngineOption, MasterOption, cluster


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

    with follow("sizes 主题数", "models 个", quiet=quiet) as progress:
        told = select_size(open_run(run), sizes=read_sizes(sizes), n_seeds=n_seeds, progress=progress)
    typer.echo(told)


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
def verify(
    run: RunArgument,
    as_json: JsonOption = False,
    engine: EngineOption = "local",
    master: MasterOption = None,
) -> None:
    """Compute a run again from its raw files and name the first difference. 从原始文件重新计算并核对。"""
    from discourse.verify import verify_run

    with cluster(engine, master):
        verified = verify_run(run, say=silent if as_json else typer.echo)
    if as_json:
        told = {
            "holds": verified.holds,
            "computed_from": verified.computed_from,
            "findings": [finding._asdict() for finding in verified.findings],
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        typer.echo(_tell_verified(verified))
    if not verified.holds:
        raise typer.Exit(1)


def _tell_verified(verified: Any) -> str:
    kinds = {"inputs": "原始文件", "lists": "词表", "versions": "版本", "settings": "设置", "outputs": "结果"}
    lines = [f"{f.kind} {kinds[f.kind]} · {f.file}: {f.finding}" for f in verified.findings]
    if not verified.holds:
        where = "different 不一致; the first difference 第一处"
        return "\n".join([*lines, f"{where}: {lines[0].split(' · ', 1)[1]}"])
    under = ", under other versions 版本不同" if lines else ""
    return "\n".join(
        [*lines, f"verified 核对无误: every file is as recorded and recomputes to the same bytes{under}"]
    )


def _write_new(path: Path, text: str) -> None:
    from discourse.errors import RunError
    from discourse.runs.store import write_file

    if path.exists():
        raise RunError(f"{path}: exists already; choose another name so that no edits of yours are lost")
    write_file(path, lambda file: file.write(text.encode("utf-8")))
