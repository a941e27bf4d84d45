"""Shares, a model and metadata of one run come in; whole profiles, wordings, trends and adjusted contrasts go out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from discourse.compare.adjusted import contrast_adjusted
from discourse.compare.groups import cross_columns
from discourse.compare.ordination import ordinate_profiles
from discourse.compare.profiles import compare_profiles
from discourse.compare.trends import estimate_trend
from discourse.compare.vocabulary import contrast_vocabulary, divide_tokens
from discourse.config import Study
from discourse.contracts import DocumentTermMatrix, TopicModel, empty
from discourse.report.ldavis_pair import GroupCounts, count_groups

TABLES = ("profiles", "ordination", "vocabulary", "trends", "adjusted")
MIN_TIMES = 3
MAX_GROUPS = 32  # of a factor, the largest, that can be set side by side


def compare_further(
    study: Study,
    shares: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    factors: Sequence[str],
    model: TopicModel,
    dtm: DocumentTermMatrix,
    passages: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Tables `profiles`, `ordination`, `vocabulary`, `trends` and `adjusted` of a run, empty where nothing applies.

    Profiles are compared between the groups of every factor and between the cells of the first two factors;
    trends need three years or more; adjusted contrasts a formula in study.toml.
    """
    compared = documents[documents["doc_id"].isin(shares["doc_id"])]
    profiles = [
        compare_profiles(shares, documents, by=factor, **_options(study, "compare.profiles"))
        for factor in _with_cells(compared, factors)
    ]
    ordination = [
        ordinate_profiles(shares, documents, by=factor, **_options(study, "compare.ordination"))
        for factor in factors
    ]
    vocabulary = [
        contrast_vocabulary(
            model,
            dtm,
            passages,
            documents,
            by=factor,
            target=sorted(compared[factor].dropna().astype(str).unique()),
            **study.options("compare.vocabulary"),
        )
        for factor in factors
    ]
    trends = _options(study, "compare.trends")
    years = [estimate_trend(shares, documents, **trends)] if compared["year"].nunique() >= MIN_TIMES else []
    adjusted = _options(study, "compare.adjusted")
    formulas = [contrast_adjusted(shares, documents, **adjusted)] if adjusted["formula"] else []
    found = dict(zip(TABLES, (profiles, ordination, vocabulary, years, formulas), strict=True))
    return {name: _stack(name, tables) for name, tables in found.items()}


def count_topic_tokens(
    documents: pd.DataFrame,
    *,
    factors: Sequence[str],
    model: TopicModel,
    dtm: DocumentTermMatrix,
    passages: pd.DataFrame,
) -> GroupCounts | None:
    """Expected tokens of every group in every topic, for two groups side by side; None without two groups."""
    owners = passages.set_index("passage_id")["doc_id"].reindex(dtm.passages)
    owner, doc_ids = pd.factorize(owners)
    known = documents.set_index("doc_id").reindex(doc_ids)
    groups = [
        (factor, group, (known[factor].astype(object) == group).to_numpy(dtype=bool))
        for factor in factors
        for group in known[factor].dropna().astype(str).value_counts().index[:MAX_GROUPS]
    ]
    if len(groups) < 2:
        return None
    return count_groups(model, divide_tokens(model, dtm, owner, len(doc_ids)), groups)


def _options(study: Study, section: str) -> dict[str, Any]:
    """Settings of a section; the units of the contrasts hold where it names no others."""
    own, contrasts = study.options(section), study.options("compare.contrasts")
    shared = {name: contrasts[name] for name in ("cluster", "strata") if name in own and own[name] is None}
    # a trend needs documents at several times inside a unit: its clusters are another question
    return own if section == "compare.trends" else own | shared


def _with_cells(documents: pd.DataFrame, factors: Sequence[str]) -> list[str]:
    """Add the crossing of the first two factors where it has cells to compare."""
    if len(factors) < 2 or any(":" in factor for factor in factors):
        return list(factors)
    cells = f"{factors[0]}:{factors[1]}"
    return [*factors, *([cells] if cross_columns(documents, cells)[cells].nunique() > 1 else [])]


def _stack(name: str, tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else empty(name)
