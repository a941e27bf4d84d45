"""A codebook file and a run folder with a fitted model come in; the folder's tables with the codebook applied go out.

The tables as they were fitted stay below the run folder in ``fitted/``, so that another codebook can be applied
without fitting again. The model itself is stored as it was fitted; `coded_model` merges its topics.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from discourse.config import Study
from discourse.contracts import TopicModel
from discourse.errors import SettingError
from discourse.runs.store import has_table, load_model, load_table, save_table, write_file
from discourse.topics.codebook import LARGEST, Codebook, parse_codebook
from discourse.topics.dtm import build_dtm
from discourse.topics.labels import describe_topics, rank_terms, theta_table
from discourse.topics.recoding import (
    match_codebook,
    merge_columns,
    merge_families,
    merge_means,
    merge_model,
    name_topics,
    renumber,
)
from discourse.topics.returns import name_badges

CODEBOOK = "codebook.toml"
FITTED = "fitted"
CODED = ("topics", "shares", "families", "family_shares")  # kept as fitted too


def read_codebook(path: Path) -> tuple[Codebook, bytes]:
    """Codebook in a file, and the bytes of the file. Raises SettingError, in one line."""
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise SettingError(
            f"{path}: the codebook cannot be read ({error.strerror}); write one with `discourse codebook RUN`"
        ) from None
    return parse_codebook(content, path.name), content


def hash_codebook(path: Path) -> str:
    """sha256 of a codebook that can be read, in hexadecimal."""
    return hashlib.sha256(read_codebook(path)[1]).hexdigest()


def code_folder(folder: Path, study: Study, path: Path) -> pd.DataFrame:
    """Apply a codebook to the tables of a run that was just fitted; returns the table `codebook`.

    Keeps `CODED` in ``fitted/`` and the codebook itself as ``codebook.toml``. What changed since the codebook was
    written is told as warnings.
    """
    codebook, content = read_codebook(path)
    model = load_model(folder)
    table = match_codebook(codebook, model)
    for name in CODED:
        save_table(folder / FITTED, name, load_table(folder, name))
    write_file(folder / CODEBOOK, lambda file: file.write(content))
    save_table(folder, "codebook", table)
    for name, coded in _code_tables(folder, study, model, table).items():
        save_table(folder, name, coded)
    return table


def uncode_folder(folder: Path, study: Study) -> None:
    """Put the tables back as they were fitted, if a codebook was applied."""
    if not (folder / FITTED).is_dir():
        return
    model = load_model(folder)
    for name in CODED:
        save_table(folder, name, load_table(folder / FITTED, name))
    save_table(folder, "topic_terms", rank_terms(model, **study.options("topics.labels")))
    save_table(folder, "theta", theta_table(model))
    forget_coding(folder)


def forget_coding(folder: Path, *, keep: Path | None = None) -> None:
    """Remove what an applied codebook left besides the tables themselves; `keep` is a codebook still needed."""
    shutil.rmtree(folder / FITTED, ignore_errors=True)
    for path in (folder / name for name in (CODEBOOK, "codebook.parquet", "codebook.csv")):
        if keep is None or path.resolve() != keep.resolve():
            path.unlink(missing_ok=True)


def coded_model(folder: Path) -> tuple[TopicModel, pd.DataFrame | None]:
    """Model of a run with its topics merged as its codebook says, and the table `codebook`, None without one."""
    model = load_model(folder)
    if not has_table(folder, "codebook"):
        return model, None
    table = load_table(folder, "codebook")
    return merge_model(model, table), table


def _code_tables(
    folder: Path, study: Study, model: TopicModel, codebook: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    merged = merge_model(model, codebook)
    dtm = build_dtm(load_table(folder, "tokens"), **study.options("topics.dtm"))
    fitted, shares = load_table(folder, "topics"), load_table(folder, "shares")
    uses = load_table(folder, "phrase_uses")
    prevalence = fitted.sort_values("topic")["prevalence"].to_numpy(dtype=np.float64)
    shares = merge_columns(shares, codebook)
    topics = renumber(describe_topics(merged, dtm, shares=shares, phrase_uses=uses), codebook)
    stability = fitted.sort_values("topic")["stability"].to_numpy(dtype=np.float64)
    topics["stability"] = merge_means(stability, codebook, prevalence)
    if "returning" in fitted:
        returning = fitted.sort_values("topic")["returning"].to_numpy(dtype=np.float64)
        topics["returning"] = merge_means(returning, codebook, prevalence)
        topics["badge"] = name_badges(topics["returning"].to_numpy())
    return {
        "topics": name_topics(topics, codebook),
        "topic_terms": renumber(rank_terms(merged, **study.options("topics.labels")), codebook),
        "theta": merge_columns(theta_table(model), codebook),
        "shares": shares,
        "families": merge_families(load_table(folder, "families"), codebook, prevalence),
        "family_shares": merge_columns(load_table(folder, "family_shares"), codebook),
    }
