"""Run a campaign: ``python -m tests.fuzz --target lexicon --cases 100000 --seed 1``; one line a target."""

from __future__ import annotations

import argparse
import faulthandler
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from types import FrameType

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import draw_case
from tests.fuzz.targets import TARGETS, attempt

HANG_SECONDS, MEMORY = 5.0, 1_000_000_000
_RUN = 20  # cases that one number of Hypothesis begins; each draw costs as much as a quick case


class Hang(Exception):
    """A case that took longer than five seconds."""


class Enough(BaseException):  # Hypothesis does not try these again
    """The time of the target is up."""


def main() -> None:
    """Parse the arguments; leave with 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--target", default="all", choices=["all", *TARGETS])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=1e9, help="stop a target after so many seconds")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    warnings.simplefilter("ignore")
    names = list(TARGETS) if wanted.target == "all" else [wanted.target]
    found = [run_target(name, wanted.cases, wanted.seconds, wanted.seed) for name in names]
    sys.exit(any(found))


def run_target(name: str, n_cases: int, seconds: float, number: int) -> bool:
    """Run one target to the end of its cases or time, or to its first finding; whether there was one."""
    folder = Path(tempfile.mkdtemp(prefix=f"discourse-fuzz-{name}-", dir=_fast_folder()))
    seeds = TARGETS[name].seeds()
    work = TARGETS[name].prepare(folder)
    for whole in seeds:  # the first of each kind imports what it needs
        attempt(work, whole)
    done, slowest, last = 0, 0.0, b""
    start = time.monotonic()

    def case(data: bytes) -> None:
        nonlocal done, slowest, last
        if time.monotonic() - start > seconds:
            raise Enough
        last = data
        signal.setitimer(signal.ITIMER_PROF, HANG_SECONDS)  # seconds of CPU, whatever else the machine does
        begun = time.process_time()
        attempt(work, data)
        signal.setitimer(signal.ITIMER_PROF, 0)
        slowest = max(slowest, time.process_time() - begun)
        if slowest > HANG_SECONDS:  # a signal may have been swallowed by a callback
            raise Hang(f"{slowest:.1f} seconds of CPU")
        done += 1

    @seed(number)
    @settings(max_examples=-(-n_cases // _RUN), deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.integers(0, 2**64 - 1))
    def campaign(drawn: int) -> None:
        for place in range(_RUN):
            case(draw_case(seeds, drawn * _RUN + place))

    _bound()
    finding = ""
    try:
        campaign()
    except Enough:
        pass
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is a finding
        if isinstance(error, KeyboardInterrupt):
            raise
        signal.setitimer(signal.ITIMER_PROF, 0)
        traceback.print_exc()
        Path(tempfile.gettempdir(), f"finding-{name}").write_bytes(last)
        finding = f"{type(error).__name__}: {str(error)[:80]!r}"
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    facts = (name, number, f"{done:,}", f"{time.monotonic() - start:.0f}", f"{slowest:.2f}", f"{rss:.0f}")
    print("|", *(f"{fact} |" for fact in (*facts, finding or "none")), flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    return bool(finding)


def _fast_folder() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _bound() -> None:
    """One gigabyte beyond what is taken already; a case that hangs is ended, even inside a library."""
    size = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    signal.signal(signal.SIGPROF, _end)
    faulthandler.enable()


def _end(number: int, frame: FrameType | None) -> None:
    raise Hang(f"more than {HANG_SECONDS:g} seconds of CPU")


if __name__ == "__main__":
    main()
