"""A driver in a process of its own: makes a run again and again in forks that are killed at their n-th file operation.

Prints JSON: where each fork was killed, what lay in the folder that no whole run holds, and whether the run that
went on to its end has the bytes of one that nobody interrupted. Nothing of this is known to the package itself.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import random
import shutil
import signal
import sys
import warnings
from pathlib import Path

from discourse import pipeline
from discourse.config import change_study, default_study
from discourse.pipeline import STAGES, run_study
from discourse.runs.store import hash_file

PHRASES = (
    "坚持党建引领基层治理，完善网格化管理服务体系，推动社区共建共治共享，提升居民满意度。",
    "推进乡村振兴战略，发展特色产业，壮大集体经济，增加农民收入，建设美丽家园。",
    "加强机关作风建设，优化营商环境，深化行政审批改革，提高政务服务效率和水平。",
    "落实安全生产责任，排查风险隐患，健全应急体系，守护人民群众生命财产安全。",
)
SETTINGS = (
    "topics.lda.n_topics=2", "topics.lda.max_iterations=20", "topics.lda.n_starts=1", "topics.ensemble.seeds=[1, 2]",
    "multiverse.n_seeds=1", "multiverse.sizes=[1.0, 1.5]", "compare.contrasts.n_permutations=99",
    "compare.keyness.n_permutations=99", "compare.profiles.n_permutations=99", "compare.trends.n_permutations=99",
)  # fmt: skip


def make_study(folder: Path):
    """A study of four small documents, quickly computed."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for i in range(4):
        lines = [PHRASES[(i * (j + 1) + j) % 4] + PHRASES[(i + j) % 4] for j in range(6)]
        head = f"{'云南省' if i % 2 else '武汉市'}基层治理工作报告"
        (folder / "data" / f"text{i}.txt").write_text("\n".join([head, *lines]), encoding="utf-8")
    return change_study(default_study(folder / "data", name="small"), SETTINGS)


# how many kills in each stage, before the first and after the last
PLACES = {"begin": 10, "corpus": 12, "segment": 12, "topics": 10, "compare": 10, "report": 10, "end": 8}


class Failpoint:
    """Counts operations on files below a folder, and ends the process, or fails, at one of them."""

    def __init__(self, folder: Path, stage: str, at: int, *, is_full: bool = False) -> None:
        self._folder, self._stage, self._at, self._is_full = str(folder), stage, at, is_full
        self._now, self.counts = "begin", dict.fromkeys(PLACES, 0)

    def install(self) -> None:
        """Wrap what writes, renames and removes, and what tells the stage."""
        do_stage, finish = pipeline.do_stage, pipeline._finish

        def in_stage(run, stage, **options):
            self._now = stage
            do_stage(run, stage, **options)

        def in_the_end(*args):
            self._now = "end"
            finish(*args)

        pipeline.do_stage, pipeline._finish = in_stage, in_the_end
        for name in ("replace", "unlink", "mkdir", "rmdir", "fsync"):
            setattr(os, name, self._around(getattr(os, name)))
        builtins.open = io.open = self._open(builtins.open)

    def _around(self, function):
        def wrapped(*args, **options):
            self._hit(args[0])
            result = function(*args, **options)
            self._hit(args[0])
            return result

        return wrapped

    def _open(self, function):
        def wrapped(file, mode="r", *args, **options):
            if not set("wxa+") & set(mode) or not str(file).startswith(self._folder):
                return function(file, mode, *args, **options)
            self._hit(file)
            opened = function(file, mode, *args, **options)
            self._hit(file)
            opened_write = opened.write

            class Halved:
                """Writes the first half, counts, then the rest."""

                def __getattr__(inner, name):
                    return getattr(opened, name)

                def __enter__(inner):
                    return inner

                def __exit__(inner, *error):
                    opened.close()

                def write(inner, data):
                    half = len(data) // 2
                    opened_write(data[:half])
                    opened.flush()
                    self._hit(file, is_write=True)
                    opened_write(data[half:])
                    return len(data)

            return Halved()

        return wrapped

    def _hit(self, thing, *, is_write: bool = False) -> None:
        if isinstance(thing, str | os.PathLike) and not str(thing).startswith(self._folder):
            return
        self.counts[self._now] += 1
        is_here = self._now == self._stage and self._at > 0
        if self._is_full and is_here and is_write and self.counts[self._now] >= self._at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(thing))  # and so it stays
        if not self._is_full and is_here and self.counts[self._now] == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


def run_in_fork(study, out: Path, stage: str = "", at: int = 0, *, is_full: bool = False) -> tuple[int, str]:
    """Run the study in a fork; its signal or code, and what it told: operations by stage, or its error."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            warnings.simplefilter("ignore")
            failpoint = Failpoint(out.parent, stage, at, is_full=is_full)
            failpoint.install()
            run_study(study, out, say=lambda message: None)
            os.write(writing, json.dumps(failpoint.counts).encode())
            code = 0
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(code)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading) as told:
        words = told.read()
    return (-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)), words


def hashes(folder: Path) -> dict[str, str]:
    """Every file, the manifest without its timings."""
    found = {p.relative_to(folder).as_posix(): hash_file(p) for p in folder.rglob("*") if p.is_file()}
    if "manifest.json" in found:
        words = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for record in words["stages"].values():
            record.pop("seconds")
        found["manifest.json"] = json.dumps(words, sort_keys=True)
    return found


def damaged(folder: Path, whole: dict[str, str]) -> list[str]:
    """Files under their own names that are not those of a whole run; the manifest must be JSON."""
    wrong = []
    for path in (p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in Path(name).parts) or name.startswith("universes/"):
            continue
        if name == "manifest.json":
            json.loads(path.read_text(encoding="utf-8"))
        elif whole.get(name) != hash_file(path):
            wrong.append(name)
    return wrong


def main() -> None:
    """Arguments: a folder, the seed."""
    folder, rng = Path(sys.argv[1]).resolve(), random.Random(int(sys.argv[2]))
    study = make_study(folder / "study")
    code, words = run_in_fork(study, folder / "whole" / "run")
    counts, whole = json.loads(words), hashes(folder / "whole" / "run")
    told: dict = {"code": code, "operations": counts, "kills": [], "full": [], "runs": []}
    for kind, is_full in (("kills", False), ("full", True)):
        out = folder / kind / "run"
        out.parent.mkdir()
        for stage, n_kills in PLACES.items():
            for _ in range(n_kills if not is_full else stage in STAGES):
                at = rng.randint(1, counts[stage] // (2 if is_full else 1))
                code, words = run_in_fork(study, out, stage, at, is_full=is_full)
                partial = out.with_name("run.partial")
                wrong = [name for place in (partial, out) if place.is_dir() for name in damaged(place, whole)]
                told[kind].append([stage, at, code, wrong, words if code == 1 else ""])
                if code == 0:  # a stage that was half done has fewer operations left
                    shutil.rmtree(out)
        code, _ = run_in_fork(study, out)
        told["runs"].append([code, hashes(out) == whole, sorted(path.name for path in out.parent.iterdir())])
    print(json.dumps(told))


if __name__ == "__main__":
    main()
