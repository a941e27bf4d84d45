"""One departure from a study comes in; its counts, and the study's topics in a model of them, go out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from discourse.compare.robustness import join_families
from discourse.config import Study, change_study
from discourse.contracts import DocumentTermMatrix, TopicModel
from discourse.corpus.passages import split_passages
from discourse.corpus.recycled import drop_recycled, mark_reuse
from discourse.corpus.reuse import find_reuse
from discourse.errors import DataError
from discourse.runs.store import iterate_table, load_table
from discourse.segment.lexicon import read_lexicon
from discourse.segment.tokenizer import build_tokenizer
from discourse.segment.tokens import segment_passages
from discourse.topics.dtm import build_dtm
from discourse.topics.ensemble import align_topics
from discourse.topics.seeded import find_themes
from discourse.topics.shares import estimate_shares

_FACTS = ("engine", "n_topics", "seed", "log_likelihood", "n_iterations", "converged")


def prepare_counts(
    folder: Path, study: Study, changes: Mapping[str, Any]
) -> tuple[DocumentTermMatrix, pd.DataFrame]:
    """Counts and passages of a run under other settings.

    folder: a run with `documents`, `passages` and `tokens`; what the changes leave as it was is read from there.
    changes: section.name -> value, of passages, recycled text, segmentation and the document-term matrix.
    Raises DataError where nothing is left to count.
    """
    own = change_settings(study, changes)
    passages, recycled = load_table(folder, "passages"), own.options("corpus.recycled")
    if any(key.startswith("corpus.passages.") for key in changes):
        documents = load_table(folder, "documents")
        passages = split_passages(documents, **own.options("corpus.passages"))
        if recycled["max_share"] < 1:
            passages = mark_reuse(passages, find_reuse(passages, documents, **own.options("corpus.reuse")))
    passages = drop_recycled(passages, **recycled)
    if any(key.startswith(("corpus.", "segment.")) for key in changes):
        lexicon = read_lexicon(**own.options("segment.lexicon"))
        tokenizer = build_tokenizer(lexicon, **own.options("segment.tokenizer"))
        tokens = segment_passages(passages, tokenizer, **own.options("segment.tokens"))
        return build_dtm(tokens, **own.options("topics.dtm")), passages
    return build_dtm(iterate_table(folder, "tokens"), **own.options("topics.dtm")), passages


def model_settings(folder: Path, study: Study) -> dict[str, Any]:
    """Arguments of `fit_lda` in a study; themes that are named by the run's lexicon get their terms."""
    settings = study.options("topics.lda")
    if settings.get("themes") is not None:
        settings["themes"] = find_themes(settings["themes"], load_table(folder, "lexicon"))
    return settings


def change_settings(study: Study, changes: Mapping[str, Any]) -> Study:
    """`study` with other settings, checked as those of a command line are."""
    words = [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in changes.items()]
    return change_study(study, words)


def follow_topics(
    reference: TopicModel,
    model: TopicModel,
    dtm: DocumentTermMatrix,
    passages: pd.DataFrame,
    **options: Any,
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """Find the topics of the reference model in another model, and what share of each document they have there.

    Affinity is sum_w sqrt(phi phi'). Where stop lists, lexicon or passages differ, so do vocabularies: then it
    is taken over the terms that both models have, phi rescaled to them.

    Parameters
    ----------
    reference, model
        The model whose topic numbers count, and the one to look into.
    dtm, passages
        What `model` was fitted to.
    options
        Settings of `estimate_shares`.

    Returns
    -------
    facts, families, family_shares
        How the model was fitted, with ``n_terms`` and ``common``, the share of the reference model's tokens
        whose terms it has; families and their shares as `join_families` gives them.

    Raises
    ------
    DataError
        The models have no term in common.
    """
    alignment, common = _align(reference, model)
    shares = estimate_shares(model, dtm, passages, **options)
    family_shares, families = join_families(shares, alignment, n_topics=reference.n_topics)
    facts = {name: model.settings[name] for name in _FACTS}
    return facts | {"n_terms": len(model.vocabulary), "common": common}, families, family_shares


def _align(reference: TopicModel, model: TopicModel) -> tuple[pd.DataFrame, float]:
    common = reference.vocabulary.intersection(model.vocabulary).sort_values()
    if common.empty:
        raise DataError(
            "a model has no term in common with the reference model: vary fewer settings at once."
        )
    # align_topics leaves out the model that has the reference's name, and here that one is to be followed too
    first = replace(reference, settings={**reference.settings, "seed": -1})
    alignment = align_topics(_on_terms(first, common), [_on_terms(model, common)])
    known = reference.term_counts[reference.vocabulary.get_indexer(common)].sum()
    return alignment, round(float(known / reference.term_counts.sum()), 12)


def _on_terms(model: TopicModel, terms: pd.Index) -> TopicModel:
    """`model` on some of its terms only, rows of phi rescaled to sum to 1."""
    positions = model.vocabulary.get_indexer(terms)
    phi = model.phi[:, positions]
    return replace(
        model,
        phi=phi / phi.sum(axis=1, keepdims=True),
        vocabulary=terms,
        term_counts=model.term_counts[positions],
    )
