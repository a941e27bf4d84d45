"""Factors of the payload in; what each group has most above all others, and what other models say of it, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from discourse.report.labels import Sentence, Text
from discourse.report.wording import count, join, name_topic, percent

N_WORDS = 5


def mark_group(
    factor: Mapping[str, Any], place: int, group: Mapping[str, Any], vocabulary: Sequence[Mapping[str, Any]]
) -> Sentence | None:
    """Say what a group has most above all others, whether other models agree, and its words."""
    lead = find_lead(factor, group)
    if lead is None:
        return None
    words = _words(factor, group, vocabulary)
    n_zh, n_en = f"{group['n_documents']} 篇", count(group["n_documents"], "document")
    zh = f"{group['label']['zh']}（{n_zh}）："
    en = f"{group['label']['en'][:1].upper()}{group['label']['en'][1:]} ({n_en}): "
    if lead["ahead"] > 0:
        named, own, most = name_topic(lead["topic"]), percent(lead["own"]), percent(lead["most"])
        agree = agreement(lead["models"])
        zh += f"最突出的是 {named}，占 {own}，其余各组最多 {most}。{agree['zh']}"
        en += f"{named} stands out with {own}; no other group exceeds {most}.{agree['en']}"
    else:
        zh += "没有哪个主题的份额高过其余所有组。"
        en += "no topic is larger here than in every other group."
    if words:
        zh += f"标志词：{join(words, 'zh')}。"
        en += f" Marking words: {', '.join(words)}."
    return Sentence(zh=zh, en=en, at={"cell": [place, lead["topic"]["topic"]]})


def find_lead(factor: Mapping[str, Any], group: Mapping[str, Any]) -> dict[str, Any] | None:
    """Topic in which a group is farthest ahead of all others: own share, largest other, what models say."""
    ahead = []
    for topic in factor["topics"]:
        cells = {cell["group"]: cell for cell in topic["groups"] if cell["prevalence"] is not None}
        own = cells.pop(group["group"], None)
        if own is not None and cells and not topic.get("excluded"):
            most = max(cell["prevalence"] for cell in cells.values())
            ahead.append(
                {"ahead": own["prevalence"] - most, "own": own["prevalence"], "most": most, "topic": topic}
                | {"models": own["models"], "group": group}
            )
    return max(ahead, key=lambda lead: (lead["ahead"], -lead["topic"]["topic"]), default=None)


def agreement(models: Mapping[str, int] | None) -> Text:
    """Say in how many models the group leads the topic; nothing where no other model was asked."""
    if models is None or models["n_models"] < 2:
        return Text(zh="", en="")
    m = models
    zh = f"{m['n_models']} 个模型中有 {m['n_present']} 个出现这一主题，其中 {m['n_leads']} 个里它仍居各组之首"
    en = (
        f" The topic is present in {m['n_present']} of {m['n_models']} models; the group leads it in "
        f"{m['n_leads']} of these"
    )
    if m["n_other"]:
        zh += f"；只看主题数不同的 {m['n_other']} 个模型，为 {m['n_other_present']} 个与 {m['n_other_leads']} 个"
        en += (
            f"; among the {m['n_other']} with another number of topics, {m['n_other_present']} and "
            f"{m['n_other_leads']}"
        )
    return Text(zh=f"{zh}。", en=f"{en}.")


def _words(
    factor: Mapping[str, Any], group: Mapping[str, Any], vocabulary: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Words that mark the group; those that sit in one document of several come last."""
    for entry in vocabulary:
        if entry["factor_name"] == factor["factor"] and entry["group"] == group["group"]:
            spread = sorted(entry["words"], key=lambda word: bool(word["burst"]) and group["n_documents"] > 1)
            return [word["term"] for word in spread[:N_WORDS]]
    return []
