"""Options of the commands that may work on a cluster, and the cluster itself while they do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from discourse.errors import SettingError, suggest

if TYPE_CHECKING:
    from discourse.stages import Run

EngineOption = Annotated[
    str, typer.Option("--engine", help="Who works: local, or spark (pip install 'discourse-zh[spark]').")
]
RefitOption = Annotated[
    str | None,
    typer.Option("--engine", help="Who fits: local, or spark; as the run was begun if left out."),
]
MasterOption = Annotated[
    str | None, typer.Option("--master", help="Spark's master: local[2], spark://host:7077, yarn.")
]
_ENGINES = ("local", "spark")


@contextmanager
def cluster(engine: str, master: str | None) -> Iterator[None]:
    """While the block lasts stages work where the options say."""
    _check(engine, master)
    if engine == "local":
        yield
        return
    from discourse.spark.session import require_spark

    master = master or "local[*]"
    require_spark(master)  # in a second, which the next line would take five of
    from discourse.spark.engine import use_spark

    with use_spark(master):
        yield


def with_engine(changes: Iterable[str] | None, engine: str) -> list[str]:
    """Changes of settings, led by the one that has topics fitted by Spark; what the user set wins."""
    return [*(["topics.lda.engine=spark"] if engine == "spark" else []), *(changes or [])]


def refit(folder: Path, engine: str | None) -> Run:
    """The run in a folder, its topics to be fitted as it was begun, or by the engine that is asked for."""
    from discourse.engines import choose_engine, own_engine
    from discourse.pipeline import open_run
    from discourse.topics.lda import ON_CLUSTER

    run = open_run(folder)
    before = run.study.settings["topics.lda"]["engine"]
    if engine is None or (engine == "spark") == (before in ON_CLUSTER):
        return run
    chosen = choose_engine(run, ON_CLUSTER[0] if engine == "spark" else own_engine())
    after = chosen.study.settings["topics.lda"]["engine"]
    typer.echo(
        f"topics by {after}, not {before} 改用 {after} 拟合主题: the run is now {chosen.manifest['id']}"
    )
    return chosen


def _check(engine: str, master: str | None) -> None:
    if engine not in _ENGINES:
        raise SettingError(
            f"--engine {engine!r} is not known. {suggest(engine, _ENGINES)}Engines: local, spark; the topic model "
            "is chosen by --set topics.lda.engine=…"
        )
    if master is not None and engine == "local":
        raise SettingError(f"--master {master}: only Spark has a master; add --engine spark")
