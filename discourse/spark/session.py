"""The address of a master comes in; a Spark session that carries this project to its executors goes out."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from discourse.errors import RunError, SettingError
from discourse.runs.manifest import versions
from discourse.runs.scratch import make_scratch
from discourse.spark.java import java_of_our_own, java_writes_to, require_java
from discourse.spark.shipping import FOLDER, pack_project

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_MASTER = re.compile(r"local(-cluster)?(\[[\d*, ]+\])?|spark://(?P<hosts>[^/\s]+)|yarn|k8s://\S+")
_NAMED = re.compile(r"[\w.$]*(?:Error|Exception)\b[^:]*:.*")
_REASON = "Reason: "  # before what the log says of a session that ended while it started
_WAIT_FOR_MASTER = 10.0  # seconds
_WAIT_FOR_EXECUTORS = 120.0
_DECIDE_TOKENS = ("jieba", "rjieba", "opencc")  # other versions of these would give other tables


@contextmanager
def open_session(master: str) -> Iterator[SparkSession]:
    """Give a session on `master` and close it; one that this process has already is taken as it is, and left.

    master: ``local[2]`` (this machine, bound to the loopback address), ``spark://host:7077``, ``yarn`` or
    ``k8s://…``. What else the cluster needs (memory, number of executors) is read from ``spark-defaults.conf``
    in ``SPARK_CONF_DIR``, as by any program of Spark's.

    Raises
    ------
    SettingError
        `master` is no address of a master.
    RunError
        pyspark or Java is missing, nobody answers there, or the executors lack packages.
    """
    require_spark(master)
    from pyspark.sql import SparkSession

    if (running := SparkSession.getActiveSession()) is not None:
        yield running
        return
    is_here = re.match(r"local(?!-cluster)", master.strip()) is not None
    with make_scratch("spark") as scratch, java_of_our_own():
        session = _start(master.strip(), scratch, is_here=is_here)
        try:
            if not is_here:
                _await_executors(session, master)
            yield session
        finally:
            with suppress(Exception):  # of py4j, where Java was ended from outside
                session.stop()


def require_spark(master: str) -> None:
    """Raise what `open_session` does, where it can be told before anything that takes long is imported or started."""
    found = _MASTER.fullmatch(master.strip())
    if not found:
        raise SettingError(
            f"master={master!r} is no address of a master. Give local[2], spark://host:7077, yarn or k8s://…"
        )
    _require_pyspark()
    require_java()
    for host in (found["hosts"] or "").split(","):
        _reach(host, master)


def _require_pyspark() -> None:
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise RunError(
            "engine spark needs pyspark, which is not installed: pip install 'discourse-zh[spark]'"
        ) from None
    home = os.environ.get("SPARK_HOME")
    if home and not (Path(home) / "bin" / "spark-submit").is_file():
        raise RunError(
            f"SPARK_HOME={home} holds no Spark; unset it, and the Spark of pyspark itself is taken"
        )


def _reach(host: str, master: str) -> None:
    """Spark itself tries for a minute and then speaks in a hundred lines."""
    if not host:
        return
    name, _, port = host.rpartition(":")
    try:
        socket.create_connection((name or host, int(port) if name else 7077), _WAIT_FOR_MASTER).close()
    except (OSError, ValueError) as error:
        raise RunError(
            f"master {master}: nobody answers at {host} ({error}); start it, or mend the address; local[2] works "
            "without a cluster"
        ) from None


def _start(master: str, scratch: Path, *, is_here: bool) -> SparkSession:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master).appName("discourse")
    for key, value in _configure(scratch, is_here=is_here).items():
        builder = builder.config(key, value)
    told = scratch / "java.log"
    try:
        with _python(sys.executable if is_here else None), java_writes_to(told), _keep_interrupt():
            return builder.getOrCreate()
    except Exception as error:  # of Java, of py4j or of pyspark
        cause = _find_cause(error, told)
        raise RunError(
            f"master {master}: Spark does not start ({cause}); {_advise(cause)}. DISCOURSE_TRACEBACK=1 shows more"
        ) from None


@contextmanager
def _keep_interrupt() -> Iterator[None]:
    """Spark answers Ctrl-C in a way of its own; what this process has for it stays."""
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before)


def _find_cause(error: Exception, told: Path) -> str:
    """What Java raised, or the line of its log that tells most where what was raised tells nothing."""
    lines = told.read_text(encoding="utf-8", errors="replace").splitlines() if told.exists() else []
    lines = [line.strip() for line in lines if line.strip()]
    if "JAVA_GATEWAY_EXITED" in str(error) and lines:
        return next((line for line in lines if _NAMED.search(line) or "nvalid" in line), lines[-1])[:200]
    if "stopped SparkContext" in str(error):
        return next(
            (line.partition(_REASON)[2][:200] for line in lines if _REASON in line), first_words(error)
        )
    return first_words(error)


def _advise(cause: str) -> str:
    if "memory" in cause.lower() or "heap" in cause.lower():
        return "give it more in spark-defaults.conf of the folder that SPARK_CONF_DIR names (docs/spark.md)"
    if "unresponsive" in cause:
        import pyspark

        return f"what answers there is no master of Spark {pyspark.__version__}: mend the address"
    return "look whether the address is right and the cluster takes applications"


def _configure(scratch: Path, *, is_here: bool) -> dict[str, str]:
    """Settings of the session: what the work needs, and what `spark-defaults.conf` leaves open."""
    settings = {
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.maxResultSize": "0",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
        "spark.sql.session.timeZone": "UTC",
    }
    if is_here:
        settings |= {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.local.dir": str(scratch),
        }
        given = _read_defaults()
        return settings | {
            name: value for name, value in _on_this_machine(scratch).items() if name not in given
        }
    archive = pack_project(scratch)
    return settings | {
        "spark.archives": f"{archive.as_uri()}#{FOLDER}",
        "spark.executorEnv.PYTHONPATH": FOLDER,
    }


def _on_this_machine(scratch: Path) -> dict[str, str]:
    """What is right on most machines; a cluster has settings of its own."""
    return {
        "spark.driver.memory": "2g",
        "spark.checkpoint.dir": (scratch / "checkpoints").as_uri(),
        "spark.driver.extraJavaOptions": "-XX:-UsePerfData",  # else a file in the temporary folder
    }


def _read_defaults() -> frozenset[str]:
    """Names of the settings in the user's own `spark-defaults.conf`; a builder's would win over them."""
    home = os.environ.get("SPARK_HOME")
    folder = os.environ.get("SPARK_CONF_DIR") or (f"{home}/conf" if home else None)
    path = Path(folder) / "spark-defaults.conf" if folder else None
    if path is None or not path.is_file():
        return frozenset()
    lines = (line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    return frozenset(re.split(r"[\s=:]", line, maxsplit=1)[0] for line in lines if line and line[0] != "#")


@contextmanager
def _python(path: str | None) -> Iterator[None]:
    """Workers on this machine run in this Python; those of a cluster in the one that PYSPARK_PYTHON names."""
    before = os.environ.get("PYSPARK_PYTHON")
    if path is not None:
        os.environ["PYSPARK_PYTHON"] = path
    try:
        yield
    finally:
        if path is not None:
            os.environ.pop("PYSPARK_PYTHON")
            if before is not None:
                os.environ["PYSPARK_PYTHON"] = before


def _await_executors(session: SparkSession, master: str) -> None:
    """Ask one executor for its versions; without any, Spark would wait for ever."""
    found = _within(_WAIT_FOR_EXECUTORS, lambda: _ask_versions(session))
    if found is None:
        session.stop()
        raise RunError(
            f"master {master}: no executor came up in {_WAIT_FOR_EXECUTORS:.0f} seconds; look whether its workers run "
            "and have as much memory and as many processors as spark-defaults.conf asks for"
        )
    if isinstance(found, Exception):
        told = first_words(found)
        raise RunError(
            f"master {master}: the executors cannot run this project ({told}); their Python (PYSPARK_PYTHON) needs "
            "the packages of discourse-zh: pip install discourse-zh there, or ship an environment (docs/spark.md)"
        )
    here = versions()
    for name in _DECIDE_TOKENS:
        if found[name] != here[name]:
            raise RunError(
                f"master {master}: the executors have {name} {found[name]}, this machine {here[name]}: tables would "
                "differ from those of a single machine; install the same version there"
            )


def _ask_versions(session: SparkSession) -> dict[str, str]:
    return session.sparkContext.parallelize([0], 1).map(_tell_versions).collect()[0]


def _tell_versions(_: int) -> dict[str, str]:
    import discourse.corpus.batches
    import discourse.segment.tokens  # noqa: F401

    return versions()


def _within(seconds: float, do: Callable[[], Any]) -> Any:
    """What `do` returns or raises, None where it takes longer."""
    answer: list[Any] = []

    def run() -> None:
        try:
            answer.append(do())
        except Exception as error:
            answer.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return answer[0] if answer else None


def first_words(error: Exception) -> str:
    """The line of a long message that says what happened."""
    lines = [line.strip(" :\t") for line in str(error).splitlines()]
    lines = [line for line in lines if line and not line.startswith("at ")]  # Java's frames
    named = [found[0] for line in lines if (found := _NAMED.search(line))]
    if not named:
        return (lines or [type(error).__name__])[0][:200]
    told = named[-1].partition(": ")[2]  # the cause stands last; whoever passed it on may say more
    return next(line for line in named if line.endswith(told))[:200]
