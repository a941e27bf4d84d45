"""Tables of a run in, one JSON-able dict out: nothing else reaches the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from discourse.contracts import CONTRACTS, check, empty, topic_columns
from discourse.errors import SettingError, suggest
from discourse.report.adjusted import list_adjusted, word_topics
from discourse.report.anchors import place_quotations
from discourse.report.answer import state_answer
from discourse.report.behind import list_quotes, place_evidence
from discourse.report.checks import describe_coding, describe_segmentation
from discourse.report.comparison import compare_factors, mark_vocabulary, quote_groups
from discourse.report.coverage import cross_documents
from discourse.report.faults import count_repeated, list_faults
from discourse.report.findings import is_unstable, state_findings
from discourse.report.labels import group_label, label, plain, rows
from discourse.report.maps import list_trends, map_factors
from discourse.report.methods import write_methods
from discourse.report.naming import describe_codebook
from discourse.report.notes import translate_note
from discourse.report.places import list_leads, number_groups, place_documents
from discourse.report.questions import answer_reviewers
from discourse.report.references import list_references
from discourse.report.sharing import describe_reuse, list_phrases
from discourse.report.survival import count_badges, list_sizes

FIELDS = ("province", "city", "district", "region", "level", "role", "speaker", "date", "genre")
N_EXAMPLES = 4
N_TERMS = 12
MAX_DOCUMENTS = 500  # a page with more rows cannot be read; the run folder has them all


def build_payload(
    tables: Mapping[str, pd.DataFrame],
    *,
    name: str,
    title: str | None = None,
    settings: Mapping[str, Any],
    versions: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    n_tokens: int | None = None,
    ldavis: str | None = None,
    beside: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Gather everything that the report says, as plain numbers and words.

    tables: by contract name; some may be absent or empty, their sections then say so. settings: those really
    used, ``{"topics": {"lda": {"n_topics": 8}}}``; the methods paragraph is written from them and from the
    tables. versions: package to version. notes: sentences to print above the findings. n_tokens: of the whole
    corpus, where `tokens` holds those of `list_terms` only. ldavis: the page of `render_ldavis`. beside: a second
    model, of `describe_beside`. Nothing is rounded here and nothing depends on the clock.

    Raises SettingError for a table that no contract knows, ContractError for one that breaks its contract.
    """
    held = _held(tables)
    quotations = quote_groups(held, MAX_DOCUMENTS)
    anchors = place_quotations(quotations)
    payload: dict[str, Any] = {
        "name": name,
        "title": title or name,
        "notes": [translate_note(str(note)) for note in notes],
        "counts": count_rows(held, n_tokens),
        "sources": rows(
            held["sources"].head(MAX_DOCUMENTS), "source_id", "path", "encoding", "n_chars", "sha256"
        ),
        "faults": list_faults(held["sources"]),
        "repeated": count_repeated(held["passages"]),
        "documents": _describe_documents(held),
        "coverage": cross_documents(held["documents"]),
        "unknown": _count_unknown(held["documents"]),
        "repairs": _describe_repairs(held["edits"]),
        "lexicon": _describe_lexicon(held["lexicon_audit"]),
        "topics": _describe_topics(held),
        "codebook": describe_codebook(held),
        "profiles": _describe_profiles(held),
        "factors": compare_factors(held, anchors),
        "adjusted": list_adjusted(held, anchors),
        "maps": map_factors(held),
        "trends": list_trends(held),
        "vocabulary": mark_vocabulary(held),
        "topic_words": word_topics(held),
        "set_phrases": list_phrases(held),
        "reuse": describe_reuse(held),
        "quotations": quotations,
        "n_universes": len(held["universes"]),
        "badges": count_badges(held),
        "sizes": list_sizes(held),
        "segmentation": describe_segmentation(held),
        "coding": describe_coding(held),
        "models": rows(held["models"], *CONTRACTS["models"].columns),
        "settings": [[key, plain(value)] for key, value in flatten(settings)],
        "versions": [[key, str(value)] for key, value in sorted((versions or {}).items())],
        "ldavis": ldavis,
        "beside": beside,
    }
    places = number_groups(payload["factors"])
    payload["document_groups"] = {
        document["doc_id"]: placed.get(document["doc_id"], "")
        for placed in [place_documents(held["documents"], places)]
        for document in [*payload["documents"], *payload["profiles"], *list_quotes(quotations)]
    }
    payload["leads"] = list_leads(payload["factors"])
    payload["shelf"] = place_evidence(payload, held)
    payload["findings"] = state_findings(payload)
    payload["answer"] = state_answer(payload)
    payload["methods"] = write_methods(payload)
    payload["questions"] = answer_reviewers(payload)
    payload["references"] = [reference.line() for reference in list_references(payload)]
    return payload


def _held(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    for name in tables:
        if name not in CONTRACTS:
            raise SettingError(
                f"no table is called {name!r}. {suggest(name, CONTRACTS)}Tables: {', '.join(CONTRACTS)}."
            )
    return {name: check(tables[name], name) if name in tables else empty(name) for name in CONTRACTS}


def list_terms(tables: Mapping[str, pd.DataFrame]) -> set[str]:
    """Words that the page prints as marks of a group: the only ones whose `tokens` it looks up."""
    held = {
        name: tables[name] if name in tables else empty(name) for name in ("keyness", "topics", "vocabulary")
    }
    lists = [
        *mark_vocabulary(held),
        *(topic for entry in word_topics(held) for topic in entry["topics"]),
    ]
    return {word["term"] for own in lists for word in own["words"]}


def count_rows(held: Mapping[str, pd.DataFrame], n_tokens: int | None = None) -> dict[str, int]:
    """How many of everything the study has; `tokens` were kept by segmentation, `tokens_modelled` counted."""
    modelled = int(held["shares"]["n_tokens"].sum())
    kept = len(held["tokens"]) if n_tokens is None else n_tokens
    return {
        "sources": held["sources"]["path"].nunique(),
        "source_texts": len(held["sources"]),
        "documents": len(held["documents"]),
        "passages": len(held["passages"]),
        "tokens": kept or modelled,
        "tokens_modelled": modelled or kept,
        "topics": len(held["topics"]),
        "edits": len(held["edits"]),
        "models": len(held["models"]),
        "repeats": int(held["passages"]["reuse_id"].notna().sum()),
    }


def flatten(settings: Mapping[str, Any], stem: str = "") -> list[tuple[str, Any]]:
    """Nested settings as ``[("topics.lda.n_topics", 8), ...]``, sorted by name."""
    flat: list[tuple[str, Any]] = []
    for key, value in settings.items():
        path = f"{stem}{key}"
        flat += flatten(value, f"{path}.") if isinstance(value, Mapping) else [(path, value)]
    return sorted(flat, key=lambda pair: pair[0])


def _describe_documents(held: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """One entry a document: its fields, each with the words that show it."""
    documents = held["documents"].head(MAX_DOCUMENTS)
    attributions, shares = (
        held[name][held[name]["doc_id"].isin(documents["doc_id"])] for name in ("attributions", "shares")
    )
    evidence = {
        (row["doc_id"], row["field"]): row
        for row in rows(attributions, "doc_id", "field", "value", "quote", "rule", "confidence")
    }
    sizes = {row["doc_id"]: row for row in rows(shares, "doc_id", "n_passages", "n_tokens")}
    repairs = held["edits"]["doc_id"].value_counts()
    described = []
    for document in rows(documents, "doc_id", "source_id", "title", "text", *FIELDS):
        doc_id = document["doc_id"]
        described.append(
            {
                "doc_id": doc_id,
                "source_id": document["source_id"],
                "title": document["title"],
                "n_characters": len(document["text"]),
                "n_repairs": int(repairs.get(doc_id, 0)),
                "n_passages": sizes.get(doc_id, {}).get("n_passages"),
                "n_tokens": sizes.get(doc_id, {}).get("n_tokens"),
                "fields": [
                    _describe_field(field, document[field], evidence.get((doc_id, field))) for field in FIELDS
                ],
            }
        )
    return described


def _describe_field(field: str, value: Any, evidence: Mapping[str, Any] | None) -> dict[str, Any]:
    shown = None if value is None else group_label(field, value)
    found = evidence if evidence and value is not None else {}
    return {
        "field": field, "name": label("factor", field), "value": shown, "quote": found.get("quote"),
        "rule": found.get("rule"), "confidence": found.get("confidence"),
    }  # fmt: skip


def _count_unknown(documents: pd.DataFrame) -> list[dict[str, Any]]:
    counts = {field: int(documents[field].isna().sum()) for field in FIELDS}
    return [{"name": label("factor", field), "n": n} for field, n in counts.items() if n]


def _describe_repairs(edits: pd.DataFrame) -> list[dict[str, Any]]:
    """One entry a rule, the most used first, with examples that differ from one another."""
    described = []
    for rule, of_rule in edits.groupby("rule", sort=True):
        examples = of_rule[of_rule["before"].str.len() <= 80].drop_duplicates(["before", "after"])
        examples = examples if len(examples) else of_rule
        described.append(
            {
                "rule": str(rule),
                "label": label("rule", rule),
                "n": len(of_rule),
                "n_sources": int(of_rule["source_id"].nunique()),
                "examples": rows(examples.head(N_EXAMPLES), "source_id", "start", "end", "before", "after"),
            }
        )
    return sorted(described, key=lambda entry: (-entry["n"], entry["rule"]))


def _describe_lexicon(audit: pd.DataFrame) -> list[dict[str, Any]]:
    described = []
    for status, of_status in audit.groupby("status", sort=True):
        terms = of_status.sort_values(["n_in_text", "term"], ascending=[False, True]).head(10)
        described.append(
            {
                "status": label("status", status),
                "n": len(of_status),
                "examples": rows(terms, "term", "n_in_text", "n_produced", "swallowed_by"),
            }
        )
    return sorted(described, key=lambda entry: -entry["n"])


def _describe_topics(held: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    columns = (
        "topic", "label", "prevalence", "coherence", "exclusivity", "stability", "badge", "candidates",
        "automatic", "definition", "excluded", "reason",
    )  # fmt: skip
    described = rows(held["topics"].sort_values("topic"), *columns)
    for topic in described:
        topic["excluded"] = bool(topic["excluded"])
        topic["unstable"] = is_unstable(topic)
        topic["badge"] = topic["badge"] and label("returns", topic["badge"])
        terms = held["topic_terms"][held["topic_terms"]["topic"] == topic["topic"]]
        topic["terms"] = rows(terms.sort_values(["rank", "term"]).head(N_TERMS), "term", "phi")
        by_frex = terms.sort_values(["frex", "term"], ascending=[False, True]).head(N_TERMS)
        topic["distinctive"] = rows(by_frex, "term", "frex")
    return described


def _describe_profiles(held: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Shares of all topics in every document."""
    titles = dict(zip(held["documents"]["doc_id"], held["documents"]["title"], strict=True))
    columns = topic_columns(held["shares"])
    return [
        {
            "doc_id": row["doc_id"],
            "title": plain(titles.get(row["doc_id"])),
            "shares": [row[column] for column in columns],
        }
        for row in rows(held["shares"].head(MAX_DOCUMENTS), "doc_id", *columns)
    ]
