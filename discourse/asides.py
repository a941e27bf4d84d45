"""A run comes in; what lies in it besides the files of its stages, and is no longer what was written, goes out.

Exports are made again and compared, as everything else is. Figures, and what was asked beside the run (`select`,
`sensitivity`, `coders`, `report --beside`), are held against the hashes that were kept when they were written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from discourse.contracts import CONTRACTS
from discourse.errors import DiscourseError
from discourse.exporting import TARGETS, export_run
from discourse.pipeline import Run
from discourse.runs.asked import ASKED, asked_hashes
from discourse.runs.changes import SAME, name_change
from discourse.runs.entries import is_inside
from discourse.runs.folders import MARK, is_temporary
from discourse.runs.inputs import INPUTS
from discourse.runs.manifest import MANIFEST
from discourse.runs.scratch import make_scratch
from discourse.runs.store import hash_file, load_table, read_json
from discourse.runs.writer import csv_bytes
from discourse.stages import STAGES

_STRAY = "nothing in this run vouches for it: it was added, or left by a command that was interrupted"
_WORK = (
    ".parts/",
    "universes/",
    "selection/",
)  # what an interrupted command had finished; no result reads it
_HALF = (".partial", ".waste", ".tmp")  # ends of our names for what is not whole
_OF_SYSTEMS = (".DS_Store", "Thumbs.db", "desktop.ini")  # what a file manager leaves where somebody looked
_OF_STAGES = {name for _, files in STAGES.values() for name in files}


def compare_asides(run: Run, again: Run | None = None) -> Iterator[tuple[str, str]]:
    """Files that were altered, are missing, or that nothing in the run wrote: (name, finding).

    again: the run computed again, from which exports are made again; without one hashes alone are compared.
    """
    known = {ASKED, MANIFEST, *_recorded(run.manifest), *(_recorded(again.manifest) if again else ())}
    for name, finding in _asked(run):
        known.add(name)
        if finding:
            yield name, finding
    for folder in sorted(path.parent for path in run.path.rglob(MARK) if _is_marked(path)):
        for name, finding in _made(run, folder, again):
            known.add(name)
            if finding:
                yield name, finding
    yield from ((name, _STRAY) for name in _strays(run.path, known))


def _recorded(manifest: dict[str, Any]) -> Iterable[str]:
    return (
        name
        for stage in STAGES
        if stage in manifest["stages"]
        for name in manifest["stages"][stage]["outputs"]
    )


def _asked(run: Run) -> Iterator[tuple[str, str]]:
    """What was asked beside the run, each file with what is wrong with it, or nothing."""
    for name, digest in asked_hashes(run.path).items():
        path = run.path / name
        if not is_inside(name) or name in _OF_STAGES:
            yield ASKED, f"was edited: it names {name!r}"
        elif not path.is_file():
            yield name, "missing"
        elif hash_file(path) == digest:
            yield name, ""
        else:
            yield name, f"altered since it was written{_beside_twin(path, asked_hashes(run.path))}"


def _beside_twin(path: Path, hashes: dict[str, str]) -> str:
    """Where a CSV file differs from the Parquet file of the same table, if that is as it was written."""
    twin = path.with_suffix(".parquet")
    if path.suffix != ".csv" or not twin.is_file():
        return ""
    name = next((known for known in hashes if known.endswith(twin.name)), "")
    return f": {_name_cell(path, twin)}" if hash_file(twin) == hashes.get(name) else ""


def _name_cell(path: Path, twin: Path) -> str:
    table = load_table(twin.parent, twin.stem)
    with make_scratch("verify") as scratch:
        expected = scratch / path.name
        expected.write_bytes(csv_bytes(table.drop(columns=list(CONTRACTS[twin.stem].hidden))))
        return name_change(path, expected)


def _is_marked(path: Path) -> bool:
    return path.is_file() and not any(part.startswith(".") for part in path.parts[-3:-1])


def _made(run: Run, folder: Path, again: Run | None) -> Iterator[tuple[str, str]]:
    """Files of an exported folder, each with what is wrong with it, or nothing."""
    here = folder.relative_to(run.path).as_posix()
    yield f"{here}/{MARK}", ""
    try:
        mark = read_json(folder / MARK)
    except DiscourseError as error:
        yield f"{here}/{MARK}", str(error)
        return
    known = mark.get("files") if isinstance(mark, dict) else None
    if not isinstance(known, dict) or not all(is_inside(name) for name in known):
        yield f"{here}/{MARK}", "is not what this program wrote"
        return
    with make_scratch("verify") as scratch:
        fresh = _exported_again(again, mark, scratch)
        for name, digest in known.items():
            yield f"{here}/{name}", _compare(folder / name, str(digest), fresh / name if fresh else None)


def _exported_again(again: Run | None, mark: dict[str, Any], scratch: Path) -> Path | None:
    """The same export of the run computed again; None where it is of another run, or no export."""
    target = mark.get("target")
    if again is None or target not in TARGETS or mark.get("run") != again.manifest["id"]:
        return None
    try:
        return export_run(replace(again, say=lambda message: None), [str(target)], scratch)[0]
    except DiscourseError:  # it cannot be made any more: hashes alone are compared
        return None


def _compare(path: Path, digest: str, fresh: Path | None) -> str:
    if not path.is_file():
        return "missing"
    is_kept = hash_file(path) == digest
    if fresh is None or not fresh.is_file():
        return "" if is_kept else "altered since it was written"
    if hash_file(path) == hash_file(fresh):
        return "" if is_kept else f"its hash in {MARK} was edited, the file is right"
    told = name_change(path, fresh)
    if is_kept:  # other versions pack the same cells in other bytes
        return "" if told == SAME else f"is exported differently: {told}"
    return f"altered since it was exported: {told}"


def _strays(folder: Path, known: set[str]) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        is_ours = name in known or name.startswith((f"{INPUTS}/", *_WORK)) or is_temporary(path)
        is_half = any(part.startswith(".") and part.endswith(_HALF) for part in Path(name).parts)
        if path.is_file() and not (is_ours or is_half or path.name in _OF_SYSTEMS):
            yield name
