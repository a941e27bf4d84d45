"""Commands come in; each runs in a process of its own that notes every forbidden step, and is bounded.

Run as ``python -m tests.sandbox`` it reads jobs as JSON from stdin: the libraries are imported once, then every job
is forked. A step is forbidden if it writes outside the folders named, reads the user's files outside them,
unpickles, starts a program, opens a connection, or imports code that lies there.
"""

from __future__ import annotations

import contextlib
import gc
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


def run_jobs(jobs: Sequence[dict[str, Any]], warm: Sequence[Sequence[str]] = ()) -> list[dict[str, Any]]:
    """Answers of each job: for each command its exit code, what it printed, its seconds of CPU; forbidden steps.

    warm: commands that are given once before, so that imports and kernels are no part of what is measured.
    A job: commands (argv of each), cwd, mine (folders it may write), theirs (folders it may not even read).
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.sandbox"],
        input=json.dumps({"jobs": list(jobs), "warm": list(warm)}).encode(),
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
    asked = json.loads(sys.stdin.buffer.read())
    for argv in asked["warm"] or [["show", "nowhere"]]:
        _run_command(argv)  # what only the first command does is done
    gc.freeze()  # what is shared with the children stays shared
    answers = [_fork(job) for job in asked["jobs"]]
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
    answer = json.loads(words) if words else {"commands": [], "steps": []}
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
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    watch(steps, mine=[job["cwd"] + "/tmp", *job["mine"]], theirs=job["theirs"])
    answers = [_run_command(argv) for argv in job["commands"]]
    return {"commands": answers, "steps": steps[:20]}


def _run_command(argv: Sequence[str]) -> dict[str, Any]:
    from discourse.cli import main

    out, err, code = io.StringIO(), io.StringIO(), 0
    begun = time.process_time()
    sys.argv = ["discourse", *argv]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as leaving:
            code = leaving.code or 0
    seconds = time.process_time() - begun
    return {
        "command": argv[0],
        "code": code,
        "out": out.getvalue()[-2000:],
        "err": err.getvalue()[-2000:],
        "cpu": seconds,
    }


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
            whole = [
                path for path in args if isinstance(path, str | bytes) and os.path.isabs(path)
            ]  # not below an open folder
            steps.extend(f"{event} {path!r}" for path in whole if not is_own(path))
        elif _FORBIDDEN.match(event) and not _is_ours():
            steps.append(f"{event} {args!r}"[:200])

    sys.addaudithook(hook)


def _is_ours() -> bool:
    """Whether the step is a library's with what is its own: compiled kernels, the name of the system, workers."""
    frame, files = sys._getframe(2), []
    while frame is not None:
        files.append(frame.f_code.co_filename)
        frame = frame.f_back  # type: ignore[assignment]
    own = ("/platform.py", "/concurrent/futures/process.py", "/multiprocessing/popen_fork.py")
    return any("/numba/" in file or file.endswith(own) for file in files)


if __name__ == "__main__":
    _serve()
