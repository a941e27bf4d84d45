"""Which documents a file name of the user's means: names, documents and sources in, doc_ids by name out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
    for doc_id, source_id in zip(documents["doc_id"].tolist(), documents["source_id"].tolist(), strict=True):
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
        yield from ((source_id, source_id) for source_id in dict.fromkeys(documents["source_id"].tolist()))
        return
    members = sources["member"].tolist() if "member" in sources else [None] * len(sources)
    ids, paths = sources["source_id"].tolist(), sources["path"].tolist()
    for source_id, path, member in zip(ids, paths, members, strict=True):
        yield source_id, f"{path}/{member}" if isinstance(member, str) else path


def _ends(path: str) -> Iterator[str]:
    """Every end of a path that begins with a folder or file, with its suffix and without."""
    end = path.replace("\\", "/").strip("/")
    while end:
        yield end
        stem, _, suffix = end.rpartition(".")
        if stem and not stem.endswith("/") and "/" not in suffix:
            yield stem
        end = end.partition("/")[2]
