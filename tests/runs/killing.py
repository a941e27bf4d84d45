"""A driver in a process of its own: makes a run again and again in forks that are killed at their n-th file operation.

Prints JSON: where each fork was killed, what lay in the folder that no whole run holds, and whether the run that
went on to its end has the bytes of one that nobody interrupted. Nothing of this is known to the package itself.
"""

from __future__ import annotations

import builtins
import io
import json
import os
import random
import shutil
import signal
import sys
import warnings
from pathlib import Path

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


class Failpoint:
    """Counts operations on files below a folder, and ends the process, or fails, at one of them."""

    def __init__(self, folder: Path, at: int, *, error: int | None = None) -> None:
        self._folder, self._at, self._error, self.count = str(folder), at, error, 0

    def install(self) -> None:
        """Wrap what writes, renames and removes."""
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
                    self._hit(file)
                    opened_write(data[half:])
                    return len(data)

            return Halved()

        return wrapped

    def _hit(self, thing) -> None:
        if isinstance(thing, str | os.PathLike) and not str(thing).startswith(self._folder):
            return
        self.count += 1
        if self.count == self._at:
            if self._error is not None:
                raise OSError(self._error, os.strerror(self._error), str(thing))
            os.kill(os.getpid(), signal.SIGKILL)


def run_in_fork(study, out: Path, *, at: int = 0) -> tuple[int, int]:
    """Run the study in a fork; its signal or code, and how many operations it made."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            warnings.simplefilter("ignore")
            failpoint = Failpoint(out.parent, at)
            failpoint.install()
            run_study(study, out, say=lambda message: None)
            os.write(writing, str(failpoint.count).encode())
            code = 0
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        finally:
            os._exit(code)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading) as told:
        count = int(told.read() or 0)
    return (-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)), count


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


def stage_of(folder: Path) -> str:
    """The stage that was under way."""
    try:
        done = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["stages"]
    except FileNotFoundError:
        return "begin"
    return next((stage for stage in STAGES if stage not in done), "end")


def main() -> None:
    """Arguments: a folder, the number of kills, the seed."""
    folder, n_kills, seed = Path(sys.argv[1]).resolve(), int(sys.argv[2]), int(sys.argv[3])
    study = make_study(folder / "study")
    code, n_operations = run_in_fork(study, folder / "whole" / "run")
    whole, rng = hashes(folder / "whole" / "run"), random.Random(seed)
    told: dict = {"code": code, "operations": n_operations, "kills": [], "runs": []}
    out = folder / "killed" / "run"
    while len(told["kills"]) < n_kills:
        out.parent.mkdir(exist_ok=True)
        # what was finished is not done again: so a later fork dies sooner, and the chain walks to the end
        code, _ = run_in_fork(study, out, at=rng.randint(1, n_operations // 4))
        partial = out.with_name("run.partial")
        if code == -signal.SIGKILL:
            wrong = [n for place in (partial, out) if place.is_dir() for n in damaged(place, whole)]
            told["kills"].append([stage_of(partial if partial.is_dir() else out), wrong])
            continue
        left = sorted(p.name for p in out.parent.iterdir())
        told["runs"].append([code, hashes(out) == whole if out.is_dir() else False, left])
        shutil.rmtree(out.parent)
    code, _ = run_in_fork(study, out)
    told["runs"].append([code, hashes(out) == whole, sorted(p.name for p in out.parent.iterdir())])
    print(json.dumps(told))


if __name__ == "__main__":
    main()
