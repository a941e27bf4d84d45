"""Simulated worlds in which the truth is known go in; how often `discourse.compare` is right comes out.

    python benchmarks/calibration.py                     print the table
    python benchmarks/calibration.py --write             and write it to docs/calibration.md
    python benchmarks/calibration.py --replicates 100    fewer worlds, larger Monte-Carlo errors

What is simulated: shares of a document are logistic-normal about the logits of its group (SD 0.8, ten
topics of unequal size), paragraphs scatter about their document (Dirichlet, 15 of them with 60 tokens), and
the share of a document is that of its tokens. Topics are known, except in the rows "LDA in the loop", where
a model is fitted to the words of every world. Counts of words are gamma-Poisson: each word bursts in its own
measure. Profiles of one mean and unequal spread are Dirichlet. Places in the rows "trend" have slopes of
their own.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import calibration_worlds as worlds
import numpy as np
import pandas as pd


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
    yield from plan_contrasts()
    yield from plan_units()
    yield from plan_extensions()
    yield from plan_models_and_words()


def plan_contrasts() -> Iterator[Plan]:
    tests = {"type-I of p": TYPE_I, "type-I of p_permutation": TYPE_I, "family-wise error": FAMILY}
    naive = {
        "type-I of the passage t test": (0.25, 1.0),
        "type-I of the regression with theta draws": (0.25, 1.0),
        "type-I of the percentile bootstrap of documents": ANY,
        "type-I of Welch's t over documents": ANY,
    }
    for sizes in ((2, 2), (3, 3), (4, 4), (5, 5), (10, 10), (30, 30), (2, 5), (2, 20), (5, 20), (5, 30)):
        # four worlds for one where a family-wise error once looked too large
        yield Plan(
            "no difference",
            f"{sizes[0]} + {sizes[1]}",
            partial(worlds.measure_null, sizes=sizes),
            tests | naive,
            cost=0.25 if sizes == (5, 5) else 1.0,
            fast=sizes in {(3, 3), (2, 20)},
        )
    for n in (2, 3, 4, 5, 10, 30):
        measure = partial(worlds.measure_coverage, sizes=(n, n), effect=1.0, sds=(worlds.SD, worlds.SD))
        yield Plan("a difference", f"{n} + {n}", measure, {"coverage": COVERAGE}, fast=n in (3, 10))
    unequal = [((0.5, 1.5), (n, n)) for n in (3, 5, 10, 30)] + [((0.4, 1.2), (n, n)) for n in (5, 10, 30)]
    for sds, sizes in [*unequal, ((0.5, 1.5), (10, 4)), ((0.5, 1.5), (4, 10))]:
        measure = partial(worlds.measure_coverage, sizes=sizes, effect=0.0, sds=sds)
        world = f"{sizes[0]} + {sizes[1]}, SD {sds[0]} and {sds[1]}"
        bands = {"coverage": (0.90, 1.0), "coverage of the plain t interval": ANY}
        yield Plan(
            "a difference", world, measure, bands, fast=(sds[0], sizes) in {(0.5, (5, 5)), (0.4, (30, 30))}
        )
    for n in (5, 10, 30):
        measure = partial(worlds.measure_power, n_documents=n, effect=1.0)
        yield Plan("a difference", f"{n} + {n}, logit + 1", measure, {"found (verdict, adjusted)": ANY})
    yield Plan(
        "three groups",
        "6 + 6 + 6",
        partial(worlds.measure_pairs, n_documents=6),
        {"family-wise error": FAMILY},
    )


def plan_units() -> Iterator[Plan]:
    for n, sd in ((3, worlds.SD), (5, worlds.SD), (10, worlds.SD), (30, worlds.SD), (10, 1.5)):
        measure = partial(worlds.measure_prevalence, n_documents=n, sd=sd)
        bands = {
            "coverage": (0.90, 0.98) if sd == worlds.SD else ANY,
            "coverage of the plain t interval": ANY,
        }
        yield Plan("prevalence of a group", f"{n} documents, SD {sd}", measure, bands, fast=n == 5)
    bands = {"type-I of p, reports as units": ANY, "type-I of p, cluster=": TYPE_I}
    measure = partial(worlds.measure_clusters, n_clusters=8, n_years=10)
    yield Plan("clusters", "8 + 8 cities, 10 reports each", measure, bands, cost=2)
    measure = partial(worlds.measure_strata, sizes=[(2, 3), (1, 4), (4, 2), (3, 1)])
    bands = {"type-I of p": TYPE_I, "family-wise error": FAMILY}
    yield Plan("strata", "4 strata: 2+3, 1+4, 4+2, 3+1", measure, bands, fast=True)
    for n in (20, 60):
        bands = {"type-I of p": TYPE_I, "family-wise error": FAMILY, "type-I of p without the formula": ANY}
        measure = partial(worlds.measure_formula, n_documents=n)
        yield Plan("formula, levels confounded", f"{n} documents", measure, bands, fast=n == 20)


def plan_extensions() -> Iterator[Plan]:
    for sizes, concentration in (
        ((5, 5), (20.0, 20.0)),
        ((10, 10), (20.0, 20.0)),
        ((5, 15), (20.0, 20.0)),
        ((10, 10), (4.0, 40.0)),
        ((6, 18), (4.0, 40.0)),
    ):
        equal = concentration[0] == concentration[1]
        bands = {
            "type-I of p (Wd*)": (0.0, 0.06 if equal else 0.08),
            "type-I of PERMANOVA on Hellinger distances": ANY,
        }
        spread = "equal spread" if equal else "unequal spread"
        measure = partial(worlds.measure_profiles, sizes=sizes, concentration=concentration)
        yield Plan(
            "profiles of one mean",
            f"{sizes[0]} + {sizes[1]}, {spread}",
            measure,
            bands,
            cost=0.5,
            fast=equal and sizes == (5, 5),
        )
    bands = {
        "coverage (Jensen-Shannon)": (0.93, 1.0),
        "coverage (Hellinger)": (0.93, 1.0),
        "excess of the corrected divergence, in 0.001 nats": ANY,
        "excess of the plain divergence, in 0.001 nats": ANY,
    }
    for n, effect in ((5, 0.0), (5, 1.0), (10, 1.0), (30, 1.0)):
        measure = partial(worlds.measure_distances, n_documents=n, effect=effect)
        yield Plan(
            "distance of profiles",
            f"{n} + {n}, logit + {effect:g}",
            measure,
            bands,
            fast=(n, effect) == (5, 1.0),
        )
    bands = {"type-I of p": TYPE_I, "family-wise error": FAMILY}
    for n in (8, 30):
        measure = partial(worlds.measure_independent_trend, n_documents=n)
        yield Plan("trend, independent documents", f"{n} documents", measure, bands, fast=n == 8)
    bands = {
        "type-I of p, reports as units": ANY,
        "type-I of p, cluster=": TYPE_I,
        "family-wise error, cluster=": FAMILY,
    }
    for n_places in (5, 10):
        measure = partial(worlds.measure_trend, n_places=n_places, n_years=8, slope=0.2)
        yield Plan("trend, places that come back", f"{n_places} places, 8 years", measure, bands)


def plan_models_and_words() -> Iterator[Plan]:
    bands = {
        "type-I of p": TYPE_I,
        "family-wise error": FAMILY,
        "coverage": COVERAGE,
        "document's own share within 2 measurement errors": ANY,
    }
    for n, effect in ((5, 0.0), (10, 0.0), (10, 1.0)):
        world = f"{n} + {n}, {'logit + 1' if effect else 'no difference'}"
        measure = partial(worlds.measure_lda, n_documents=n, effect=effect)
        yield Plan("LDA in the loop", world, measure, bands)
    for n in (5, 10, 20):
        measure = partial(worlds.measure_vocabulary, n_documents=n)
        bands = {"intervals that hold 0": (0.90, 1.0)}
        yield Plan("words of one topic, random labels", f"{n} + {n}", measure, bands, cost=2, fast=n == 10)
    bands = {
        "type-I of p": (0.03, 0.06),
        "false words after BH, of 300": (0.0, 2.4),
        "words that G2 calls significant": (0.13, 1.0),
    }
    for n in (10, 20):
        measure = partial(worlds.measure_keyness, n_documents=n)
        yield Plan("keyness, random labels", f"{n} + {n}", measure, bands, cost=4, fast=n == 10)


def run(chosen: Iterable[Plan], n_worlds: int, seed: int, n_processes: int = 1) -> list[Row]:
    """Measure every kind of world `n_worlds` / cost times; the same numbers with any number of processes."""
    jobs = [(kind, n_worlds, [seed, position]) for position, kind in enumerate(chosen)]
    if n_processes == 1:
        return [row for job in jobs for row in measure_kind(*job)]
    with ProcessPoolExecutor(n_processes) as pool:
        return [row for rows in pool.map(measure_kind, *zip(*jobs, strict=True)) for row in rows]


def measure_kind(kind: Plan, n_worlds: int, seed: list[int]) -> list[Row]:
    """Rates of one kind of world, averaged over worlds."""
    rng = np.random.default_rng(seed)
    n_own = max(int(n_worlds / kind.cost), 8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        measured = pd.DataFrame([kind.measure(rng) for _ in range(n_own)])
    print(f"  {kind.section}: {kind.world}", file=sys.stderr, flush=True)
    return [
        Row(
            kind.section,
            kind.world,
            name,
            float(measured[name].mean()),
            # the same in every world is not certainty: half a world at least
            max(float(measured[name].std(ddof=1) / np.sqrt(n_own)), 0.5 / n_own),
            band,
            n_own,
        )
        for name, band in kind.bands.items()
        if name in measured and measured[name].notna().any()
    ]


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
        f"being dependent. Beyond 20,000 relabellings tests use {worlds.N_PERMUTATIONS} random ones (terms: 9,999).",
        "Rows without a band describe: naive practice, power, what is left of a bias.",
        "A row holds if its rate lies in the band, three Monte-Carlo errors granted.",
        "",
        "| world | | measured | rate | ± | band | worlds | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        band = "" if row.band == ANY else f"{row.band[0]:g} to {row.band[1]:g}"
        judged = "reported" if row.band == ANY else "holds" if row.holds else "**outside**"
        cells = [
            row.section,
            row.world,
            row.measure,
            f"{row.rate:.3f}",
            f"{row.error:.3f}",
            band,
            str(row.n_worlds),
        ]
        lines.append(f"| {' | '.join(cells)} | {judged} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the table and, with --write, keep it. Exit code 1 if a row is outside its band."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--replicates", type=int, default=400, help="worlds of each kind (dear ones fewer)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help="write docs/calibration.md")
    arguments = parser.parse_args()
    rows = run(list(plan()), arguments.replicates, arguments.seed, arguments.processes)
    table = render(rows, arguments.replicates, arguments.seed)
    print(table)
    if arguments.write:
        target = Path(__file__).resolve().parent.parent / "docs" / "calibration.md"
        target.write_text(table, encoding="utf-8")
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
