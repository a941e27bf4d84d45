"""The walk itself: one module a stage, each reading tables of a run and leaving others."""

from __future__ import annotations

from collections.abc import Callable

from discourse.codebook_tables import CODEBOOK, CODED, FITTED
from discourse.comparison import TABLES
from discourse.stages.compare import compare_groups
from discourse.stages.corpus import make_corpus
from discourse.stages.report import LDAVIS, REPORT, tell_payload, write_reports
from discourse.stages.run import ENGINE, NAMES, THIS_MACHINE, Engine, Run
from discourse.stages.segment import segment_passages
from discourse.stages.topics import fit_topics
from discourse.summary import SUMMARY

__all__ = ["ENGINE", "LDAVIS", "NAMES", "REPORT", "STAGES", "THIS_MACHINE", "Engine", "Run", "tell_payload"]


def _files(*names: str) -> list[str]:
    return [f"{name}.{ending}" for name in names for ending in ("parquet", "csv")]


STAGES: dict[str, tuple[Callable[..., str], list[str]]] = {
    "corpus": (
        make_corpus,
        _files("sources", "documents", "edits", "attributions", "passages", "reuse", "reuse_matrix"),
    ),
    "segment": (segment_passages, _files("lexicon", "tokens", "lexicon_audit")),
    "topics": (
        fit_topics,
        [
            *_files("models", "alignment", "topic_terms", "topics", "theta", "shares", "phrase_uses"),
            *_files("universes", "families", "family_shares"),
            "model.npz",
            "model.json",
            CODEBOOK,
            *_files("codebook", *(f"{FITTED}/{name}" for name in CODED)),
        ],
    ),
    "compare": (
        compare_groups,
        [
            *_files("prevalence", "contrasts", "keyness", "phrases", "phrase_groups"),
            *_files(*TABLES),
            *_files("specifications", "robustness"),
        ],
    ),
    "report": (write_reports, [*_files("exemplars"), REPORT, LDAVIS, SUMMARY]),
}
