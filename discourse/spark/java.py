"""The Java of this machine comes in; one for a session goes out, writes where it is told, and is cleared away."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from discourse.errors import RunError

_LEAST_JAVA = 17
_WAIT = 30.0  # seconds


def require_java() -> None:
    """Raise RunError, in one line, where there is no Java, or one that Spark does not know."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    how = (
        "install it (Debian, Ubuntu: openjdk-17-jre-headless; Fedora: java-17-openjdk-headless; "
        "macOS: openjdk@17), or point JAVA_HOME at it"
    )
    if java is None:
        where = f"JAVA_HOME={home} holds no bin/java" if home else "there is no java on the PATH"
        raise RunError(f"engine spark needs Java {_LEAST_JAVA} or newer, and {where}: {how}")
    told = _ask_version(java)
    version = re.search(r'version "(?:1\.)?(\d+)', told)
    if version is None or int(version[1]) < _LEAST_JAVA:
        said = " ".join(told.split())[:80] or "it does not start"
        raise RunError(f"engine spark needs Java {_LEAST_JAVA} or newer, {java} is another ({said}): {how}")


def _ask_version(java: str) -> str:
    try:
        answer = subprocess.run(
            [java, "-version"], capture_output=True, text=True, errors="replace", check=False, timeout=_WAIT
        )
    except OSError as error:
        return f"it does not start: {error.strerror}"
    except subprocess.TimeoutExpired:
        return "it does not answer"
    return answer.stderr + answer.stdout


@contextmanager
def java_of_our_own() -> Iterator[None]:
    """End the Java that is started within the block, which otherwise lives, and writes, as long as this process."""
    from pyspark import SparkContext

    is_ours = SparkContext._gateway is None and "PYSPARK_GATEWAY_PORT" not in os.environ
    try:
        yield
    finally:
        if is_ours and (gateway := SparkContext._gateway) is not None:
            SparkContext._gateway = SparkContext._jvm = None
            with suppress(Exception):  # of py4j, where Java was ended from outside
                gateway.shutdown()
            _end(gateway.proc)


def _end(java: subprocess.Popen[bytes]) -> None:
    """Java ends itself once nobody can write to it."""
    if java.stdin is not None:
        java.stdin.close()
    try:
        java.wait(_WAIT)
    except subprocess.TimeoutExpired:
        java.kill()
        java.wait()


@contextmanager
def java_writes_to(path: Path) -> Iterator[None]:
    """Java is started with this file for its stderr, and keeps it: a command of ours ends in one line."""
    if os.environ.get("DISCOURSE_TRACEBACK"):
        yield
        return
    sys.stderr.flush()
    kept, file = os.dup(2), os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(file)
