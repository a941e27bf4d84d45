"""The stages in order: the one place where rooms and storage meet. A study comes in, a run folder goes out."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from discourse import __version__
from discourse.compare.contrasts import contrast_prevalence
from discourse.compare.keyness import score_keyness
from discourse.compare.prevalence import estimate_prevalence
from discourse.config import Study
from discourse.contracts import CONTRACTS, empty
from discourse.corpus.documents import build_documents
from discourse.corpus.metadata import read_metadata
from discourse.corpus.passages import split_passages
from discourse.corpus.sources import read_sources
from discourse.errors import DataError, RunError, require_column
from discourse.evidence.exemplars import find_exemplars
from discourse.report.html import write_page, write_report
from discourse.report.ldavis import render_ldavis
from discourse.report.payload import build_payload
from discourse.runs import manifest as manifests
from discourse.runs.store import has_table, hash_file, load_model, load_table, save_model, save_table, write_json
from discourse.segment.audit import audit_lexicon
from discourse.resources import resource
from discourse.segment.lexicon import read_lexicon
from discourse.segment.tokenizer import build_tokenizer
from discourse.segment.tokens import segment_passages
from discourse.summary import SUMMARY
from discourse.topics.dtm import build_dtm
from discourse.topics.ensemble import align_topics, choose_reference, describe_models, fit_ensemble
from discourse.topics.labels import describe_topics, rank_terms, theta_table
from discourse.topics.shares import estimate_shares

Say = Callable[[str], None]
REPORT = "report.html"
LDAVIS = "pyldavis.html"


@dataclass(frozen=True)
class Run:
    """A run folder: its path, the study behind it, and its manifest."""

    path: Path
    study: Study
    manifest: dict[str, Any]

    def table(self, name: str) -> pd.DataFrame:
        """One table of the run."""
        return load_table(self.path, name)

    def save(self, **tables: pd.DataFrame) -> None:
        """Write tables under their contract names."""
        for name, table in tables.items():
            save_table(self.path, name, table)


def run_study(study: Study, out: Path | None = None, *, results: Path = Path("results"), say: Say = print) -> Path:
    """Run every stage of a study into ``results/<study>-<hash>/`` or `out`; returns the folder.

    What an interrupted run had finished is kept. The folder appears under its name only when it is complete.
    """
    sources = read_sources(study.data)
    identity = identify(study, sources)
    folder = Path(out) if out else results / f"{study.name}-{manifests.hash_identity(identity)}"
    if _is_complete(folder, identity):
        say(f"{folder} holds this run already, unchanged; delete it to compute it again")
        return folder
    partial = folder.with_name(f"{folder.name}.partial")
    run = _resume(partial, study, identity) or _start(partial, study, identity)
    for stage in STAGES:
        run_stage(run, stage, sources=sources, resume=True, say=say)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(partial, folder)
    return folder


def run_corpus(study: Study, folder: Path, *, say: Say = print) -> Run:
    """Begin a run in `folder` with its first stage only: sources, documents, edits, attributions, passages."""
    sources = read_sources(study.data)
    run = _start(folder, study, identify(study, sources))
    run_stage(run, "corpus", sources=sources, say=say)
    return run


def open_run(folder: Path) -> Run:
    """Open a run folder, complete or not, with the study that its manifest records."""
    manifest = manifests.read_manifest(folder)
    paths = {name: folder / path for name, path in manifest["paths"].items()}
    study = Study(
        name=manifest["name"],
        title=manifest["title"],
        data=paths["data"],
        folder=paths["folder"],
        metadata=paths.get("metadata"),
        by=tuple(manifest["by"]),
        regions=manifest["regions"],
        settings=manifest["settings"],
    )
    return Run(folder, study, manifest)


def run_stage(
    run: Run, stage: str, *, sources: pd.DataFrame | None = None, resume: bool = False, say: Say = print
) -> None:
    """Run one stage in a run folder; its later stages, if any, are forgotten because they no longer hold."""
    if resume and manifests.stage_holds(run.path, run.manifest, stage):
        say(f"{stage:<8} kept from the interrupted run")
        return
    names = list(STAGES)
    for missing in (name for name in names[: names.index(stage)] if name not in run.manifest["stages"]):
        raise RunError(f"{run.path}: stage {missing!r} is not done; run `discourse {missing} {run.path}` first")
    for later in names[names.index(stage) :]:
        run.manifest["stages"].pop(later, None)
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        function, files = STAGES[stage]
        summary = function(run) if stage != "corpus" else function(run, sources)
    notes = list(dict.fromkeys(str(w.message) for w in caught if w.category is UserWarning))
    existing = [name for name in files if (run.path / name).is_file()]
    manifests.record_stage(run.path, run.manifest, stage, existing, time.perf_counter() - start, notes)
    say(f"{stage:<8} {summary}")
    for note in notes:
        say(f"         note: {note}")


def verify_run(folder: Path, *, say: Say = print) -> list[tuple[str, str]]:
    """What no longer holds of a run: files altered, raw files changed, results that recompute differently.

    Everything is computed again from the raw texts that the run stores. Returns (file, finding) pairs.
    """
    run = open_run(folder)
    for stage in STAGES:
        if stage not in run.manifest["stages"]:
            raise RunError(f"{folder}: this run is not complete (stage {stage!r} is missing); finish it with `discourse run`")
    findings = [*manifests.altered_outputs(folder, run.manifest), *manifests.altered_inputs(folder, run.manifest)]
    altered = {name for name, _ in findings}
    if "sources.parquet" in altered:
        return findings
    with tempfile.TemporaryDirectory(prefix="discourse-verify-") as scratch:
        again = Run(Path(scratch), run.study, {**run.manifest, "stages": {}})
        for stage in STAGES:
            run_stage(again, stage, sources=run.table("sources"), say=say)
        findings += _differences(run.manifest, again.manifest, altered)
    return findings + [(name, finding) for name, finding in _version_changes(run.manifest)] if findings else []


def identify(study: Study, sources: pd.DataFrame) -> dict[str, Any]:
    """All that the results of a run depend on: settings, raw files, word lists, metadata, versions."""
    identity = {
        "name": study.name,
        "title": study.title,
        "by": list(study.by),
        "regions": dict(study.regions),
        "settings": {section: dict(values) for section, values in study.settings.items()},
        "inputs": dict(zip(sources["path"], sources["sha256"], strict=True)),
        "lists": _hash_lists(study),
        "version": __version__,
        "versions": manifests.versions(),
    }
    if study.metadata is not None:
        read_metadata(study.metadata)  # a table that cannot be read is refused before anything is computed
        identity["metadata_sha256"] = hash_file(study.metadata)
    return identity


# --- the stages ---------------------------------------------------------------------------------------------


def _corpus(run: Run, sources: pd.DataFrame | None = None) -> str:
    study = run.study
    sources = read_sources(study.data) if sources is None else sources
    metadata = read_metadata(study.metadata) if study.metadata else None
    documents, edits, attributions = build_documents(
        sources, regions=dict(study.regions) or None, metadata=metadata, **study.options("corpus.documents")
    )
    for factor in study.by:
        require_column("documents", documents.columns, factor, "[study] by")
    passages = split_passages(documents, **study.options("corpus.passages"))
    run.save(sources=sources, documents=documents, edits=edits, attributions=attributions, passages=passages)
    return f"{len(sources)} files -> {len(documents)} documents, {len(passages)} passages, {len(edits)} edits logged"


def _segment(run: Run) -> str:
    study, passages = run.study, run.table("passages")
    lexicon = read_lexicon(**study.options("segment.lexicon"))
    tokenizer = build_tokenizer(lexicon, **study.options("segment.tokenizer"))
    tokens = segment_passages(passages, tokenizer, **study.options("segment.tokens"))
    run.save(lexicon=lexicon, tokens=tokens, lexicon_audit=audit_lexicon(passages, tokenizer))
    return f"{len(tokens)} tokens, {tokens['term'].nunique()} terms"


def _topics(run: Run) -> str:
    study, passages = run.study, run.table("passages")
    dtm = build_dtm(run.table("tokens"), **study.options("topics.dtm"))
    models = fit_ensemble(dtm, **study.options("topics.ensemble"), **study.options("topics.lda"))
    reference = choose_reference(models)
    alignment = align_topics(reference, models)
    shares = estimate_shares(reference, dtm, passages, **study.options("topics.shares"))
    topics = describe_topics(reference, dtm, alignment=alignment, shares=shares)
    save_model(run.path, reference)
    run.save(
        models=describe_models(models, reference),
        alignment=alignment,
        topic_terms=rank_terms(reference, **study.options("topics.labels")),
        topics=topics,
        theta=theta_table(reference),
        shares=shares,
    )
    return f"{reference.n_topics} topics; reference is the best of {len(models)} seeds"


def _compare(run: Run) -> str:
    study, documents = run.study, run.table("documents")
    shares, topics = run.table("shares"), run.table("topics")
    factors = [factor for factor in study.by if _has_groups(documents, factor)]
    prevalence = [estimate_prevalence(shares, documents, by=f, **study.options("compare.prevalence")) for f in factors]
    contrasts = [
        contrast_prevalence(shares, documents, by=f, stability=topics, **study.options("compare.contrasts")) for f in factors
    ]
    keyness = [_keyness_of_groups(run, documents, factor) for factor in factors]
    run.save(
        prevalence=_stack("prevalence", prevalence),
        contrasts=_stack("contrasts", contrasts),
        keyness=_stack("keyness", keyness),
    )
    n_contrasts = sum(len(table) for table in contrasts)
    return f"{n_contrasts} contrasts of topics between groups of {', '.join(factors) or 'no factor'}"


def _report(run: Run) -> str:
    study, documents, passages = run.study, run.table("documents"), run.table("passages")
    model = load_model(run.path)
    options = study.options("evidence.exemplars")
    factors = [factor for factor in study.by if _has_groups(documents, factor)]
    exemplars = [find_exemplars(model, passages, documents, **options)]
    exemplars += [find_exemplars(model, passages, documents, by=factor, **options) for factor in factors]
    run.save(exemplars=_stack("exemplars", exemplars))
    tables = {name: run.table(name) for name in CONTRACTS if has_table(run.path, name)}
    page = render_ldavis(model, run.table("topics"))
    notes = [note for record in run.manifest["stages"].values() for note in record["notes"]]
    payload = build_payload(
        tables,
        name=study.name,
        title=study.title or None,
        settings={**study.settings, "study": {"by": list(study.by), "regions": dict(study.regions)}},
        versions=manifests.versions(),
        notes=notes,
        ldavis=page,
    )
    write_page(page, run.path / LDAVIS)
    write_report(payload, run.path / REPORT)
    write_json(run.path / SUMMARY, {name: payload[name] for name in ("title", "counts", "findings")})
    return f"{REPORT}, {LDAVIS}"


def _files(*names: str) -> list[str]:
    return [f"{name}.{ending}" for name in names for ending in ("parquet", "csv")]


STAGES: dict[str, tuple[Callable[..., str], list[str]]] = {
    "corpus": (_corpus, _files("sources", "documents", "edits", "attributions", "passages")),
    "segment": (_segment, _files("lexicon", "tokens", "lexicon_audit")),
    "topics": (
        _topics,
        [*_files("models", "alignment", "topic_terms", "topics", "theta", "shares"), "model.npz", "model.json"],
    ),
    "compare": (_compare, _files("prevalence", "contrasts", "keyness")),
    "report": (_report, [*_files("exemplars"), REPORT, LDAVIS, SUMMARY]),
}


# --- helpers ------------------------------------------------------------------------------------------------


def _has_groups(documents: pd.DataFrame, factor: str) -> bool:
    if documents[factor].nunique() >= 2:
        return True
    warnings.warn(
        f"{factor}: all documents with a known {factor} belong to one group or to none, so there is nothing to compare",
        stacklevel=2,
    )
    return False


def _keyness_of_groups(run: Run, documents: pd.DataFrame, factor: str) -> pd.DataFrame:
    tokens, passages = run.table("tokens"), run.table("passages")
    groups = sorted(documents[factor].dropna().astype(str).unique())
    options = run.study.options("compare.keyness")
    return _stack("keyness", [score_keyness(tokens, passages, documents, by=factor, target=g, **options) for g in groups])


def _hash_lists(study: Study) -> dict[str, str]:
    """Every packaged list, since repair and attribution read them too, and the user's own."""
    packaged = resource("stopwords")
    files = {path.relative_to(packaged).as_posix(): path for path in packaged.rglob("*.t*") if path.is_file()}
    files |= {f"own/{Path(name).name}": Path(name) for name in study.lists() if Path(name).is_file()}
    return {name: hash_file(files[name]) for name in sorted(files)}


def _stack(name: str, tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else empty(name)


def _is_complete(folder: Path, identity: dict[str, Any]) -> bool:
    if not folder.exists():
        return False
    _refuse_foreign(folder)
    if not (folder / manifests.MANIFEST).is_file():
        return False
    manifest = manifests.read_manifest(folder)
    if manifest["id"] != manifests.hash_identity(identity):
        raise RunError(f"{folder}: holds a run of other settings, texts or versions; choose another --out, or delete it")
    return all(manifests.stage_holds(folder, manifest, stage) for stage in STAGES)


def _refuse_foreign(folder: Path) -> None:
    """Never write into, or replace, a folder that is not a run of ours."""
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not (folder / manifests.MANIFEST).is_file()):
        raise RunError(f"{folder}: is not empty and not a run folder; choose another --out so that nothing is lost")


def _start(folder: Path, study: Study, identity: dict[str, Any]) -> Run:
    _refuse_foreign(folder)
    shutil.rmtree(folder, ignore_errors=True)
    paths = {"data": study.data, "folder": study.folder, "metadata": study.metadata}
    return Run(folder, study, manifests.start_manifest(folder, identity, paths))


def _resume(folder: Path, study: Study, identity: dict[str, Any]) -> Run | None:
    """The run that an interrupted command left behind, if it was this one."""
    if not (folder / manifests.MANIFEST).is_file():
        return None
    manifest = manifests.read_manifest(folder)
    return Run(folder, study, manifest) if manifest["id"] == manifests.hash_identity(identity) else None


def _differences(before: dict[str, Any], after: dict[str, Any], known: set[str]) -> list[tuple[str, str]]:
    new = {name: digest for record in after["stages"].values() for name, digest in record["outputs"].items()}
    return [
        (name, "recomputes differently")
        for record in before["stages"].values()
        for name, digest in record["outputs"].items()
        if name not in known and new.get(name) != digest
    ]


def _version_changes(manifest: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for name, version in manifests.versions().items():
        if (recorded := manifest["versions"].get(name)) != version:
            yield name, f"version {version} here, {recorded} in the run"
