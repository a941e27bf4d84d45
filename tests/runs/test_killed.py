"""Killed at any moment, or out of room: every file is whole or absent, and what goes on is what nobody interrupted.

The places are drawn anew each time, so that moments nobody thought of are tried; the seed stands in every message,
and ``DISCOURSE_KILL_SEED=7 pytest tests/runs/test_killed.py`` draws the same again.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from discourse.pipeline import STAGES
from tests.runs.killing import ASKED_KILLS, STAGE_KILLS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forks")
ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("DISCOURSE_KILL_SEED") or secrets.randbelow(2**31))
KILLED = -signal.SIGKILL if hasattr(signal, "SIGKILL") else 0


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict:
    """What the driver saw: it kills forks of itself, which no process with threads can do."""
    folder = tmp_path_factory.mktemp("killed")
    print(f"DISCOURSE_KILL_SEED={SEED}")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.runs.killing", str(folder), str(SEED)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_fifty_processes_were_killed_in_every_stage_and_in_all_that_is_asked_of_a_run(told):
    killed = [place for place, _, code, *_ in told["kills"] if code == KILLED]
    assert told["code"] == 0 and len(killed) >= 50, SEED
    assert set(killed) == {*STAGE_KILLS, *ASKED_KILLS}, SEED


def test_no_kill_leaves_a_file_that_is_not_whole(told):
    assert [kill for kill in told["kills"] if kill[3]] == [], SEED
    assert {code for _, _, code, *_ in told["kills"]} <= {0, KILLED}, SEED


def test_a_run_that_was_killed_again_and_again_is_the_run_that_was_not(told):
    """Its clock stands in 1970 at the end, and so do the times of all its files."""
    assert told["ends"]["kills"] == [0, True, ["run"], ""], SEED  # neither leftovers nor a lock beside it


@pytest.mark.parametrize("name", list(ASKED_KILLS))
def test_a_question_that_was_killed_again_and_again_has_the_answer_of_one_that_was_not(told, name):
    left = ["inferred", "run"] if name == "infer" else ["run"]
    assert told["ends"][name] == [0, True, left, ""], SEED


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing_half_written(told):
    assert [stage for stage, *_ in told["faults"]] == [*list(STAGES)[:3], *list(STAGES)[2:]]
    for _, _, code, wrong, words in told["faults"]:
        assert code == 1 and wrong == [], SEED
        assert words.startswith("RunError: ") and "\n" not in words
        if "File too large" in words:  # of a process that may write no large files
            continue
        assert "No space left on device): the disk is full (" in words and " MB are left)" in words
        assert "it goes on from what is finished" in words and "a run of these texts takes about " in words
    assert sum("File too large" in words for *_, words in told["faults"]) == 1
    assert told["ends"]["faults"] == [0, True, ["run"], ""], SEED
