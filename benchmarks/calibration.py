"""Simulated worlds in which the truth is known go in; how often `discourse.compare` is right comes out.

    python benchmarks/calibration.py                     print the table
    python benchmarks/calibration.py --write             and write it to docs/calibration.md
    python benchmarks/calibration.py --replicates 100    fewer worlds, larger Monte-Carlo errors

What is simulated: shares of a document are logistic-normal about the logits of its group (SD 0.8, ten
topics of unequal size), paragraphs scatter about their document (Dirichlet, 15 of them with 60 tokens), and
the share of a document is that of its tokens. Topics are known, except in the rows "LDA in the loop", where
a model is fitted to the words of every world. Counts of words are gamma-Poisson: each word bursts in its own
measure.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from scipy.special import stdtr

from discourse import contrast_prevalence, estimate_prevalence, estimate_shares, fit_lda, score_keyness
from discourse.contracts import CONTRACTS, DocumentTermMatrix

BASE = np.linspace(-1.0, 1.0, 10)
SD, N_PASSAGES, N_TOKENS, SCATTER = 0.8, 15, 60, 8.0
N_PERMUTATIONS = 399


@dataclass(frozen=True)
class Row:
    """One line of the table: a rate, its Monte-Carlo error (over worlds), the band it should lie in."""

    section: str
    world: str
    measure: str
    rate: float
    error: float
    band: tuple[float, float]
    n_worlds: int

    @property
    def holds(self) -> bool:
        """Whether the rate lies in its band, three Monte-Carlo errors granted."""
        low, high = self.band
        return bool(low - 3 * self.error <= self.rate <= high + 3 * self.error)


@dataclass(frozen=True)
class World:
    """Simulated tables, the shares of passages (n_passages, n_topics) and the document of each."""

    shares: pd.DataFrame
    documents: pd.DataFrame
    passages: np.ndarray
    owner: np.ndarray


def make_documents(n_documents: int, **columns: Iterable[object]) -> pd.DataFrame:
    """Return a `documents` table in which only the given columns have values."""
    ids = [f"d{i:04d}" for i in range(n_documents)]
    filled = {"doc_id": ids, "source_id": ids, "text": "", "raw_start": 0, "raw_end": 0, "year": 0} | columns
    table = pd.DataFrame(
        {name: filled.get(name) for name in CONTRACTS["documents"].columns} | filled, index=range(n_documents)
    )
    words = [name for name, rule in CONTRACTS["documents"].columns.items() if rule.startswith("str")]
    return table.astype({name: "str" for name in words})


def soften(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def sample_world(rng: np.random.Generator, logits: np.ndarray, **columns: Iterable[object]) -> World:
    """Documents with the given logits (n_documents, n_topics): their paragraphs, tokens and shares."""
    n_documents, n_topics = logits.shape
    spread = rng.gamma(np.repeat(SCATTER * soften(logits), N_PASSAGES, axis=0) + 1e-9)
    tokens = rng.multinomial(N_TOKENS, spread / spread.sum(axis=1, keepdims=True))
    owner = np.repeat(np.arange(n_documents), N_PASSAGES)
    values = tokens.reshape(n_documents, N_PASSAGES, n_topics).sum(axis=1) / (N_TOKENS * N_PASSAGES)
    documents = make_documents(n_documents, **columns)
    sizes = {"doc_id": documents["doc_id"], "n_passages": N_PASSAGES, "n_tokens": N_TOKENS * N_PASSAGES}
    shares = pd.DataFrame(sizes | {f"topic_{k}": values[:, k] for k in range(n_topics)})
    return World(shares, documents, tokens / N_TOKENS, owner)


def two_groups(
    rng: np.random.Generator,
    sizes: tuple[int, int],
    *,
    effect: float = 0.0,
    sds: tuple[float, float] = (SD, SD),
) -> World:
    """Two groups of documents; `effect` moves the logit of three topics of the target."""
    logits = np.concatenate(
        [group_logits(rng, n, effect * (side == 0), sds[side]) for side, n in enumerate(sizes)]
    )
    return sample_world(rng, logits, level=["city"] * sizes[0] + ["district"] * sizes[1])


def group_logits(rng: np.random.Generator, n_documents: int, effect: float, sd: float) -> np.ndarray:
    moved = BASE + effect * np.isin(np.arange(len(BASE)), (2, 5, 8))
    return moved + rng.normal(0.0, sd, (n_documents, len(BASE)))


@cache
def true_shares(effect: float, sd: float) -> np.ndarray:
    """Return the expected shares of a group, from 400,000 draws."""
    return soften(group_logits(np.random.default_rng(0), 400_000, effect, sd)).mean(axis=0)


def true_difference(effect: float, sds: tuple[float, float]) -> np.ndarray:
    return true_shares(effect, sds[0]) - true_shares(0.0, sds[1])


# -- what is measured in one world: a dict of rates --


def measure_null(rng: np.random.Generator, sizes: tuple[int, int]) -> dict[str, float]:
    """Type-I errors, with and without multiplicity, and those of the usual practice."""
    world = two_groups(rng, sizes)
    table = contrast(world)
    adjusted = table["p_adjusted"].notna().any()
    return {
        "type-I of p": float((table["p"] <= 0.05).mean()),
        "type-I of p_permutation": float((table["p_permutation"] <= 0.05).mean()),
        "family-wise error": float((table["p_adjusted"] <= 0.05).any()) if adjusted else np.nan,
        "type-I of the passage t test": passage_t(world),
    }


def passage_t(world: World) -> float:
    """Type-I error of Welch's t over passages, as if they were independent."""
    is_target = (world.documents["level"] == "city").to_numpy()[world.owner]
    first, second = world.passages[is_target], world.passages[~is_target]
    parts = first.var(axis=0, ddof=1) / len(first), second.var(axis=0, ddof=1) / len(second)
    t = (first.mean(axis=0) - second.mean(axis=0)) / np.sqrt(parts[0] + parts[1])
    return float((2 * stdtr(len(world.owner) - 2.0, -np.abs(t)) <= 0.05).mean())


def measure_coverage(
    rng: np.random.Generator, sizes: tuple[int, int], effect: float, sds: tuple[float, float]
) -> dict[str, float]:
    """How often the intervals hold the true differences."""
    table = contrast(two_groups(rng, sizes, effect=effect, sds=sds))
    truth = true_difference(effect, sds)
    return {"coverage": float((table["low"].le(truth) & table["high"].ge(truth)).mean())}


def measure_prevalence(rng: np.random.Generator, n_documents: int) -> dict[str, float]:
    """How often the intervals of one group hold its true shares."""
    truth = true_shares(0.0, SD)
    world = sample_world(rng, group_logits(rng, n_documents, 0.0, SD), level=["city"] * n_documents)
    table = estimate_prevalence(world.shares, world.documents, by="level")
    return {"coverage": float((table["low"].le(truth) & table["high"].ge(truth)).mean())}


def measure_clusters(rng: np.random.Generator, n_clusters: int, n_years: int) -> dict[str, float]:
    """Ten reports of each province, taken as ten and as one."""
    own = np.repeat(group_logits(rng, 2 * n_clusters, 0.0, SD), n_years, axis=0)
    cities = np.repeat([f"c{i:02d}" for i in range(2 * n_clusters)], n_years)
    sides = np.repeat(["city", "district"], n_clusters * n_years)
    world = sample_world(rng, own + rng.normal(0.0, 0.4, own.shape), level=sides, city=cities)
    return {
        "type-I of p, reports as units": float((contrast(world)["p"] <= 0.05).mean()),
        "type-I of p, cluster=": float((contrast(world, cluster="city")["p"] <= 0.05).mean()),
    }


def measure_strata(rng: np.random.Generator, sizes: list[tuple[int, int]]) -> dict[str, float]:
    """Strata that differ from one another (SD 1 on the logit) and hold the groups in unequal parts."""
    totals = [sum(pair) for pair in sizes]
    stratum = np.repeat(np.arange(len(sizes)), totals)
    sides = np.concatenate([["city"] * a + ["district"] * b for a, b in sizes])
    logits = rng.normal(0.0, 1.0, (len(sizes), len(BASE)))[stratum] + group_logits(rng, len(stratum), 0.0, SD)
    table = contrast(sample_world(rng, logits, level=sides, region=stratum.astype(str)), strata="region")
    return {
        "type-I of p": float((table["p"] <= 0.05).mean()),
        "family-wise error": float((table["p_adjusted"] <= 0.05).any()),
    }


def measure_pairs(rng: np.random.Generator, n_documents: int) -> dict[str, float]:
    sides = np.repeat(["province", "city", "district"], n_documents)
    table = contrast(sample_world(rng, group_logits(rng, len(sides), 0.0, SD), level=sides))
    return {"family-wise error": float((table["p_adjusted"] <= 0.05).any())}


def measure_power(rng: np.random.Generator, n_documents: int, effect: float) -> dict[str, float]:
    """How often the three topics that were moved are found, with the right sign."""
    table = contrast(two_groups(rng, (n_documents, n_documents), effect=effect))
    moved = [2, 5, 8]
    verdict = table["verdict"].to_numpy()[moved]
    sign = np.where(true_difference(effect, (SD, SD))[moved] > 0, "higher", "lower")
    return {"found (verdict, adjusted)": float((verdict == sign).mean())}


def contrast(world: World, **options: str) -> pd.DataFrame:
    options_of_all = {"by": "level", "n_permutations": N_PERMUTATIONS}
    return contrast_prevalence(world.shares, world.documents, **options_of_all, **options)


def measure_lda(rng: np.random.Generator, n_documents: int, effect: float) -> dict[str, float]:
    """Fit a model to the words of a world and compare what it says with the planted topics."""
    n_topics, n_terms = 6, 400
    phi = rng.dirichlet(np.full(n_terms, 0.05), n_topics)
    moved = effect * (np.arange(n_topics) == 0)
    logits = rng.normal(0.0, SD, (2 * n_documents, n_topics))
    logits[:n_documents] += moved
    world = sample_world(rng, logits, level=["city"] * n_documents + ["district"] * n_documents)
    dtm, passages = sample_words(rng, world, phi)
    model = fit_lda(dtm, n_topics=n_topics, seed=1)
    planted = linear_sum_assignment(-np.sqrt(model.phi) @ np.sqrt(phi[:, dtm.vocabulary.astype(int)]).T)[1]
    table = contrast(replace(world, shares=estimate_shares(model, dtm, passages)))
    noise = rng.normal(0.0, SD, (100_000, n_topics))
    truth = (soften(noise + moved).mean(axis=0) - soften(noise).mean(axis=0))[planted]
    rates = {"coverage": float((table["low"].le(truth) & table["high"].ge(truth)).mean())}
    if not effect:
        rates["type-I of p"] = float((table["p"] <= 0.05).mean())
        rates["family-wise error"] = float((table["p_adjusted"] <= 0.05).any())
    return rates


def sample_words(
    rng: np.random.Generator, world: World, phi: np.ndarray
) -> tuple[DocumentTermMatrix, pd.DataFrame]:
    """Draw the words of every paragraph from the topics it has."""
    counts = sparse.csr_matrix(rng.multinomial(N_TOKENS, world.passages @ phi).astype(np.int32))
    used = np.flatnonzero(np.asarray(counts.sum(axis=0)).ravel())
    passages = make_passages(world.documents["doc_id"].to_numpy()[world.owner])
    vocabulary = pd.Index([str(term) for term in used])
    return DocumentTermMatrix(counts[:, used], pd.Index(passages["passage_id"]), vocabulary), passages


def make_passages(doc_ids: Sequence[str]) -> pd.DataFrame:
    """Return a `passages` table without texts, one row for each of the given documents."""
    table = pd.DataFrame({"doc_id": doc_ids, "start": 0, "end": 1, "text": "", "reuse_id": None})
    table["position"] = table.groupby("doc_id").cumcount()
    table["passage_id"] = table["doc_id"] + "#" + table["position"].map("{:04d}".format)
    return table.astype({"reuse_id": "str", "passage_id": "str"})


def measure_keyness(rng: np.random.Generator, n_documents: int, n_words: int = 300) -> dict[str, float]:
    """Bursty words, documents of unequal length, labels that mean nothing."""
    lengths = rng.integers(1_000, 5_000, 2 * n_documents)
    rates = np.exp(rng.normal(-7.0, 1.0, n_words))
    burst = rng.uniform(0.3, 4.0, n_words)
    counts = rng.poisson(lengths[:, None] * rates * rng.gamma(burst, 1.0 / burst, (2 * n_documents, n_words)))
    filler = np.maximum(lengths - counts.sum(axis=1), 0)[:, None]
    tokens, passages = tabulate_words(np.hstack([counts, filler]))
    documents = make_documents(2 * n_documents, level=np.repeat(["city", "district"], n_documents))
    table = score_keyness(
        tokens, passages, documents, by="level", target="city", seed=int(rng.integers(2**31))
    )
    tested = table[table["p"].notna()]
    return {
        "type-I of p": float((tested["p"] <= 0.05).mean()),
        "false words after BH, of 300": float((tested["q"] <= 0.05).sum()),
        "words that G2 calls significant": float((tested["g2"] > 3.841).mean()),
    }


def tabulate_words(counts: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One passage a document, one row a token."""
    passages = make_passages([f"d{i:04d}" for i in range(len(counts))])
    rows, columns = np.nonzero(counts)
    repeated = np.repeat(np.arange(len(rows)), counts[rows, columns])
    position = np.concatenate([np.arange(n) for n in counts.sum(axis=1)])
    words = np.array([f"w{i}" for i in range(counts.shape[1])])
    columns_of_tokens = {
        "passage_id": pd.Categorical(passages["passage_id"].to_numpy()[rows[repeated]]),
        "position": position,
        "start": position,
        "term": pd.Categorical(words[columns[repeated]]),
    }
    return pd.DataFrame(columns_of_tokens), passages


# -- the plan: which worlds, how many of them, which bands --

Measure = Callable[[np.random.Generator], dict[str, float]]
Bands = dict[str, tuple[float, float]]
TYPE_I, FAMILY, COVERAGE = (0.0, 0.06), (0.0, 0.07), (0.93, 0.98)
ANY = (0.0, float("inf"))


@dataclass(frozen=True)
class Plan:
    """Worlds of one kind. cost: how many times dearer than a contrast; fast: part of the tests."""

    section: str
    world: str
    measure: Measure
    bands: Bands
    cost: float = 1.0
    fast: bool = False


def plan() -> Iterator[Plan]:
    """Every kind of world, in the order of the table."""
    naive = {"type-I of the passage t test": (0.25, 1.0)}
    for n in (2, 3, 5, 10, 30):
        bands = {
            "type-I of p": TYPE_I,
            "type-I of p_permutation": TYPE_I,
            "family-wise error": FAMILY,
        } | naive
        yield Plan(
            "no difference", f"{n} + {n}", partial(measure_null, sizes=(n, n)), bands, fast=n in (3, 5)
        )
    for sizes in ((4, 4), (2, 5), (2, 20), (5, 20)):
        bands = {"type-I of p": TYPE_I, "type-I of p_permutation": TYPE_I, "family-wise error": FAMILY}
        world = f"{sizes[0]} + {sizes[1]}"
        yield Plan("no difference", world, partial(measure_null, sizes=sizes), bands, fast=sizes == (2, 20))
    for n in (2, 3, 5, 10, 30):
        measure = partial(measure_coverage, sizes=(n, n), effect=1.0, sds=(SD, SD))
        yield Plan("a difference", f"{n} + {n}", measure, {"coverage": COVERAGE}, fast=n in (3, 10))
    for sds, sizes in (
        ((0.5, 1.5), (5, 5)),
        ((0.5, 1.5), (10, 10)),
        ((0.5, 1.5), (10, 4)),
        ((0.5, 1.5), (30, 30)),
    ):
        measure = partial(measure_coverage, sizes=sizes, effect=0.0, sds=sds)
        world = f"{sizes[0]} + {sizes[1]}, SD 0.5 and 1.5"
        yield Plan("a difference", world, measure, {"coverage": (0.90, 1.0)})
    for n in (5, 10, 30):
        measure = partial(measure_power, n_documents=n, effect=1.0)
        yield Plan("a difference", f"{n} + {n}, logit + 1", measure, {"found (verdict, adjusted)": ANY})
    for n in (3, 10):
        measure = partial(measure_prevalence, n_documents=n)
        yield Plan("prevalence of a group", f"{n} documents", measure, {"coverage": (0.90, 0.98)})
    bands = {"type-I of p, reports as units": ANY, "type-I of p, cluster=": TYPE_I}
    measure = partial(measure_clusters, n_clusters=8, n_years=10)
    yield Plan("clusters", "8 + 8 cities, 10 reports each", measure, bands, cost=2)
    measure = partial(measure_strata, sizes=[(2, 3), (1, 4), (4, 2), (3, 1)])
    bands = {"type-I of p": TYPE_I, "family-wise error": FAMILY}
    yield Plan("strata", "4 strata: 2+3, 1+4, 4+2, 3+1", measure, bands, fast=True)
    yield Plan(
        "three groups", "6 + 6 + 6", partial(measure_pairs, n_documents=6), {"family-wise error": FAMILY}
    )
    bands = {"type-I of p": TYPE_I, "family-wise error": FAMILY, "coverage": COVERAGE}
    for n, effect in ((5, 0.0), (10, 0.0), (10, 1.0)):
        world = f"{n} + {n}, {'logit + 1' if effect else 'no difference'}"
        measure = partial(measure_lda, n_documents=n, effect=effect)
        yield Plan("LDA in the loop", world, measure, bands, cost=4)
    bands = {
        "type-I of p": (0.03, 0.06),
        "false words after BH, of 300": (0.0, 2.4),
        "words that G2 calls significant": (0.13, 1.0),
    }
    for n in (10, 20):
        measure = partial(measure_keyness, n_documents=n)
        yield Plan("keyness, random labels", f"{n} + {n}", measure, bands, cost=4, fast=n == 10)
    for n in (5, 10, 30):
        measure = partial(measure_coverage, sizes=(n, n), effect=0.0, sds=(0.4, 1.2))
        world = f"{n} + {n}, SD 0.4 and 1.2"
        yield Plan("a difference", world, measure, {"coverage": (0.90, 1.0)}, fast=n == 30)


def run(chosen: Iterable[Plan], n_worlds: int, seed: int) -> list[Row]:
    """Measure every kind of world `n_worlds` / cost times."""
    rows: list[Row] = []
    for position, kind in enumerate(chosen):
        rng = np.random.default_rng([seed, position])
        n_own = max(int(n_worlds / kind.cost), 8)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            measured = pd.DataFrame([kind.measure(rng) for _ in range(n_own)])
        for name in (name for name in kind.bands if name in measured and measured[name].notna().any()):
            error = float(measured[name].std(ddof=1) / np.sqrt(n_own))
            rows.append(
                Row(
                    kind.section,
                    kind.world,
                    name,
                    float(measured[name].mean()),
                    error,
                    kind.bands[name],
                    n_own,
                )
            )
        print(f"  {kind.section}: {kind.world}", file=sys.stderr)
    return rows


def render(rows: Iterable[Row], n_worlds: int, seed: int) -> str:
    """Return the table as Markdown."""
    about = (__doc__ or "").split("What is simulated:")[1].strip()
    lines = [
        "# Calibration",
        "",
        f"Made by `python benchmarks/calibration.py --write --replicates {n_worlds} --seed {seed}`.",
        "",
        f"What is simulated: {' '.join(about.split())}",
        "",
        "Rates at a nominal 5 %; ± is one Monte-Carlo error over worlds, the topics (or words) of one world",
        f"being dependent. Beyond 20,000 relabellings tests use {N_PERMUTATIONS} random ones (terms: 9,999).",
        "A row holds if its rate lies in the band, three Monte-Carlo errors granted.",
        "",
        "| world | | measured | rate | ± | band | worlds | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        band = "reported" if row.band == ANY else f"{row.band[0]:g} to {row.band[1]:g}"
        cells = [
            row.section,
            row.world,
            row.measure,
            f"{row.rate:.3f}",
            f"{row.error:.3f}",
            band,
            str(row.n_worlds),
        ]
        lines.append(f"| {' | '.join(cells)} | {'holds' if row.holds else '**outside**'} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the table and, with --write, keep it. Exit code 1 if a row is outside its band."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--replicates", type=int, default=400, help="worlds of each kind (dear ones fewer)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write docs/calibration.md")
    arguments = parser.parse_args()
    rows = run(plan(), arguments.replicates, arguments.seed)
    table = render(rows, arguments.replicates, arguments.seed)
    print(table)
    if arguments.write:
        target = Path(__file__).resolve().parent.parent / "docs" / "calibration.md"
        target.write_text(table, encoding="utf-8")
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
