"""Simulated corpora with and without an effect go in; how often a contrast is called robust comes out.

    python benchmarks/multiverse.py                     print the table
    python benchmarks/multiverse.py --write             and write it to docs/multiverse_calibration.md
    python benchmarks/multiverse.py --worlds 10         fewer worlds, larger Monte-Carlo errors

What is simulated: topics with words of their own and words in common, documents whose shares are
logistic-normal (SD 0.8 on the logit), paragraphs that scatter about their document, bursty words. In worlds
with an effect one topic of middling size is raised by 1.5 on the logit in the target group. Every world is
fitted 20 times, five seeds by four numbers of topics, as in every ordinary run, and gets its badges.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from discourse import contrast_prevalence, estimate_shares, fit_ensemble
from discourse.compare.robustness import contrast_models, judge_robustness
from discourse.contracts import CONTRACTS, DocumentTermMatrix, TopicModel
from discourse.topics.ensemble import choose_reference
from discourse.variants import follow_topics

SD, EFFECT, RAISED = 0.8, 1.5, 2
BASE = np.linspace(-0.6, 0.6, 8)
N_TERMS, N_PASSAGES, N_TOKENS, SCATTER, BURST = 600, 10, 60, 8.0, 3.0
SIZES, SEEDS = (0.75, 1.0, 1.25, 1.5), (1, 2, 3, 4, 5)
BANDS = {"no effect": (0.0, 0.05), "strong effect": (0.80, 1.0)}


@dataclass(frozen=True)
class World:
    """A corpus of which the truth is known: counts, whose passages they are, groups, topics (8, n_terms)."""

    dtm: DocumentTermMatrix
    passages: pd.DataFrame
    documents: pd.DataFrame
    topics: np.ndarray


def sample_world(rng: np.random.Generator, n_documents: int, effect: float, base: np.ndarray = BASE) -> World:
    """Two groups of `n_documents` each; `effect` raises one topic of the first."""
    n_topics = len(base)
    logits = base + rng.normal(0.0, SD, (2 * n_documents, n_topics))
    logits[:n_documents, RAISED] += effect
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    spread = rng.gamma(np.repeat(SCATTER * shares, N_PASSAGES, axis=0) + 1e-9)
    mixed = spread / spread.sum(axis=1, keepdims=True)
    topics = sample_topics(rng, n_topics)
    bursts = rng.gamma(BURST, 1 / BURST, (2 * n_documents, N_TERMS)).repeat(N_PASSAGES, axis=0)
    chances = mixed @ topics * bursts
    counts = rng.multinomial(N_TOKENS, chances / chances.sum(axis=1, keepdims=True))
    used = np.flatnonzero((counts > 0).sum(axis=0) >= 2)
    documents = make_documents(n_documents)
    passages = make_passages(documents)
    matrix = sparse.csr_matrix(counts[:, used].astype(np.int32))
    names = pd.Index([f"w{term:03d}" for term in used], dtype="str")
    return World(
        DocumentTermMatrix(matrix, pd.Index(passages["passage_id"]), names),
        passages,
        documents,
        topics[:, used],
    )


def sample_topics(rng: np.random.Generator, n_topics: int) -> np.ndarray:
    """Probabilities of terms (n_topics, n_terms): 30 % of each topic is common to all."""
    common = rng.dirichlet(np.full(N_TERMS, 0.2))
    return 0.3 * common + 0.7 * rng.dirichlet(np.full(N_TERMS, 0.05), n_topics)


def make_documents(n_documents: int) -> pd.DataFrame:
    ids = [f"d{number:03d}" for number in range(2 * n_documents)]
    given = {
        "doc_id": ids,
        "source_id": ids,
        "text": "",
        "raw_start": 0,
        "raw_end": 0,
        "level": ["city"] * n_documents + ["district"] * n_documents,
    }
    rules = CONTRACTS["documents"].columns
    table = pd.DataFrame({name: given.get(name) for name in rules}, index=range(2 * n_documents))
    return table.astype({name: "str" for name, rule in rules.items() if rule.startswith("str")})


def make_passages(documents: pd.DataFrame) -> pd.DataFrame:
    doc_ids = documents["doc_id"].repeat(N_PASSAGES).reset_index(drop=True)
    position = np.tile(np.arange(N_PASSAGES), len(documents))
    names = doc_ids + "#" + pd.Series(position).map("{:04d}".format)
    columns = {"passage_id": names, "doc_id": doc_ids, "position": position, "start": 0, "end": 1, "text": ""}
    return pd.DataFrame(columns).assign(reuse_id=pd.Series(None, index=range(len(names)), dtype="str"))


def judge_world(
    world: World, *, seeds: Sequence[int] = SEEDS, sizes: Sequence[float] = SIZES
) -> tuple[pd.DataFrame, np.ndarray]:
    """Badges of all contrasts of a world, with verdicts, and which topic of the model is the raised one."""
    n_topics = len(world.topics)
    models = {
        size: fit_ensemble(world.dtm, seeds=seeds, n_topics=round(size * n_topics), n_starts=1)
        for size in sizes
    }
    reference = choose_reference(models[1.0])
    shares = estimate_shares(reference, world.dtm, world.passages)
    contrasts = contrast_prevalence(shares, world.documents, by="level", n_permutations=999)
    followed = [
        (f"{size}-{model.settings['seed']}", *follow_topics(reference, model, world.dtm, world.passages))
        for size, fitted in models.items()
        for model in fitted
    ]
    universes = pd.DataFrame([{"model_id": name, **facts} for name, facts, _, _ in followed])
    families = pd.concat([table.assign(model_id=name) for name, _, table, _ in followed], ignore_index=True)
    family_shares = pd.concat([table.assign(model_id=name) for name, *_, table in followed])
    specifications = contrast_models(contrasts, family_shares, families, world.documents)
    robustness = judge_robustness(contrasts, specifications, universes)
    return robustness.assign(verdict=contrasts["verdict"]), find_planted(reference, world)


def find_planted(reference: TopicModel, world: World) -> np.ndarray:
    """Whether each topic of the model is nearest to the raised one."""
    planted = world.topics / world.topics.sum(axis=1, keepdims=True)
    affinity = (
        np.sqrt(reference.phi) @ np.sqrt(planted[:, reference.vocabulary.get_indexer(world.dtm.vocabulary)]).T
    )
    return np.arange(reference.n_topics) == affinity[:, RAISED].argmax()


def run(n_worlds: int, seed: int, *, n_documents: int = 30) -> Iterator[dict[str, object]]:
    """One row a world of either kind."""
    for kind, effect in {"no effect": 0.0, "strong effect": EFFECT}.items():
        rng = np.random.default_rng([seed, int(effect > 0)])
        for number in range(n_worlds):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                badges, planted = judge_world(sample_world(rng, n_documents, effect))
            own = badges[planted] if effect else badges
            yield {
                "kind": kind,
                "world": number,
                **{
                    badge: float((own["badge"] == badge).mean())
                    for badge in ("robust", "fragile", "model-made")
                },
                "finding": float(own["verdict"].isin(["higher", "lower"]).mean()),
                "one sign in 90 %": float((own["same_sign"] >= 0.9).mean()),
                "present in 90 %": float((own["n_present"] >= 0.9 * own["n_models"]).mean()),
            }
            print(f"  {kind} {number}: {own[['badge', 'failed']].values.tolist()}", file=sys.stderr)


def render(rows: pd.DataFrame, n_worlds: int, seed: int) -> str:
    """Return the table as Markdown."""
    about = (__doc__ or "").split("What is simulated:")[1].strip()
    lines = [
        "# Calibration of the badges",
        "",
        f"Made by `python benchmarks/multiverse.py --write --worlds {n_worlds} --seed {seed}`.",
        "",
        f"What is simulated: {' '.join(about.split())}",
        "",
        "Shares of contrasts (of the raised topic, in worlds with an effect), 30 + 30 documents; ± is one",
        "Monte-Carlo error over worlds.",
        "",
        "| worlds | measured | share | ± | band | |",
        "|---|---|---|---|---|---|",
    ]
    for kind, own in rows.groupby("kind", sort=False):
        for name in own.columns.drop(["kind", "world"]):
            mean, error = own[name].mean(), own[name].std(ddof=1) / np.sqrt(len(own))
            low, high = BANDS[str(kind)] if name == "robust" else (0.0, 1.0)
            band = f"{low:g} to {high:g}" if name == "robust" else "reported"
            holds = "" if name != "robust" else "holds" if low <= mean <= high else "**outside**"
            lines.append(f"| {kind} ({len(own)}) | {name} | {mean:.3f} | {error:.3f} | {band} | {holds} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the table and, with --write, keep it. Exit code 1 if a row is outside its band."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--worlds", type=int, default=40, help="worlds of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write docs/multiverse_calibration.md")
    arguments = parser.parse_args()
    table = render(pd.DataFrame(run(arguments.worlds, arguments.seed)), arguments.worlds, arguments.seed)
    print(table)
    if arguments.write:
        target = Path(__file__).resolve().parent.parent / "docs" / "multiverse_calibration.md"
        target.write_text(table, encoding="utf-8")
    return 1 if "**outside**" in table else 0


if __name__ == "__main__":
    sys.exit(main())
