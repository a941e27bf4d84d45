"""A run under way and the name of an engine come in; the run whose topics that engine fits from now on goes out."""

from __future__ import annotations

from dataclasses import replace

from discourse.config import change_study, default_settings
from discourse.runs.inputs import COPIES, IDENTITY, INPUTS, hash_copies
from discourse.runs.lock import lock_folder
from discourse.runs.manifest import BESIDE, MANIFEST, hash_identity
from discourse.runs.store import write_json
from discourse.stages import Run

_KEPT = ("corpus", "segment")  # what no engine of topics changes


def choose_engine(run: Run, engine: str) -> Run:
    """The run with another engine of topics: sources and tokens stay, the rest is forgotten, its id is a new one.

    A run of that engine already is returned as it is.
    """
    if run.study.settings["topics.lda"]["engine"] == engine:
        return run
    study = change_study(run.study, [f"topics.lda.engine={engine}"])
    settings = {section: dict(values) for section, values in study.settings.items()}
    identity = {name: value for name, value in run.manifest.items() if name not in BESIDE} | {
        "settings": settings
    }
    manifest = {**run.manifest, **identity, "id": hash_identity(identity)}
    manifest["stages"] = {
        name: run.manifest["stages"][name] for name in _KEPT if name in run.manifest["stages"]
    }
    with lock_folder(run.path):
        write_json(run.path / INPUTS / IDENTITY, identity)
        manifest[COPIES] = hash_copies(run.path)
        write_json(run.path / MANIFEST, manifest)
    return replace(run, study=study, manifest=manifest)


def own_engine() -> str:
    """The engine that fits topics where nothing else is asked for."""
    return str(default_settings("topics.lda")["engine"])
