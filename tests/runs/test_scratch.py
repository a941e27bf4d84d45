import os
import signal
import subprocess
import sys
import tempfile

import pytest

from discourse.errors import RunError
from discourse.runs.scratch import make_scratch

HOLD = (
    "import time\nfrom discourse.runs.scratch import make_scratch\n"
    "with make_scratch('trial') as folder:\n    (folder / 'large').write_text('x')\n"
    "    print(folder, flush=True)\n    time.sleep(60)\n"
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A temporary folder of our own, for this process and its children."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def holder(home):
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process, home / os.path.basename(process.stdout.readline().strip())
    process.kill()
    process.communicate()


def test_a_folder_lives_as_long_as_its_context_even_where_that_fails(home):
    with pytest.raises(ZeroDivisionError), make_scratch("trial") as folder:
        (folder / "inner").mkdir()
        assert folder.parent == home and folder.stat().st_mode & 0o777 == 0o700
        _ = 1 / 0
    assert list(home.iterdir()) == []


def test_the_folder_of_a_killed_process_goes_with_the_next_one_and_that_of_a_living_one_stays(holder, home):
    process, folder = holder
    with make_scratch("trial") as other:
        assert (folder / "large").is_file() and other != folder
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (folder / "large").is_file()
    with make_scratch("another purpose"):
        assert folder.is_dir()
    with make_scratch("trial") as other:
        assert not folder.exists()
        assert sorted(path.name for path in home.iterdir()) == sorted([f".{other.name}.lock", other.name])
    assert list(home.iterdir()) == []


def test_one_within_another_leaves_it_alone(home):
    with make_scratch("trial") as outer, make_scratch("trial") as inner:
        assert outer.is_dir() and inner.is_dir()


def test_where_nothing_can_be_written_it_is_told_in_one_line(home, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(home / "gone" / "file"))
    (home / "gone").write_text("a file")
    with pytest.raises(RunError, match="cannot be written"), make_scratch("trial"):
        pass


def test_a_folder_that_somebody_named_alike_stays(home):
    for name in ("discourse-trial-mine", "discourse-trial-0123456789ab-mine"):
        (home / name).mkdir()
    with make_scratch("trial"):
        pass
    assert len(list(home.iterdir())) == 2
