"""Compare how regions and levels of government talk: from raw Chinese texts to a defended comparison.

The public names are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "read_sources": "corpus.sources",
    "build_documents": "corpus.documents",
    "split_passages": "corpus.passages",
    "read_lexicon": "segment.lexicon",
    "build_tokenizer": "segment.tokenizer",
    "segment_passages": "segment.tokens",
    "build_dtm": "topics.dtm",
    "fit_lda": "topics.lda",
    "fit_ensemble": "topics.ensemble",
    "estimate_shares": "topics.shares",
    "estimate_prevalence": "compare.prevalence",
    "contrast_prevalence": "compare.contrasts",
    "score_keyness": "compare.keyness",
    "find_exemplars": "evidence.exemplars",
    "build_payload": "report.payload",
    "write_report": "report.html",
}
__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'discourse' has no attribute {name!r}")
    return getattr(import_module(f"discourse.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return __all__
