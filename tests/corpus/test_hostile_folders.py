"""A folder of texts from anybody is read: what never ends is passed over, what cannot be opened is listed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from types import SimpleNamespace

import pytest

from discourse.config import default_study
from discourse.corpus import sources as reading
from discourse.corpus.sources import read_sources
from discourse.errors import SourceError
from discourse.pipeline import open_run, run_corpus
from tests.corpus.files import PROSE

_TEXT = "\n".join(PROSE) + "\n"
linux = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes and links")
pytestmark = pytest.mark.filterwarnings("ignore:.*could not be read:UserWarning")


@pytest.fixture
def folder(tmp_path):
    """A folder with one good text, which holds folders too deep for `shutil.rmtree` when a test is done."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "good.txt").write_text(_TEXT, encoding="utf-8")
    yield data
    subprocess.run(["rm", "-rf", str(data)], check=False) if hasattr(os, "mkfifo") else shutil.rmtree(data)


def _nest(folder, depth: int) -> None:
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("n", dir_fd=here)
        inner = os.open("n", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    with open(os.open("deep.txt", os.O_WRONLY | os.O_CREAT, dir_fd=here), "w", encoding="utf-8") as file:
        file.write(_TEXT)
    os.close(here)


@linux
@pytest.mark.parametrize("depth", [150, 3000])  # deeper than Python recurses, longer than a path may be
def test_folders_without_end_are_listed_once_and_stop_nothing(folder, depth):
    _nest(folder, depth)
    sources = read_sources(folder)
    assert list(sources["source_id"])[0] == "good" and len(sources) == 2
    assert "lies in more than 100 others" in sources["error"][1]
    assert list(sources["text"]) == [_TEXT, ""]


@linux
def test_pipes_devices_and_links_that_lead_nowhere_are_passed_over(folder):
    os.mkfifo(folder / "pipe.txt")
    os.symlink("/dev/zero", folder / "zero.txt")
    os.symlink("nowhere", folder / "nowhere.txt")
    os.symlink("itself.txt", folder / "itself.txt")
    os.symlink(folder, folder / "again", target_is_directory=True)
    assert list(read_sources(folder)["path"]) == ["good.txt"]


@linux
def test_a_pipe_in_the_place_of_a_folder_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(SourceError, match="cannot be opened"):
        read_sources(tmp_path / "pipe.txt")


@linux
def test_control_signs_and_bytes_that_are_no_text_are_shown_as_such_in_a_name(folder):
    for name in ("一\n二.txt".encode(), b"a\x1b[31mb.txt", b"\xff\xb5.txt"):
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(_TEXT.encode())
    names = {"一\ufffd二.txt", "a\ufffd[31mb.txt", "\ufffd\ufffd.txt", "good.txt"}
    assert set(read_sources(folder)["path"]) == names


def test_a_file_that_grows_is_read_as_it_was_when_it_was_opened(folder, monkeypatch):
    whole = (folder / "good.txt").read_bytes()
    n_bytes = whole.index(b"\n") + 1
    monkeypatch.setattr(reading.os, "fstat", lambda descriptor: SimpleNamespace(st_size=n_bytes))
    (source,) = read_sources(folder).itertuples()
    assert source.text == PROSE[0] + "\n"
    assert source.sha256 == hashlib.sha256(whole[:n_bytes]).hexdigest()


def test_a_file_that_is_too_large_is_hashed_and_not_read(folder):
    with open(folder / "large.txt", "wb") as file:
        file.truncate(3_000_000)
    sources = read_sources(folder, max_megabytes=2).set_index("path")
    assert "has 3 MB, more than 2" in sources["error"]["large.txt"]
    assert sources["sha256"]["large.txt"] == hashlib.sha256(bytes(3_000_000)).hexdigest()


@linux
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may open all")
def test_a_folder_that_may_not_be_opened_is_listed(folder):
    (folder / "closed").mkdir(mode=0)
    sources = read_sources(folder).set_index("path")
    assert "cannot be opened" in sources["error"]["closed"]


@linux
def test_a_run_of_files_with_odd_names_can_be_opened(folder, tmp_path):
    """Names with line ends made a run that could not be opened again."""
    for name in (b"a\nverified.txt", b"\x1b]8;;http:x\x07.txt", b"\xff.txt"):
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(_TEXT.encode())
    run_corpus(default_study(folder, "small"), tmp_path / "run", say=lambda message: None)
    assert len(open_run(tmp_path / "run").manifest["inputs"]) == 4
