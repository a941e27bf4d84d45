"""Commands that look at words in their texts: in context, in company, and in the raw file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from discourse.cli.app import JsonOption, QuietOption, RunArgument, app, follow

if TYPE_CHECKING:
    import pandas as pd

WordsArgument = Annotated[
    list[str], typer.Argument(help="A term or phrase; several words make a phrase.", metavar="WORD")
]
RegexOption = Annotated[bool, typer.Option("--regex", help="WORD is one regular expression (Python's).")]
ByOption = Annotated[str | None, typer.Option("--by", help="A column of documents that names groups.")]
GroupOption = Annotated[str | None, typer.Option("--group", help="Only this group of --by.")]
CsvOption = Annotated[Path | None, typer.Option("--csv", help="Write the whole table to this file.")]


@app.command()
def kwic(
    run: RunArgument,
    words: WordsArgument,
    regex: RegexOption = False,
    by: ByOption = None,
    group: GroupOption = None,
    sort: Annotated[
        Literal["document", "left", "right", "group"],
        typer.Option("--sort", help="By document, left or right (outward from the word), or group."),
    ] = "document",
    width: Annotated[int, typer.Option("--width", help="Characters of context on either side.")] = 20,
    n_shown: Annotated[int, typer.Option("--top", help="How many hits to print.")] = 20,
    csv: CsvOption = None,
) -> None:
    """A word in its contexts, with exact places. 索引行：词语及其上下文。"""
    from discourse.evidence.concordance import find_concordance
    from discourse.evidence.listing import render_concordance
    from discourse.pipeline import open_run

    opened = open_run(run)
    passages, documents, edits = (opened.table(name) for name in ("passages", "documents", "edits"))
    found = find_concordance(
        passages,
        documents,
        edits,
        words,
        regex=regex,
        by=by,
        group=group,
        sort=sort,
        width=width,
    )
    typer.echo(render_concordance(found, by=by, n_shown=n_shown))
    _write_csv(csv, found)


@app.command()
def collocates(
    run: RunArgument,
    words: WordsArgument,
    regex: RegexOption = False,
    window: Annotated[int, typer.Option("--window", help="Tokens before and after the word.")] = 5,
    within: Annotated[
        Literal["sentence", "passage"],
        typer.Option("--within", help="Where a window ends: sentence or passage."),
    ] = "sentence",
    min_count: Annotated[int, typer.Option("--min-count", help="Least times near the word.")] = 3,
    by: ByOption = None,
    group: GroupOption = None,
    n_shown: Annotated[int, typer.Option("--top", help="How many to print.")] = 20,
    csv: CsvOption = None,
) -> None:
    """The words that keep a word's company. 搭配词：常与某词一起出现的词。"""
    from discourse.compare.collocates import render_collocates, score_collocates
    from discourse.evidence.concordance import find_concordance
    from discourse.pipeline import open_run

    opened = open_run(run)
    passages, documents, edits = (opened.table(name) for name in ("passages", "documents", "edits"))
    hits = find_concordance(passages, documents, edits, words, regex=regex, by=by, group=group)
    if group is not None:
        passages = passages[passages["doc_id"].isin(documents.loc[documents[by] == group, "doc_id"])]
    scored = score_collocates(
        hits, opened.table("tokens"), passages, window=window, within=within, min_count=min_count
    )
    typer.echo(render_collocates(scored, n_shown=n_shown))
    _write_csv(csv, scored)


@app.command()
def trace(
    run: RunArgument,
    words: Annotated[
        str, typer.Argument(help="A quotation, a passage_id, or DOC_ID:START:END.", metavar="QUOTE")
    ],
    as_json: JsonOption = False,
) -> None:
    """A quotation back to the bytes of its raw file, with every edit. 把引文追溯到原始文件的字节。"""
    from discourse.pipeline import open_run
    from discourse.tracing import describe_traces, render_traces, trace_words

    found = trace_words(open_run(run), words)
    if as_json:
        typer.echo(json.dumps(describe_traces(found), ensure_ascii=False, indent=2))
    else:
        typer.echo(render_traces(found))


@app.command()
def sensitivity(
    run: RunArgument,
    n_top: Annotated[int, typer.Option("--top", help="How many terms mark a group.")] = 10,
    n_seeds: Annotated[int, typer.Option("--seeds", help="Models a segmentation; 0: terms only.")] = 3,
    quiet: QuietOption = False,
    csv: CsvOption = None,
) -> None:
    """Which findings move with segmentation: HMM and lexicon, on and off. 换一种分词，哪些结论会变。"""
    from discourse.compare.listing import render_segmentation
    from discourse.pipeline import open_run
    from discourse.sensitivity import assess_segmentation

    with follow("segmentations 分词", "models 个", quiet=quiet) as progress:
        found = assess_segmentation(open_run(run), n_top=n_top, n_seeds=n_seeds, progress=progress)
    typer.echo(render_segmentation(found, n_shown=n_top))
    _write_csv(csv, found)


def _write_csv(path: Path | None, table: pd.DataFrame) -> None:
    from discourse.runs.store import write_csv

    if path is not None:
        write_csv(path, table)
        typer.echo(f"wrote 已写入 {path}: {len(table):,} rows 行")
