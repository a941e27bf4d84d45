"""The address of a master comes in; while it is in force the stages of a study work on that cluster."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from discourse import errors
from discourse.errors import DiscourseError, RunError
from discourse.spark.cleaning import clean_sources_on
from discourse.spark.lda import fit
from discourse.spark.segmenting import SparkWalk
from discourse.spark.session import first_words, open_session
from discourse.stages import ENGINE, Engine
from discourse.topics.lda import ENGINES

NAME = "spark"


@contextmanager
def use_spark(master: str = "local[2]") -> Iterator[None]:
    """Clean, segment and fit on a cluster; everything else of a stage stays on this machine.

    Within the block `run_study` and the single stages send sources and passages to `master`, and
    ``[topics.lda] engine = "spark"`` is MLlib's. Tables are those of a single machine to the byte; topics are
    MLlib's own. Errors: as `open_session` has them; RunError, in one line, where work on the cluster fails.
    """
    with _without_warnings(), open_session(master) as session:
        engine = Engine(partial(clean_sources_on, session), partial(SparkWalk, session))
        before, outer = ENGINE.set(engine), ENGINES.get(NAME)
        ENGINES[NAME] = partial(fit, session)
        try:
            yield
        except DiscourseError:
            raise
        except Exception as error:
            if not _is_of_spark(error) or os.environ.get("DISCOURSE_TRACEBACK"):
                raise
            raise _explain(error, master) from None
        finally:
            ENGINE.reset(before)
            del ENGINES[NAME]
            if outer is not None:
                ENGINES[NAME] = outer


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Spark 4.3 warns of pandas 3 whenever it meets it; what it is used for here is tested with it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        yield


def _is_of_spark(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] in {"pyspark", "py4j"}


def _explain(error: Exception, master: str) -> DiscourseError:
    """An error of this project that was raised on an executor comes back as itself."""
    own = re.search(r"discourse\.errors\.(\w+): (.*)", str(error))
    if own and (kind := getattr(errors, own[1], None)) is not None:
        return kind(own[2])
    return RunError(
        f"master {master}: the work failed there ({first_words(error)}); what finished stages left is kept, the same "
        "command goes on from there. DISCOURSE_TRACEBACK=1 shows more"
    )
