"""A run folder comes in; whether it still holds goes out, and where it does not, the first difference by name.

Looked at in this order: the raw files, the word lists, the versions, the settings, and every file of the run,
which is computed again from the raw files or, where they are not at hand, from the texts that the run stores.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd

from discourse import __version__
from discourse.config import Study, read_study
from discourse.corpus.metadata import read_metadata
from discourse.corpus.sources import read_sources
from discourse.errors import DiscourseError, RunError
from discourse.identity import list_files
from discourse.originals import name_byte, name_text
from discourse.pipeline import STAGES, Run, bring_aside, do_stage, open_run
from discourse.runs import manifest as manifests
from discourse.runs.changes import name_change, name_entries, name_rows, name_words, show_change
from discourse.runs.inputs import IDENTITY, INPUTS, find_input
from discourse.runs.store import hash_file, read_json

Say = Callable[[str], None]
Kind = Literal["inputs", "lists", "versions", "settings", "outputs"]
RAW, STORED, NOTHING = "the raw files", "the texts stored in the run", "nothing"


class Finding(NamedTuple):
    """One difference: what kind of thing differs, its name, and where and how."""

    kind: Kind
    file: str
    finding: str


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

    Raises RunError where the run is not complete.
    """
    run = open_run(folder)
    for stage in STAGES:
        if stage not in run.manifest["stages"]:
            raise RunError(
                f"{folder}: this run is not complete (stage {stage!r} is missing); finish it with `discourse run`"
            )
    identity, settings = _identity(run)
    run = replace(run, study=replace(run.study, **_study_of(identity)))
    inputs, sources = _inputs(run, identity)
    lists = list(_lists(run, identity))
    versions = list(_versions(identity))
    computed_from = STORED if sources is None else RAW
    if sources is None:
        say(f"raw files are not here or not the same 原始文件不在或已变: computed from {STORED}")
        if fault := list(_stored_texts(run)):
            return Verification([*inputs, *lists, *versions, *settings, *fault], NOTHING)
        sources = run.table("sources")
    outputs = _outputs(run, identity, sources, say)
    return Verification([*inputs, *lists, *versions, *settings, *outputs], computed_from)


# --- settings -----------------------------------------------------------------------------------------------


def _identity(run: Run) -> tuple[dict[str, Any], list[Finding]]:
    """What the run was made with, and what speaks otherwise: its manifest if edited, its study.toml if changed."""
    recorded = {name: value for name, value in run.manifest.items() if name not in manifests.BESIDE}
    copy = run.path / INPUTS / IDENTITY
    kept = read_json(copy) if copy.is_file() else recorded
    right = next((x for x in (kept, recorded) if manifests.hash_identity(x) == run.manifest["id"]), recorded)
    findings: list[Finding] = []
    for name, told in ((manifests.MANIFEST, recorded), (f"{INPUTS}/{IDENTITY}", kept)):
        findings += [
            Finding("settings", name, f"was edited: {entry}: {show_change(value, other)}")
            for entry, value, other in name_entries(told, right)
        ]
    if manifests.hash_identity(right) != run.manifest["id"]:
        words = f"was edited: its entries do not give the id {run.manifest['id']}"
        findings.append(Finding("settings", manifests.MANIFEST, words))
    return right, [*findings, *_study_file(run)]


def _study_of(identity: dict[str, Any]) -> dict[str, Any]:
    """Fields of a study that its identity decides."""
    own = {name: identity[name] for name in ("name", "title", "regions", "settings")}
    return {**own, "by": tuple(identity["by"])}


def _study_file(run: Run) -> Iterator[Finding]:
    """Settings that study.toml has otherwise by now."""
    now, kept = run.study.file, run.path / INPUTS / "study.toml"
    if now is None or not (now.is_file() and kept.is_file()) or hash_file(now) == hash_file(kept):
        return
    try:
        for name, value, other in name_entries(_told(read_study(now)), _told(read_study(kept))):
            yield Finding("settings", now.name, f"{name}: {_from_to(other, value)}")
    except DiscourseError as error:
        yield Finding("settings", now.name, f"has changed since the run and cannot be read: {error}")


def _told(study: Study) -> dict[str, Any]:
    return {
        "title": study.title,
        "by": list(study.by),
        "regions": study.regions,
        "settings": study.settings,
    }


def _from_to(before: Any, after: Any) -> str:
    return f"from {before!r} to {after!r}"


# --- inputs -------------------------------------------------------------------------------------------------


def _inputs(run: Run, identity: dict[str, Any]) -> tuple[list[Finding], pd.DataFrame | None]:
    """What differs in files of the user's; the raw texts if all are at hand and are the same."""
    beside = [*_metadata(run, identity), *_codebook(run, identity)]
    if not run.study.data.exists():
        return beside, None
    try:
        now = read_sources(run.study.data, **run.study.options("corpus.sources"))
    except DiscourseError as error:
        return [Finding("inputs", run.study.data.name, str(error)), *beside], None
    texts = [*_raw_files(run, identity, now), *_given(run, identity, now)]
    return [*texts, *beside], None if texts else now


def _raw_files(run: Run, identity: dict[str, Any], now: pd.DataFrame) -> Iterator[Finding]:
    known = identity["inputs"]
    read = now.dropna(subset="sha256")
    here = dict(zip(read["path"], read["sha256"], strict=True))
    for name in sorted({*known, *here}):
        if name not in here:
            yield Finding("inputs", name, "raw file is gone")
        elif name not in known:
            yield Finding("inputs", name, "raw file is new since the run")
        elif here[name] != known[name]:
            path = run.study.data if run.study.data.is_file() else run.study.data / name
            where = name_byte(path, _sources_of(run, name), now[now["path"] == name], known[name])
            yield Finding("inputs", name, f"raw file has changed: {where}")


def _sources_of(run: Run, name: str) -> pd.DataFrame | None:
    try:
        sources = run.table("sources")
    except DiscourseError:
        return None
    return sources[sources["path"] == name]


def _given(run: Run, identity: dict[str, Any], now: pd.DataFrame) -> Iterator[Finding]:
    """What tables beside the texts say of them."""
    if manifests.hash_identity({"given": now["given"].dropna().tolist()}) == identity.get("given"):
        return
    before = run.table("sources").set_index("source_id")["given"]
    for source_id, value in now.set_index("source_id")["given"].items():
        other = before.get(source_id)
        if source_id in before and not (pd.isna(value) and pd.isna(other)) and value != other:
            yield Finding(
                "inputs", str(source_id), f"what a table says of it has changed: {show_change(value, other)}"
            )
            return
    if now["source_id"].tolist() == run.table("sources")["source_id"].tolist():
        yield Finding("inputs", "given", "what tables say of the texts has changed")


def _metadata(run: Run, identity: dict[str, Any]) -> Iterator[Finding]:
    path, kept = _original(run, "metadata"), _copy(run, "metadata")
    digest = identity.get("metadata_sha256")
    if digest is None or path is None or not path.is_file() or hash_file(path) == digest:
        return
    where = ""
    if kept is not None and hash_file(kept) == digest:
        try:
            now, before = read_metadata(path), read_metadata(kept)
            keys = [name for name in ("doc_id", "file") if name in before.columns and name in now.columns]
            where = f": {name_rows(now, before, keys)}"
        except DiscourseError as error:
            where = f": {error}"
    yield Finding("inputs", path.name, f"the table of metadata has changed{where}")


def _codebook(run: Run, identity: dict[str, Any]) -> Iterator[Finding]:
    path, kept = _original(run, "codebook"), _copy(run, "codebook")
    digest = identity.get("codebook_sha256")
    if digest is None or path is None or not path.is_file() or hash_file(path) == digest:
        return
    where = f": {name_change(path, kept)}" if kept is not None and hash_file(kept) == digest else ""
    yield Finding("inputs", path.name, f"the codebook has changed{where}")


def _original(run: Run, name: str) -> Path | None:
    """Where the manifest says that a file of the user's is."""
    path = run.manifest["paths"].get(name)
    return None if path is None else run.path / path


def _copy(run: Run, name: str) -> Path | None:
    """The run's copy of it."""
    original = _original(run, name)
    copy = run.path / INPUTS / f"{name}{original.suffix}" if original else None
    return copy if copy and copy.is_file() else None


# --- lists and versions -------------------------------------------------------------------------------------


def _lists(run: Run, identity: dict[str, Any]) -> Iterator[Finding]:
    """Word lists that have changed, by the first word."""
    now = list_files(replace(run.study, kept=None))
    for name, digest in identity.get("lists", {}).items():
        kept = run.path / INPUTS / "lists" / name
        if kept.is_file() and hash_file(kept) != digest:
            yield Finding("lists", f"{INPUTS}/lists/{name}", "the run's copy was altered since the run")
        elif name not in now:
            if not name.startswith("own/"):  # the user's own may be elsewhere: the copy does
                yield Finding("lists", name, "is no more in this installation")
        elif hash_file(now[name]) != digest:
            words = (
                name_words(_read(now[name]), _read(kept)) if kept.is_file() else "the run has no copy of it"
            )
            yield Finding("lists", name, f"has changed: {words}")
    for name in now:
        if name not in identity.get("lists", {}):
            yield Finding("lists", name, "is new since the run")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _versions(identity: dict[str, Any]) -> Iterator[Finding]:
    now = {"discourse": __version__, **manifests.versions()}
    before = {"discourse": identity.get("version"), **identity.get("versions", {})}
    for name in {**before, **now}:
        if before.get(name) != now.get(name):
            yield Finding("versions", name, _from_to(before.get(name), now.get(name)))


# --- outputs ------------------------------------------------------------------------------------------------


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


def _outputs(run: Run, identity: dict[str, Any], sources: pd.DataFrame, say: Say) -> list[Finding]:
    """Every file of the run beside the same one computed again."""
    with tempfile.TemporaryDirectory(prefix="discourse-verify-") as scratch:
        again = Run(Path(scratch) / "run", _study_again(run, identity), {**run.manifest, "stages": {}})
        again.path.mkdir()
        (again.path / manifests.MANIFEST).write_bytes((run.path / manifests.MANIFEST).read_bytes())
        bring_aside(run.path, again.path)
        try:
            for stage in STAGES:
                do_stage(again, stage, sources=sources, say=say)
        except DiscourseError as error:
            failed = Finding("outputs", stage, f"cannot be computed again: {error}")
            return [*_files(run, again, done=list(again.manifest["stages"])), failed]
        return list(_files(run, again, done=list(STAGES)))


def _study_again(run: Run, identity: dict[str, Any]) -> Study:
    """The study with the files that it was made with, wherever they still are."""
    return replace(
        run.study,
        metadata=_made_with(run, identity, "metadata"),
        codebook=_made_with(run, identity, "codebook"),
    )


def _made_with(run: Run, identity: dict[str, Any], name: str) -> Path | None:
    if (digest := identity.get(f"{name}_sha256")) is None:
        return None
    found = find_input(digest, (_original(run, name), _copy(run, name), run.path / f"{name}.toml"))
    if found is None:
        raise RunError(
            f"{run.path}: the {name} that it was made with is gone ({_original(run, name)}), so nothing can be "
            "computed again; put it back there"
        )
    return found


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
            yield Finding("outputs", name, "is made when the run is computed again, and is not in the run")
