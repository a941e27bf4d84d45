"""A driver in a process of its own: makes a run, and asks things of it, in forks that are killed again and again.

Everything is imported and computed once before, so that a fork costs only what it does itself. Prints JSON: where
each fork was killed, what lay in the folders that no whole one holds, and whether what went on to its end has the
bytes of what nobody interrupted. Arguments: a folder, the seed.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

from discourse.corpus import batches
from discourse.exporting import export_run
from discourse.inferring import infer_texts, save_inferred
from discourse.pipeline import STAGES, open_run, run_study
from discourse.sensitivity import assess_segmentation
from discourse.sizes import select_size
from discourse.verify import verify_run
from tests.runs.failpoints import FULL, SMALL, in_fork
from tests.runs.small_study import damaged, hashes, make_study

# how many kills in each stage, before the first and after the last
STAGE_KILLS = {"begin": 5, "corpus": 7, "segment": 5, "topics": 8, "compare": 6, "report": 6, "end": 4}
ASKED_KILLS = {"select": 4, "sensitivity": 3, "export": 4, "infer": 4, "verify": 1}


def quiet(message: str) -> None:
    """Say nothing."""


def asked(run: Path, data: Path) -> dict[str, Callable[[], object]]:
    """What is asked of a whole run."""
    return {
        "select": lambda: select_size(open_run(run), sizes=[2, 3], n_seeds=1),
        "sensitivity": lambda: assess_segmentation(open_run(run), n_seeds=0, processes=1),
        "export": lambda: export_run(open_run(run), ["csv", "bibtex", "mallet"]),
        "infer": lambda: _infer(run, data),
        "verify": lambda: _require_holds(run),
    }


def _infer(run: Path, data: Path) -> None:
    tables, out = infer_texts(open_run(run), data), run.with_name("inferred")
    if out.is_dir():  # killed when all was done: asked again it would be refused
        shutil.rmtree(out)
    save_inferred(tables, out)


def _require_holds(run: Path) -> None:
    if findings := verify_run(run, say=quiet).findings:
        raise ValueError(str(findings[0]))


class Driver:
    """Whole folders to compare with, the seed's choice of places, and what was seen."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self._rng = folder, random.Random(seed)
        self.study = make_study(folder / "study")
        self.told: dict = {"seed": seed, "kills": [], "faults": [], "ends": {}}

    def run(self) -> None:
        """Everything once without a kill, then with them."""
        run_study(self.study, self.folder / "warm" / "run", say=quiet)  # imports and kernels, for all forks
        for work in asked(self.folder / "warm" / "run", self.folder / "study" / "data").values():
            work()
        shutil.rmtree(self.folder / "warm")
        code, words = in_fork(lambda: self._study(self._out("whole")), self.folder / "whole")
        counts = json.loads(words) if code == 0 else {"error": words}
        self.whole = hashes(self._out("whole"))
        self.told |= {"code": code, "operations": counts}
        self._interrupt_study("kills", {stage: [""] * n for stage, n in STAGE_KILLS.items()}, counts)
        self._interrupt_study(
            "faults", {stage: [FULL, SMALL][: 1 + (stage == "topics")] for stage in STAGES}, counts
        )
        for name, n_kills in ASKED_KILLS.items():
            self._interrupt_asked(name, n_kills)

    def _out(self, kind: str) -> Path:
        (self.folder / kind).mkdir(exist_ok=True)
        return self.folder / kind / "run"

    def _study(self, out: Path) -> None:
        run_study(self.study, out, say=quiet)

    def _interrupt_study(self, kind: str, plan: dict[str, list[str]], counts: dict[str, int]) -> None:
        out = self._out(kind)
        for stage, faults in plan.items():
            for fault in faults:
                at = self._rng.randint(1, counts[stage] // (2 if fault else 1))
                code, words = in_fork(lambda: self._study(out), out.parent, stage, at, fault=fault)
                if (
                    code == 0
                ):  # a stage that was half done had fewer operations left: once more from the start
                    shutil.rmtree(out)
                    code, words = in_fork(lambda: self._study(out), out.parent, stage, at, fault=fault)
                partial = out.with_name("run.partial")
                wrong = [
                    name for place in (partial, out) if place.is_dir() for name in damaged(place, self.whole)
                ]
                self.told[kind].append([stage, at, code, wrong, words if code == 1 else ""])
        for path in out.parent.rglob("*"):
            os.utime(path, (0, 0))
        code, words = in_fork(lambda: self._study(out), out.parent, is_back=True)
        left = sorted(path.name for path in out.parent.iterdir())
        self.told["ends"][kind] = [code, hashes(out) == self.whole, left, words if code else ""]

    def _interrupt_asked(self, name: str, n_kills: int) -> None:
        data, once, again = (
            self.folder / "study" / "data",
            self._out(f"{name}-once"),
            self._out(f"{name}-killed"),
        )
        for place in (once, again):
            shutil.copytree(self._out("whole"), place)
        code, words = in_fork(asked(once, data)[name], once.parent, now=name)
        n, whole = (json.loads(words)[name] if code == 0 else 1), hashes(once.parent)
        for _ in range(n_kills):
            at = self._rng.randint(1, n)
            code, words = in_fork(asked(again, data)[name], again.parent, name, at, now=name)
            if code == 0:  # what was half done had fewer operations left
                code, words = in_fork(asked(again, data)[name], again.parent, name, at, now=name)
            self.told["kills"].append(
                [name, at, code, damaged(again.parent, whole), words if code == 1 else ""]
            )
        code, words = in_fork(asked(again, data)[name], again.parent, now=name)
        is_same, left = hashes(again.parent) == whole, sorted(path.name for path in again.parent.iterdir())
        self.told["ends"][name] = [code, is_same, left, words if code else ""]


def main() -> None:
    """Kill, and tell."""
    if hasattr(os, "sched_setaffinity"):  # one processor: forks of forks are other programs
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    warnings.simplefilter("ignore")
    batches._BATCH_TEXTS = 1  # every text a batch, whose tables are kept
    folder = Path(sys.argv[1]).resolve()
    tempfile.tempdir = str(folder / "tmp")
    Path(tempfile.tempdir).mkdir()
    driver = Driver(folder, int(sys.argv[2]))
    driver.run()
    print(json.dumps(driver.told))


if __name__ == "__main__":
    main()
