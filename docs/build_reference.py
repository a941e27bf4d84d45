"""Write docs/cli.md and docs/settings.md from the code: ``python docs/build_reference.py``."""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path

os.environ.update(COLUMNS="100", TERMINAL_WIDTH="100", NO_COLOR="1")

from typer.testing import CliRunner  # noqa: E402  (the width must be set first)

from discourse.cli import app  # noqa: E402
from discourse.config import SECTIONS, default_settings, public_function  # noqa: E402

DOCS = Path(__file__).resolve().parent


def render_cli() -> str:
    """The help of every command, as Markdown."""
    runner = CliRunner()
    names = [
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    ]
    parts = ["# Command line 命令行\n\nWritten by `python docs/build_reference.py` from the code.\n"]
    for name in ["", *names]:
        arguments = [name, "--help"] if name else ["--help"]
        help_text = runner.invoke(app, arguments, prog_name="discourse").output.strip()
        parts.append(f"## discourse {name}".rstrip() + f"\n\n```text\n{help_text}\n```\n")
    return "\n".join(parts)


def render_settings() -> str:
    """Every setting of study.toml with its default and what its function says of it, as Markdown."""
    parts = [
        "# Settings 设置\n\nSections of study.toml. Written by `python docs/build_reference.py` from the code.\n"
    ]
    for section in SECTIONS:
        function = public_function(section)
        rows = [f"| `{name}` | `{value!r}` |" for name, value in default_settings(section).items()]
        table = "\n".join(["| setting | default |", "|---|---|", *rows]) if rows else "No settings yet."
        about = inspect.cleandoc(function.__doc__ or "")
        parts.append(f"## [{section}]\n\n{table}\n\n`{function.__name__}`:\n\n```text\n{about}\n```\n")
    return "\n".join(parts)


PAGES = {"cli.md": render_cli, "settings.md": render_settings}

if __name__ == "__main__":
    for page, render in PAGES.items():
        (DOCS / page).write_text(render(), encoding="utf-8")
        sys.stdout.write(f"wrote docs/{page}\n")
