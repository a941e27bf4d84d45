"""Paths of texts come in, the ids of sources go out: short, and no two alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Protocol

from discourse.corpus import archives


class Named(Protocol):
    """Where a text stands: file, path inside an archive, row of a table."""

    @property
    def path(self) -> str:
        """Path of the file on disk."""

    @property
    def member(self) -> str | None:
        """Path inside an archive, if it lies in one."""

    @property
    def row(self) -> int | None:
        """Row of a table, if it is one."""


def name_sources(sources: Sequence[Named]) -> list[str]:
    """Path without suffixes, or with them where two would collide; a number behind what still collides."""
    names = ["/".join(filter(None, (s.path, s.member, str(s.row or "")))) for s in sources]
    stems = [_stem(source) for source in sources]
    n_claims = Counter([*stems, *(name for name, stem in zip(names, stems, strict=True) if name != stem)])
    ids = [stem if n_claims[stem] == 1 else name for stem, name in zip(stems, names, strict=True)]
    seen: Counter[str] = Counter()
    for i, source_id in enumerate(ids):
        seen[source_id] += 1
        if seen[source_id] > 1:
            ids[i] = f"{source_id}~{seen[source_id]}"
    return ids


def _stem(source: Named) -> str:
    *above, last = "/".join(filter(None, (source.path, source.member))).split("/")
    folders = [_without_suffix(part) if part.lower().endswith(archives.SUFFIXES) else part for part in above]
    row = [str(source.row)] if source.row else []
    return "/".join([*folders, _without_suffix(last), *row])


def _without_suffix(name: str) -> str:
    lower = name.lower()
    ending = next(
        (suffix for suffix in archives.SUFFIXES if lower.endswith(suffix)), PurePosixPath(name).suffix
    )
    return name[: len(name) - len(ending)] if ending and not name.endswith("/" + ending) else name
