"""The commands: read arguments, call one function, print."""

from __future__ import annotations

import os
import sys
from typing import Any

import typer

from discourse.cli import codebook, coding, computing, doctor, exporting, inferring, looking, words
from discourse.cli.app import app
from discourse.cli.ending import ending_in_order
from discourse.errors import DiscourseError, SettingError
from discourse.terminal import plain_streams, show_hidden

__all__ = [
    "app",
    "codebook",
    "coding",
    "computing",
    "doctor",
    "exporting",
    "inferring",
    "looking",
    "main",
    "words",
]  # each module registers its commands


def main() -> None:
    """Entry point: a `DiscourseError` becomes one line and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        _speak(stream)
    with plain_streams(), ending_in_order():
        _run_app()


def _speak(stream: Any) -> None:
    """Let a stream write Chinese: in UTF-8, or as a terminal wants it that knows Chinese in another encoding."""
    if not hasattr(stream, "reconfigure"):
        return
    try:
        "结论".encode(stream.encoding)  # simplified: Big5 has them not
        is_chinese = stream.isatty()
    except (UnicodeEncodeError, LookupError):
        is_chinese = False
    stream.reconfigure(encoding=None if is_chinese else "utf-8", errors="replace")


def _run_app() -> None:
    try:
        _refuse_encoding()
        app()
    except DiscourseError as error:
        typer.echo(show_hidden(f"error 错误: {' '.join(str(error).split())}"), err=True)
        raise SystemExit(1) from None
    except Exception as error:  # what nobody foresaw is one line, too
        if os.environ.get("DISCOURSE_TRACEBACK"):
            raise
        found = show_hidden(" ".join(f"{type(error).__name__}: {error}".split())[:200])
        typer.echo(
            f"error 错误: the program stopped at something unforeseen ({found}): a file is damaged, or this is a fault "
            "of ours; `discourse verify RUN` tells which. DISCOURSE_TRACEBACK=1 shows where 请附完整信息报告",
            err=True,
        )
        raise SystemExit(1) from None


def _refuse_encoding() -> None:
    """Raise where file names are not in UTF-8: what reads Parquet would look for Chinese ones under other bytes."""
    encoding = sys.getfilesystemencoding()
    if encoding != "utf-8" and not all(words.isascii() for words in (os.getcwd(), *sys.argv[1:])):
        raise SettingError(
            f"file names are in {encoding} here, and Chinese ones can be read in UTF-8 only; give the command again "
            "with PYTHONUTF8=1 before it, or LC_ALL=C.UTF-8"
        )
