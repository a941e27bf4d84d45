"""What a reader of results must know of `sources` comes out in sentences: texts left out, bytes lost, remarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

_N_NAMED = 3  # files that a note or an error names before it counts the rest
_LONGEST_NAME = 200  # characters; folders in folders without end have a longer one


def note_faults(sources: pd.DataFrame) -> list[str]:
    """What a reader of results must know of `sources`: texts left out, bytes lost, remarks; one sentence each."""
    faults, notes = list_faults(sources), []
    if faults:
        notes.append(
            f"{len(faults)} of {len(sources)} texts could not be read and are left out: {shorten(faults)}; "
            "all are in `sources`, column `error`"
        )
    lost = sources[sources["n_lost"] > 0]
    if len(lost):
        named = [f"{_label(s)} ({s.n_lost} places, read as {s.encoding})" for s in lost.itertuples()]
        notes.append(f"bytes that no encoding explains are shown as U+FFFD in {shorten(named)}")
    remarked = sources[sources["remarks"].notna()].drop_duplicates(["path", "member", "remarks"])
    if len(remarked):
        notes.append(shorten([f"{_label(s, with_row=False)}: {s.remarks}" for s in remarked.itertuples()]))
    return notes


def list_faults(sources: pd.DataFrame) -> list[str]:
    """Each text that could not be read, and why."""
    return [f"{_label(source)}: {source.error}" for source in sources[sources["error"].notna()].itertuples()]


def _label(source: Any, *, with_row: bool = True) -> str:
    """Where a text stands, for a person: path, path inside the archive, row."""
    name = f"{source.path}/{source.member}" if isinstance(source.member, str) else source.path
    if len(name) > _LONGEST_NAME:
        name = f"{name[: _LONGEST_NAME // 2]}…{name[-_LONGEST_NAME // 2 :]}"
    return name + (f" row {source.row}" if with_row and not pd.isna(source.row) else "")


def shorten(items: Sequence[str]) -> str:
    """Name the first items and count the others."""
    rest = f"; and {len(items) - _N_NAMED} more" if len(items) > _N_NAMED else ""
    return "; ".join(items[:_N_NAMED]) + rest
