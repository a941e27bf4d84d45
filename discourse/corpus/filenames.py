"""Which documents a file name of the user's means: names, documents and sources in, doc_ids by name out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

import pandas as pd

from discourse.errors import DataError


def find_files(
    names: Iterable[str], documents: pd.DataFrame, sources: pd.DataFrame | None = None
) -> dict[str, list[str]]:
    """Documents of the files that `names` mean: name -> doc_ids; a name that means none is left out.

    A name is a path, the end of one (``data/one.txt`` is ``one.txt`` and ``one``, too), or a source_id. Where it
    is a source_id it means that source alone.

    Raises
    ------
    DataError
        Files in several folders end in the name.
    """
    doc_ids: dict[str, list[str]] = {}
    for doc_id, source_id in zip(documents["doc_id"], documents["source_id"], strict=True):
        doc_ids.setdefault(source_id, []).append(doc_id)
    ends: dict[str, dict[str, None]] = {}  # end -> files that have it, in order
    of_file: dict[str, list[str]] = {}
    for source_id, path in _paths(documents, sources):
        of_file.setdefault(path, []).append(source_id)
        for end in _ends(path):
            ends.setdefault(end, {})[path] = None
    found = {}
    for name in names:
        if name in doc_ids:
            found[name] = doc_ids[name]
            continue
        files = list(ends.get(name.replace("\\", "/").strip("/"), ()))
        if len(files) > 1:
            raise DataError(
                f"metadata: {name!r} is the name of {len(files)} files ({', '.join(files[:3])}): "
                "write more of the path."
            )
        if files:
            found[name] = [doc_id for source in of_file[files[0]] for doc_id in doc_ids.get(source, [])]
    return found


def _paths(documents: pd.DataFrame, sources: pd.DataFrame | None) -> Iterator[tuple[str, str]]:
    """Source and path of each source; inside an archive the path goes on."""
    if sources is None:
        pairs = dict(zip(documents["source_id"], documents["source_id"], strict=True))
        yield from pairs.items()
        return
    members = sources["member"] if "member" in sources else [None] * len(sources)
    for source_id, path, member in zip(sources["source_id"], sources["path"], members, strict=True):
        yield source_id, f"{path}/{member}" if isinstance(member, str) else path


def _ends(path: str) -> Iterator[str]:
    parts = PurePosixPath(path.replace("\\", "/").strip("/")).parts
    for i in range(len(parts)):
        end = PurePosixPath(*parts[i:])
        yield end.as_posix()
        yield end.with_suffix("").as_posix()
