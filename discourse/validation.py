"""A run comes in, a form for coders and its key go out; their answers come in, scores go out beside the run."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from discourse.codebook_tables import coded_model
from discourse.errors import RunError, SettingError, SourceError
from discourse.evidence.answers import read_answers, read_key
from discourse.evidence.coding import DEFAULT_TASKS, CodingPlan, plan_coding
from discourse.evidence.form import Language, build_key, render_form
from discourse.evidence.scores import score_coding
from discourse.evidence.verdicts import render_scores
from discourse.runs.asked import writing_beside
from discourse.runs.store import (
    has_table,
    hash_file,
    load_table,
    read_json,
    save_table,
    write_file,
    write_json,
)

if TYPE_CHECKING:
    from discourse.stages import Run

FORM, KEY, FOLDER = "coding-form.html", "coding-key.json", "coding"
_OF = "coding.json"  # which form and which state of the run the scores are of


def write_coding(
    run: Run,
    out: Path,
    *,
    tasks: Sequence[str] = DEFAULT_TASKS,
    only: Sequence[int] | None = None,
    n: int = 1,
    seed: int = 1,
    lang: Language | None = None,
) -> CodingPlan:
    """Write ``coding-form.html``, to send, and ``coding-key.json``, to keep, into `out`; answers with the questions.

    What stands there already is kept if it is the same, and never written over if it is not: without its key
    a form that was sent out cannot be scored.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the notes of the plan say it
        plan = plan_coding(
            coded_model(run.path)[0],
            run.table("passages"),
            run.table("topics"),
            tasks=tasks,
            only=only,
            n=n,
            seed=seed,
        )
    page, key = render_form(plan.items, lang=lang), build_key(plan.items, run=_identity(run), seed=seed)
    _refuse_other(out / KEY, key)
    write_json(out / KEY, key)
    write_file(out / FORM, lambda file: file.write(page.encode("utf-8")))
    return plan


def score_coders(run: Run, key_file: Path, answer_files: Sequence[Path]) -> tuple[pd.DataFrame, str]:
    """Score answer files by their key; saves `coding_items` and `coding_scores` in ``RUN/coding/``.

    Returns the scores and what they say, for a terminal, in Chinese and English. The run's own files stay as
    they are.
    """
    key = read_key(_read(key_file), str(key_file))
    _check_same(run, key["run"], key_file)
    coded = read_answers([(str(path), _read(path)) for path in answer_files], key)
    scores = score_coding(coded)
    with writing_beside(run.path, FOLDER):
        save_table(run.path / FOLDER, "coding_items", coded)
        save_table(run.path / FOLDER, "coding_scores", scores)
        write_json(run.path / FOLDER / _OF, {"form": key["form"], "run": key["run"]})
    labels = run.table("topics").set_index("topic")["label"]
    return scores, render_scores(scores, {int(str(topic)): str(label) for topic, label in labels.items()})


def load_scores(run: Run) -> pd.DataFrame | None:
    """Table `coding_scores` of a run; None where nobody coded it, or its topics are others since."""
    folder = run.path / FOLDER
    if not has_table(folder, "coding_scores") or not (folder / _OF).is_file():
        return None
    return load_table(folder, "coding_scores") if read_json(folder / _OF)["run"] == _identity(run) else None


def read_topics(words: str | None) -> list[int] | None:
    """Topic numbers in a list such as ``0,3,5``; None stays None. Raises SettingError for anything else."""
    try:
        return None if words is None else [int(word) for word in words.split(",")]
    except ValueError:
        raise SettingError(f"--topics {words!r} must be topic numbers such as 0,3,5") from None


def _identity(run: Run) -> dict[str, str]:
    """What must not have changed between form and scores: the run, its model and its labels."""
    return {
        "id": run.manifest["id"],
        "model": hash_file(run.path / "model.npz")[:16],
        "topics": hash_file(run.path / "topics.parquet")[:16],
    }


def _check_same(run: Run, keyed: dict[str, str], path: Path) -> None:
    now = _identity(run)
    if keyed.get("id") != now["id"]:
        raise RunError(
            f"{path}: the key must belong to this run; it is of run {keyed.get('id')!r}, {run.path} is "
            f"{now['id']!r}; give the run that the form was made from"
        )
    if keyed != now:
        raise RunError(
            f"{path}: the topics must be those that were coded; the model or the labels of {run.path} have changed "
            "since; put the codebook back, or make a new form"
        )


def _refuse_other(path: Path, key: dict[str, Any]) -> None:
    if path.is_file() and read_key(_read(path), str(path)) != key:
        raise RunError(
            f"{path}: is the key of another form and would be lost; choose another --out, or move it away"
        )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check the path") from None
