"""One process writes a run folder at a time; a process that was killed leaves nothing that bars the way."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

from discourse.config import read_study
from discourse.errors import RunError
from discourse.pipeline import run_study
from discourse.resources import resource
from discourse.runs import lock
from discourse.runs.folders import remove_folder, swap_folder, sweep_folder
from discourse.runs.inputs import keep_inputs
from discourse.runs.lock import lock_folder
from discourse.runs.manifest import begin_stage, start_manifest
from discourse.runs.store import write_file

HOLD = (
    "import sys, time, pathlib; from discourse.runs.lock import lock_folder\n"
    "with lock_folder(pathlib.Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"
)


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of tmp_path/run."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "run")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_process_is_refused_in_one_line_that_names_the_first(holder, tmp_path):
    with pytest.raises(RunError) as refused, lock_folder(tmp_path / "run"):
        pass
    words = str(refused.value)
    assert f"process {holder.pid} on {socket.gethostname()}, begun 20" in words and "\n" not in words
    assert words.endswith("is writing it; wait until it is done, or choose another --out")


def test_a_second_run_of_the_same_study_is_refused_before_it_writes(holder, tmp_path):
    with pytest.raises(RunError, match="is writing it; wait"):
        run_study(read_study(resource("seeds", "study.toml")), tmp_path / "run", say=lambda message: None)
    assert [path.name for path in tmp_path.iterdir()] == [".run.lock"]


def test_the_lock_of_a_killed_process_bars_nobody(holder, tmp_path):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / ".run.lock").is_file()
    with lock_folder(tmp_path / "run"):
        assert json.loads((tmp_path / ".run.lock").read_text())["pid"] == os.getpid()
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_another_machine_is_respected_and_the_error_says_how_to_remove_it(tmp_path):
    path = tmp_path / ".run.lock"
    path.write_text(json.dumps({"pid": 1, "host": "elsewhere", "start": "2026-01-01 00:00:00"}))
    with (
        pytest.raises(RunError, match=r"process 1 on elsewhere, .*delete .*\.run\.lock and give"),
        lock_folder(tmp_path / "run"),
    ):
        pass
    path.unlink()
    with lock_folder(tmp_path / "run"):
        pass


@pytest.mark.parametrize("words", ["", "{", "[]", '{"pid": "x", "host": 1}', "\0" * 100])
def test_a_lock_that_says_nothing_bars_nobody(tmp_path, words):
    (tmp_path / ".run.lock").write_text(words)
    with lock_folder(tmp_path / "run"), lock_folder(tmp_path / "run"):  # and one command may call another
        assert (tmp_path / ".run.lock").is_file()
    assert list(tmp_path.iterdir()) == []


def test_where_the_file_system_knows_no_locks_the_process_is_looked_up(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "_lock", lambda descriptor: (False, False))
    about = {"host": socket.gethostname(), "start": "2026-01-01 00:00:00"}
    (tmp_path / ".run.lock").write_text(json.dumps({**about, "pid": os.getppid()}))
    with pytest.raises(RunError, match="seems to be writing it"), lock_folder(tmp_path / "run"):
        pass
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / ".run.lock").write_text(json.dumps({**about, "pid": ended.pid}))
    with lock_folder(tmp_path / "run"):
        pass


def test_a_clock_set_back_decides_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: -1e6)
    monkeypatch.setattr(time, "strftime", lambda form: "1969-12-31 00:00:00")
    manifest = start_manifest(tmp_path / "run", {"name": "a"}, {})
    os.utime(tmp_path / "run" / "manifest.json", (0, 0))
    with lock_folder(tmp_path / "run"):
        assert not begin_stage(tmp_path / "run", manifest, "corpus", about={})
        assert begin_stage(tmp_path / "run", manifest, "corpus", about={})
    with lock_folder(tmp_path / "run"):
        assert not begin_stage(tmp_path / "run", manifest, "corpus", about={"other": 1})


def test_a_file_where_a_folder_should_be_is_told_in_one_line(tmp_path):
    (tmp_path / "results").write_text("mine")
    with pytest.raises(RunError, match="a file stands where a folder should be"):
        run_study(
            read_study(resource("seeds", "study.toml")),
            tmp_path / "results" / "run",
            say=lambda message: None,
        )
    with pytest.raises(RunError, match="a file stands where a folder should be"):
        write_file(tmp_path / "results" / "a.txt", lambda file: file.write(b""))
    assert (tmp_path / "results").read_text() == "mine"


def test_a_read_only_folder_is_told_in_one_line(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with (
        pytest.raises(RunError, match=r"cannot be written \(Permission denied\); choose another --out"),
        lock_folder(tmp_path / "run"),
    ):
        pass


def test_a_run_folder_deleted_under_the_run_does_not_come_back_half_full(tmp_path):
    manifest = start_manifest(tmp_path / "run", {"name": "a"}, {})
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(RunError, match="was deleted or moved while the run was writing it"):
        begin_stage(tmp_path / "run", manifest, "corpus", about={})
    assert list(tmp_path.iterdir()) == []


def test_what_changed_while_the_run_began_is_refused(tmp_path):
    (tmp_path / "list.txt").write_text("甲")
    with pytest.raises(RunError, match="was changed while the run began"):
        keep_inputs(tmp_path / "run", {"list.txt": tmp_path / "list.txt"}, {"list.txt": "0" * 64})
    assert not (tmp_path / "run").exists()


def test_folders_change_places_and_leave_no_waste(tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "what").write_text(name)
    (tmp_path / ".old.waste").mkdir()  # of an interrupted swap
    swap_folder(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old" / "what").read_text() == "new"
    (tmp_path / "old" / ".what.tmp").write_text("half")
    sweep_folder(tmp_path / "old")
    assert [path.name for path in tmp_path.rglob("*")] == ["old", "what"]
    remove_folder(tmp_path / "old")
    assert list(tmp_path.iterdir()) == []
