"""A run comes in; folders that other tools read go out: Excel, CSV, gensim, MALLET, R, BibTeX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any

from discourse.contracts import CONTRACTS, DocumentTermMatrix
from discourse.errors import SettingError, suggest
from discourse.report.exports.bibtex import write_bibtex
from discourse.report.exports.gensim_files import write_gensim
from discourse.report.exports.mallet import write_mallet
from discourse.report.exports.r_files import write_r
from discourse.report.exports.workbook import write_workbook
from discourse.runs.folders import refuse_foreign, replace_folder
from discourse.runs.lock import lock_folder
from discourse.runs.store import has_table, load_model, write_csv
from discourse.stages import Run, tell_payload
from discourse.topics.dtm import build_dtm

Tell = Callable[[], dict[str, Any]]


def export_run(
    run: Run,
    targets: Sequence[str],
    out: Path | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> list[Path]:
    """Hand a run to other tools, a folder each: ``OUT/excel``, ``OUT/gensim``; returns these folders.

    out: default ``exports`` in the run folder. A folder appears when it is whole; one that is not ours, or that
    somebody has changed, is refused before anything is written. progress: called with each target as it begins
    (a workbook takes some 25 seconds a million cells).
    """
    for target in targets:
        if target not in TARGETS:
            raise SettingError(
                f"--to {target!r} is no target. {suggest(target, TARGETS)}Targets: {', '.join(TARGETS)}."
            )
    folders = [(out or run.path / "exports") / target for target in targets]
    with lock_folder(run.path) if out is None else nullcontext():
        return _export(run, targets, folders, progress)


def _export(
    run: Run, targets: Sequence[str], folders: Sequence[Path], progress: Callable[[str], None] | None
) -> list[Path]:
    for folder in folders:
        refuse_foreign(folder)
    tell = cache(lambda: tell_payload(run))  # two targets need it, and it takes seconds
    for target, folder in zip(targets, folders, strict=True):
        if progress is not None:
            progress(target)
        replace_folder(
            folder,
            lambda path, target=target: TARGETS[target](run, path, tell),  # type: ignore[misc]
            about={"target": target, "study": run.study.name, "run": run.manifest["id"]},
        )
    return list(folders)


def _excel(run: Run, folder: Path, tell: Tell) -> None:
    tables = {name: run.table(name) for name in CONTRACTS if has_table(run.path, name)}
    write_workbook(tables, tell(), folder / f"{run.study.name}.xlsx")


def _csv(run: Run, folder: Path, tell: Tell) -> None:
    """Every table: those of the run folder as they stand there, and those that it keeps as Parquet only."""
    for name in CONTRACTS:
        if (path := run.path / f"{name}.csv").is_file():
            (folder / path.name).write_bytes(path.read_bytes())
        elif has_table(run.path, name):
            write_csv(folder / f"{name}.csv", run.table(name))


def _gensim(run: Run, folder: Path, tell: Tell) -> None:
    write_gensim(_matrix(run), load_model(run.path), folder)


def _mallet(run: Run, folder: Path, tell: Tell) -> None:
    write_mallet(run.table("tokens"), load_model(run.path), folder)


def _r(run: Run, folder: Path, tell: Tell) -> None:
    write_r(_matrix(run), load_model(run.path), run.table("documents"), folder, factors=run.study.by)


def _bibtex(run: Run, folder: Path, tell: Tell) -> None:
    write_bibtex(tell(), folder / "methods.bib")


def _matrix(run: Run) -> DocumentTermMatrix:
    return build_dtm(run.table("tokens"), **run.study.options("topics.dtm"))


TARGETS: dict[str, Callable[[Run, Path, Tell], None]] = {
    "excel": _excel,
    "csv": _csv,
    "gensim": _gensim,
    "mallet": _mallet,
    "r": _r,
    "bibtex": _bibtex,
}
