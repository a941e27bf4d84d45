"""Commands for validating topics with people: the form that coders fill in, and its scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from discourse.cli.app import JsonOption, RunArgument, app


@app.command()
def code(
    run: RunArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder for the form and its key.")],
    lang: Annotated[str | None, typer.Option("--lang", help="zh or en; default: the coder switches.")] = None,
    tasks: Annotated[
        str | None,
        typer.Option(
            "--tasks",
            help="Of word_intrusion, set_intrusion, topic_intrusion, label_intrusion, label_choice, label_fit; "
            "default: the first three and the last.",
        ),
    ] = None,
    topics: Annotated[str | None, typer.Option("--topics", help="Only these topics: 0,3,5.")] = None,
    n: Annotated[int, typer.Option("--n", help="Questions a topic and task.", min=1, max=20)] = 1,
    seed: Annotated[int, typer.Option("--seed", help="Other questions under another.", min=0)] = 1,
) -> None:
    """An offline form for human coders, and its key. 生成人工编码表（离线网页）与答案文件。"""
    from discourse.evidence.coding import DEFAULT_TASKS
    from discourse.evidence.verdicts import render_plan
    from discourse.pipeline import open_run
    from discourse.validation import FORM, KEY, read_topics, write_coding

    wanted = DEFAULT_TASKS if tasks is None else [word.strip() for word in tasks.split(",")]
    plan = write_coding(open_run(run), out, tasks=wanted, only=read_topics(topics), n=n, seed=seed, lang=lang)  # type: ignore[arg-type]
    typer.echo(render_plan(plan))
    typer.echo(f"to send 发给编码员: {out / FORM}\nto keep, and not to send 自己保留，勿外传: {out / KEY}")
    typer.echo(f"next: discourse coders {run} {out / KEY} ANSWERS.json ...")


@app.command()
def coders(
    run: RunArgument,
    key: Annotated[Path, typer.Argument(help="coding-key.json of the form.", metavar="KEY")],
    answers: Annotated[
        list[Path], typer.Argument(help="What coders sent back, one file each.", metavar="ANSWERS...")
    ],
    as_json: JsonOption = False,
) -> None:
    """Score what coders sent back. 计算编码结果：得分、机遇水平、一致性。"""
    from discourse.pipeline import open_run
    from discourse.validation import FOLDER, score_coders

    scores, words = score_coders(open_run(run), key, answers)
    if as_json:
        typer.echo(json.dumps(json.loads(scores.to_json(orient="records")), ensure_ascii=False, indent=2))
    else:
        typer.echo(words)
        typer.echo(f"\nsaved 已保存: {run / FOLDER}")
