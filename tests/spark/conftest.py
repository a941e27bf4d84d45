"""One Spark session in local mode, bound to the loopback address, for all tests of this folder."""

import os
import re
import shutil
import subprocess

import numpy as np
import pytest

from discourse.runs.scratch import make_scratch
from discourse.spark.java import java_of_our_own
from discourse.spark.session import open_session
from discourse.topics.dtm import build_dtm
from tests.topics.planted import planted_tokens

MASTER = "local[2]"
FEW = {"n_topics": 3, "seed": 5, "alpha": 0.2, "eta": 0.05, "max_iterations": 2, "tolerance": 1e-5}
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # Java compiles less: short work takes half the time


def pytest_configure(config):
    config.addinivalue_line("markers", "spark: starts Apache Spark in local mode, which needs Java")


def pytest_collection_modifyitems(items):
    """Give all tests that need the session to one worker of pytest-xdist (``--dist loadgroup``)."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("spark"))


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
def planted():
    return build_dtm(planted_tokens(), min_df=1, max_df=1.0, min_documents=1)


@pytest.fixture(scope="session")
def java():
    """One Java for all sessions of these tests: else each would start its own."""
    if reason := missing():
        if os.environ.get("CI"):
            pytest.fail(f"{reason}: in CI these tests must run")
        pytest.skip(reason)
    from pyspark import SparkContext

    with java_of_our_own():
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("JAVA_TOOL_OPTIONS", QUICK)
            SparkContext._ensure_initialized()
        yield
    with make_scratch("spark"):  # which clears away what Java makes again as it ends
        pass


@pytest.fixture(scope="session")
def alone(java, planted):
    """What both engines of MLlib answer on one processor, in two parts, before the session of two is opened."""
    with open_session("local[1]") as session:
        return fit_few(session, planted)


@pytest.fixture(scope="session")
def spark(alone):
    """The session; `use_spark` within a test finds it and leaves it."""
    with open_session(MASTER) as session:
        yield session


def fit_few(session, dtm):
    """Bytes of phi and theta after a few passes, the counts cut into two parts."""
    from discourse.spark import lda

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lda, "count_parts", lambda n_pairs: 2)
        counts = dtm.counts.astype(np.float64)
        fits = [fit(session, counts, **FEW) for fit in (lda.fit_by_em, lda.fit_online)]
    return [(fit.phi.tobytes(), fit.theta.tobytes()) for fit in fits]
