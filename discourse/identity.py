"""All that the results of a run depend on, and the files that are kept for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from discourse import __version__
from discourse.codebook_tables import hash_codebook
from discourse.config import Study
from discourse.corpus.metadata import read_metadata
from discourse.resources import resource
from discourse.runs import manifest as manifests
from discourse.runs.store import hash_file


def identify(study: Study, sources: pd.DataFrame) -> dict[str, Any]:
    """All that the results of a run depend on: settings, raw files, word lists, metadata, versions."""
    identity = {
        "name": study.name,
        "title": study.title,
        "by": list(study.by),
        "regions": dict(study.regions),
        "settings": {section: dict(values) for section, values in study.settings.items()},
        "inputs": dict(sources.dropna(subset="sha256")[["path", "sha256"]].itertuples(index=False)),
        "given": manifests.hash_identity({"given": sources["given"].dropna().tolist()}),
        "lists": hash_lists(study),
        "version": __version__,
        "versions": manifests.versions(),
    }
    if study.metadata is not None:
        read_metadata(study.metadata)  # a table that cannot be read is refused before anything is computed
        identity["metadata_sha256"] = hash_file(study.metadata)
    if study.codebook is not None:
        identity["codebook_sha256"] = hash_codebook(study.codebook)  # and one that is not right is refused
    return identity


def list_files(study: Study) -> dict[str, Path]:
    """Every packaged list, since repair and attribution read them too, and the user's own; by name."""
    packaged = resource("stopwords")
    files = {path.relative_to(packaged).as_posix(): path for path in packaged.rglob("*.t*") if path.is_file()}
    files |= {f"own/{name}": path for name, path in study.own_lists().items()}
    return dict(sorted(files.items()))


def hash_lists(study: Study) -> dict[str, str]:
    """SHA-256 of every list, by name."""
    return {name: hash_file(path) for name, path in list_files(study).items()}
