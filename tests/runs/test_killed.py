"""Killed at any moment, or out of room: every file is whole or absent, and the run that goes on is the same run."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from discourse.pipeline import STAGES
from tests.runs.killing import PLACES, hashes

# minutes of two processors: asked for by name, DISCOURSE_KILL=1 pytest tests/runs/test_killed.py
pytestmark = pytest.mark.skipif(
    "DISCOURSE_KILL" not in os.environ, reason="takes minutes: set DISCOURSE_KILL=1"
)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("killed")


@pytest.fixture(scope="module")
def told(folder) -> dict:
    """What the driver saw: it kills forks of itself, which no process with threads can do."""
    command = [sys.executable, "-m", "tests.runs.killing", str(folder), "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_more_than_fifty_processes_were_killed_in_every_stage_and_around_them(told):
    killed = [stage for stage, _, code, *_ in told["kills"] if code == -signal.SIGKILL]
    assert len(killed) >= 50
    assert set(killed) == set(PLACES)


def test_no_kill_leaves_a_file_that_is_not_whole(told):
    assert [kill for kill in told["kills"] if kill[3]] == []
    assert {code for _, _, code, *_ in told["kills"]} <= {0, -signal.SIGKILL}


def test_a_run_that_was_killed_again_and_again_is_the_run_that_was_not(told):
    assert told["code"] == 0
    assert told["runs"][0] == [0, True, ["run"]]  # neither leftovers nor a lock beside it


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing_half_written(told):
    assert [stage for stage, *_ in told["full"]] == list(STAGES)
    for _, _, code, wrong, words in told["full"]:
        assert code == 1 and wrong == []
        assert words.startswith("RunError: ") and "\n" not in words
        assert "No space left on device): the disk is full (" in words and " MB are left)" in words
        assert "it goes on from what is finished" in words and "a run of these texts takes about " in words
    assert told["runs"][1] == [0, True, ["run"]]


def test_commands_killed_by_the_clock_leave_a_run_that_goes_on(told, folder):
    words = (
        "import sys, warnings, pathlib, tests.runs.killing as k; warnings.simplefilter('ignore'); "
        "f = pathlib.Path(sys.argv[1]); k.run_study(k.make_study(f / 'study'), f / 'timed' / 'run')"
    )
    command = [sys.executable, "-c", words, str(folder)]
    rng = random.Random(2)
    for _ in range(1):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()  # a stage is done or kept
        time.sleep(rng.random() / 2)
        process.kill()
        process.communicate()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert hashes(folder / "timed" / "run") == hashes(folder / "whole" / "run")
    assert [path.name for path in (folder / "timed").iterdir()] == ["run"]
