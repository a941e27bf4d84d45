"""The address of a master comes in; while it is in force the stages of a study work on that cluster."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from discourse import errors
from discourse.errors import DiscourseError, RunError
from discourse.spark.cleaning import clean_sources_on
from discourse.spark.lda import fit_by_em, fit_online
from discourse.spark.segmenting import SparkWalk
from discourse.spark.session import first_words, open_session
from discourse.stages import ENGINE, Engine
from discourse.topics.lda import ENGINES, ON_CLUSTER

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_LOST_JAVA = ("Py4JNetworkError", "ConnectionRefusedError", "Answer from Java side is empty")


@contextmanager
def use_spark(master: str = "local[2]") -> Iterator[None]:
    """Clean, segment and fit on a cluster; everything else of a stage stays on this machine.

    Within the block `run_study` and the single stages send sources and passages to `master`, and
    ``[topics.lda] engine = "spark"`` is MLlib's expectation maximisation, ``"spark-online"`` its online variational
    Bayes. Tables are those of a single machine to the byte; topics are MLlib's own. Errors: as `open_session` has
    them; RunError, in one line, where work on the cluster fails.
    """
    with _without_warnings(), open_session(master) as session, _engines(session):
        try:
            yield
        except DiscourseError:
            raise
        except Exception as error:
            if not _is_of_spark(error) or os.environ.get("DISCOURSE_TRACEBACK"):
                raise
            raise _explain(error, master) from None


@contextmanager
def _engines(session: SparkSession) -> Iterator[None]:
    """Put the cluster where stages look for who works, and take it away again."""
    before = ENGINE.set(Engine(partial(clean_sources_on, session), partial(SparkWalk, session)))
    outer = {name: ENGINES[name] for name in ON_CLUSTER if name in ENGINES}
    ENGINES.update(zip(ON_CLUSTER, (partial(fit_by_em, session), partial(fit_online, session)), strict=True))
    try:
        yield
    finally:
        ENGINE.reset(before)
        for name in ON_CLUSTER:
            del ENGINES[name]
        ENGINES.update(outer)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Spark 4.3 warns of pandas 3 whenever it meets it; what it is used for here is tested with it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        yield


def _is_of_spark(error: Exception) -> bool:
    lost = isinstance(error, ConnectionError | EOFError)  # py4j, where Java is gone
    return lost or type(error).__module__.partition(".")[0] in {"pyspark", "py4j"}


def _explain(error: Exception, master: str) -> DiscourseError:
    """An error of this project that was raised on an executor comes back as itself."""
    text = f"{type(error).__name__}: {error}"
    own = re.search(r"discourse\.errors\.(\w+): (.*)", text)
    if own and (kind := getattr(errors, own[1], None)) is not None:
        return kind(own[2])
    kept = "what finished stages left is kept, the same command goes on from there"
    if "OutOfMemoryError" in text:
        return RunError(
            f"master {master}: Java ran out of memory; raise spark.driver.memory (local) or spark.executor.memory in "
            f"spark-defaults.conf of the folder that SPARK_CONF_DIR names (docs/spark.md); {kept}"
        )
    if any(word in text for word in _LOST_JAVA):
        return RunError(
            f"master {master}: Spark was ended from outside, often for want of memory; {kept}. DISCOURSE_TRACEBACK=1 "
            "shows more"
        )
    return RunError(
        f"master {master}: the work failed there ({first_words(error)}); {kept}. DISCOURSE_TRACEBACK=1 shows more"
    )
