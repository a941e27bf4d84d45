"""Tables of words and phrases come in, lines for a terminal go out."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import pandas as pd

from discourse.contracts import check
from discourse.errors import SettingError, suggest

_TO_RANK = "ranking, not a test 只作排序，不作检验"
_EFFECTS = "effect sizes only 只有效应量"


def render_keyness(keyness: pd.DataFrame, *, target: str | None = None, n_shown: int = 10) -> str:
    """List the terms that mark each group, or one target, as lines; raises SettingError for an unknown target."""
    check(keyness, "keyness")
    groups = list(dict.fromkeys(keyness["target"]))
    if target is not None and target not in groups:
        raise SettingError(
            f"'{target}' is no group here. {suggest(target, groups)}Groups: {', '.join(groups)}."
        )
    shown = [target] if target is not None else groups
    return "\n".join(
        line for group in shown for line in _lines_of_group(keyness[keyness["target"] == group], n_shown)
    )


def render_phrases(
    phrases: pd.DataFrame, groups: pd.DataFrame, *, form: str | None = None, n_shown: int = 15
) -> str:
    """List everybody's phrases, and of each group those that it uses most and those that only it uses."""
    check(phrases, "phrases")
    check(groups, "phrase_groups")
    forms = sorted(set(phrases["form"]))
    if form is not None and form not in forms:
        raise SettingError(
            f"there are no phrases of form '{form}'. {suggest(form, forms)}Forms: {', '.join(forms)}."
        )
    if form is not None:
        phrases = phrases[phrases["form"] == form]
        groups = groups[groups["phrase"].isin(phrases["phrase"])]
    return "\n".join(_lines_of_phrases(phrases, groups, n_shown))


def _lines_of_group(table: pd.DataFrame, n_shown: int) -> Iterator[str]:
    first = table.iloc[0]
    marking = table[table["log_odds"] > 0].head(n_shown)
    flag = {"effect sizes only": f"  [{_EFFECTS}]", "ranking, not a test": f"  [{_TO_RANK}]"}
    yield f"\n{first['factor']}: {first['target']} / {first['reference']}{flag.get(str(first['flags']), '')}"
    for row in marking.to_dict("records"):
        burst = "  one document holds most 多半在一篇" if row["burst"] else ""
        yield (
            f"  {row['term']}  n {row['n_target']} / {row['n_reference']}  documents {row['n_documents_target']}"
            f"  per 10,000 {row['rate_target']:.1f} / {row['rate_reference']:.1f}  log odds {row['log_odds']:+.2f}"
            f"  DP {row['dp']:.2f}{_tests(row)}{burst}"
        )


def _tests(row: dict[Hashable, Any]) -> str:
    tests = [(name, row.get(name)) for name in ("p", "q", "p_adjusted")]
    return "".join(
        f"  {name} {value:.4f}" for name, value in tests if isinstance(value, float) and value == value
    )


def _lines_of_phrases(phrases: pd.DataFrame, groups: pd.DataFrame, n_shown: int) -> Iterator[str]:
    counts = {name: int((phrases["reach"] == name).sum()) for name in ("common", "shared", "own")}
    yield (
        f"{len(phrases)} phrases 提法: common 半数以上文档都用 {counts['common']}, "
        f"shared 多处共用 {counts['shared']}, own 一处独用 {counts['own']}"
    )
    yield "\ncommon 大家都说 (n documents)"
    common = phrases[phrases["reach"] == "common"].head(n_shown)
    yield f"  {_join(zip(common['phrase'], common['n_documents'], strict=True))}"
    users = groups.groupby("phrase")["group"].nunique()
    for group, table in groups.groupby("group", sort=False):
        own = table[table["phrase"].map(users) == 1].head(n_shown)
        yield f"\n{table['factor'].iloc[0]}: {group} ({table['n_documents_group'].iloc[0]} documents 篇)"
        yield f"  most 最多: {_join(zip(table['phrase'].head(n_shown), table['n'].head(n_shown), strict=True))}"
        yield f"  only here 此处独有: {_join(zip(own['phrase'], own['n'], strict=True))}"


def _join(pairs: Iterator[tuple[str, int]]) -> str:
    return " · ".join(f"{phrase} {n}" for phrase, n in pairs) or "-"
