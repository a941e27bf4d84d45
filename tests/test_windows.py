"""What Windows asks of names, locks, processes and consoles, simulated on any system."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import discourse
from discourse.config import read_study
from discourse.errors import RunError
from discourse.exporting import TARGETS, export_run
from discourse.figures import draw_run
from discourse.pipeline import open_run
from discourse.runs import lock
from discourse.runs.entries import is_portable
from discourse.runs.lock import lock_folder
from discourse.segment.lexicon import read_lexicon

_PATH = 260  # characters of a path on Windows; a user's folder may take 120 of them


class FakeLocks:
    """The part of `msvcrt` that is asked for: a byte that another process has locked raises PermissionError."""

    LK_NBLCK = 2

    def __init__(self) -> None:
        self.held: set[tuple[int, int]] = set()
        self.taken: list[int] = []

    def locking(self, descriptor: int, mode: int, n_bytes: int) -> None:
        """Lock bytes from where the file stands."""
        assert (mode, n_bytes) == (self.LK_NBLCK, 1)
        self.taken.append(os.lseek(descriptor, 0, os.SEEK_CUR))
        about = os.fstat(descriptor)
        if (about.st_dev, about.st_ino) in self.held:
            raise PermissionError(13, "Permission denied")


@pytest.fixture
def locks(monkeypatch) -> FakeLocks:
    """The branch of Windows, with locks of our own."""
    fake = FakeLocks()
    monkeypatch.setattr(lock, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(lock, "msvcrt", fake, raising=False)
    return fake


def test_a_run_is_locked_behind_the_words_that_another_process_reads(locks, tmp_path):
    with lock_folder(tmp_path / "run"):
        words = (tmp_path / ".run.lock").read_bytes()
        assert json.loads(words)["pid"] == os.getpid()
    assert locks.taken and min(locks.taken) > len(words)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_another_process_has_locked_is_refused(locks, tmp_path):
    path = tmp_path / ".run.lock"
    path.write_text(json.dumps({"pid": 7, "host": lock.socket.gethostname(), "start": "2026-01-01 00:00:00"}))
    locks.held.add((path.stat().st_dev, path.stat().st_ino))
    with pytest.raises(RunError, match=r"process 7 on .* is writing it; wait"), lock_folder(tmp_path / "run"):
        pass


def test_a_lock_is_closed_before_it_is_removed(locks, tmp_path, monkeypatch):
    """Windows removes no file that is open."""
    closed: list[int] = []
    close, unlink = os.close, Path.unlink

    def remove(path, **options):
        assert closed, "the file is open"
        unlink(path, **options)

    monkeypatch.setattr(lock.os, "close", lambda descriptor: (close(descriptor), closed.append(descriptor)))
    monkeypatch.setattr(lock.Path, "unlink", remove)
    with lock_folder(tmp_path / "run"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_processes_are_spawned_and_never_forked():
    for path in Path(discourse.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(
                getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", "")
            )
            if not isinstance(node, ast.Call):
                continue
            assert name not in ("fork", "forkpty", "set_start_method"), path
            if name == "get_context":
                assert [word.value for word in node.args] == ["spawn"], path
            if name == "ProcessPoolExecutor":
                assert any(word.arg == "mp_context" for word in node.keywords), path
            if name == "Process" and isinstance(node.func, ast.Attribute):
                assert getattr(node.func.value, "id", "") not in ("multiprocessing", "mp"), path


def test_windows_has_every_name_that_is_written_into_a_run(owned_study, tmp_path):
    run = open_run(owned_study / "run")
    export_run(run, list(TARGETS), tmp_path / "exports")
    draw_run(run, tmp_path / "figures", formats=["svg"])
    for root in (owned_study / "run", tmp_path / "exports", tmp_path / "figures"):
        names = [path.relative_to(root) for path in root.rglob("*")]
        assert [name for name in names if not all(map(is_portable, name.parts))] == []
        assert len({str(name).casefold() for name in names}) == len(names)
        assert max(len(str(name)) for name in names) + len("exports/excel/..tmp") < _PATH - 120


@pytest.mark.parametrize(
    "name", ["CON", "con.txt", "NUL", "Aux.", "COM1", "lpt9.md", "a.", "a ", "a:b", "a|b", "a\x07"]
)
def test_a_study_of_a_name_that_windows_cannot_have_is_refused_on_every_system(tmp_path, name):
    assert not is_portable(name)
    (tmp_path / "study.toml").write_text(f"[study]\nname = {json.dumps(name)}\n", encoding="utf-8")
    with pytest.raises(Exception, match="cannot name a folder"):
        read_study(tmp_path / "study.toml")


def test_files_as_notepad_saves_them_are_read_as_any_others(tmp_path):
    mark = b"\xef\xbb\xbf"
    (tmp_path / "study.toml").write_bytes(mark + '[study]\r\nname = "a"\r\ntitle = "治理"\r\n'.encode())
    assert read_study(tmp_path / "study.toml").title == "治理"
    (tmp_path / "own.txt").write_bytes(mark + "网格化管理\r\n营商环境\r\n".encode())
    assert list(read_lexicon(tmp_path / "own.txt")["term"]) == ["网格化管理", "营商环境"]


def test_a_console_of_cp936_gets_its_words_and_no_traceback(owned_study):
    environment = {
        **os.environ,
        "PYTHONIOENCODING": "cp936",
        "PYTHONUTF8": "0",
        "PYTHONLEGACYWINDOWSSTDIO": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "discourse", "show", str(owned_study / "run")],
        env=environment, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    assert "主题" in done.stdout.decode("utf-8")


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals of POSIX")
@pytest.mark.parametrize(
    ("encoding", "written"), [("gb18030", "gb18030"), ("ascii", "utf-8"), ("big5", "utf-8")]
)
def test_a_terminal_gets_chinese_in_its_own_encoding_if_that_has_it(encoding, written):
    reading, writing = os.openpty()
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    program = "from discourse import cli; cli.app = lambda: print('结果 result'); cli.main()"
    subprocess.run([sys.executable, "-c", program], env=environment, stdout=writing, check=True)
    os.close(writing)
    told = os.read(reading, 1000)
    os.close(reading)
    assert told.decode(written).split() == ["结果", "result"]


@pytest.mark.skipif(os.name == "nt", reason="names of files are in UTF-8 there")
def test_chinese_names_of_files_under_another_encoding_are_refused_in_one_line(tmp_path):
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for name, code, words in (
        ("运行", 1, "error 错误: file names are in ascii here"),
        ("run", 1, "error 错误: run: "),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "discourse", "show", name],
            cwd=tmp_path, env=environment, capture_output=True, check=False,
        )  # fmt: skip
        told = done.stderr.decode("utf-8")
        assert (done.returncode, told.count("\n")) == (code, 1) and told.startswith(words), told
