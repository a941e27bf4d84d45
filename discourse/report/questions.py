"""The payload in, the questions that reviewers ask with their answers out, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from discourse.report.labels import Text

Payload = Mapping[str, Any]


def answer_reviewers(payload: Payload) -> list[dict[str, Any]]:
    """Questions that reviewers ask, the answer in a sentence, and the section where it is."""
    n_models = len(payload["models"])
    converged = sum(bool(model["converged"]) for model in payload["models"])
    return [
        _answer(
            "comparison", "检验的单位是什么？", "What is the unit of inference?",
            "文档。段落只用于建模与引用。", "The document. Passages serve modelling and quoting only.",
        ),
        _answer(
            "comparison", "为什么有的比较没有 p 值？", "Why have some comparisons no p-value?",
            "一组只有 1 篇文档时，文档间的变异无从估计，任何 p 值都是虚构。",
            "With one document in a group the variation between documents cannot be estimated; any "
            "p-value would be invented.",
        ),
        _answer(
            "comparison", "多重比较怎么处理？", "What about multiple comparisons?",
            "校正后的 p 为准，q 只供探索；未校正的 p 也列出。",
            "Adjusted p decides, q is exploration; unadjusted p is shown as well.",
        ),
        _answer(
            "topics", "主题数为什么是这个？换个种子呢？", "Why this number of topics? What about other "
            "seeds?",
            f"主题数是事先设定的（discourse select 给出权衡）；用不同种子拟合了 {n_models} 个模型，"
            f"{converged} 个收敛，每个主题都列出稳定性。{_asked_again(payload)['zh']}",
            f"The number was set beforehand (`discourse select` shows the trade-off); {n_models} models were "
            f"fitted under different seeds, {converged} converged, and the stability of every topic is shown."
            f"{_asked_again(payload)['en']}",
        ),
        _answer(
            "corpus", "清理会不会改了原意？", "Could cleaning have changed the meaning?",
            "每处修改都有记录与例子；改动可以逐处撤销。", "Every edit is logged and shown by example; "
            "each can be undone.",
        ),
        _answer(
            "corpus", "地区与层级从何而来？", "Where do place and level come from?",
            "来自文本自身的字句，列在每一项旁边；没有依据的留空并计数。",
            "From the words of the texts, printed beside each value; what has no evidence is empty and "
            "counted.",
        ),
        _answer(
            "words", "标志词会不会只出自一篇文档？", "Do marking words come from one document?",
            "每个词都列出文档数与离散度，集中于一篇的有标记。",
            "Number of documents and dispersion stand beside every word; those of one document are marked.",
        ),
        _answer(
            "quotations", "引文是不是挑出来的？", "Are the quotations cherry-picked?",
            "由规则选出，并附反例。", "They are chosen by rule, and counter-examples stand beside them.",
        ),
        _answer(
            "method", "别人能重做吗？", "Can others redo it?",
            "原文哈希、设置、种子、软件版本都在此页与结果文件夹里；discourse verify 会重算并指出任何不同。",
            "Hashes of the texts, settings, seeds and versions are on this page and in the run folder; "
            "`discourse verify` recomputes and names what differs.",
        ),
    ]  # fmt: skip


def _answer(section: str, zh: str, en: str, answer_zh: str, answer_en: str) -> dict[str, Any]:
    return {"section": section, "question": Text(zh=zh, en=en), "answer": Text(zh=answer_zh, en=answer_en)}


def _asked_again(payload: Payload) -> Text:
    """What the other models of the run were asked; nothing where there are none."""
    n = payload["n_universes"]
    if n <= len(payload["models"]):
        return Text(zh="", en="")
    return Text(
        zh=f"每一项差异还在 {n} 个模型中重算，徽章写明结论是否经得起，并指出影响最大的设置。",
        en=f" Every difference was computed again in {n} models: its badge says whether a finding survives "
        "them, and which setting moves it most.",
    )
