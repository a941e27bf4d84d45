"""A run folder comes in; whether it still holds goes out, and where it does not, the first difference by name.

Looked at in this order: the raw files, the word lists, the versions, the settings, and every file of the run,
which is computed again from the raw files or, where they are not at hand, from the texts that the run stores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from discourse.asides import compare_asides
from discourse.config import Study
from discourse.errors import DiscourseError, RunError
from discourse.identity import list_files
from discourse.lifecycle import bring_aside
from discourse.originals import name_text
from discourse.pipeline import STAGES, Run, do_stage, open_run
from discourse.runs import manifest as manifests
from discourse.runs.changes import name_change, show_change
from discourse.runs.inputs import INPUTS, OWN, find_input
from discourse.runs.scratch import make_scratch
from discourse.runs.store import hash_file
from discourse.vouchers import (
    Finding,
    compare_copies,
    compare_inputs,
    compare_lists,
    compare_versions,
    copy_of,
    original_of,
    read_identity,
    study_of,
)

__all__ = ["NOTHING", "RAW", "STORED", "Finding", "Verification", "verify_run"]

Say = Callable[[str], None]
KINDS = ("inputs", "lists", "versions", "settings", "outputs")
RAW, STORED, NOTHING = "the raw files", "the texts stored in the run", "nothing"


class Verification(NamedTuple):
    """Differences, the first one first, and what the run was computed again from."""

    findings: list[Finding]
    computed_from: str

    @property
    def holds(self) -> bool:
        """Whether all that differs are versions, under which every file came out the same."""
        return all(finding.kind == "versions" for finding in self.findings)


def verify_run(folder: Path, *, say: Say = print) -> Verification:
    """Compute a run again in another folder and compare; the run itself is not touched.

    Raises RunError where the run is not complete, or where another command wrote it meanwhile.
    """
    run = open_run(folder)
    verification = _verify(run, say)
    if manifests.read_manifest(folder) != run.manifest:
        raise RunError(f"{folder}: another command wrote it while it was verified; give the command again")
    return verification


def _verify(run: Run, say: Say) -> Verification:
    for stage in STAGES:
        if stage not in run.manifest["stages"]:
            raise RunError(
                f"{run.path}: this run is not complete (stage {stage!r} is missing); finish it with `discourse run`"
            )
    identity, settings = read_identity(run)
    run = replace(run, study=replace(run.study, **study_of(identity)))
    copies = list(compare_copies(run))
    inputs, sources = compare_inputs(run, identity)
    made_with = [*inputs, *copies, *compare_lists(run, identity), *compare_versions(identity), *settings]
    findings = sorted(made_with, key=lambda finding: KINDS.index(finding.kind))
    computed_from = RAW if sources is not None else STORED
    study = _study_again(run, identity)
    if study is None:
        say("what the run was made with is not at hand 运行所用的词表等不在: nothing is computed again")
        hashes = [
            Finding("outputs", *found)
            for found in (*manifests.altered_outputs(run.path, run.manifest), *compare_asides(run))
        ]
        return Verification([*findings, *hashes], NOTHING)
    if sources is None:
        say(f"raw files are not here or not the same 原始文件不在或已变: computed from {STORED}")
        if fault := list(_stored_texts(run)):
            return Verification([*findings, *fault], NOTHING)
        sources = run.table("sources")
    return Verification([*findings, *_outputs(run, study, sources, say)], computed_from)


def _stored_texts(run: Run) -> Iterator[Finding]:
    """What forbids to compute from the stored texts: somebody edited them."""
    record = run.manifest["stages"]["corpus"]["outputs"].get("sources.parquet")
    path = run.path / "sources.parquet"
    if not path.is_file():
        yield Finding("outputs", path.name, "missing; without raw files nothing can be computed again")
    elif hash_file(path) != record:
        try:
            where = name_text(run.table("sources"))
        except DiscourseError:
            where = "it cannot be read any more"
        words = f"altered since the run: {where}; without raw files nothing can be computed again"
        yield Finding("outputs", path.name, words)


def _study_again(run: Run, identity: dict[str, Any]) -> Study | None:
    """The study with the files that it was made with, wherever they still are; None where one is nowhere."""
    own = {name: digest for name, digest in identity.get("lists", {}).items() if name.startswith("own/")}
    here, there = run.path / INPUTS / "lists", list_files(replace(run.study, kept=None))
    if all(find_input(digest, [here / name]) for name, digest in own.items()):
        kept: Path | None = run.path / INPUTS / OWN
    elif all(find_input(digest, [there.get(name)]) for name, digest in own.items()):
        kept = None
    else:
        return None
    metadata, codebook = (_made_with(run, identity, name) for name in ("metadata", "codebook"))
    if ("metadata_sha256" in identity and not metadata) or ("codebook_sha256" in identity and not codebook):
        return None
    return replace(run.study, kept=kept, metadata=metadata, codebook=codebook)


def _made_with(run: Run, identity: dict[str, Any], name: str) -> Path | None:
    digest = identity.get(f"{name}_sha256")
    places = (original_of(run, name), copy_of(run, name), run.path / f"{name}.toml")
    return find_input(digest, places) if digest else None


def _outputs(run: Run, study: Study, sources: pd.DataFrame, say: Say) -> list[Finding]:
    """Every file of the run beside the same one computed again."""
    with make_scratch("verify") as scratch:
        again = Run(scratch / "run", study, {**run.manifest, "stages": {}})
        again.path.mkdir()
        (again.path / manifests.MANIFEST).write_bytes((run.path / manifests.MANIFEST).read_bytes())
        _bring_asked(run, again)
        try:
            for stage in STAGES:
                do_stage(again, stage, sources=sources, say=say)
        except DiscourseError as error:
            failed = Finding("outputs", stage, f"cannot be computed again: {error}")
            asides = [Finding("outputs", *found) for found in compare_asides(run)]
            return [*_files(run, again, done=list(again.manifest["stages"])), failed, *asides]
        asides = [Finding("outputs", *found) for found in compare_asides(run, again)]
        return [*_files(run, again, done=list(STAGES)), *_notes(run, again), *asides]


def _bring_asked(run: Run, again: Run) -> None:
    """Copy what was asked beside the run before its report was made, and so has a place there."""
    asked = run.manifest["stages"]["report"].get("asked")
    if asked is None:  # a run of an earlier version
        bring_aside(run.path, again.path)
        return
    for name, digest in asked.items():
        if found := find_input(digest, [run.path / name]):
            (again.path / name).parent.mkdir(parents=True, exist_ok=True)
            (again.path / name).write_bytes(found.read_bytes())


def _notes(run: Run, again: Run) -> Iterator[Finding]:
    """What the manifest notes of a stage, held against what is noted of it now."""
    for stage in STAGES:
        told, right = (set(one.manifest["stages"][stage]["notes"]) for one in (run, again))
        for value, other in zip(sorted(told - right) or [None], sorted(right - told) or [None], strict=False):
            if value or other:
                words = f"stages.{stage}.notes: {show_change(value, other)}"
                yield Finding("outputs", manifests.MANIFEST, words)


def _files(run: Run, again: Run, *, done: Iterable[str]) -> Iterator[Finding]:
    for stage in STAGES:
        record = run.manifest["stages"][stage]
        new = again.manifest["stages"].get(stage, {"outputs": {}})["outputs"]
        for name, digest in record["outputs"].items():
            path, computed = run.path / name, again.path / name
            is_kept = path.is_file() and hash_file(path) == digest
            if not path.is_file():
                yield Finding("outputs", name, "missing")
            elif stage not in done:
                if not is_kept:
                    yield Finding("outputs", name, "altered since the run")
            elif name not in new:
                yield Finding("outputs", name, "is not made when the run is computed again")
            elif not is_kept and hash_file(path) == new[name]:
                yield Finding(
                    "outputs", name, f"its hash in {manifests.MANIFEST} was edited, the file is right"
                )
            elif not is_kept:
                yield Finding("outputs", name, f"altered since the run: {name_change(path, computed)}")
            elif new[name] != digest:
                yield Finding("outputs", name, f"recomputes differently: {name_change(computed, path)}")
        for name in sorted(set(new) - set(record["outputs"])):
            yield Finding("outputs", name, _unrecorded(run.path / name, again.path / name))
    for stage in sorted(set(run.manifest["stages"]) - set(STAGES)):
        yield Finding("outputs", manifests.MANIFEST, f"was edited: stages.{stage}: there is no such stage")


def _unrecorded(path: Path, computed: Path) -> str:
    """What to say of a file of which the manifest knows nothing, though the stage makes it."""
    if not path.is_file():
        return "is made when the run is computed again, and is not in the run"
    gone = f"its hash in {manifests.MANIFEST} is gone, the file is "
    return gone + (
        "right" if hash_file(path) == hash_file(computed) else f"another: {name_change(path, computed)}"
    )
