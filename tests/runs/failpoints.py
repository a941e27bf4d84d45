"""A place in a piece of work comes in; a process that is killed, or finds the disk full, just there goes out.

Nothing of this is known to the package itself: what writes, renames and removes is wrapped from outside.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import resource
import signal
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from discourse import pipeline

LONGEST = 120  # seconds of a fork; one that hangs is ended and seen
FULL, SMALL = "full", "small"  # the disk has no room; no file may grow


class Failpoint:
    """Counts operations on files below a folder by phase, and ends the process, or fails, at one of them."""

    def __init__(self, folder: Path, phase: str, at: int, *, fault: str = "") -> None:
        self._folder, self._phase, self._at, self._fault = str(folder), phase, at, fault
        self._now, self.counts = "begin", Counter[str]()

    def install(self, now: str = "begin") -> None:
        """Wrap what writes, renames and removes, and what tells the stage."""
        do_stage, finish, self._now = pipeline.do_stage, pipeline.finish_run, now

        def in_stage(run, stage, **options):
            self._now = stage
            do_stage(run, stage, **options)

        def in_the_end(*args):
            self._now = "end"
            finish(*args)

        if now == "begin":
            pipeline.do_stage, pipeline.finish_run = in_stage, in_the_end
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
        is_here = self._now == self._phase and self._at > 0
        if self._fault == FULL and is_here and is_write and self.counts[self._now] >= self._at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(thing))  # and so it stays
        if not self._fault and is_here and self.counts[self._now] == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


def in_fork(
    work: Callable[[], object],
    folder: Path,
    phase: str = "",
    at: int = 0,
    *,
    fault: str = "",
    now: str = "begin",
    is_back: bool = False,
) -> tuple[int, str]:
    """Do the work in a fork; its signal or code, and what it told: operations by phase, or its error.

    phase, at: where it is killed. now: the phase that it begins in. is_back: the clock stands in 1970.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _be_child(work, Failpoint(folder, phase, at, fault=fault), writing, now, is_back)
    os.close(writing)
    with os.fdopen(reading) as told:
        words = told.read()
    _, status = os.waitpid(child, 0)
    return (-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)), words


def _be_child(
    work: Callable[[], object], failpoint: Failpoint, writing: int, now: str, is_back: bool
) -> None:
    code = 1
    try:
        signal.alarm(LONGEST)
        warnings.simplefilter("ignore")
        if is_back:
            time.time, time.strftime = lambda: 1.0, lambda *form: "1970-01-01 00:00:01"
        if failpoint._fault == SMALL:  # the kernel itself refuses: EFBIG
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        failpoint.install(now)
        work()
        os.write(writing, json.dumps(failpoint.counts).encode())
        code = 0
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
        os.write(writing, f"{type(error).__name__}: {error}".encode()[:2000])
    finally:
        os._exit(code)
