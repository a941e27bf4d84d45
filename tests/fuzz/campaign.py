"""All targets, slice after slice, each slice a process of its own: ``python -m tests.fuzz.campaign fuzz.log``.

A slice has a seed of its own. What the log holds already is not run again, so a campaign that was stopped goes on.
A finding ends its slice, never the campaign. ``--table`` adds the log up for `benchmarks/fuzz.md`.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.fuzz.seeds import HELD_RUN
from tests.fuzz.targets import TARGETS

_LINE = re.compile(r"\| (\w+) \| (\d+) \| ([\d,]+) \| (\d+) \| ([\d.]+) \| (\d+) \| (.*) \|\s*\Z")


class Slice(NamedTuple):
    """What one process did with one seed: a line of the log."""

    target: str
    seed: int
    n_cases: int
    seconds: int
    slowest: float
    memory: int
    finding: str


def main() -> None:
    """Parse the arguments, then run what is missing or print the sums."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.campaign")
    parser.add_argument("log", type=Path)
    parser.add_argument("--targets", nargs="*", default=list(TARGETS), choices=list(TARGETS))
    parser.add_argument("--slices", type=int, default=5)
    parser.add_argument("--cases", type=int, default=20_000, help="of a slice")
    parser.add_argument("--table", action="store_true", help="print what the log holds, and run nothing")
    wanted = parser.parse_args()
    if wanted.table:
        print("\n".join(add_up(read_log(wanted.log))))
        return
    with tempfile.TemporaryDirectory(prefix="discourse-fuzz-") as folder:
        for target in wanted.targets:
            for number in range(1, wanted.slices + 1):
                if (target, number) not in {(known.target, known.seed) for known in read_log(wanted.log)}:
                    _run_slice(wanted.log, target, number, wanted.cases, Path(folder))


def read_log(log: Path) -> list[Slice]:
    """Slices that were run to their end or to a finding."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    return list(_slices(lines))


def add_up(slices: list[Slice]) -> Iterator[str]:
    """One line a target: cases, seconds, the slowest case, the largest memory, findings."""
    for target in dict.fromkeys(known.target for known in slices):
        own = [known for known in slices if known.target == target]
        findings = "; ".join(known.finding for known in own if known.finding != "none") or "none"
        sums = f"{sum(known.n_cases for known in own):,} | {sum(known.seconds for known in own):,}"
        most = f"{max(known.slowest for known in own):.2f} | {max(known.memory for known in own)}"
        yield f"| {target} | {sums} | {most} | {findings} |"


def _slices(lines: list[str]) -> Iterator[Slice]:
    for found in filter(None, map(_LINE.match, lines)):
        target, number, cases, seconds, slowest, memory, finding = found.groups()
        counts = int(number), int(cases.replace(",", "")), int(seconds), float(slowest), int(memory)
        yield Slice(target, *counts, finding)


def _run_slice(log: Path, target: str, number: int, n_cases: int, folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.fuzz",
        "--target",
        target,
        "--cases",
        str(n_cases),
        "--seed",
        str(number),
    ]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], env={**os.environ, HELD_RUN: str(folder)}, capture_output=True,
        text=True, encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip
    line = next((line for line in done.stdout.splitlines() if _LINE.match(line)), "")
    if not line:  # the process was ended by a signal, or never began
        line = f"| {target} | {number} | 0 | 0 | 0.00 | 0 | ended with {done.returncode} |"
    with open(log, "a", encoding="utf-8") as file:
        file.write(line + "\n")
        if not line.endswith("| none |"):
            file.write(done.stderr[-6000:].replace("\n|", "\n") + "\n")


if __name__ == "__main__":
    main()
