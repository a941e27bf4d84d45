"""The command that looks at the machine."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from discourse.cli.app import JsonOption, app


@app.command()
def doctor(
    fast: Annotated[bool, typer.Option("--fast", help="Do not compute a small run.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Whether this machine has what a study needs, and counts as others do. 检查本机环境。"""
    from discourse.doctor import examine_machine, render_examination

    findings = examine_machine(compute=not fast)
    typer.echo(
        json.dumps([asdict(f) for f in findings], ensure_ascii=False, indent=2)
        if as_json
        else render_examination(findings)
    )
    if any(f.state == "fault" for f in findings):
        raise typer.Exit(1)
