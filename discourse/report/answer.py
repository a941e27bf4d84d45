"""A payload in, the answer in three sentences out: who differs on what, how sure, with what caveat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from discourse.report.findings import tell_finding
from discourse.report.labels import Sentence, Text
from discourse.report.marks import find_lead
from discourse.report.robustness import BADGES
from discourse.report.wording import count, join, name_topic, percent

N_LEADS = 3

Payload = Mapping[str, Any]


def state_answer(payload: Payload) -> list[Text | Sentence]:
    """Three sentences: what differs between whom, how sure that is, and what it does not say.

    Where nothing could be tested or nothing passed the test, the first sentence describes and says so. Empty
    without a comparison.
    """
    places = [(place, factor) for place, factor in enumerate(payload["factors"]) if factor["topics"]]
    if not places:
        return []
    findings = [
        (place, row, contrast)
        for place, factor in places
        for row, contrast in enumerate(factor["tested"])
        if contrast["finding"]
    ]
    if findings:
        best = min(findings, key=lambda found: (_rank(found[2]), -abs(found[2]["difference"]), found[:2]))
        return [_found(*best), _sure(findings), _caveat(payload)]
    place, factor = places[0]
    leads = _leads(factor)
    return [_described(place, factor, leads), _unsure(payload, leads), _caveat(payload)]


def _found(place: int, row: int, contrast: Mapping[str, Any]) -> Sentence:
    """The difference that holds best; where not even that one holds, the sentence begins with it."""
    told, before = tell_finding(contrast), Text(zh="", en="")
    if _rank(contrast) == BADGES.index("model-made"):
        before = Text(
            zh="没有一项差异可算发现：通过检验的各项所依据的主题，多数其他模型里没有。其中最明显的一项：",
            en="No difference can be called a finding: those that pass the test rest on topics that most other models "
            "do not have. The clearest of them: ",
        )
    at = {"contrast": [place, 0, row]}
    return Sentence(zh=before["zh"] + told["zh"], en=before["en"] + told["en"], at=at)


def _rank(contrast: Mapping[str, Any]) -> int:
    robustness = contrast["robustness"]
    return robustness["rank"] if robustness else 1


def _leads(factor: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Groups farthest ahead of all others in some topic, the farthest first."""
    leads = [lead for group in factor["groups"] if (lead := find_lead(factor, group)) and lead["ahead"] > 0]
    return sorted(leads, key=lambda lead: (-lead["ahead"], lead["group"]["group"]))[:N_LEADS]


def _described(place: int, factor: Mapping[str, Any], leads: Sequence[Mapping[str, Any]]) -> Text | Sentence:
    by_zh, by_en = factor["label"]["zh"], factor["label"]["en"]
    if not leads:
        return Text(
            zh=f"按{by_zh}看，没有哪一组在哪个主题上高过其余所有组。",
            en=f"By {by_en}, no group leads all others in any topic.",
        )
    zh = "；".join(
        f"{lead['group']['label']['zh']}最突出的是 {name_topic(lead['topic'])}"
        f"（{percent(lead['own'])}，其余各组最多 {percent(lead['most'])}）"
        for lead in leads
    )
    en = "; ".join(
        f"{lead['group']['label']['en']} stands out by {name_topic(lead['topic'])} "
        f"({percent(lead['own'])}, no other group above {percent(lead['most'])})"
        for lead in leads
    )
    at = {"cell": [place, leads[0]["topic"]["topic"]]}
    return Sentence(zh=f"按{by_zh}看，{zh}。", en=f"By {by_en}: {en}.", at=at)


def _sure(findings: Sequence[tuple[int, int, Mapping[str, Any]]]) -> Text:
    badges: dict[str, tuple[int, Text]] = {}
    for _, _, contrast in findings:
        if contrast["robustness"]:
            badge = contrast["robustness"]["badge"]
            badges[badge["en"]] = (badges.get(badge["en"], (0, badge))[0] + 1, badge)
    zh = "、".join(f"{badge['zh']} {n} 项" for n, badge in badges.values())
    en = ", ".join(f"{n} {badge['en']}" for n, badge in badges.values())
    n = len(findings)
    return Text(
        zh=f"通过检验的差异共 {n} 项" + (f"；换主题数、种子与设置重做后：{zh}。" if zh else "。"),
        en=f"{count(n, 'difference')} {'passes' if n == 1 else 'pass'} the test"
        + (f"; under other numbers of topics, seeds and settings: {en}." if en else "."),
    )


def _unsure(payload: Payload, leads: Sequence[Mapping[str, Any]]) -> Text:
    """Nothing passed: say why, and whether models of another size describe the same."""
    tested = any(factor["tested"] for factor in payload["factors"])
    single = any(group["n_documents"] == 1 for factor in payload["factors"] for group in factor["groups"])
    if not tested:
        zh = "这是描述，不是推断：每一对比较中都有一组只有 1 篇文档，不能给区间，也不能给 p 值"
        en = (
            "This describes and infers nothing: in every comparison one group has a single document, so there "
            "is neither interval nor p-value"
        )
    elif not any(row["p_adjusted"] is not None for factor in payload["factors"] for row in factor["tested"]):
        zh = "这是描述，不是推断：能给出区间的组也只有两三篇文档，无法作多重比较校正，没有一项差异可下结论"
        en = (
            "This describes and infers nothing: where there are intervals the groups have two or three documents, "
            "too few to correct for multiple comparisons, and no difference is concluded"
        )
    else:
        zh = "经多重比较校正，没有一项差异通过检验" + ("；只有 1 篇文档的组只作描述" if single else "")
        en = "After correction for multiple comparisons no difference passes the test" + (
            "; groups of one document are described only" if single else ""
        )
    asked = [lead for lead in leads if lead["models"] and lead["models"]["n_other"]]
    if asked:
        zh += "。换一个主题数来看：" + "，".join(
            f"{lead['group']['label']['zh']}在 {lead['models']['n_other']} 个模型中的 "
            f"{lead['models']['n_other_leads']} 个里仍以 T{lead['topic']['topic']} 居首"
            for lead in asked
        )
        en += ". Under other numbers of topics, " + join(
            [
                f"{lead['group']['label']['en']} still leads T{lead['topic']['topic']} in "
                f"{lead['models']['n_other_leads']} of {lead['models']['n_other']} models"
                for lead in asked
            ],
            "en",
        )
    return Text(zh=f"{zh}。", en=f"{en}.")


def _caveat(payload: Payload) -> Text:
    n = payload["counts"]["documents"]
    smallest = min(group["n_documents"] for factor in payload["factors"] for group in factor["groups"])
    vaguest = max(payload["factors"], key=lambda factor: factor["n_unknown"])
    left_out, unplaced = vaguest["n_unknown"], vaguest["label"]
    shaky = sum(topic["unstable"] for topic in payload["topics"])
    zh = f"结论只说这 {n:,} 篇文档（最小的一组 {smallest:,} 篇）"
    en = f"All this speaks of these {count(n, 'document')} only (the smallest group has {smallest:,})"
    if left_out:
        zh += f"；其中 {left_out:,} 篇没有可据以归组的{unplaced['zh']}，不参与这一项比较"
        en += f"; {left_out:,} of them {'has' if left_out == 1 else 'have'} no known {unplaced['en']} to be compared by"
    if shaky:
        zh += f"；{len(payload['topics'])} 个主题中有 {shaky} 个换种子后不能稳定重现，须以用词和原文为据"
        en += (
            f"; {shaky} of {count(len(payload['topics']), 'topic')} did not come back reliably under other seeds: "
            "rest on words and quotations there"
        )
    return Text(zh=f"{zh}。", en=f"{en}.")
