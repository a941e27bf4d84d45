"""One demo run, shared by the tests that only look at it."""

from pathlib import Path

import pytest

from discourse.config import read_study
from discourse.pipeline import run_study
from discourse.resources import resource
from tests import hostile
from tests.runs.small_study import make_owned_study


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are called by their argument: those of an Office file hold the time, and processes must agree on names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory) -> Path:
    """The run folder of `discourse demo`. Do not write into it."""
    folder = tmp_path_factory.mktemp("demo") / "run"
    return run_study(read_study(resource("seeds", "study.toml")), folder, say=lambda message: None)


@pytest.fixture(scope="session")
def owned_study(tmp_path_factory) -> Path:
    """A folder with a small study of the user's own, ``study/``, and its run, ``run/``. Do not write into it."""
    folder = tmp_path_factory.mktemp("owned")
    run_study(read_study(make_owned_study(folder / "study")), folder / "run", say=lambda message: None)
    return folder


@pytest.fixture(scope="session")
def good(tmp_path_factory) -> Path:
    """A study folder with a small, whole run, ``run/``, for a stranger to spoil copies of it. Do not write into it."""
    folder = tmp_path_factory.mktemp("good") / "study"
    hostile.make_run(folder)
    return folder
