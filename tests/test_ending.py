"""A command that somebody ends: one line, its own exit code, nothing left; one that is told twice ends at once."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from discourse.cli.ending import ending_in_order
from discourse.workers import open_workers

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
WORDS = "interrupted 已中断: what was finished is kept; the same command goes on from there\n"


@pytest.fixture(autouse=True)
def as_from_a_terminal():
    """A shell starts what stands in the background deaf to Ctrl-C; a handler of ours, and children hear it again."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def command(*, at: str) -> str:
    """A program whose command waits within our scratch folder, and says so."""
    return (
        "import sys, time\nfrom discourse import cli\nfrom discourse.runs.scratch import make_scratch\n"
        f"def waits():\n    with make_scratch('trial'):\n        {at}\n"
        "def app():\n    import typer\n    typer.run(waits)\ncli.app = app\ncli.main()\n"
    )


WAITS = command(at="print('waits', flush=True); time.sleep(60)")
DEAF = command(
    at="import concurrent.futures as c\n        with c.ThreadPoolExecutor(1) as pool:\n"
    "            task = pool.submit(time.sleep, 60); print('waits', flush=True); task.result()"
)


def start(program: str, tmp_path) -> subprocess.Popen:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, encoding="utf-8",
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "waits\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_ended_says_so_and_leaves_nothing(tmp_path, number):
    process = start(WAITS, tmp_path)
    process.send_signal(number)
    _, told = process.communicate()
    assert (process.returncode, told) == (128 + number, WORDS)
    assert list(tmp_path.iterdir()) == []


def test_what_another_thread_is_at_is_awaited_and_a_second_signal_awaits_nothing(tmp_path):
    process = start(DEAF, tmp_path)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)
    assert (process.returncode, told) == (130, WORDS)


def test_an_error_is_told_as_an_error_and_handlers_are_put_back():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ZeroDivisionError), ending_in_order():
        assert signal.getsignal(signal.SIGTERM) != before
        _ = 1 / 0
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending_in_order():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def sleeper():
    return time.sleep


def test_nobody_waits_for_workers_of_a_command_that_is_ended():
    """Their batches take a minute each."""
    with pytest.raises(KeyboardInterrupt), open_workers(sleeper, 2) as work:
        threading.Timer(2.0, os.kill, [os.getpid(), signal.SIGINT]).start()
        list(work([60, 60, 60]))
