"""Seconds, characters a second and memory of each stage: ``python benchmarks/scale.py [--documents 1000,10000]``.

Writes a corpus in the manner of the seeds (see ``scale_corpus.py``) into a temporary folder, or takes the one that
is there (``--work``), gives it to ``discourse run`` and prints Markdown, a row a stage. Memory is the largest that
all processes of the command held at a time, what they share counted once (PSS, read every half second; Linux).
With ``--work`` an interrupted measurement goes on where it stopped; stages that were finished have no row then.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from functools import cached_property
from pathlib import Path

from scale_corpus import write_corpus

STAGES = ("corpus", "segment", "topics", "compare", "report")
HEAD = "| documents | passages | stage | seconds | processor seconds | characters a second | memory, MB |"
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", default="1000,10000")
    parser.add_argument("--work", type=Path, help="where corpora and runs are kept for the next call")
    parser.add_argument("--set", action="append", default=[], help="as `discourse run` has it")
    options = parser.parse_args()
    print(f"{HEAD}\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for n_documents in map(int, options.documents.split(",")):
            folder = (options.work or Path(scratch)) / str(n_documents)
            if not (folder / "study.toml").is_file():
                write_corpus(folder, n_documents, seed=1)
            measure(folder, n_documents, options.set)


def measure(folder: Path, n_documents: int, settings: list[str]) -> None:
    """Run a study in one command; print a row when a stage is done."""
    command = [sys.executable, "-u", "-m", "discourse", "run", str(folder / "study.toml")]
    command += ["--out", str(folder / "run"), *(word for value in settings for word in ("--set", value))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    watch, left, rows = Watch(process.pid), list(STAGES), Rows(folder, n_documents)
    for line in process.stdout or ():
        print(line, end="", file=sys.stderr, flush=True)
        stage = line.split(" ", 1)[0]
        if stage not in left:
            continue
        left.remove(stage)
        lap = watch.lap()
        if "kept from the interrupted run" not in line:
            print(rows.describe(stage, *lap), flush=True)
    if process.wait():
        sys.exit(f"the run of {n_documents} documents ended with {process.returncode}")


class Rows:
    """Writes the rows of one corpus, whose size is asked once: when the last stage is done the run gets its name."""

    def __init__(self, folder: Path, n_documents: int) -> None:
        self._folder, self._n_documents = folder, n_documents

    def describe(self, stage: str, seconds: float, processor: float, memory: float) -> str:
        """One row of the table."""
        n_chars, n_passages = self._size
        return (
            f"| {self._n_documents:,} | {n_passages:,} | {stage} | {seconds:,.0f} | {processor:,.0f} "
            f"| {n_chars / seconds:,.0f} | {memory:,.0f} |"
        )

    @cached_property
    def _size(self) -> tuple[int, int]:
        from discourse.runs.store import count_rows, iterate_table

        run = next(path for path in (self._folder / "run.partial", self._folder / "run") if path.is_dir())
        parts = iterate_table(run, "sources", columns=["n_chars"])
        return sum(int(part["n_chars"].sum()) for part in parts), count_rows(run, "passages")


class Watch:
    """Reads what a process and all below it hold and have used."""

    def __init__(self, root: int) -> None:
        self._root, self._begin, self._used, self._most = root, time.perf_counter(), 0.0, 0.0
        self._last_used = 0.0
        threading.Thread(target=self._look, daemon=True).start()

    def lap(self) -> tuple[float, float, float]:
        """Seconds, processor seconds and largest memory in MB since the last call."""
        now, used = time.perf_counter(), self._used
        found = now - self._begin, used - self._last_used, self._most
        self._begin, self._last_used, self._most = now, used, 0.0
        return found

    def _look(self) -> None:
        while Path(f"/proc/{self._root}").exists():
            processes = _tree(self._root)
            self._most = max(self._most, sum(map(_memory, processes)))
            self._used = max(self._used, sum(map(_processor, processes)))
            time.sleep(0.5)


def _tree(root: int) -> list[int]:
    """A process and all processes below it."""
    below: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        fields = _fields(int(name))
        if fields:
            below.setdefault(int(fields[1]), []).append(int(name))
    found, waiting = [], [root]
    while waiting:
        found.append(waiting.pop())
        waiting += below.get(found[-1], [])
    return found


def _fields(pid: int) -> list[str]:
    """What stands in /proc behind the name of a process, from its state on; nothing if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _processor(pid: int) -> float:
    """Processor seconds of a process and of those that it started and that have ended."""
    fields = _fields(pid)
    return sum(map(int, fields[11:15])) / _TICKS if fields else 0.0


def _memory(pid: int) -> float:
    """Proportional share of memory in MB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main()
