"""A good run folder comes in; copies in which a stranger has put something hostile come out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from tests.hostile.files import FILES
from tests.hostile.footers import TABLES
from tests.hostile.links import LINKS
from tests.hostile.manifests import MANIFESTS
from tests.hostile.models import MODELS
from tests.hostile.runs import make_run, run_texts, write_texts
from tests.hostile.spoiling import Spoil, change_manifest

__all__ = [
    "FILES", "LINKS", "MANIFESTS", "MODELS", "REFUSED_AT_ONCE", "SECRET", "TABLES", "Case", "cases", "change_manifest",
    "make_run", "run_texts", "write_texts",
]  # fmt: skip
SECRET = "a secret of the user's, which no run may read or change"
REFUSED_AT_ONCE = frozenset({*MANIFESTS, *LINKS}) - {
    "a section that is no module", "settings of other names", "settings of other kinds"
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One kind of hostility: what it does to a run folder, given a file of the user's outside."""

    name: str
    spoil: Spoil


def cases() -> Iterator[Case]:
    """All of them."""
    for kind in (MANIFESTS, FILES, TABLES, MODELS, LINKS if hasattr(os, "symlink") else {}):
        yield from (Case(name, spoil) for name, spoil in kind.items())
