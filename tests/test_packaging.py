"""The built wheel, in an empty folder, runs the demo."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel unpacked where the checkout cannot be seen."""
    target = tmp_path_factory.mktemp("installed")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(target),
        str(wheel),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return target


def test_the_wheel_carries_word_lists_and_seeds_byte_for_byte(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for path in [
            *ROOT.glob("seeds/*.txt"),
            *ROOT.glob("stopwords/**/*.txt"),
            ROOT / "seeds" / "study.toml",
        ]:
            inside = f"discourse/_data/{path.relative_to(ROOT).as_posix()}"
            assert inside in names
            assert archive.read(inside) == path.read_bytes()


def test_the_wheel_runs_the_demo_in_an_empty_folder(installed, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(installed), "NO_COLOR": "1"}
    where = [sys.executable, "-c", "import discourse; print(discourse.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.startswith(str(installed))
    command = [sys.executable, "-m", "discourse", "demo"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    reports = list(tmp_path.glob("results/seeds-*/report.html"))
    assert len(reports) == 1
    assert str(reports[0].relative_to(tmp_path)) in done.stdout
