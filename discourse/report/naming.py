"""The codebook of a run in, what it did to the topics out: counts for the page, sentences in zh and en."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from discourse.report.labels import Text, rows
from discourse.report.wording import count, join


def describe_codebook(held: Mapping[str, pd.DataFrame]) -> dict[str, Any] | None:
    """What a person decided about the topics; None without a codebook.

    n_topics: of the fitted model; n_left after merging; n_named; merged: [topic, parts] pairs; excluded: topic
    and reason; n_changed, n_new: topics that came out differently from those the codebook was written for.
    """
    table = held["codebook"].sort_values("topic")
    if table.empty:
        return None
    decided = rows(table, "topic", "merged_into", "name_zh", "name_en", "excluded", "reason", "status")
    left = [row for row in decided if row["topic"] == row["merged_into"]]
    parts: dict[int, list[int]] = {}
    for row in decided:
        parts.setdefault(row["merged_into"], []).append(row["topic"])
    return {
        "n_topics": len(table),
        "n_left": len(left),
        "n_named": sum(bool(row["name_zh"] or row["name_en"]) for row in left),
        "merged": [[topic, own] for topic, own in sorted(parts.items()) if len(own) > 1],
        "excluded": [{name: row[name] for name in ("topic", "reason")} for row in left if row["excluded"]],
        "n_changed": sum(row["status"] == "changed" for row in decided),
        "n_new": sum(row["status"] == "new" for row in decided),
    }


def tell_excluded(codebook: Mapping[str, Any] | None) -> Text | None:
    """One sentence about the topics that are left out of comparisons."""
    if not codebook or not codebook["excluded"]:
        return None
    zh = "；".join(f"T{own['topic']}（{own['reason']}）" for own in codebook["excluded"])
    en = "; ".join(f"T{own['topic']} ({own['reason']})" for own in codebook["excluded"])
    return Text(
        zh=f"编码本排除了{zh}：其份额仍计入分母，但不作比较。",
        en=f"The codebook excludes {en}: its share stays in every denominator, but it is not compared.",
    )


def write_codebook_method(payload: Mapping[str, Any]) -> Text | None:
    """Paragraph for the methods section: who named the topics, what was merged and left out, and what follows."""
    codebook = payload.get("codebook")
    if not codebook:
        return None
    digest = dict(payload["settings"]).get("study.codebook")
    mark_zh, mark_en = (f"（哈希 {digest}）", f" (hash {digest})") if digest else ("", "")
    parts = [
        Text(
            zh=f"编码本{mark_zh}。研究者为 {codebook['n_left']} 个主题中的 {codebook['n_named']} 个命名",
            en=f"Codebook{mark_en}. A person named {codebook['n_named']} of "
            f"{count(codebook['n_left'], 'topic')}",
        ),
        _merged(codebook),
        _excluded(codebook),
        _changed(codebook),
    ]
    told = [part for part in parts if part is not None]
    return Text(
        zh="。".join(part["zh"] for part in told) + "。", en=". ".join(part["en"] for part in told) + "."
    )


def _merged(codebook: Mapping[str, Any]) -> Text | None:
    if not codebook["merged"]:
        return None
    zh = "；".join(
        f"{join([f'T{p}' for p in parts], 'zh')}并为 T{topic}" for topic, parts in codebook["merged"]
    )
    en = "; ".join(
        f"{join([f'T{p}' for p in parts], 'en')} as T{topic}" for topic, parts in codebook["merged"]
    )
    return Text(
        zh=f"模型的 {codebook['n_topics']} 个主题中，{zh}：份额相加，词分布按词数加权平均",
        en=f"Of the model's {codebook['n_topics']} topics, these count as one: {en}; shares are added, word "
        "distributions averaged by their tokens",
    )


def _excluded(codebook: Mapping[str, Any]) -> Text | None:
    if not codebook["excluded"]:
        return None
    zh = "；".join(f"T{own['topic']}（{own['reason']}）" for own in codebook["excluded"])
    en = "; ".join(f"T{own['topic']} ({own['reason']})" for own in codebook["excluded"])
    n_compared = codebook["n_left"] - len(codebook["excluded"])
    return Text(
        zh=f"不作比较的主题：{zh}。其份额仍计入分母；多重比较校正只涉及其余 {n_compared} 个主题，"
        "整体剖面按其余主题重新归一",
        en=f"Not compared: {en}. Their shares stay in the denominators; corrections for multiple comparisons "
        f"run over the other {n_compared}, and whole profiles are rescaled to these",
    )


def _changed(codebook: Mapping[str, Any]) -> Text | None:
    n_changed, n_new = codebook["n_changed"], codebook["n_new"]
    if not n_changed and not n_new:
        return None
    return Text(
        zh=f"编码本写于另一次拟合：{n_changed} 个主题已有变化，{n_new} 个主题为新出现，未予命名",
        en=f"The codebook was written for another fit: {count(n_changed, 'topic')} changed, "
        f"{count(n_new, 'topic')} appeared anew and carry automatic labels",
    )
