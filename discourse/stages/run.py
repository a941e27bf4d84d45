"""A run folder in memory, and who does its long work."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from discourse.config import Study
from discourse.contracts import CONTRACTS, empty
from discourse.corpus.batches import Cleaned, clean_sources
from discourse.corpus.recycled import drop_recycled
from discourse.notebook import render_card
from discourse.progress import Progress
from discourse.runs.parts import FolderModels, FolderParts
from discourse.runs.store import has_table, iterate_table, load_table, save_table
from discourse.segment.batches import PassageWalk

NAMES = ("corpus", "segment", "topics", "compare", "report")


class Walk(Protocol):
    """Passages on their way to tokens: tables of them, then what became of the lexicon."""

    def __iter__(self) -> Iterator[pd.DataFrame]: ...

    def audit(self) -> pd.DataFrame:
        """Table `lexicon_audit`."""


@dataclass(frozen=True)
class Engine:
    """Who cleans sources and cuts passages: this machine, or a cluster that answers with the same tables."""

    clean: Callable[..., Iterator[Cleaned]] = clean_sources
    walk: Callable[..., Walk] = PassageWalk


THIS_MACHINE = Engine()


ENGINE: ContextVar[Engine] = ContextVar("ENGINE", default=THIS_MACHINE)  # another while a cluster is at hand


@dataclass(frozen=True)
class Run:
    """A run folder: its path, the study behind it, and its manifest."""

    path: Path
    study: Study
    manifest: dict[str, Any]
    say: Callable[[str], None] = print

    def _repr_html_(self) -> str:
        """Show in a notebook what the run holds: its stages, and its tables that can be read."""
        names = [name for name in CONTRACTS if has_table(self.path, name)]
        done = ", ".join(stage for stage in NAMES if stage in self.manifest["stages"])
        return render_card(
            f"Run {self.manifest['id']} of {self.study.name}: {self.study.title}",
            {"folder": self.path, "stages": done or "none", "tables": len(names)},
            columns=("run.table(…)", "keys"),
            rows=[(name, " + ".join(CONTRACTS[name].key)) for name in names],
        )

    def follow(self, name: str, unit: str) -> Progress:
        """Tell how far a long piece of work has come."""
        return Progress(name, unit, say=self.say)

    def table(self, name: str) -> pd.DataFrame:
        """One table of the run."""
        return load_table(self.path, name)

    def walk(self, name: str) -> Iterator[pd.DataFrame]:
        """One table of the run in pieces, each of which keeps its contract."""
        return iterate_table(self.path, name)

    def save(self, **tables: pd.DataFrame) -> None:
        """Write tables under their contract names."""
        for name, table in tables.items():
            if not save_table(self.path, name, table):
                note_large(name)


def parts(run: Run, *names: str) -> FolderParts:
    """Finished batches of the stage that is under way."""
    return FolderParts(run.path / ".parts", names)


def kept_models(run: Run) -> FolderModels:
    """Finished models of the stage that is under way."""
    return FolderModels(run.path / ".parts")


def note_large(name: str) -> None:
    """Note that a table has no CSV file beside it."""
    warnings.warn(
        f"{name}: is larger than a spreadsheet opens, so there is no {name}.csv; read {name}.parquet",
        stacklevel=3,
    )


def modelled_passages(run: Run) -> pd.DataFrame:
    """Passages that are modelled and compared: all, or those that do not repeat too much of earlier ones."""
    return drop_recycled(run.table("passages"), **run.study.options("corpus.recycled"))


def has_groups(documents: pd.DataFrame, factor: str) -> bool:
    """Whether two groups or more are known; noted where not."""
    if documents[factor].nunique() >= 2:
        return True
    warnings.warn(
        f"{factor}: all documents with a known {factor} belong to one group or to none, so there is nothing to compare",
        stacklevel=2,
    )
    return False


def stack(name: str, tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The tables under each other; an empty one of that name where there are none."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else empty(name)
