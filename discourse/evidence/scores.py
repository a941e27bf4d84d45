"""Coded answers in, how well people could tell the topics out: scores with chance, intervals and agreement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from discourse.contracts import check, empty
from discourse.evidence.agreement import Agreement, Scale, estimate_agreement

LEVEL = 0.05
INTRUSION = ("word_intrusion", "set_intrusion", "topic_intrusion", "label_intrusion", "label_choice")
OF_TOPICS = ("word_intrusion", "set_intrusion", "topic_intrusion")  # what "all" puts together
_RATINGS = (1, 5)
_NO_LABEL = 6


def score_coding(coded: pd.DataFrame, *, n_draws: int = 2000, seed: int = 1) -> pd.DataFrame:
    """Score the answers of coders, by task and by topic.

    Parameters
    ----------
    coded
        Contract `coding_items`.
    n_draws, seed
        Resamples behind the intervals of alpha.

    Returns
    -------
    DataFrame
        `coding_scores`, one row per task, measure and topic; topic NA is the task as a whole. Task ``all``
        puts the word, set and topic intrusion questions about a topic together.

        *Measures.* ``precision``: share of answers that are right (Chang's model precision). ``log_odds``: mean
        topic log odds, 0 is perfect. ``accepted``: share of ratings 4 or 5; ``rating``: mean of the ratings 1
        to 5; ``no_label``: share of answers that no label could fit.

        *Whole task.* The unit is the topic: `score` is the mean over topics of their mean over answers;
        low / high speak of such topics with these coders. Shares have the interval of Korn and Graubard,
        ratings and log odds a t interval; one coder or one topic has none.

        *Chance* is what somebody scores who presses any button alike. `p` tests exactly that: with every
        answer a guess, as many right as there are or more (a sum of independent guesses); `p_adjusted` by Holm
        over the topics of the task; `p_smallest` is the p if all answers were right.

        *alpha* is Krippendorff's: nominal for the position chosen, ordinal for ratings (no label below 1); its
        interval resamples topics.

        *Verdicts.* ``above_chance`` p_adjusted <= .05; ``not_above_chance`` it is not although it could have
        been; ``cannot_tell`` it could not have been, or one coder. For ``accepted``: ``accepted`` and
        ``not_accepted`` where the interval (a topic: the majority of two coders or more) is on one side of a
        half. ``described``: no verdict is given.

    References
    ----------
    Chang et al. (2009), NIPS 22. Korn & Graubard (1998), Survey Methodology 24. Krippendorff (2011).
    """
    rows: list[dict[str, Any]] = []
    for task in dict.fromkeys(coded["task"]):
        own = coded[coded["task"] == task]
        agreement = _agreement(own, task, n_draws, seed)
        if task in INTRUSION:
            rows += _precision_rows(task, own, agreement)
            if own["log_odds_chance"].notna().any():
                rows += _mean_rows(task, "log_odds", own["log_odds"], own["log_odds_chance"], own)
        else:
            rows += _fit_rows(task, own, agreement)
    together = coded[coded["task"].isin(OF_TOPICS)]
    if together["task"].nunique() > 1:
        rows += _precision_rows("all", together, None)
    columns = empty("coding_scores")
    table = pd.DataFrame(rows, columns=list(columns.columns)).astype(columns.dtypes.to_dict())
    return check(table, "coding_scores")


def _agreement(own: pd.DataFrame, task: str, n_draws: int, seed: int) -> Agreement:
    scale: Scale = "nominal" if task in INTRUSION else "ordinal"
    wide = own.pivot(index="item_id", columns="coder", values="value").astype("float64")
    if scale == "ordinal":
        wide = wide.replace(_NO_LABEL, 0)  # that no label could fit is less than a poor fit
    topics = own.drop_duplicates("item_id").set_index("item_id")["topic"].loc[wide.index].to_numpy()
    return estimate_agreement(wide.to_numpy(), scale=scale, clusters=topics, n_draws=n_draws, seed=seed)


def _precision_rows(task: str, own: pd.DataFrame, agreement: Agreement | None) -> Iterator[dict[str, Any]]:
    given = own[own["score"].notna()]
    by_topic = [(int(str(topic)), rows) for topic, rows in own.groupby("topic", sort=True)]
    tests = [score_guessing(rows["score"], rows["chance"]) for _, rows in by_topic]
    adjusted = adjust_holm([p for p, _ in tests])
    p, p_smallest = score_guessing(own["score"], own["chance"])
    whole = _row(task, "precision", None, own, _topic_means(given, given["score"]), bounded=True)
    whole |= {"chance": _chance(own), "p": p, "p_adjusted": p, "p_smallest": p_smallest} | _alpha(agreement)
    one = whole["n_coders"] < 2
    yield whole | {"verdict": "cannot_tell" if one else _verdict(p, p_smallest)}
    for (topic, rows), (p, p_smallest), p_adjusted in zip(by_topic, tests, adjusted, strict=True):
        row = _row(task, "precision", topic, rows, rows["score"].dropna(), bounded=True)
        row |= {"chance": _chance(rows), "p": p, "p_adjusted": p_adjusted, "p_smallest": p_smallest}
        # were all answers about this topic right, its p alone would have to stand Holm's strictest step
        reachable = min(1.0, p_smallest * len(by_topic))
        yield row | {"verdict": "cannot_tell" if row["n_coders"] < 2 else _verdict(p_adjusted, reachable)}


def _fit_rows(task: str, own: pd.DataFrame, agreement: Agreement) -> Iterator[dict[str, Any]]:
    given = own[own["value"].notna()]
    whole = _row(task, "accepted", None, own, _topic_means(given, given["score"]), bounded=True)
    whole |= {"chance": _chance(own)} | _alpha(agreement)
    yield whole | {"verdict": _side(whole["low"], whole["high"])}
    for topic, rows in own.groupby("topic", sort=True):
        row = _row(task, "accepted", int(str(topic)), rows, rows["score"].dropna(), bounded=True)
        half = row["score"] if row["n_coders"] >= 2 else np.nan
        yield row | {"chance": _chance(rows), "verdict": _side(half, half)}
    fits = own["value"].astype("float64").where(own["value"].notna() & (own["value"] != _NO_LABEL))
    yield from _mean_rows(task, "rating", fits, pd.Series(float(np.mean(_RATINGS)), index=own.index), own)
    none = (own["value"] == _NO_LABEL).astype("float64").where(own["value"].notna())
    yield from _mean_rows(
        task, "no_label", none, pd.Series(1 / _NO_LABEL, index=own.index), own, bounded=True
    )


def _mean_rows(
    task: str, measure: str, values: pd.Series, chance: pd.Series, own: pd.DataFrame, *, bounded: bool = False
) -> Iterator[dict[str, Any]]:
    """Rows of a measure that is described, not tested."""
    given = values.notna()
    means = _topic_means(own[given], values[given])
    whole = _row(task, measure, None, own, means, bounded=bounded)
    yield whole | {"chance": float(chance.mean()), "verdict": "described"}
    for topic, rows in own.groupby("topic", sort=True):
        row = _row(task, measure, int(str(topic)), rows, values[rows.index].dropna(), bounded=bounded)
        yield row | {"chance": float(chance[rows.index].mean()), "verdict": "described"}


def _row(
    task: str, measure: str, topic: int | None, own: pd.DataFrame, values: pd.Series, *, bounded: bool
) -> dict[str, Any]:
    """Counts, mean and, for a whole task of two coders or more, the interval over topics."""
    given = own[own["value"].notna()]
    n_coders = given["coder"].nunique()
    row = {
        "task": task,
        "measure": measure,
        "topic": topic,
        "n_topics": own["topic"].nunique(),
        "n_items": own["item_id"].nunique(),
        "n_coders": n_coders,
        "n_answers": len(given),
        "n_missing": len(own) - len(given),
        "score": values.mean() if len(values) else np.nan,
        "low": np.nan,
        "high": np.nan,
    }
    if topic is None and n_coders >= 2:
        interval = estimate_share if bounded else estimate_mean
        row["low"], row["high"] = interval(values.to_numpy())
    return row


def _topic_means(own: pd.DataFrame, values: pd.Series) -> pd.Series:
    """Mean over answers of each topic: every topic weighs the same, however many answered."""
    return values.groupby(own["topic"]).mean()


def _chance(own: pd.DataFrame) -> float:
    return float(own.groupby("topic")["chance"].mean().mean())


def _alpha(agreement: Agreement | None) -> dict[str, float]:
    if agreement is None:
        return {}
    return {"alpha": agreement.alpha, "alpha_low": agreement.low, "alpha_high": agreement.high}


def estimate_share(shares: np.ndarray) -> tuple[float, float]:
    """95 % interval of the mean of shares (n_topics,), each 0 to 1, by Korn and Graubard.

    Clopper and Pearson's with the number of topics that would give the variance seen, so that topics that all
    score 1 still leave a doubt. NaN with fewer than two topics.
    """
    shares = np.asarray(shares, dtype=np.float64)
    n = len(shares)
    if n < 2:
        return np.nan, np.nan
    mean, variance = shares.mean(), shares.var(ddof=1) / n
    size = float(n)
    if variance > 0 and 0 < mean < 1:
        size = mean * (1 - mean) / variance * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, n - 1)) ** 2
    hits = mean * size
    low = stats.beta.ppf(0.025, hits, size - hits + 1) if mean > 0 else 0.0
    high = stats.beta.ppf(0.975, hits + 1, size - hits) if mean < 1 else 1.0
    return float(low), float(high)


def estimate_mean(values: np.ndarray) -> tuple[float, float]:
    """95 % t interval of a mean over topics; NaN with fewer than two."""
    if len(values) < 2:
        return np.nan, np.nan
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def score_guessing(scores: pd.Series, chances: pd.Series) -> tuple[float, float]:
    """P that guesses get as many right or more, and the smallest that it could have been; NaN without answers.

    scores: 1 right, 0 wrong, NA no answer; chances: of each being right by a guess. Exact: a sum of
    independent guesses, each with its own chance.
    """
    given = scores.notna()
    if not given.any():
        return np.nan, np.nan
    distribution = np.ones(1)
    for chance, n in chances[given].value_counts().sort_index().items():
        distribution = np.convolve(distribution, stats.binom.pmf(np.arange(n + 1), n, chance))
    tails = distribution[::-1].cumsum()[::-1]
    return float(min(1.0, tails[int(scores[given].sum())])), float(tails[-1])


def adjust_holm(p_values: Sequence[float]) -> np.ndarray:
    """Family-wise p of several (Holm); NaN stays NaN and counts for none."""
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * (len(order) - np.arange(len(order)))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps)) if len(order) else steps
    return adjusted


def _verdict(p: float, p_smallest: float) -> str:
    if not np.isfinite(p) or p_smallest > LEVEL:
        return "cannot_tell"
    return "above_chance" if p <= LEVEL else "not_above_chance"


def _side(low: float, high: float) -> str:
    if np.isfinite(low) and low > 0.5:
        return "accepted"
    return "not_accepted" if np.isfinite(high) and high <= 0.5 else "cannot_tell"
