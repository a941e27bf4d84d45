"""Simulated worlds in which the truth is known, and what is measured in them: a dict of rates a world.

Shares of a document are logistic-normal about the logits of its group; paragraphs scatter about their
document; the share of a document is that of its tokens. See calibration.py for the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from scipy.special import stdtr, stdtrit

from discourse import contrast_prevalence, estimate_prevalence, estimate_shares, fit_lda, score_keyness
from discourse.compare._distances import hellinger_squared, jensen_shannon
from discourse.compare._stats import Design, estimate_effects
from discourse.compare.adjusted import contrast_adjusted
from discourse.compare.profiles import compare_profiles
from discourse.compare.trends import estimate_trend
from discourse.compare.vocabulary import contrast_vocabulary
from discourse.contracts import CONTRACTS, DocumentTermMatrix, TopicModel

BASE = np.linspace(-1.0, 1.0, 10)
SD, N_PASSAGES, N_TOKENS, SCATTER = 0.8, 15, 60, 8.0
N_PERMUTATIONS = 399


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
        "type-I of the regression with theta draws": composition(rng, world),
        "type-I of the percentile bootstrap of documents": bootstrap(rng, world),
        "type-I of Welch's t over documents": document_welch(world),
    }


def passage_t(world: World) -> float:
    """Type-I error of Welch's t over passages, as if they were independent."""
    is_target = (world.documents["level"] == "city").to_numpy()[world.owner]
    first, second = world.passages[is_target], world.passages[~is_target]
    parts = first.var(axis=0, ddof=1) / len(first), second.var(axis=0, ddof=1) / len(second)
    t = (first.mean(axis=0) - second.mean(axis=0)) / np.sqrt(parts[0] + parts[1])
    return float((2 * stdtr(len(world.owner) - 2.0, -np.abs(t)) <= 0.05).mean())


def composition(rng: np.random.Generator, world: World, n_draws: int = 20) -> float:
    """Type-I error of regression over passages with draws of theta (method of composition, z test)."""
    is_target = (world.documents["level"] == "city").to_numpy()[world.owner]
    drawn = rng.gamma(world.passages * N_TOKENS + 0.1, size=(n_draws, *world.passages.shape))
    theta = drawn / drawn.sum(axis=2, keepdims=True)
    first, second = theta[:, is_target], theta[:, ~is_target]
    difference = first.mean(axis=1) - second.mean(axis=1)
    inside = first.var(axis=1, ddof=1) / first.shape[1] + second.var(axis=1, ddof=1) / second.shape[1]
    se = np.sqrt(inside.mean(axis=0) + difference.var(axis=0, ddof=1))
    return float((np.abs(difference.mean(axis=0)) > 1.959964 * se).mean())


def bootstrap(rng: np.random.Generator, world: World, n_draws: int = 300) -> float:
    """How often the percentile interval of resampled documents leaves 0 out."""
    values, is_target = share_values(world), (world.documents["level"] == "city").to_numpy()
    means = []
    for group in (values[is_target], values[~is_target]):
        chosen = rng.integers(0, len(group), (n_draws, len(group)))
        means.append(group[chosen].mean(axis=1))
    low, high = np.quantile(means[0] - means[1], [0.025, 0.975], axis=0)
    return float(((low > 0) | (high < 0)).mean())


def document_welch(world: World) -> float:
    """Type-I error of Welch's t test over documents."""
    values, is_target = share_values(world), (world.documents["level"] == "city").to_numpy()
    sides = values[is_target], values[~is_target]
    parts = [side.var(axis=0, ddof=1) / len(side) for side in sides]
    t = (sides[0].mean(axis=0) - sides[1].mean(axis=0)) / np.sqrt(parts[0] + parts[1])
    below = sum(part**2 / (len(side) - 1) for part, side in zip(parts, sides, strict=True))
    return float((2 * stdtr((parts[0] + parts[1]) ** 2 / below, -np.abs(t)) <= 0.05).mean())


def share_values(world: World) -> np.ndarray:
    return world.shares.filter(like="topic_").to_numpy()


def measure_coverage(
    rng: np.random.Generator, sizes: tuple[int, int], effect: float, sds: tuple[float, float]
) -> dict[str, float]:
    """How often the intervals hold the true differences."""
    world = two_groups(rng, sizes, effect=effect, sds=sds)
    table = contrast(world)
    truth = true_difference(effect, sds)
    return {
        "coverage": float((table["low"].le(truth) & table["high"].ge(truth)).mean()),
        "coverage of the plain t interval": plain_coverage(world, truth),
    }


def plain_coverage(world: World, truth: np.ndarray) -> float:
    """Coverage of the t interval with the larger of the pooled and the Welch error."""
    is_target = (world.documents["level"] == "city").to_numpy()
    design = Design(is_target, np.zeros(len(is_target), dtype=np.int64))
    effects = estimate_effects(share_values(world), design)
    return float((np.abs(effects.difference - truth) <= effects.half_width).mean())


def measure_prevalence(rng: np.random.Generator, n_documents: int, sd: float = SD) -> dict[str, float]:
    """How often the intervals of one group hold its true shares, and how often plain t intervals do."""
    truth = true_shares(0.0, sd)
    world = sample_world(rng, group_logits(rng, n_documents, 0.0, sd), level=["city"] * n_documents)
    table = estimate_prevalence(world.shares, world.documents, by="level")
    values = share_values(world)
    reach = stdtrit(n_documents - 1, 0.975) * values.std(axis=0, ddof=1) / np.sqrt(n_documents)
    return {
        "coverage": float((table["low"].le(truth) & table["high"].ge(truth)).mean()),
        "coverage of the plain t interval": float((np.abs(values.mean(axis=0) - truth) <= reach).mean()),
    }


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


def measure_formula(rng: np.random.Generator, n_documents: int) -> dict[str, float]:
    """Levels that speak in different regions and years, which move the topics; levels themselves do not."""
    level = rng.choice(["city", "district"], n_documents)
    late = np.where(level == "city", 1.0, -1.0)
    region = np.where(rng.normal(0.8 * late) > 0, "a", "b")
    year = 2020 + np.round(rng.normal(1.5 * late, 2.0))
    logits = group_logits(rng, n_documents, 0.0, SD)
    logits[:, ::3] += 0.6 * (region == "a")[:, None] + 0.15 * (year - 2020)[:, None]
    world = sample_world(rng, logits, level=level, region=region, year=year.astype(int))
    adjusted = contrast_adjusted(world.shares, world.documents, formula="~ level + region + year")
    own = adjusted[adjusted["factor"] == "level"]
    return {
        "type-I of p": float((own["p"] <= 0.05).mean()),
        "family-wise error": float((own["p_adjusted"] <= 0.05).any()),
        "type-I of p without the formula": float((contrast(world)["p"] <= 0.05).mean()),
    }


def measure_profiles(
    rng: np.random.Generator, sizes: tuple[int, int], concentration: tuple[float, float]
) -> dict[str, float]:
    """Two groups with the same mean profile (Dirichlet), that spread equally or not."""
    mean = soften(BASE)
    values = np.concatenate([rng.dirichlet(c * mean, n) for c, n in zip(concentration, sizes, strict=True)])
    documents = make_documents(len(values), level=np.repeat(["city", "district"], sizes))
    sizes_of = {"doc_id": documents["doc_id"], "n_passages": N_PASSAGES, "n_tokens": N_TOKENS * N_PASSAGES}
    shares = pd.DataFrame(sizes_of | {f"topic_{k}": column for k, column in enumerate(values.T)})
    table = compare_profiles(shares, documents, by="level", n_permutations=N_PERMUTATIONS)
    return {
        "type-I of p (Wd*)": float(table["p"].iloc[0] <= 0.05),
        "type-I of PERMANOVA on Hellinger distances": permanova(rng, np.sqrt(values), sizes[0]),
    }


def permanova(rng: np.random.Generator, values: np.ndarray, n_target: int) -> float:
    """Whether Anderson's pseudo-F, permuted, is significant."""
    orders = [np.arange(len(values)), *(rng.permutation(len(values)) for _ in range(199))]
    total = ((values - values.mean(axis=0)) ** 2).sum()

    def inside(order: np.ndarray) -> float:
        parts = values[order[:n_target]], values[order[n_target:]]
        return float(sum(((part - part.mean(axis=0)) ** 2).sum() for part in parts))

    f = np.array([(total - inside(order)) / inside(order) for order in orders])
    return float((f >= f[0] * (1 - 1e-9)).mean() <= 0.05)


def measure_distances(rng: np.random.Generator, n_documents: int, effect: float) -> dict[str, float]:
    """Intervals of the corrected distances, and what is left of the bias, over the bias of the plain ones."""
    world = two_groups(rng, (n_documents, n_documents), effect=effect)
    row = compare_profiles(world.shares, world.documents, by="level", n_permutations=19).iloc[0]
    a, b = true_shares(effect, SD), true_shares(0.0, SD)
    truth, far = float(jensen_shannon(a, b)), float(hellinger_squared(a, b)) ** 0.5
    return {
        "coverage (Jensen-Shannon)": float(row["jsd_low"] <= truth <= row["jsd_high"]),
        "coverage (Hellinger)": float(row["hellinger_low"] <= far <= row["hellinger_high"]),
        "excess of the corrected divergence, in 0.001 nats": 1000 * (row["jsd"] - truth),
        "excess of the plain divergence, in 0.001 nats": 1000 * (row["jsd_plugin"] - truth),
    }


def measure_trend(rng: np.random.Generator, n_places: int, n_years: int, slope: float) -> dict[str, float]:
    """Places that report every year, each with a level and a slope of its own, none in common.

    Slopes turn about the middle of the years, so that mean shares are the same before and after it.
    """
    place = np.repeat(np.arange(n_places), n_years)
    year = np.tile(np.arange(n_years), n_places)
    own = rng.normal(0.0, slope, (n_places, len(BASE)))[place] * (year - year.mean())[:, None]
    logits = group_logits(rng, n_places, 0.0, SD)[place] + own + rng.normal(0.0, 0.3, own.shape)
    world = sample_world(rng, logits, year=2015 + year, province=place.astype(str))
    rates = {}
    for name, cluster in (("reports as units", None), ("cluster=", "province")):
        table = estimate_trend(world.shares, world.documents, cluster=cluster, n_permutations=N_PERMUTATIONS)
        rates[f"type-I of p, {name}"] = float((table["p"] <= 0.05).mean())
        rates[f"family-wise error, {name}"] = float((table["p_adjusted"] <= 0.05).any())
    return rates


def measure_independent_trend(rng: np.random.Generator, n_documents: int) -> dict[str, float]:
    """Documents that have nothing in common, spread over eight years."""
    world = sample_world(
        rng, group_logits(rng, n_documents, 0.0, SD), year=2015 + rng.integers(0, 8, n_documents)
    )
    table = estimate_trend(world.shares, world.documents, n_permutations=N_PERMUTATIONS)
    return {
        "type-I of p": float((table["p"] <= 0.05).mean()),
        "family-wise error": float((table["p_adjusted"] <= 0.05).any()),
    }


def measure_vocabulary(rng: np.random.Generator, n_documents: int, n_words: int = 200) -> dict[str, float]:
    """Bursty words of one topic, labels that mean nothing: how often intervals hold 0."""
    lengths = rng.integers(300, 1_500, 2 * n_documents)
    rates = np.exp(rng.normal(-5.0, 1.0, n_words))
    burst = rng.uniform(0.3, 4.0, n_words)
    counts = rng.poisson(lengths[:, None] * rates * rng.gamma(burst, 1 / burst, (2 * n_documents, n_words)))
    documents = make_documents(2 * n_documents, level=np.repeat(["city", "district"], n_documents))
    passages = make_passages(documents["doc_id"])
    matrix = sparse.csr_matrix(counts.astype(np.int32))
    index = pd.Index(passages["passage_id"])
    vocabulary = pd.Index([f"w{i}" for i in range(n_words)], dtype="str")
    phi = np.ones((1, n_words)) / n_words
    model = TopicModel(
        phi,
        np.ones((len(counts), 1)),
        np.ones(1),
        0.1,
        index,
        vocabulary,
        counts.sum(axis=1),
        counts.sum(axis=0),
    )
    table = contrast_vocabulary(
        model,
        DocumentTermMatrix(matrix, index, vocabulary),
        passages,
        documents,
        by="level",
        target="city",
        n_terms=n_words,
        min_count=20,
    )
    return {"intervals that hold 0": float((table["low"].le(0) & table["high"].ge(0)).mean())}


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
    shares = estimate_shares(model, dtm, passages)
    table = contrast(replace(world, shares=shares))
    noise = rng.normal(0.0, SD, (100_000, n_topics))
    truth = (soften(noise + moved).mean(axis=0) - soften(noise).mean(axis=0))[planted]
    rates = {"coverage": float((table["low"].le(truth) & table["high"].ge(truth)).mean())}
    if not effect:
        rates["type-I of p"] = float((table["p"] <= 0.05).mean())
        rates["family-wise error"] = float((table["p_adjusted"] <= 0.05).any())
    rates["document's own share within 2 measurement errors"] = measure_documents(
        world, shares, model, soften(logits)[:, planted]
    )
    return rates


def measure_documents(world: World, shares: pd.DataFrame, model: TopicModel, truth: np.ndarray) -> float:
    """How often a document's true share lies within two of its measurement errors of the estimate."""
    documents = world.documents.assign(city=world.documents["doc_id"])
    theta = pd.DataFrame(model.theta, columns=[f"topic_{k}" for k in range(model.n_topics)])
    theta.insert(0, "passage_id", model.passages.astype("str"))
    table = estimate_prevalence(shares, documents, by="city", theta=theta)
    error = np.abs(table["prevalence"].to_numpy() - truth.ravel())
    return float((error <= 2 * table["measurement_error"].to_numpy()).mean())


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
