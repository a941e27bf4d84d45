"""The walk itself: one function a stage, each reading tables of a run and leaving others."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from discourse.codebook_tables import CODEBOOK, CODED, FITTED, code_folder, coded_model, forget_coding
from discourse.compare.contrasts import contrast_prevalence
from discourse.compare.formulas import find_phrases
from discourse.compare.group_keyness import score_group_keyness
from discourse.compare.groups import cross_columns
from discourse.compare.phrases import describe_phrases, tabulate_phrases
from discourse.compare.prevalence import estimate_prevalence
from discourse.compare.robustness import contrast_models, judge_robustness
from discourse.comparison import TABLES, compare_further, count_topic_tokens
from discourse.config import Study
from discourse.contracts import CONTRACTS, TopicModel, empty
from discourse.corpus.batches import Cleaned, clean_sources
from discourse.corpus.documents import complete_documents
from discourse.corpus.given import readable_sources
from discourse.corpus.metadata import read_metadata
from discourse.corpus.passages import split_passages
from discourse.corpus.recycled import drop_recycled, mark_reuse, reuse_matrix
from discourse.corpus.reuse import find_reuse
from discourse.corpus.sources import note_faults, read_sources
from discourse.errors import require_column
from discourse.evidence.exemplars import find_exemplars
from discourse.evidence.trace import find_raw_spans
from discourse.multiverse import plan_universes
from discourse.notebook import render_card
from discourse.progress import Progress
from discourse.report.html import write_page, write_report
from discourse.report.ldavis import render_ldavis
from discourse.report.payload import build_payload
from discourse.runs.manifest import versions
from discourse.runs.parts import FolderParts
from discourse.runs.store import (
    count_rows,
    has_table,
    iterate_table,
    load_table,
    save_model,
    save_table,
    write_json,
)
from discourse.runs.writer import TableWriter
from discourse.segment.batches import PassageWalk
from discourse.segment.lexicon import read_lexicon
from discourse.segment.tokenizer import build_tokenizer
from discourse.summary import SUMMARY, summarise
from discourse.topics.dtm import build_dtm
from discourse.topics.ensemble import align_topics, choose_reference, describe_models, fit_ensemble
from discourse.topics.labels import describe_topics, rank_terms, theta_table
from discourse.topics.lda import note_compilation
from discourse.topics.recoding import excluded_topics, leave_out, renumber
from discourse.topics.shares import estimate_shares
from discourse.universes import fit_universes
from discourse.validation import load_scores
from discourse.variants import model_settings
from discourse.workers import count_processors

REPORT = "report.html"
LDAVIS = "pyldavis.html"


class Walk(Protocol):
    """Passages on their way to tokens: tables of them, then what became of the lexicon."""

    def __iter__(self) -> Iterator[pd.DataFrame]: ...

    def audit(self) -> pd.DataFrame:
        """Table `lexicon_audit`."""


@dataclass(frozen=True)
class Engine:
    """Who cleans sources and cuts passages: this machine, or a cluster that answers with the same tables."""

    clean: Callable[..., Iterator[Cleaned]] = clean_sources
    walk: Callable[..., Walk] = PassageWalk


THIS_MACHINE = Engine()
ENGINE: ContextVar[Engine] = ContextVar("ENGINE", default=THIS_MACHINE)  # another while a cluster is at hand


@dataclass(frozen=True)
class Run:
    """A run folder: its path, the study behind it, and its manifest."""

    path: Path
    study: Study
    manifest: dict[str, Any]
    say: Callable[[str], None] = print

    def _repr_html_(self) -> str:
        """Show in a notebook what the run holds: its stages, and its tables that can be read."""
        names = [name for name in CONTRACTS if has_table(self.path, name)]
        done = ", ".join(stage for stage in STAGES if stage in self.manifest["stages"])
        return render_card(
            f"Run {self.manifest['id']} of {self.study.name}: {self.study.title}",
            {"folder": self.path, "stages": done or "none", "tables": len(names)},
            columns=("run.table(…)", "keys"),
            rows=[(name, " + ".join(CONTRACTS[name].key)) for name in names],
        )

    def follow(self, name: str, unit: str) -> Progress:
        """Tell how far a long piece of work has come."""
        return Progress(name, unit, say=self.say)

    def table(self, name: str) -> pd.DataFrame:
        """One table of the run."""
        return load_table(self.path, name)

    def save(self, **tables: pd.DataFrame) -> None:
        """Write tables under their contract names."""
        for name, table in tables.items():
            if not save_table(self.path, name, table):
                _note_large(name)


def _corpus(run: Run, sources: pd.DataFrame | None = None) -> str:
    study = run.study
    sources = read_sources(study.data, **study.options("corpus.sources")) if sources is None else sources
    for note in note_faults(sources):
        warnings.warn(note, stacklevel=1)
    documents, attributions, n_edits = _documents(run, sources)
    for factor in study.by:
        documents = cross_columns(documents, factor)
        require_column("documents", documents.columns, factor, "[study] by")
    passages = split_passages(documents, **study.options("corpus.passages"))
    with run.follow("comparing 查重", "anchors 处") as tell:
        reuse = find_reuse(
            passages,
            documents,
            **study.options("corpus.reuse"),
            n_workers=count_processors(),
            store=_parts(run, "spans"),
            progress=tell,
        )
    passages = mark_reuse(passages, reuse)
    matrix = _stack("reuse_matrix", [reuse_matrix(reuse, documents, by=factor) for factor in study.by])
    run.save(sources=sources, documents=documents, attributions=attributions, passages=passages)
    run.save(reuse=reuse, reuse_matrix=matrix)
    _parts(run).remove()
    n_bad = int(sources["error"].notna().sum())
    bad = f" ({n_bad} texts could not be read)" if n_bad else ""
    made = f"{len(documents)} documents, {len(passages)} passages, {n_edits} edits logged"
    return f"{sources['path'].nunique()} files{bad} -> {made}"


def _documents(run: Run, sources: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Documents, attributions and number of edits; the edits are written batch by batch, for they are many."""
    study, readable = run.study, readable_sources(sources)
    tables: list[Cleaned] = []
    with run.follow("cleaning 清理", "texts 篇") as tell, TableWriter(run.path, "edits") as edits:
        for cleaned in ENGINE.get().clean(
            readable, n_workers=count_processors(), store=_parts(run, *Cleaned._fields), progress=tell
        ):
            edits.append(cleaned.edits)
            tables.append(cleaned._replace(edits=cleaned.edits.head(0)))
    if not edits.has_csv:
        _note_large("edits")
    documents, attributions = complete_documents(
        pd.concat([table.documents for table in tables], ignore_index=True),
        pd.concat([table.attributions for table in tables], ignore_index=True),
        readable,
        regions=dict(study.regions) or None,
        metadata=read_metadata(study.metadata) if study.metadata else None,
        **study.options("corpus.documents"),
    )
    return documents, attributions, edits.n_rows


def _parts(run: Run, *names: str) -> FolderParts:
    """Finished batches of the stage that is under way."""
    return FolderParts(run.path / ".parts", names)


def _note_large(name: str) -> None:
    warnings.warn(
        f"{name}: is larger than a spreadsheet opens, so there is no {name}.csv; read {name}.parquet",
        stacklevel=3,
    )


def _segment(run: Run) -> str:
    study = run.study
    lexicon = read_lexicon(**study.options("segment.lexicon"))
    tokenizer = build_tokenizer(lexicon, **study.options("segment.tokenizer"))
    recycled = study.options("corpus.recycled")
    terms: set[str] = set()
    with run.follow("segmenting 分词", "passages 段") as tell, TableWriter(run.path, "tokens") as tokens:
        walk = ENGINE.get().walk(
            (drop_recycled(table, **recycled) for table in iterate_table(run.path, "passages")),
            count_rows(run.path, "passages"),
            tokenizer,
            **study.options("segment.tokens"),
            n_workers=count_processors(),
            store=_parts(run, "tokens", "counts"),
            progress=tell,
        )
        for table in walk:
            tokens.append(table)
            terms.update(table["term"].cat.categories)
    run.save(lexicon=lexicon, lexicon_audit=walk.audit())
    _parts(run).remove()
    return f"{tokens.n_rows} tokens, {len(terms)} terms"


def _topics(run: Run) -> str:
    study, passages = run.study, _modelled_passages(run)
    forget_coding(run.path, keep=study.codebook)
    dtm = build_dtm(run.table("tokens"), **study.options("topics.dtm"))
    settings = model_settings(run.path, study)
    if note := note_compilation(settings.get("engine")):
        run.say(f"         {note}")
    with run.follow("seeds 种子", "models 个") as tell:
        models = fit_ensemble(dtm, tell, **study.options("topics.ensemble"), **settings)
    reference = choose_reference(models)
    alignment = align_topics(reference, models)
    shares = estimate_shares(reference, dtm, passages, **study.options("topics.shares"))
    uses = find_phrases(passages, **study.options("compare.formulas"))  # they may name topics
    others = [model for model in models if model is not reference]
    topics = describe_topics(
        reference, dtm, alignment=alignment, shares=shares, phrase_uses=uses, others=others
    )
    save_model(run.path, reference)
    run.save(
        models=describe_models(models, reference),
        alignment=alignment,
        topic_terms=rank_terms(reference, **study.options("topics.labels")),
        topics=topics,
        theta=theta_table(reference),
        shares=shares,
        phrase_uses=uses,
    )
    n_universes = _multiverse(run, models, reference.n_topics)
    if study.codebook is not None:
        code_folder(run.path, study, study.codebook)
    return f"{reference.n_topics} topics; reference is the best of {len(models)} seeds; {n_universes} models in all"


def _multiverse(run: Run, models: list[TopicModel], n_topics: int) -> int:
    """Other seeds, numbers of topics and, where asked for, other settings: what findings must survive."""
    options = run.study.options("multiverse")
    seeds = [model.settings["seed"] for model in models]
    plan = plan_universes(run.study, n_topics=n_topics, seeds=seeds, **options)
    with run.follow("models 模型", "models 个") as tell:
        universes, families, family_shares = fit_universes(
            run.path, run.study, plan, models, progress=tell if options["vary"] else None
        )
    run.save(universes=universes, families=families, family_shares=family_shares)
    return len(universes)


def _compare(run: Run) -> str:
    study, documents = run.study, run.table("documents")
    topics = run.table("topics")
    shares, compared = run.table("shares"), leave_out(run.table("shares"), topics)
    factors = [factor for factor in study.by if _has_groups(documents, factor)]
    theta, measured = run.table("theta"), study.options("compare.prevalence")
    prevalence = [estimate_prevalence(shares, documents, by=f, theta=theta, **measured) for f in factors]
    contrasts = [
        contrast_prevalence(compared, documents, by=f, stability=topics, **study.options("compare.contrasts"))
        for f in factors
    ]
    keyness = [_keyness_of_groups(run, documents, factor) for factor in factors]
    run.save(
        prevalence=_stack("prevalence", prevalence),
        contrasts=_stack("contrasts", contrasts),
        keyness=_stack("keyness", keyness),
    )
    model, codebook = coded_model(run.path)
    further = compare_further(
        study,
        compared,
        documents,
        factors=factors,
        model=model,
        dtm=build_dtm(run.table("tokens"), **study.options("topics.dtm")),
        passages=run.table("passages"),
    )
    if codebook is not None:
        worded = renumber(further["vocabulary"], codebook)
        kept = ~worded["topic"].isin(excluded_topics(topics))
        further["vocabulary"] = worded[kept].reset_index(drop=True)
    run.save(**further)
    _phrases(run, documents, factors)
    _robustness(run, _stack("contrasts", contrasts), documents)
    n_contrasts = sum(len(table) for table in contrasts)
    return f"{n_contrasts} contrasts of topics between groups of {', '.join(factors) or 'no factor'}"


def _robustness(run: Run, contrasts: pd.DataFrame, documents: pd.DataFrame) -> None:
    """Ask every model of the multiverse for the same contrasts, and give each finding its badge."""
    units = {name: run.study.options("compare.contrasts")[name] for name in ("cluster", "strata")}
    specifications = contrast_models(
        contrasts, run.table("family_shares"), run.table("families"), documents, **units
    )
    robustness = judge_robustness(contrasts, specifications, run.table("universes"))
    run.save(specifications=specifications, robustness=robustness)


def _report(run: Run) -> str:
    study, documents, passages = run.study, run.table("documents"), _modelled_passages(run)
    model, codebook = coded_model(run.path)
    options = study.options("evidence.exemplars")
    factors = [factor for factor in study.by if _has_groups(documents, factor)]
    quote = partial(find_exemplars, model, passages, documents, reuse=run.table("reuse"), **options)
    exemplars = [quote(), *(quote(by=factor) for factor in factors)]
    stacked = _stack("exemplars", exemplars)
    run.save(exemplars=stacked if codebook is None else renumber(stacked, codebook))
    counts = count_topic_tokens(
        documents,
        factors=factors,
        model=model,
        dtm=build_dtm(run.table("tokens"), **study.options("topics.dtm")),
        passages=passages,
    )
    page = render_ldavis(model, run.table("topics"), groups=counts)
    payload = tell_payload(run, ldavis=page)
    write_page(page, run.path / LDAVIS)
    write_report(payload, run.path / REPORT)
    write_json(run.path / SUMMARY, summarise(payload))
    return f"{REPORT}, {LDAVIS}"


def tell_payload(run: Run, *, ldavis: str | None = None) -> dict[str, Any]:
    """All that the report of a run says; ldavis: the page of `render_ldavis`."""
    tables = {name: run.table(name) for name in CONTRACTS if has_table(run.path, name)}
    tables["passages"] = _with_raw_places(tables)
    if (scores := load_scores(run)) is not None:
        tables["coding_scores"] = scores
    study = run.study
    done = run.manifest["stages"]  # in another order once the manifest was read again
    notes = [note for stage in STAGES if stage in done for note in done[stage]["notes"]]
    return build_payload(
        tables,
        name=study.name,
        title=study.title or None,
        settings={**study.settings, "study": _tell_study(run)},
        versions=versions(),
        notes=notes,
        ldavis=ldavis,
    )


def _with_raw_places(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Passages with their places in the raw texts."""
    passages = tables["passages"]
    spans = find_raw_spans(tables["documents"], tables["edits"], passages[["doc_id", "start", "end"]])
    return passages.assign(raw_start=spans["raw_start"], raw_end=spans["raw_end"])


def _tell_study(run: Run) -> dict[str, Any]:
    told = {"by": list(run.study.by), "regions": dict(run.study.regions)}
    digest = run.manifest.get("codebook_sha256")
    return told | ({"codebook": digest[:16]} if digest else {})


def _files(*names: str) -> list[str]:
    return [f"{name}.{ending}" for name in names for ending in ("parquet", "csv")]


STAGES: dict[str, tuple[Callable[..., str], list[str]]] = {
    "corpus": (
        _corpus,
        _files("sources", "documents", "edits", "attributions", "passages", "reuse", "reuse_matrix"),
    ),
    "segment": (_segment, _files("lexicon", "tokens", "lexicon_audit")),
    "topics": (
        _topics,
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
        _compare,
        [
            *_files("prevalence", "contrasts", "keyness", "phrases", "phrase_groups"),
            *_files(*TABLES),
            *_files("specifications", "robustness"),
        ],
    ),
    "report": (_report, [*_files("exemplars"), REPORT, LDAVIS, SUMMARY]),
}


def _modelled_passages(run: Run) -> pd.DataFrame:
    """Passages that are modelled and compared: all, or those that do not repeat too much of earlier ones."""
    return drop_recycled(run.table("passages"), **run.study.options("corpus.recycled"))


def _has_groups(documents: pd.DataFrame, factor: str) -> bool:
    if documents[factor].nunique() >= 2:
        return True
    warnings.warn(
        f"{factor}: all documents with a known {factor} belong to one group or to none, so there is nothing to compare",
        stacklevel=2,
    )
    return False


def _keyness_of_groups(run: Run, documents: pd.DataFrame, factor: str) -> pd.DataFrame:
    options = run.study.options("compare.keyness")
    return score_group_keyness(run.table("tokens"), _modelled_passages(run), documents, by=factor, **options)


def _phrases(run: Run, documents: pd.DataFrame, factors: list[str]) -> None:
    """Count the set phrases by factor, year and document."""
    passages, uses = _modelled_passages(run), run.table("phrase_uses")
    columns = list(dict.fromkeys([*factors, "year", "doc_id"]))
    groups = [tabulate_phrases(uses, passages, documents, by=column) for column in columns]
    run.save(
        phrases=describe_phrases(uses, documents),
        phrase_groups=_stack("phrase_groups", groups),
    )


def _stack(name: str, tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else empty(name)
