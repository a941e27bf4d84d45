"""Tokens to topics, and to the other models that every finding must survive."""

from __future__ import annotations

import warnings

from discourse.codebook_tables import code_folder, forget_coding
from discourse.compare.formulas import find_phrases
from discourse.contracts import DocumentTermMatrix, TopicModel
from discourse.multiverse import plan_universes
from discourse.progress import in_words
from discourse.runs.store import save_model
from discourse.stages.run import Run, kept_models, modelled_passages, parts
from discourse.topics.dtm import build_dtm
from discourse.topics.ensemble import (
    SEEDS,
    SEEDS_OF_HUGE,
    SLOW,
    align_topics,
    choose_reference,
    describe_models,
    fit_ensemble,
    is_huge,
)
from discourse.topics.labels import describe_topics, rank_terms, theta_table
from discourse.topics.lda import ON_CLUSTER, note_compilation
from discourse.topics.shares import estimate_shares
from discourse.universes import fit_universes
from discourse.variants import model_settings
from discourse.workers import count_processors

_PAIR, _PAIR_AND_TOPIC = 5e-6, 1.7e-7  # processor seconds of a fit, its shares and what it is held against


def fit_topics(run: Run) -> str:
    """The model that the run speaks of, its topics and shares, and the models it is held against."""
    study, passages = run.study, modelled_passages(run)
    forget_coding(run.path, keep=study.codebook)
    dtm = build_dtm(run.walk("tokens"), **study.options("topics.dtm"))
    settings = model_settings(run.path, study)
    if note := foretell(run, dtm):
        run.say(f"         {note}")
    if note := note_compilation(settings.get("engine")):
        run.say(f"         {note}")
    with run.follow("seeds 种子", "models 个") as tell:
        models = fit_ensemble(dtm, tell, kept_models(run), **study.options("topics.ensemble"), **settings)
    reference = choose_reference(models)
    if is_huge(dtm):
        run.say(
            "         shares, set phrases and names of topics 份额、固定表述与主题名称: some minutes 需几分钟"
        )
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
    n_universes = _multiverse(run, models, reference.n_topics, dtm)
    if study.codebook is not None:
        code_folder(run.path, study, study.codebook)
    parts(run).remove()
    return f"{reference.n_topics} topics; reference is the best of {len(models)} seeds; {n_universes} models in all"


def foretell(run: Run, dtm: DocumentTermMatrix) -> str | None:
    """About how long all models together will take, where that is minutes: see benchmarks/scale.md."""
    ensemble, other, options = (run.study.options(s) for s in ("topics.ensemble", "multiverse", "topics.lda"))
    if options["engine"] != "cvb0" or other["vary"]:
        return None
    n_seeds = len(ensemble["seeds"] or (SEEDS_OF_HUGE if is_huge(dtm) else SEEDS))
    each = other.get("size_seeds") or (1 if is_huge(dtm) else n_seeds)
    sizes = [options["n_topics"]] * n_seeds + [
        round(size * options["n_topics"]) for size in other["sizes"] if size != 1 for _ in range(each)
    ]
    seconds = dtm.counts.nnz * sum(_PAIR + _PAIR_AND_TOPIC * size for size in sizes) / count_processors()
    if seconds < 60:
        return None
    return (
        f"{len(sizes)} models of {dtm.counts.nnz:,} pairs of passage and term: "
        f"some {in_words(seconds)} on an idle machine 预计耗时"
    )


def _multiverse(run: Run, models: list[TopicModel], n_topics: int, dtm: DocumentTermMatrix) -> int:
    """Other seeds, numbers of topics and, where asked for, other settings: what findings must survive."""
    options = run.study.options("multiverse")
    on_cluster = run.study.options("topics.lda")["engine"] in ON_CLUSTER
    if options.get("size_seeds") is None and (on_cluster or is_huge(dtm)):
        options["size_seeds"] = 1
        why = "the corpus is that large" if is_huge(dtm) else SLOW
        warnings.warn(
            f"other numbers of topics were asked with one seed each, because {why}; "
            "`--set multiverse.size_seeds=3` asks more",
            stacklevel=2,
        )
    seeds = [model.settings["seed"] for model in models]
    plan = plan_universes(run.study, n_topics=n_topics, seeds=seeds, **options)
    with run.follow("models 模型", "models 个") as tell:
        universes, families, family_shares = fit_universes(run.path, run.study, plan, models, progress=tell)
    run.save(universes=universes, families=families, family_shares=family_shares)
    return len(universes)
