"""A run folder comes in; its number of topics as a trade-off goes out: two tables and a page beside the run's own.

Every finished model is stored at once below the run folder, so that an interrupted command goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import DocumentTermMatrix
from discourse.errors import SettingError
from discourse.pipeline import Run
from discourse.report.html import write_page
from discourse.report.selection import render_selection
from discourse.runs.asked import writing_beside
from discourse.runs.store import write_file
from discourse.topics.dtm import build_dtm
from discourse.topics.families import gather_families, render_families
from discourse.topics.selection import Candidate, score_sizes
from discourse.topics.tradeoff import explain_choice, render_sizes, summarise_sizes
from discourse.variants import model_settings

PAGE = "selection.html"
_WORK = "selection"
_WRITTEN = [
    f"{name}.{ending}" for name in ("selection", "sizes", "topic_families") for ending in ("parquet", "csv")
]


def select_size(
    run: Run,
    *,
    sizes: Sequence[int] | None = None,
    n_seeds: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> str:
    """Try numbers of topics on a run's tokens; returns the trade-off as lines for a terminal.

    sizes, n_seeds: instead of those of the study. Writes the tables `selection`, `sizes` and `topic_families`
    (of the recommended size) and ``selection.html`` into the run folder, and changes nothing else in it.
    """
    with writing_beside(run.path, *_WRITTEN, PAGE):
        return _select(run, sizes, n_seeds, progress)


def _select(
    run: Run,
    sizes: Sequence[int] | None,
    n_seeds: int | None,
    progress: Callable[[int, int], None] | None,
) -> str:
    tokens = run.table("tokens")
    dtm = build_dtm(tokens, **run.study.options("topics.dtm"))
    options = _options(run, sizes, n_seeds)
    store = FolderStore(run.path / _WORK, _identity(dtm, options))
    selection = score_sizes(dtm, tokens, store, progress, **options)
    table = summarise_sizes(selection)
    words = explain_choice(table)
    families = _gather_families(
        store, selection, dtm, int(table.loc[table["recommended"], "n_topics"].iloc[0])
    )
    run.save(selection=selection, sizes=table, topic_families=families)
    title = run.study.title or run.study.name
    page = write_page(render_selection(table, words, title=title, families=families), run.path / PAGE)
    store.remove()
    told = [render_sizes(table), "", words["zh"], words["en"], "", render_families(families), ""]
    return "\n".join([*told, f"plot 图: {page}"])


def _gather_families(
    store: FolderStore, selection: pd.DataFrame, dtm: DocumentTermMatrix, n_topics: int
) -> pd.DataFrame:
    """Families of the topics of all models of one size."""
    own = selection[selection["n_topics"] == n_topics]
    models = {row["model_id"]: store.load(f"k{n_topics}-s{row['seed']}") for row in own.to_dict("records")}
    return gather_families(own, {str(name): model for name, model in models.items() if model}, dtm.vocabulary)


def read_sizes(words: str | None) -> list[int] | None:
    """Numbers in a list such as ``5,10,20``; None stays None. Raises SettingError for anything else."""
    try:
        return None if words is None else [int(word) for word in words.split(",")]
    except ValueError:
        raise SettingError(f"--sizes {words!r} must be whole numbers such as 5,10,20") from None


class FolderStore:
    """Candidates of one selection, one file each; those of other settings or texts are thrown away."""

    def __init__(self, folder: Path, identity: str) -> None:
        if folder.is_dir() and not (folder / identity).is_file():
            shutil.rmtree(folder)
        folder.mkdir(exist_ok=True)
        (folder / identity).touch()
        self._folder = folder

    def load(self, name: str) -> Candidate | None:
        """Read a candidate; a file that cannot be read is taken as missing."""
        try:
            with (
                open(self._folder / f"{name}.npz", "rb") as file,
                np.load(file, allow_pickle=False) as arrays,
            ):
                facts = json.loads(str(arrays["facts"]))
                return Candidate(arrays["phi"], arrays["tops"], facts)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None

    def save(self, name: str, candidate: Candidate) -> None:
        """Write it under a temporary name, then rename it."""
        facts = json.dumps({key: _plain(value) for key, value in candidate.facts.items()})
        arrays: dict[str, Any] = {"phi": candidate.phi, "tops": candidate.tops, "facts": np.array(facts)}
        write_file(self._folder / f"{name}.npz", lambda file: np.savez(file, **arrays))

    def remove(self) -> None:
        """Throw all candidates away."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _options(run: Run, sizes: Sequence[int] | None, n_seeds: int | None) -> dict[str, Any]:
    settings = model_settings(run.path, run.study)
    fitting = {k: v for k, v in settings.items() if k not in ("n_topics", "seed")}
    known = "topics.selection" in run.study.settings  # not in runs of earlier versions
    options = {**fitting, **(run.study.options("topics.selection") if known else {})}
    if sizes is not None:
        options["sizes"] = list(sizes)
    if n_seeds is not None:
        options["seeds"] = list(range(1, n_seeds + 1))
    return options


def _identity(dtm: DocumentTermMatrix, options: dict[str, Any]) -> str:
    """Hash of what a candidate depends on, the list of sizes and seeds excepted: more of them may be asked for."""
    lasting = {key: value for key, value in options.items() if key not in ("sizes", "seeds")}
    digest = hashlib.sha256(json.dumps(lasting, sort_keys=True, default=str).encode())
    for part in (dtm.counts.indptr, dtm.counts.indices, dtm.counts.data):
        digest.update(np.ascontiguousarray(part, dtype=np.int64).tobytes())
    digest.update("\n".join(pd.Index(dtm.vocabulary).astype(str)).encode())
    return f"{digest.hexdigest()[:16]}.id"


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
