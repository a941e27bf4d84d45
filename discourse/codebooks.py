"""A run comes in; a codebook to fill in, or a run with a filled codebook applied, goes out."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from discourse.codebook_tables import (
    CODEBOOK,
    FITTED,
    code_folder,
    hash_codebook,
    read_codebook,
    uncode_folder,
)
from discourse.corpus.recycled import drop_recycled
from discourse.errors import RunError, write_error
from discourse.evidence.exemplars import find_exemplars
from discourse.pipeline import Run, do_stage, open_run
from discourse.runs import manifest as manifests
from discourse.runs.folders import is_vacant, swap_folder
from discourse.runs.inputs import COPIES, IDENTITY, INPUTS, hash_copies, keep_inputs
from discourse.runs.lock import lock_folder
from discourse.runs.store import has_table, load_model, load_table, write_file, write_json
from discourse.stages import STAGES
from discourse.topics.codebook_form import render_codebook
from discourse.topics.labels import rank_terms

Say = Callable[[str], None]


def draft_codebook(run: Run) -> str:
    """Text of a codebook for the topics of a run, filled with what an applied one has decided."""
    model = load_model(run.path)
    is_coded = (run.path / FITTED).is_dir()
    topics = load_table(run.path / FITTED if is_coded else run.path, "topics")
    decided = load_table(run.path, "codebook") if has_table(run.path, "codebook") else None
    passages = drop_recycled(run.table("passages"), **run.study.options("corpus.recycled"))
    options = {**run.study.options("evidence.exemplars"), "n": 1, "n_counter": 0}
    version = read_codebook(run.path / CODEBOOK)[0].version + 1 if is_coded else 1
    return render_codebook(
        model,
        topics,
        rank_terms(model, n_terms=30),
        find_exemplars(model, passages, **options),
        decided,
        version=version,
    )


def write_draft(text: str, path: Path) -> Path:
    """Write a codebook where there is no file yet: a filled one is never lost."""
    if path.exists():
        raise RunError(f"{path}: exists already; choose another --out so that no entries of yours are lost")
    write_file(path, lambda file: file.write(text.encode("utf-8")))
    return path


def apply_codebook(run: Run, path: Path, out: Path | None = None, *, say: Say = print) -> Path:
    """Make a new run folder: the same fitted model under a codebook, compared and reported again.

    Its identity holds the hash of the codebook, so it is the run that ``[study] codebook`` in study.toml gives.
    The run that it comes from stays as it is. Returns the new folder, by default ``<name>-<hash>`` beside it.
    """
    if "topics" not in run.manifest["stages"]:
        raise RunError(f"{run.path}: has no topics yet; run `discourse topics {run.path}` first")
    identity = {key: value for key, value in run.manifest.items() if key not in manifests.BESIDE}
    identity["codebook_sha256"] = hash_codebook(path)
    folder = out or run.path.with_name(f"{run.study.name}-{manifests.hash_identity(identity)}")
    if folder.resolve() == run.path.resolve():
        say(f"{folder} has this codebook already")
        return folder
    with lock_folder(folder):
        if not is_vacant(folder):
            raise RunError(f"{folder}: exists already; choose another --out, or delete it")
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            shutil.copytree(run.path, partial)
            coded = _restart(run, partial, identity, path)
            _recode(coded, path, say)
            for stage in ("compare", "report"):
                do_stage(coded, stage, say=say)
            swap_folder(partial, folder)
        except (OSError, shutil.Error) as error:
            raise write_error(folder, error) from error
    return folder


def _restart(run: Run, partial: Path, identity: dict[str, Any], path: Path) -> Run:
    """The copied folder as a run of its own identity whose first stages are done."""
    study = replace(run.study, codebook=path)
    paths = {
        "data": study.data,
        "folder": study.folder,
        "metadata": study.metadata,
        "codebook": path,
        "study": study.file,
    }
    stages = dict(run.manifest["stages"])
    manifest = manifests.start_manifest(partial, identity, paths)
    keep_inputs(
        partial, {f"codebook{path.suffix}": path}, {f"codebook{path.suffix}": identity["codebook_sha256"]}
    )
    write_json(partial / INPUTS / IDENTITY, identity)
    manifest[COPIES] = hash_copies(partial)
    manifest["stages"] = {name: stages[name] for name in ("corpus", "segment", "topics")}
    return replace(open_run(partial), study=study, manifest=manifest)


def _recode(run: Run, path: Path, say: Say) -> None:
    """Apply the codebook to the fitted tables and write down what the stage `topics` now holds."""
    record = run.manifest["stages"]["topics"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        uncode_folder(run.path, run.study)
        code_folder(run.path, run.study, path)
    own = list(dict.fromkeys(str(w.message) for w in caught if w.category is UserWarning))
    notes = [note for note in record["notes"] if not note.startswith("codebook:")] + own
    files = [name for name in STAGES["topics"][1] if (run.path / name).is_file()]
    manifests.record_stage(run.path, run.manifest, "topics", files, record["seconds"], notes)
    for note in own:
        say(f"         note: {note}")
