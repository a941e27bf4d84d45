"""A run and the name of another model come in; that model, stored in the run to stand beside its own, goes out."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from discourse.codebook_tables import coded_model
from discourse.config import Study
from discourse.contracts import TopicModel
from discourse.corpus.recycled import drop_recycled
from discourse.errors import RunError, SettingError
from discourse.report.beside import OtherModel
from discourse.report.labels import Text
from discourse.runs.asked import writing_beside
from discourse.runs.manifest import MANIFEST, read_manifest
from discourse.runs.store import (
    iterate_table,
    load_model,
    load_table,
    read_json,
    save_model,
    save_table,
    write_json,
)
from discourse.topics.dtm import build_dtm
from discourse.topics.labels import describe_topics
from discourse.topics.lda import fit_lda
from discourse.topics.returns import FOUND, measure_chance
from discourse.topics.shares import estimate_shares
from discourse.variants import change_settings, model_settings

BESIDE = "beside"
_NAME = "name.json"
NONE = "none"


def set_beside(folder: Path, study: Study, other: str) -> None:
    """Store a second model in a run, for its report to set beside the run's own.

    other: another run folder of the same texts, or settings of ``[topics.lda]`` to fit the run's own counts with
    (``n_topics=12,seed=3``), or ``none`` to take the second model away.

    Raises SettingError where it is neither, or the other run is of other texts.
    """
    place = folder / BESIDE
    if other == NONE:
        with writing_beside(folder, BESIDE):
            shutil.rmtree(place, ignore_errors=True)
        return
    is_run = (Path(other) / MANIFEST).is_file()
    if not is_run and "=" not in other:
        raise SettingError(
            f"--beside {other!r} is no run folder; name one, or settings such as n_topics=12 or seed=3, or none"
        )
    name, model, topics = _of_run(folder, Path(other)) if is_run else _fit_other(folder, study, other)
    with writing_beside(folder, BESIDE):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        save_model(place, model)
        save_table(place, "topics", topics)
        write_json(place / _NAME, {**name, "texts": _hash_texts(folder)})


def read_beside(folder: Path, model: TopicModel) -> OtherModel | None:
    """The second model of a run, held against `model`, the run's own; None where there is none."""
    place = folder / BESIDE
    words = read_json(place / _NAME) if (place / _NAME).is_file() else {}
    if words.get("texts") != _hash_texts(folder):
        return None  # there is none, or the run is of other texts since
    other, topics = load_model(place), load_table(place, "topics")
    if len(topics) != other.n_topics:
        raise RunError(f"{place}: is damaged; take it away with `discourse report {folder} --beside none`")
    similarity, pairs = compare_topics(model, other)
    return OtherModel(
        Text(zh=str(words["zh"]), en=str(words["en"])),
        other,
        topics,
        similarity,
        pairs,
        least=FOUND,
    )


def compare_topics(model: TopicModel, other: TopicModel) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Similarity of every topic of two models, (n_topics, n_topics of the other), and the pairs that fit best.

    Affinity sum_w sqrt(phi phi') over the terms of both models, rescaled as `score_returns` does: 0 is the mean of
    topics that do not belong together, 1 equality. Each topic is in one pair at most. A term that only one model
    has counts as a difference.
    """
    common = model.vocabulary.intersection(other.vocabulary).sort_values()
    own, there = (m.phi[:, m.vocabulary.get_indexer(common)] for m in (model, other))
    # einsum: the same sum whatever the number of BLAS threads
    affinity = np.minimum(np.einsum("iw,jw->ij", np.sqrt(own), np.sqrt(there)), 1.0)
    rows, columns = linear_sum_assignment(affinity, maximize=True)
    chance = measure_chance(affinity, rows, columns)
    similarity = np.clip((affinity - chance) / max(1.0 - chance, 1e-12), 0.0, 1.0)
    return similarity, list(zip(rows.tolist(), columns.tolist(), strict=True))


def _hash_texts(folder: Path) -> str:
    return hashlib.sha256("\n".join(_list_texts(folder)).encode()).hexdigest()


def _list_texts(folder: Path) -> list[str]:
    pieces = iterate_table(folder, "sources", columns=["sha256"])
    return sorted(text for piece in pieces for text in piece["sha256"].dropna())


def _of_run(folder: Path, other: Path) -> tuple[Text, TopicModel, pd.DataFrame]:
    own, there = (set(_list_texts(place)) for place in (folder, other))
    if own != there:
        raise SettingError(
            f"--beside {other}: two models are compared on the same texts; of {len(own)} texts of this run "
            f"{len(own & there)} are in the other, which has {len(there)}. Run the other study on the same files."
        )
    manifest = read_manifest(other)
    model, _ = coded_model(other)
    run_id = str(manifest["id"])[:8]
    told = Text(
        zh=f"运行 {manifest['name']}-{run_id}（{model.n_topics} 个主题）",
        en=f"run {manifest['name']}-{run_id} ({model.n_topics} topics)",
    )
    return told, model, load_table(other, "topics")


def _fit_other(folder: Path, study: Study, words: str) -> tuple[Text, TopicModel, pd.DataFrame]:
    """Fit the counts of the run with some settings changed."""
    changed = change_settings(study, _read_changes(words.split(",")))
    settings = model_settings(folder, changed)
    if "seed=" not in words:
        settings["seed"] = load_model(folder).settings["seed"]
    passages = drop_recycled(load_table(folder, "passages"), **study.options("corpus.recycled"))
    dtm = build_dtm(load_table(folder, "tokens"), **study.options("topics.dtm"))
    model = fit_lda(dtm, **settings)
    shares = estimate_shares(model, dtm, passages, **study.options("topics.shares"))
    uses = load_table(folder, "phrase_uses")
    topics = describe_topics(model, dtm, shares=shares, phrase_uses=uses)
    told = ", ".join(word.strip() for word in words.split(","))
    return Text(zh=f"同样的文本，{told}", en=f"the same texts, {told}"), model, topics


def _read_changes(words: Sequence[str]) -> dict[str, object]:
    changes: dict[str, object] = {}
    for word in words:
        name, mark, value = (part.strip() for part in word.partition("="))
        if not mark:
            raise SettingError(f"--beside: {word.strip()!r} is no setting; write it as n_topics=12 or seed=3")
        changes[f"topics.lda.{name}"] = _number(value)
    return changes


def _number(value: str) -> object:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
