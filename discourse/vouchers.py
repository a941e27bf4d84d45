"""A run comes in; what differs in all that it was made with goes out: texts, tables, word lists, versions, settings.

The run's own copies in ``inputs/`` are held against the hashes that its manifest records before anything is computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd

from discourse import __version__
from discourse.config import Study, read_study
from discourse.corpus.metadata import read_metadata
from discourse.corpus.sources import read_sources
from discourse.errors import DiscourseError
from discourse.identity import list_files
from discourse.originals import name_byte
from discourse.pipeline import Run
from discourse.runs import manifest as manifests
from discourse.runs.changes import name_change, name_entries, name_rows, name_words, show_change
from discourse.runs.entries import check_manifest
from discourse.runs.inputs import IDENTITY, INPUTS, altered_copies, find_input, recorded_copies
from discourse.runs.store import hash_file, read_json

STUDY = "study.toml"
Kind = Literal["inputs", "lists", "versions", "settings", "outputs"]


class Finding(NamedTuple):
    """One difference: what kind of thing differs, its name, and where and how."""

    kind: Kind
    file: str
    finding: str


# --- settings -----------------------------------------------------------------------------------------------


def read_identity(run: Run) -> tuple[dict[str, Any], list[Finding]]:
    """What the run was made with, and what speaks otherwise: its manifest if edited, its study.toml if changed."""
    recorded = {name: value for name, value in run.manifest.items() if name not in manifests.BESIDE}
    copy = run.path / INPUTS / IDENTITY
    kept = _kept_identity(copy, run.manifest) or recorded
    right = _right_identity(run, copy, kept, recorded)
    findings: list[Finding] = []
    for name, told in ((manifests.MANIFEST, recorded), (f"{INPUTS}/{IDENTITY}", kept)):
        findings += [
            Finding("settings", name, f"was edited: {entry}: {show_change(value, other)}")
            for entry, value, other in name_entries(told, right)
        ]
    if (rightly := manifests.hash_identity(right)) != run.manifest["id"]:
        words = f"was edited: id: {show_change(run.manifest['id'], rightly)}, which its entries give"
        findings.append(Finding("settings", manifests.MANIFEST, words))
    return right, [*findings, *_study_file(run)]


def _right_identity(run: Run, copy: Path, kept: dict[str, Any], recorded: dict[str, Any]) -> dict[str, Any]:
    """Of two that differ the one that something else vouches for: the hash of the copy, or the id."""
    if copy.is_file() and recorded_copies(run.manifest).get(IDENTITY) == hash_file(copy):
        return kept
    return next((x for x in (kept, recorded) if manifests.hash_identity(x) == run.manifest["id"]), recorded)


def _kept_identity(copy: Path, manifest: dict[str, Any]) -> dict[str, Any] | None:
    """The identity as the run began, if there is a copy; RunError where an entry is not one that we write."""
    if not copy.is_file():
        return None
    kept = read_json(copy)
    beside = {name: manifest[name] for name in manifests.BESIDE if name in manifest}
    check_manifest({**kept, **beside} if isinstance(kept, dict) else kept, copy)
    return dict(kept)


def study_of(identity: dict[str, Any]) -> dict[str, Any]:
    """Fields of a study that its identity decides."""
    own = {name: identity[name] for name in ("name", "title", "regions", "settings")}
    return {**own, "by": tuple(identity["by"])}


def _study_file(run: Run) -> Iterator[Finding]:
    """Settings that study.toml has otherwise by now."""
    now, kept = run.study.file, run.path / INPUTS / STUDY
    if now is None or not (now.is_file() and kept.is_file()):
        return
    digest = recorded_copies(run.manifest).get(STUDY) or hash_file(kept)
    if hash_file(now) == digest:
        return
    if hash_file(kept) != digest:
        yield Finding("settings", now.name, "has changed since the run, and so has the run's copy of it")
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


# --- copies -------------------------------------------------------------------------------------------------


def compare_copies(run: Run) -> Iterator[Finding]:
    """Files of ``inputs/`` that are no longer what they were as the run began, and where they differ."""
    now = {f"lists/{name}": path for name, path in list_files(replace(run.study, kept=None)).items()}
    now |= {STUDY: run.study.file} if run.study.file else {}
    for name in ("metadata", "codebook"):
        if path := original_of(run, name):
            now[f"{name}{path.suffix}"] = path
    known = recorded_copies(run.manifest)
    for name, finding in altered_copies(run.path, run.manifest):
        copy, original = run.path / INPUTS / name, find_input(known.get(name), [now.get(name)])
        where = f": {_name_copy(name, copy, original)}" if copy.is_file() and original else ""
        if name != IDENTITY or not copy.is_file() or _is_same_json(copy, run):
            yield Finding(_kind_of(name), f"{INPUTS}/{name}", finding + where)


def _name_copy(name: str, copy: Path, original: Path) -> str:
    is_list = name.startswith("lists/") and name.endswith(".txt")
    return name_words(_read(copy), _read(original)) if is_list else name_change(copy, original)


def _is_same_json(copy: Path, run: Run) -> bool:
    """Whether `read_identity` finds no entry to name in the copy of the identity."""
    return manifests.hash_identity(read_json(copy)) == run.manifest["id"]


def _kind_of(name: str) -> Kind:
    if name.startswith("lists/"):
        return "lists"
    return "settings" if name in (STUDY, IDENTITY) else "inputs"


# --- inputs -------------------------------------------------------------------------------------------------


def compare_inputs(run: Run, identity: dict[str, Any]) -> tuple[list[Finding], pd.DataFrame | None]:
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
    known = identity.get("inputs", {})
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
    path, kept = original_of(run, "metadata"), copy_of(run, "metadata")
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
    path, kept = original_of(run, "codebook"), copy_of(run, "codebook")
    digest = identity.get("codebook_sha256")
    if digest is None or path is None or not path.is_file() or hash_file(path) == digest:
        return
    where = f": {name_change(path, kept)}" if kept is not None and hash_file(kept) == digest else ""
    yield Finding("inputs", path.name, f"the codebook has changed{where}")


def original_of(run: Run, name: str) -> Path | None:
    """Where the manifest says that a file of the user's is."""
    path = run.manifest["paths"].get(name)
    return None if path is None else run.path / path


def copy_of(run: Run, name: str) -> Path | None:
    """The run's copy of it."""
    original = original_of(run, name)
    copy = run.path / INPUTS / f"{name}{original.suffix}" if original else None
    return copy if copy and copy.is_file() else None


# --- lists and versions -------------------------------------------------------------------------------------


def compare_lists(run: Run, identity: dict[str, Any]) -> Iterator[Finding]:
    """Word lists that have changed, by the first word."""
    now = list_files(replace(run.study, kept=None))
    for name, digest in identity.get("lists", {}).items():
        kept = find_input(digest, [run.path / INPUTS / "lists" / name])
        if name not in now:
            if not name.startswith("own/"):  # the user's own may be elsewhere: the copy does
                yield Finding("lists", name, "is no more in this installation")
        elif hash_file(now[name]) != digest:
            words = name_words(_read(now[name]), _read(kept)) if kept else "the run has no copy of it"
            yield Finding("lists", name, f"has changed: {words}")
    for name in now:
        if name not in identity.get("lists", {}):
            yield Finding("lists", name, "is new since the run")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def compare_versions(identity: dict[str, Any]) -> Iterator[Finding]:
    """Packages that have another version by now."""
    now = {"discourse": __version__, **manifests.versions()}
    before = {"discourse": identity.get("version"), **identity.get("versions", {})}
    for name in {**before, **now}:
        if before.get(name) != now.get(name):
            yield Finding("versions", name, _from_to(before.get(name), now.get(name)))
