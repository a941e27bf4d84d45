"""Scores of many models come in; which numbers of topics are worth considering, and why, goes out."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import check

CRITERIA = (
    "held_out",
    "npmi",
    "stability",
)  # higher is better in each; exclusivity rises with size by itself
SHOWN = (
    *CRITERIA,
    "exclusivity",
    "c_v",
    "u_mass",
    "log_likelihood",
    "diversity",
    "returning",
    "n_duplicates",
)
NAMES = {
    "held_out": ("留出文本的拟合", "fit to unseen text"),
    "npmi": ("主题内聚", "coherence"),
    "stability": ("稳定性", "stability"),
}


def summarise_sizes(selection: pd.DataFrame) -> pd.DataFrame:
    """Weigh the numbers of topics against each other.

    Parameters
    ----------
    selection
        Contract `selection`.

    Returns
    -------
    DataFrame
        Contract `sizes`, one row a number of topics: mean over seeds of each figure, and its standard error
        under ``..._se`` (NA with one seed), for comparing sizes: what all sizes of a seed have in common, such
        as an easy tenth of held-out passages, is removed first (Morey 2008). `in_set`: no other size is better
        or equal in all criteria (held-out fit, NPMI, stability), and better than chance in one (by more than the
        standard error of the difference). `balance` (0-1): its worst criterion, where 0 is the worst and 1 the
        best size; a criterion that does not tell the sizes apart is left out. `recommended`: the size of the
        set whose worst criterion is best; of equals the smaller.
    """
    groups = selection.groupby("n_topics", sort=True)
    table = groups.size().rename("n_models").reset_index()
    for name in SHOWN:
        table[name] = groups[name].mean().to_numpy(dtype=float)
        table[f"{name}_se"] = _errors(selection, name)
    criteria = telling_criteria(table)
    table["in_set"] = ~_dominated(table, criteria)
    table["balance"] = _balance(table, criteria)
    best = table["balance"].where(table["in_set"]).round(9).idxmax()  # the first of equals
    table["recommended"] = table.index == best
    return check(table, "sizes")


def telling_criteria(sizes: pd.DataFrame) -> list[str]:
    """Criteria in which the best and the worst size differ by more than two standard errors."""
    telling = []
    for name in CRITERIA:
        values = sizes[name].to_numpy()
        noise = np.nan_to_num(np.sqrt(2 * (sizes[f"{name}_se"].to_numpy() ** 2).mean()))
        if np.isfinite(values).all() and np.ptp(values) > 2 * noise:
            telling.append(name)
    return telling or ["held_out"]


def explain_choice(sizes: pd.DataFrame) -> dict[str, str]:
    """Say in words, Chinese (``zh``) and English (``en``), which size is recommended and what it costs."""
    chosen = sizes[sizes["recommended"]].iloc[0]
    criteria = telling_criteria(sizes)
    size, in_set = int(chosen["n_topics"]), [int(k) for k in sizes.loc[sizes["in_set"], "n_topics"]]
    tops = {name: int(sizes["n_topics"].iloc[int(sizes[name].argmax())]) for name in criteria}
    own = [name for name, best in tops.items() if best == size]
    others = {name: best for name, best in tops.items() if best != size}
    idle = [name for name in CRITERIA if name not in criteria]
    return {
        "zh": _explain_zh(size, in_set, own, others, idle, chosen),
        "en": _explain_en(size, in_set, own, others, idle, chosen),
    }


def render_sizes(sizes: pd.DataFrame) -> str:
    """The sizes as a table for a terminal: * in the set, > recommended; mean ± standard error."""
    head = [
        "",
        "topics 主题数",
        "held-out 留出",
        "NPMI",
        "c_v",
        "exclusivity",
        "stability",
        "return 重现",
        "duplicates",
    ]
    lines = ["  ".join(head)]
    for row in sizes.to_dict("records"):
        mark = ">" if row["recommended"] else "*" if row["in_set"] else " "
        shown = [_with_error(row, name) for name in ("held_out", "npmi", "c_v", "exclusivity", "stability")]
        rest = f"{_share(row['returning']):>6}  {row['n_duplicates']:6.1f}"
        lines.append(f"{mark} {row['n_topics']:>5}  {'  '.join(shown)}  {rest}")
    return "\n".join(lines)


def _errors(selection: pd.DataFrame, name: str) -> np.ndarray:
    """Standard errors of the means of each size, the differences between seeds removed."""
    values = selection.pivot(index="n_topics", columns="seed", values=name).to_numpy(dtype=float)
    n_sizes, n_seeds = values.shape
    if n_seeds < 2:
        return np.full(n_sizes, np.nan)
    if n_sizes > 1:
        values = (values - values.mean(axis=0)) * np.sqrt(n_sizes / (n_sizes - 1))
    return values.std(axis=1, ddof=1) / np.sqrt(n_seeds)


def _dominated(sizes: pd.DataFrame, criteria: list[str]) -> np.ndarray:
    values = sizes[criteria].to_numpy()
    errors = np.nan_to_num(sizes[[f"{name}_se" for name in criteria]].to_numpy())
    better = values[None, :, :] - values[:, None, :]  # [size, rival, criterion]
    noise = np.sqrt(errors[None, :, :] ** 2 + errors[:, None, :] ** 2)
    beaten = (better >= 0).all(axis=2) & (better > noise).any(axis=2)
    return beaten.any(axis=1)


def _balance(sizes: pd.DataFrame, criteria: list[str]) -> np.ndarray:
    values = sizes[criteria].to_numpy()
    spread = np.ptp(values, axis=0)
    scaled = np.divide(values - values.min(axis=0), spread, out=np.ones_like(values), where=spread > 0)
    return scaled.min(axis=1)


def _explain_en(
    size: int, in_set: list[int], own: list[str], others: dict[str, int], idle: list[str], chosen: pd.Series
) -> str:
    parts = [
        f"{size} topics: of the sizes that no other one beats in every respect ({', '.join(map(str, in_set))}) "
        "it is the one whose weakest side is least weak."
    ]
    if own:
        parts.append(f"It is the best in {_list(own, 1, ', ')}.")
    if others:
        better = ", ".join(f"{NAMES[name][1]} ({best})" for name, best in others.items())
        parts.append(f"Another size is better in {better}.")
    if idle:
        parts.append(f"The sizes cannot be told apart by {_list(idle, 1, ', ')}.")
    if np.isfinite(chosen["returning"]):
        parts.append(
            f"{chosen['returning']:.0%} of its topics are found again under another seed and other passages."
        )
    parts.append("A choice among the set is yours: fewer topics for an overview, more for detail.")
    return " ".join(parts)


def _explain_zh(
    size: int, in_set: list[int], own: list[str], others: dict[str, int], idle: list[str], chosen: pd.Series
) -> str:
    parts = [
        f"建议 {size} 个主题：在不被其他取值全面超过的取值（{'、'.join(map(str, in_set))}）中，它最弱的一面相对最强。"
    ]
    if own:
        parts.append(f"它在{_list(own, 0, '、')}上最好。")
    if others:
        parts.append(
            f"在{'、'.join(f'{NAMES[name][0]}（{best} 个）' for name, best in others.items())}上另有更好的取值。"
        )
    if idle:
        parts.append(f"{_list(idle, 0, '、')}不能区分各个取值。")
    if np.isfinite(chosen["returning"]):
        parts.append(f"换种子、换段落后，平均 {chosen['returning']:.0%} 的主题重现。")
    parts.append("集合内如何取舍由研究者决定：求概貌取少，求细节取多。")
    return "".join(parts)


def _list(names: list[str], language: int, separator: str) -> str:
    return separator.join(NAMES[name][language] for name in names)


def _with_error(row: Mapping[Hashable, Any], name: str) -> str:
    value, error = row[name], row[f"{name}_se"]
    return f"{value:6.3f}" + (f" ±{error:.3f}" if np.isfinite(error) else "       ")


def _share(value: float) -> str:
    return f"{value:.0%}" if np.isfinite(value) else "-"
