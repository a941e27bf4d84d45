"""One Spark session in local mode, bound to the loopback address, for all tests of this folder."""

import os
import re
import shutil
import subprocess

import pytest

from discourse.spark.session import open_session

MASTER = "local[2]"


def pytest_configure(config):
    config.addinivalue_line("markers", "spark: starts Apache Spark in local mode, which needs Java")


def java_version() -> int:
    java = shutil.which("java")
    if java is None:
        return 0
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else 0


def missing() -> str:
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "pyspark is not installed"
    return "" if java_version() >= 17 else "Java 17 is not installed: openjdk-17-jre-headless"


@pytest.fixture(scope="session")
def spark():
    """The session; `use_spark` within a test finds it and leaves it."""
    if reason := missing():
        if os.environ.get("CI"):
            pytest.fail(f"{reason}: in CI these tests must run")
        pytest.skip(reason)
    with open_session(MASTER) as session:
        yield session
