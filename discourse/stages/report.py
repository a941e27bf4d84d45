"""Everything that a run found, on one page."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from discourse.beside import read_beside
from discourse.codebook_tables import coded_model
from discourse.comparison import count_topic_tokens
from discourse.contracts import CONTRACTS
from discourse.evidence.exemplars import find_exemplars
from discourse.evidence.trace import find_raw_spans
from discourse.report.beside import describe_beside
from discourse.report.html import write_page, write_report
from discourse.report.ldavis import render_ldavis
from discourse.report.payload import build_payload, list_terms
from discourse.runs.manifest import versions
from discourse.runs.store import count_rows, has_table, write_json
from discourse.stages.run import NAMES, Run, has_groups, modelled_passages, stack
from discourse.summary import SUMMARY, summarise
from discourse.topics.dtm import build_dtm
from discourse.topics.recoding import renumber
from discourse.validation import load_scores

REPORT = "report.html"
LDAVIS = "pyldavis.html"


def write_reports(run: Run) -> str:
    """The report, pyLDAvis beside it, and the findings for the terminal."""
    page, beside = _draw_models(run)  # which lets go of what it read before the page's own tables come in
    payload = tell_payload(run, ldavis=page, beside=beside)
    write_page(page, run.path / LDAVIS)
    write_report(payload, run.path / REPORT)
    write_json(run.path / SUMMARY, summarise(payload))
    return f"{REPORT}, {LDAVIS}"


def _draw_models(run: Run) -> tuple[str, dict[str, Any] | None]:
    """The page of pyLDAvis, and what is told of a second model; saves the quotations on the way."""
    study, documents, passages = run.study, run.table("documents"), modelled_passages(run)
    model, codebook = coded_model(run.path)
    options = study.options("evidence.exemplars")
    factors = [factor for factor in study.by if has_groups(documents, factor)]
    quote = partial(find_exemplars, model, passages, documents, reuse=run.table("reuse"), **options)
    exemplars = [quote(), *(quote(by=factor) for factor in factors)]
    stacked = stack("exemplars", exemplars)
    run.save(exemplars=stacked if codebook is None else renumber(stacked, codebook))
    counts = count_topic_tokens(
        documents,
        factors=factors,
        model=model,
        dtm=build_dtm(run.walk("tokens"), **study.options("topics.dtm")),
        passages=passages,
    )
    other = read_beside(run.path, model)
    page = render_ldavis(model, run.table("topics"), groups=counts, other=other)
    return page, None if other is None else describe_beside(other, model, run.table("topics"))


def tell_payload(
    run: Run, *, ldavis: str | None = None, beside: dict[str, Any] | None = None
) -> dict[str, Any]:
    """All that the report of a run says; ldavis: the page of `render_ldavis`, beside: of `describe_beside`."""
    tables = {name: run.table(name) for name in CONTRACTS if name != "tokens" and has_table(run.path, name)}
    tables["sources"]["text"] = ""  # of a file the page tells where it is and what hash it has
    tables["passages"] = _with_raw_places(tables)
    if has_table(run.path, "tokens"):
        tables["tokens"] = _tokens_of(run, list_terms(tables))
    if (scores := load_scores(run)) is not None:
        tables["coding_scores"] = scores
    study = run.study
    done = run.manifest["stages"]  # in another order once the manifest was read again
    notes = [note for stage in NAMES if stage in done for note in done[stage]["notes"]]
    return build_payload(
        tables,
        name=study.name,
        title=study.title or None,
        settings={**study.settings, "study": _tell_study(run)},
        versions=versions(),
        notes=notes,
        n_tokens=count_rows(run.path, "tokens") if "tokens" in tables else None,
        ldavis=ldavis,
        beside=beside,
    )


def _tokens_of(run: Run, terms: set[str]) -> pd.DataFrame:
    """The tokens that are one of the terms."""
    return stack("tokens", (piece[piece["term"].isin(terms)] for piece in run.walk("tokens")))


def _with_raw_places(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Passages with their places in the raw texts."""
    passages = tables["passages"]
    spans = find_raw_spans(tables["documents"], tables["edits"], passages[["doc_id", "start", "end"]])
    return passages.assign(raw_start=spans["raw_start"], raw_end=spans["raw_end"])


def _tell_study(run: Run) -> dict[str, Any]:
    told = {"by": list(run.study.by), "regions": dict(run.study.regions)}
    digest = run.manifest.get("codebook_sha256")
    return told | ({"codebook": digest[:16]} if digest else {})
