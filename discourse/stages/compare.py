"""Topics, vocabulary and set phrases of groups held against each other."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from discourse.codebook_tables import coded_model
from discourse.compare.contrasts import contrast_prevalence
from discourse.compare.group_keyness import score_group_keyness
from discourse.compare.phrases import describe_phrases, tabulate_phrases
from discourse.compare.prevalence import estimate_prevalence
from discourse.compare.robustness import contrast_models, judge_robustness
from discourse.comparison import compare_further
from discourse.runs.store import count_rows
from discourse.stages.run import Run, has_groups, modelled_passages, stack
from discourse.topics.dtm import build_dtm
from discourse.topics.recoding import excluded_topics, leave_out, renumber

Step = Callable[[Run, pd.DataFrame, pd.DataFrame, list[str]], None]


def compare_groups(run: Run) -> str:
    """Tables of every comparison that the study asks for."""
    documents, topics = run.table("documents"), run.table("topics")
    factors = [factor for factor in run.study.by if has_groups(documents, factor)]
    with run.follow("comparing 比较", "steps 步") as tell:
        for n_done, step in enumerate(_STEPS):
            tell(n_done, len(_STEPS))
            step(run, documents, topics, factors)
    n_contrasts = count_rows(run.path, "contrasts")
    return f"{n_contrasts} contrasts of topics between groups of {', '.join(factors) or 'no factor'}"


def _contrasts(run: Run, documents: pd.DataFrame, topics: pd.DataFrame, factors: list[str]) -> None:
    """Differences of topics between groups."""
    options, compared = run.study.options("compare.contrasts"), leave_out(run.table("shares"), topics)
    tables = [contrast_prevalence(compared, documents, by=f, stability=topics, **options) for f in factors]
    run.save(contrasts=stack("contrasts", tables))


def _prevalence(run: Run, documents: pd.DataFrame, topics: pd.DataFrame, factors: list[str]) -> None:
    """Shares of topics in groups."""
    shares, theta = run.table("shares"), run.table("theta")
    options = run.study.options("compare.prevalence")
    tables = [estimate_prevalence(shares, documents, by=f, theta=theta, **options) for f in factors]
    run.save(prevalence=stack("prevalence", tables))


def _keyness(run: Run, documents: pd.DataFrame, topics: pd.DataFrame, factors: list[str]) -> None:
    """Words that mark groups."""
    options, passages = run.study.options("compare.keyness"), modelled_passages(run)
    tables = [score_group_keyness(run.table("tokens"), passages, documents, by=f, **options) for f in factors]
    run.save(keyness=stack("keyness", tables))


def _further(run: Run, documents: pd.DataFrame, topics: pd.DataFrame, factors: list[str]) -> None:
    """Profiles, vocabulary inside topics, trends and adjusted contrasts; topics numbered as in the codebook."""
    model, codebook = coded_model(run.path)
    further = compare_further(
        run.study,
        leave_out(run.table("shares"), topics),
        documents,
        factors=factors,
        model=model,
        dtm=build_dtm(run.walk("tokens"), **run.study.options("topics.dtm")),
        passages=run.table("passages"),
    )
    if codebook is not None:
        worded = renumber(further["vocabulary"], codebook)
        kept = ~worded["topic"].isin(excluded_topics(topics))
        further["vocabulary"] = worded[kept].reset_index(drop=True)
    run.save(**further)


def _phrases(run: Run, documents: pd.DataFrame, topics: pd.DataFrame, factors: list[str]) -> None:
    """Set phrases by factor, year and document."""
    passages, uses = modelled_passages(run), run.table("phrase_uses")
    columns = list(dict.fromkeys([*factors, "year", "doc_id"]))
    groups = [tabulate_phrases(uses, passages, documents, by=column) for column in columns]
    run.save(
        phrases=describe_phrases(uses, documents),
        phrase_groups=stack("phrase_groups", groups),
    )


def _robustness(run: Run, documents: pd.DataFrame, topics: pd.DataFrame, factors: list[str]) -> None:
    """Ask every model of the multiverse for the same contrasts, and give each finding its badge."""
    contrasts = run.table("contrasts")
    units = {name: run.study.options("compare.contrasts")[name] for name in ("cluster", "strata")}
    specifications = contrast_models(
        contrasts, run.table("family_shares"), run.table("families"), documents, **units
    )
    robustness = judge_robustness(contrasts, specifications, run.table("universes"))
    run.save(specifications=specifications, robustness=robustness)


_STEPS: tuple[Step, ...] = (_contrasts, _prevalence, _keyness, _further, _phrases, _robustness)
