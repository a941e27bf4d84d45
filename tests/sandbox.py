"""Commands come in; each runs in a process of its own that notes every forbidden step, and is bounded.

Run as ``python -m tests.sandbox`` it reads jobs as JSON from stdin: the libraries are imported once, then every job
is forked. A step is forbidden if it writes outside the folders named, reads the user's files outside them,
unpickles, starts a program, opens a connection, or imports code that lies there.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MEMORY = 1_000_000_000  # bytes beyond what the program takes when it has done nothing
CPU_SECONDS = 30  # the kernel ends what runs on; the tests ask for less
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_FORBIDDEN = re.compile(r"(pickle\.|socket\.(connect|bind|getaddrinfo)|os\.(system|exec|posix_spawn|startfile)"
                        r"|subprocess\.|webbrowser|ftplib|smtplib|urllib)")  # fmt: skip
_MOVES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
          "shutil.rmtree", "shutil.move", "shutil.copyfile")  # fmt: skip


def run_jobs(jobs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Answer of each job: its exit code, what it printed, seconds of CPU, forbidden steps.

    A job: argv (of the command line), cwd, mine (folders it may write), theirs (folders it may not even read).
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.sandbox"],
        input=json.dumps(list(jobs)).encode(),
        capture_output=True,
        check=False,
        cwd=Path(__file__).parent.parent,
        env=environment,
    )
    if done.returncode:
        raise AssertionError(done.stderr.decode("utf-8", "replace")[-3000:])
    return json.loads(done.stdout)


def _serve() -> None:
    _import_everything()
    answers = [_fork(job) for job in json.loads(sys.stdin.buffer.read())]
    sys.stdout.write(json.dumps(answers))


def _import_everything() -> None:
    import importlib
    import pkgutil

    import discourse

    for module in pkgutil.walk_packages(discourse.__path__, "discourse."):
        if "spark" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _fork(job: dict[str, Any]) -> dict[str, Any]:
    reader, writer = os.pipe()
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.close(reader)
        answer = _do(job)
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(json.dumps(answer).encode("utf-8", "replace"))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        words = pipe.read()
    _, status, used = os.wait4(child, 0)
    answer = json.loads(words) if words else {"code": None, "out": "", "err": "", "steps": []}
    answer |= {
        "signal": status & 0x7F, "cpu": used.ru_utime + used.ru_stime, "wall": time.perf_counter() - start,
        "rss": used.ru_maxrss * 1024,
    }  # fmt: skip
    return answer


def _do(job: dict[str, Any]) -> dict[str, Any]:
    os.chdir(job["cwd"])
    os.environ["TMPDIR"] = str(Path(job["cwd"], "tmp"))
    import tempfile

    tempfile.tempdir = None
    steps: list[str] = []
    out, err = io.StringIO(), io.StringIO()
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    watch(steps, mine=[job["cwd"] + "/tmp", *job["mine"]], theirs=job["theirs"])
    code: object = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            sys.argv = ["discourse", *job["argv"]]
            from discourse.cli import main

            main()
        except SystemExit as exit_:
            code = 0 if exit_.code is None else exit_.code
        except BaseException as error:  # noqa: BLE001 - that is what is looked for
            code = f"{type(error).__name__}: {error}"
    return {"code": code, "out": out.getvalue()[-2000:], "err": err.getvalue()[-2000:], "steps": steps[:20]}


def watch(steps: list[str], *, mine: Sequence[str], theirs: Sequence[str]) -> None:
    """Note from now on in `steps` whatever this process does that it should not."""
    own = tuple(os.path.realpath(folder) + os.sep for folder in mine)
    foreign = tuple(os.path.realpath(folder) + os.sep for folder in theirs)

    def is_own(path: Any) -> bool:
        return (os.path.realpath(os.fsdecode(path)) + os.sep).startswith(own)

    def is_foreign(path: Any) -> bool:
        place = os.path.realpath(os.fsdecode(path)) + os.sep
        return place.startswith(foreign) and not place.startswith(own)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = args
            if not isinstance(path, str | bytes) or os.fsdecode(path).startswith("/dev/"):
                return
            writes = (isinstance(mode, str) and set(mode) & set("wax+")) or (flags or 0) & _WRITES
            if (writes and not is_own(path)) or is_foreign(path):
                steps.append(f"open {path!r} {mode!r}")
        elif event in _MOVES:
            steps.extend(f"{event} {path!r}" for path in args if isinstance(path, str | bytes) and not is_own(path))
        elif _FORBIDDEN.match(event):
            steps.append(f"{event} {args!r}"[:200])

    sys.addaudithook(hook)


if __name__ == "__main__":
    _serve()
