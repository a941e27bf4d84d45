"""Seconds, characters a second and memory of each stage: ``python benchmarks/scale.py [--documents 1000,10000]``.

Writes a corpus in the manner of the seeds (see ``scale_corpus.py``) into a temporary folder, or takes the one that
is there (``--work``), runs one stage after another in a process of its own and prints Markdown. Memory is the
largest that the process and one of its workers held at a time, added up.
"""

from __future__ import annotations

import argparse
import json
import resource as machine
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scale_corpus import write_corpus

STAGES = ("read", "corpus", "segment", "topics")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", default="1000,10000")
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--work", type=Path, help="where corpora and runs are kept for the next call")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one[0], Path(options.one[1]))))
        return
    print("| documents | passages | stage | seconds | processor seconds | characters a second | memory, MB |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for n_documents in map(int, options.documents.split(",")):
            folder = (options.work or Path(scratch)) / str(n_documents)
            if not (folder / "study.toml").is_file():
                write_corpus(folder, n_documents, seed=1)
            for stage in options.stages.split(","):
                print_row(n_documents, stage, folder)


def print_row(n_documents: int, stage: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, __file__, "--one", stage, str(folder)], stdout=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    print(
        f"| {n_documents:,} | {found['n_passages']:,} | {stage} | {found['wall']:,.0f} | {found['cpu']:,.0f} "
        f"| {found['n_chars'] / found['wall']:,.0f} | {found['memory']:,.0f} |",
        flush=True,
    )


def measure(stage: str, folder: Path) -> dict[str, float]:
    """One stage in this process; stages before it are found in ``folder/run``."""
    from discourse.config import read_study
    from discourse.corpus.sources import read_sources
    from discourse.runs.store import count_rows, iterate_table
    from discourse.stages import STAGES, Run

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    study = read_study(folder / "study.toml")
    begin, run = time.perf_counter(), Run(folder / "run", study, {"stages": {}}, tell)
    if stage in ("read", "corpus"):
        sources = read_sources(study.data, **study.options("corpus.sources"))
    if stage == "corpus":
        begin = time.perf_counter()
        tell(STAGES[stage][0](run, sources))
    elif stage != "read":
        tell(STAGES[stage][0](run))
    wall = time.perf_counter() - begin
    usage = [machine.getrusage(who) for who in (machine.RUSAGE_SELF, machine.RUSAGE_CHILDREN)]
    return {
        "wall": wall,
        "cpu": sum(each.ru_utime + each.ru_stime for each in usage),
        "memory": sum(each.ru_maxrss for each in usage) / 1024,
        "n_passages": 0 if stage == "read" else count_rows(run.path, "passages"),
        "n_chars": int(sources["n_chars"].sum())
        if stage in ("read", "corpus")
        else sum(
            int(part["n_chars"].sum()) for part in iterate_table(run.path, "sources", columns=["n_chars"])
        ),
    }


if __name__ == "__main__":
    main()
