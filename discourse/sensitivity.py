"""A run comes in; its key terms and contrasts of topics under other segmentations, and which of them move, go out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from discourse.codebook_tables import FITTED
from discourse.compare.group_keyness import score_group_keyness
from discourse.compare.robustness import FINDINGS, contrast_models
from discourse.config import Study
from discourse.contracts import CONTRACTS, check, empty
from discourse.corpus.recycled import drop_recycled
from discourse.errors import RunError, SettingError
from discourse.multiverse import Universe
from discourse.pipeline import Run
from discourse.runs.asked import writing_beside
from discourse.runs.inputs import refuse_altered_copies
from discourse.runs.store import has_table, load_model, load_table
from discourse.segment.lexicon import read_lexicon
from discourse.segment.tokenizer import build_tokenizer
from discourse.segment.tokens import segment_passages
from discourse.steadiness import SETTINGS, judge_row
from discourse.topics.recoding import merge_columns, merge_families
from discourse.universes import fit_universes
from discourse.variants import change_settings

HMM, LEXICON = "segment.tokenizer.hmm", "segment.lexicon.name"
TERM, TOPIC = "term", "topic"
_PACKAGED = "governance"
_WORK = "universes"
_PAIR = ["factor", "target", "reference"]
_LIKELY = 0.05

Progress = Callable[[int, int], None]


def assess_segmentation(
    run: Run,
    *,
    n_top: int = 10,
    n_seeds: int = 3,
    processes: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Ask for the same key terms and contrasts of topics with and without jieba's HMM, with and without lexicon.

    Parameters
    ----------
    run
        A run that has been compared. The lexicon is its own, or the packaged one where it has none.
    n_top
        How many key terms of each group count as its marking terms.
    n_seeds
        Models a segmentation, of the first seeds of the study; 0 asks for terms only.
    processes
        How many fit models; if None, one a processor. The result is the same.
    progress
        Called with the number of models done and of all.

    Returns
    -------
    DataFrame
        `segmentation`, also saved in the run: one row for each marking term of a group under any of the four
        settings, and for each contrast of topics.

        - kind, item, label: "term" and the term, or "topic", its number and its label.
        - is_finding: adjusted p <= .05 as the run was declared. Where it is not, agreement says nothing about
          a difference, only about the instrument.
        - declared: which of the four settings is the run's own: both, no_hmm, no_lexicon or neither.
        - estimate_*: log odds of a term; difference of a topic's prevalence, the median over the models that
          have it. NA where segmentation does not make the term at least `min_listed` times, or at most half
          of the models have the topic (affinity .8).
        - rank_*: place of a term among those that mark the group; of a topic by size of its difference.
        - same_sign, in_top: in all four settings; a topic is always "in top" where it is present.
        - verdict: "holds"; "slips", a term that leaves the first `n_top` somewhere; "turns", its sign changes
          somewhere; "absent", somewhere there is no such term or topic; "enters", a term that is among the
          first `n_top` only under other settings than the run's.
        - moved_by: "hmm", "lexicon" or "hmm, lexicon" where changing it alone moves the row; "hmm with lexicon"
          where only changing both does, "seed" where other seeds already lose the topic.

    Raises
    ------
    RunError
        The run has not been compared.
    SettingError
        A number out of range.
    """
    _check(run, n_top, n_seeds)
    refuse_altered_copies(run.path, run.manifest)
    with writing_beside(run.path, "segmentation.parquet", "segmentation.csv"):
        return _assess(run, n_top, n_seeds, processes, progress)


def _assess(
    run: Run, n_top: int, n_seeds: int, processes: int | None, progress: Progress | None
) -> pd.DataFrame:
    changes = _four_settings(run.study)
    declared = next(name for name, own in changes.items() if not own)
    rows = _judge_terms(_score_terms(run, changes), declared, n_top)
    if n_seeds:
        fit = partial(fit_universes, run.path, run.study, processes=processes, progress=progress)
        rows += _judge_topics(run, _contrast_topics(run, changes, n_seeds, fit), declared)
    table = _tabulate(rows, declared)
    run.save(segmentation=table)
    return table


def _check(run: Run, n_top: int, n_seeds: int) -> None:
    if n_top < 1 or n_seeds < 0:
        raise SettingError(f"n_top={n_top}, n_seeds={n_seeds}: at least 1 term, and 0 seeds or more")
    if "compare" not in run.manifest["stages"]:
        raise RunError(f"{run.path}: is not compared yet; run `discourse compare {run.path}` first")


def _four_settings(study: Study) -> dict[str, dict[str, Any]]:
    """Of each setting the changes that it takes; the declared one takes none."""
    hmm, lexicon = study.settings["segment.tokenizer"]["hmm"], study.settings["segment.lexicon"]["name"]
    wanted = {
        name: {HMM: name in ("both", "no_lexicon"), LEXICON: name in ("both", "no_hmm")} for name in SETTINGS
    }
    return {
        name: {
            **({HMM: own[HMM]} if own[HMM] != hmm else {}),
            **({LEXICON: _PACKAGED if own[LEXICON] else []} if own[LEXICON] != bool(lexicon) else {}),
        }
        for name, own in wanted.items()
    }


# --- terms --------------------------------------------------------------------------------------------------


def _score_terms(run: Run, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, pd.DataFrame]:
    """Table `keyness` of all factors under each setting."""
    passages = drop_recycled(run.table("passages"), **run.study.options("corpus.recycled"))
    documents, options = run.table("documents"), run.study.options("compare.keyness")
    factors = list(dict.fromkeys(run.table("keyness")["factor"]))
    scored = {}
    for name, own in changes.items():
        study = change_settings(run.study, own)
        tokens = run.table("tokens") if not own else _segment(study, passages)
        tables = [
            score_group_keyness(tokens, passages, documents, by=factor, **options) for factor in factors
        ]
        scored[name] = pd.concat(tables, ignore_index=True) if tables else empty("keyness")
    return scored


def _segment(study: Study, passages: pd.DataFrame) -> pd.DataFrame:
    lexicon = read_lexicon(**study.options("segment.lexicon"))
    tokenizer = build_tokenizer(lexicon, **study.options("segment.tokenizer"))
    return segment_passages(passages, tokenizer, **study.options("segment.tokens"))


def _judge_terms(scored: Mapping[str, pd.DataFrame], declared: str, n_top: int) -> list[dict[str, Any]]:
    """Rows of the terms that are among the first of a group under any setting."""
    estimates, ranks, found = {}, {}, {}
    for name, table in scored.items():
        key = pd.MultiIndex.from_frame(table[[*_PAIR, "term"]])
        marking = table["log_odds"] > 0
        places = table[marking].groupby(_PAIR, sort=False).cumcount() + 1
        estimates[name] = table["log_odds"].set_axis(key)
        ranks[name] = places.set_axis(key[marking])
        found[name] = (table["p_adjusted"] <= _LIKELY).set_axis(key)
    first = [key for name in _from(declared) for key in ranks[name][ranks[name] <= n_top].index]
    rows = []
    for key in dict.fromkeys(first):
        own = {name: estimates[name].get(key, np.nan) for name in SETTINGS}
        rank = {name: ranks[name].get(key) for name in SETTINGS}
        in_top = {name: place is not None and place <= n_top for name, place in rank.items()}
        rows.append(
            dict(zip([*_PAIR, "item"], key, strict=True))
            | {"kind": TERM, "label": key[-1], "is_finding": bool(found[declared].get(key, False))}
            | judge_row(own, rank, in_top, declared)
        )
    return rows


def _from(declared: str) -> list[str]:
    return [declared, *(name for name in SETTINGS if name != declared)]


# --- topics -------------------------------------------------------------------------------------------------


def _contrast_topics(
    run: Run, changes: Mapping[str, Mapping[str, Any]], n_seeds: int, fit: Callable[..., Any]
) -> dict[str, pd.Series]:
    """Median difference of every contrast under each setting; NA where few models have the topic."""
    seeds, n_topics = run.table("models")["seed"].tolist()[:n_seeds], load_model(run.path).n_topics
    plan = [
        Universe(f"{name}-s{seed}", own, n_topics, seed) for name, own in changes.items() for seed in seeds
    ]
    shutil.rmtree(run.path / _WORK, ignore_errors=True)  # models of another plan
    families, shares = _as_coded(run, *fit(plan)[1:])
    contrasts, documents = run.table("contrasts"), run.table("documents")
    units = {name: run.study.options("compare.contrasts")[name] for name in ("cluster", "strata")}
    table = contrast_models(contrasts, shares, families, documents, **units)
    table = table.assign(
        setting=table["model_id"].astype("str").str.replace(r"-s\d+$", "", regex=True),
        **{name: table[name].astype("str") for name in _PAIR},
    )
    keys = [*_PAIR, "topic"]
    differences = {}
    for name, own in table.groupby("setting", sort=False):
        present = own[own["present"]].groupby(keys)["difference"]
        medians = present.median()
        differences[str(name)] = medians[2 * present.size() > len(seeds)]
    nothing = pd.Series(dtype=np.float64)
    return {name: differences.get(name, nothing) for name in SETTINGS}


def _as_coded(run: Run, families: pd.DataFrame, shares: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Topics merged and numbered as the run's codebook has them, as they are without one."""
    if not has_table(run.path, "codebook"):
        return families, shares
    codebook, fitted = run.table("codebook"), load_table(run.path / FITTED, "topics")
    prevalence = fitted.sort_values("topic")["prevalence"].to_numpy(dtype=np.float64)
    return merge_families(families, codebook, prevalence), merge_columns(shares, codebook)


def _judge_topics(run: Run, differences: Mapping[str, pd.Series], declared: str) -> list[dict[str, Any]]:
    """Rows of all contrasts of the run."""
    labels = run.table("topics").set_index("topic")["label"]
    ranks = {
        name: own.abs().groupby(level=list(range(3))).rank(method="first", ascending=False)
        if len(own)
        else own
        for name, own in differences.items()
    }
    rows = []
    for contrast in run.table("contrasts").itertuples():
        key = (contrast.factor, contrast.target, contrast.reference, contrast.topic)
        own = {name: differences[name].get(key, np.nan) for name in SETTINGS}
        rank = {name: ranks[name].get(key) for name in SETTINGS}
        present = {name: not np.isnan(estimate) for name, estimate in own.items()}
        unsteady = {} if present[declared] else {"verdict": "absent", "moved_by": "seed"}
        rows.append(
            dict(zip(_PAIR, key, strict=False))
            | {"kind": TOPIC, "item": str(contrast.topic), "label": str(labels.get(contrast.topic, ""))}
            | {"is_finding": contrast.verdict in FINDINGS}
            | judge_row(own, rank, present, declared)
            | unsteady
        )
    return rows


def _tabulate(rows: Sequence[dict[str, Any]], declared: str) -> pd.DataFrame:
    if not rows:
        return empty("segmentation")
    columns = CONTRACTS["segmentation"].columns
    table = pd.DataFrame([row | {"declared": declared} for row in rows])[list(columns)]
    kinds = {"str": "str", "int": "Int64", "float": "float64", "bool": "bool"}
    return check(
        table.astype({name: kinds[kind.rstrip("!")] for name, kind in columns.items()}), "segmentation"
    )
