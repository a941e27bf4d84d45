"""Tables of words and phrases come in, lines for a terminal go out."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import pandas as pd

from discourse.contracts import check
from discourse.errors import SettingError, suggest

_TO_RANK = "ranking, not a test 只作排序，不作检验"
_EFFECTS = "effect sizes only 只有效应量"
_SEGMENTATIONS = {
    "both": "HMM and lexicon 新词识别与词典",
    "no_hmm": "lexicon alone 只用词典",
    "no_lexicon": "HMM alone 只用新词识别",
    "neither": "neither 都不用",
}
_VERDICTS = {
    "holds": "holds in all four 四种分词都成立",
    "slips": "leaves the first ranks somewhere 有时跌出前列",
    "turns": "changes its sign somewhere 有时变号",
    "absent": "not to be had somewhere 有时切不出或找不到",
    "enters": "marks only under other segmentations 换分词才出现",
}


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


def render_segmentation(segmentation: pd.DataFrame, *, n_shown: int = 10) -> str:
    """List which marking terms and contrasts of topics hold under other segmentations, and what moves the others."""
    check(segmentation, "segmentation")
    return "\n".join(_lines_of_segmentation(segmentation, n_shown))


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


def _lines_of_segmentation(table: pd.DataFrame, n_shown: int) -> Iterator[str]:
    if table.empty:
        yield "nothing is compared in this run 本次运行没有可比较的结果"
        return
    declared = _SEGMENTATIONS[table["declared"].iloc[0]]
    yield f"segmentation 分词: this run 本次 = {declared}; the other three were tried 另试三种"
    yield "* adjusted p <= .05; in brackets what moves it 括号内为使其变动的设定"
    for kind, name, lines in (
        ("term", "marking terms 标志词", _term_lines),
        ("topic", "contrasts of topics 主题差异", _topic_lines),
    ):
        own = table[table["kind"] == kind]
        if len(own):
            yield f"\n{len(own)} {name}, {int(own['is_finding'].sum())} of them findings 其中显著: {_count(own)}"
            yield from lines(own, n_shown)


def _count(table: pd.DataFrame) -> str:
    counts = table["verdict"].value_counts()
    return ", ".join(f"{words} {counts[key]}" for key, words in _VERDICTS.items() if key in counts)


def _term_lines(table: pd.DataFrame, n_shown: int) -> Iterator[str]:
    for (factor, target, reference), rows in table.groupby(["factor", "target", "reference"], sort=False):
        yield f"  {factor}: {target} / {reference}"
        for verdict, words in _VERDICTS.items():
            chosen = rows[rows["verdict"] == verdict]
            if len(chosen):
                more = f" ... {len(chosen) - n_shown} more 余" if len(chosen) > n_shown else ""
                yield f"    {words}: {' · '.join(map(_moved, chosen.head(n_shown).to_dict('records')))}{more}"


def _topic_lines(table: pd.DataFrame, n_shown: int) -> Iterator[str]:
    """Findings one by one; of the other contrasts how each topic fares."""
    for row in table[table["is_finding"]].to_dict("records"):
        pair = f"{row['factor']}: {row['target']} / {row['reference']}"
        yield f"  {pair}  {_moved(row)}  {_VERDICTS[row['verdict']]}"
    for (factor, item), rows in table[~table["is_finding"]].groupby(["factor", "item"], sort=False):
        yield f"  {factor}: T{item}「{rows['label'].iloc[0]}」 {_count(rows)}"


def _moved(row: dict[Hashable, Any]) -> str:
    """A term or topic, marked if it is a finding, and what moves it."""
    name = row["label"] if row["kind"] == "term" else f"T{row['item']}「{row['label']}」"
    by = f" ({row['moved_by']})" if row["moved_by"] else ""
    return f"{name}{'*' if row['is_finding'] else ''}{by}"
