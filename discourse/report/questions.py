"""The payload in, the questions that reviewers ask with their answers out, from the numbers of this run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from discourse.report.questions_corpus import CORPUS_QUESTIONS, Answer, answer
from discourse.report.wording import join, percent

Payload = Mapping[str, Any]


def answer_reviewers(payload: Payload) -> list[dict[str, Any]]:
    """Questions that reviewers ask, the answer from this run's numbers, and the section where they stand."""
    writers: tuple[Callable[[Payload], Answer | None], ...] = (
        _unit, _tested, _corrected, _missed, _size, _seeds, _settings, _confounded, *CORPUS_QUESTIONS, _again,
    )  # fmt: skip
    return [dict(found) for writer in writers if (found := writer(payload)) is not None]


def _unit(payload: Payload) -> Answer:
    n = payload["counts"]
    smallest = [
        min(factor["groups"], key=lambda group: group["n_documents"])
        for factor in payload["factors"]
        if factor["groups"]
    ]
    zh = join([f"{group['label']['zh']} {group['n_documents']:,} 篇" for group in smallest], "zh")
    en = join([f"{group['label']['en']} {group['n_documents']:,}" for group in smallest], "en")
    return answer(
        "comparison",
        "检验的单位是什么？样本够吗？",
        "What is the unit of inference, and is the sample large enough?",
        f"文档，共 {n['documents']} 篇；{n['passages']:,} 个段落只用于建模与引用，从不当作样本。"
        + (f"各比较中最小的组：{zh}。" if zh else ""),
        f"The document: {n['documents']} of them. The {n['passages']:,} passages serve modelling and quoting and "
        "are never counted as a sample." + (f" Smallest groups (documents): {en}." if en else ""),
    )


def _tested(payload: Payload) -> Answer:
    described = sum(factor["n_described_pairs"] for factor in payload["factors"])
    tested = sum(factor["n_tested"] for factor in payload["factors"])
    return answer(
        "comparison",
        "为什么有的比较没有 p 值？",
        "Why have some comparisons no p-value?",
        f"{described} 对比较中有一组只有 1 篇文档，文档间的变异无从估计，任何 p 值都是虚构，所以只作描述；"
        f"另有 {tested} 项差异给出区间与检验。",
        f"In {described} comparisons one group has a single document: the variation between documents cannot be "
        f"estimated and any p-value would be invented, so they are described. {tested} differences have an "
        "interval and a test.",
    )


def _corrected(payload: Payload) -> Answer | None:
    rows = [row for factor in payload["factors"] for row in factor["tested"]]
    if not rows:
        return None
    raw = sum(row["p"] is not None and row["p"] < 0.05 for row in rows)
    kept = sum(row["finding"] for row in rows)
    return answer(
        "comparison",
        "这么多比较，是不是总会有几个显著？",
        "With so many comparisons, are some not bound to be significant?",
        f"列出的 {len(rows)} 项检验中，未校正 p < .05 的有 {raw} 项，按同一比较的各主题校正后成为发现的有 {kept} 项。"
        "以校正后的 p 为准，q 只供探索。",
        f"Of {len(rows)} tests listed {raw} have an unadjusted p below .05; {kept} remain findings once the topics "
        "of one comparison are corrected together. Adjusted p decides, q is exploration.",
    )


def _missed(payload: Payload) -> Answer | None:
    detectable = sorted(
        row["mdd"] for factor in payload["factors"] for row in factor["tested"] if row["mdd"] is not None
    )
    if not detectable:
        return None
    least, middle = detectable[0], detectable[len(detectable) // 2]
    return answer(
        "comparison",
        "没有发现差异，是不是就没有差异？",
        "Does no finding mean no difference?",
        f"不是。要有 80% 的把握看到，差异最少须有 {100 * least:.1f} 个百分点，一半的检验须有 "
        f"{100 * middle:.1f} 个百分点以上；更小的差异，这样的篇数看不到。",
        f"No. To be seen with 80 % power a difference has to be {100 * least:.1f} percentage points at the very "
        f"least, and {100 * middle:.1f} or more in half of the tests; so many documents cannot show less.",
    )


def _size(payload: Payload) -> Answer:
    sizes = [size["n_topics"] for size in payload["sizes"]]
    asked = [lead for entry in payload["leads"] for lead in entry["leads"] if lead["n_other"]]
    zh = f"本研究用 {payload['counts']['topics']} 个主题，事先设定。"
    en = f"The study uses {payload['counts']['topics']} topics, set beforehand."
    if asked:
        always = sum(lead["n_other_leads"] == lead["n_other"] for lead in asked)
        mostly = sum(lead["n_other_leads"] * 10 >= lead["n_other"] * 8 for lead in asked)
        zh += (
            f"同样的比较在主题数 {join([str(size) for size in sizes], 'zh')} 下各做一遍："
            f"{len(asked)} 个组各自最突出的主题，"
            f"在主题数不同的模型中有 {mostly} 组八成以上、{always} 组无一例外地仍居首。"
        )
        en += (
            f" The same comparison was made with {join([str(size) for size in sizes], 'en')} topics: of the topics in "
            f"which {len(asked)} groups stand out, {mostly} are still led in at least 80 % of the models of other "
            f"sizes, {always} in all."
        )
    else:
        zh += "本次运行没有拟合其他主题数；discourse select 给出权衡，discourse multiverse 重做比较。"
        en += (
            " This run fitted no other number; `discourse select` shows the trade-off and `discourse multiverse` "
            "repeats the comparison."
        )
    question = "换一个主题数，还会这么说吗？", "Would another number of topics say so?"
    return answer("robustness", *question, zh, en)


def _seeds(payload: Payload) -> Answer:
    n_models = len(payload["models"])
    converged = sum(bool(model["converged"]) for model in payload["models"])
    known = sorted(topic["stability"] for topic in payload["topics"] if topic["stability"] is not None)
    zh = f"用不同种子拟合了 {n_models} 个模型，{converged} 个收敛。"
    en = f"{n_models} models were fitted under different seeds, {converged} converged."
    if known:
        shaky = [f"T{topic['topic']}" for topic in payload["topics"] if topic["unstable"]]
        zh += f"各主题的稳定性从 {known[0]:.2f} 到 {known[-1]:.2f}；"
        en += f" The stability of topics runs from {known[0]:.2f} to {known[-1]:.2f}; "
        zh += (
            f"{'、'.join(shaky)} 在多数种子下不重现，不能单独支撑结论。"
            if shaky
            else "没有一个在多数种子下不重现。"
        )
        en += (
            f"{', '.join(shaky)} did not return under most seeds and should carry no conclusion of their own."
            if shaky
            else "none failed to return under most seeds."
        )
    return answer("topics", "换个随机种子，主题还在吗？", "Do the topics return under other seeds?", zh, en)


def _settings(payload: Payload) -> Answer | None:
    if not payload["badges"]:
        return None
    counts: dict[str, list[Any]] = {}
    for entry in payload["badges"]:
        for badge in entry["badges"]:
            own = counts.setdefault(badge["badge"]["en"], [badge["badge"], 0])
            own[1] += badge["n"]
    zh = join([f"{text['zh']} {n} 项" for text, n in counts.values() if n], "zh")
    en = join([f"{n} {text['en']}" for text, n in counts.values() if n], "en")
    moved = [moved for entry in payload["badges"] for moved in entry["moved_by"]]
    most = max(moved, key=lambda entry: entry["n"], default=None)
    return answer(
        "robustness",
        "结论会不会是分析者的选择造成的？",
        "Could the conclusions be made by the analyst's choices?",
        f"每一项差异都在 {payload['n_universes']} 个模型中重算：{zh}。"
        + (f"影响最大的设置多为{most['name']['zh']}。" if most else "")
        + "没有通过检验的差异，模型再一致也判为“无法判断”。",
        f"Every difference was computed again in {payload['n_universes']} models: {en}."
        + (f" What moves them most is usually the {most['name']['en']}." if most else "")
        + " A difference that passes no test stays “cannot tell”, however well the models agree.",
    )


def _confounded(payload: Payload) -> Answer | None:
    coverage = payload["coverage"]
    known = [sum(entry["known"] for entry in coverage[side]) for side in ("rows", "columns")]
    if min(known) < 2:
        return None
    share = percent(coverage["n_empty"] / coverage["n_cells"])
    formulas = [formula["formula"] for formula in payload["adjusted"]]
    zh = (
        f"地区与层级交叉的 {coverage['n_cells']} 格中 {coverage['n_empty']} 格（{share}）没有文档，"
        f"{coverage['n_single']} 格只有一篇：地区之间的差异里可能混有层级、文体与年份的差异。"
    )
    en = (
        f"Of {coverage['n_cells']} cells of region and level {coverage['n_empty']} ({share}) are empty and "
        f"{coverage['n_single']} hold one document: a difference between regions may be one of level, genre or year."
    )
    zh += (
        f"校正后的差异另列：{join(formulas, 'zh')}。"
        if formulas
        else "本次没有作校正；[compare.adjusted] 可设公式。"
    )
    en += (
        f" Adjusted differences are listed: {join(formulas, 'en')}."
        if formulas
        else " This run adjusts for nothing; [compare.adjusted] takes a formula."
    )
    question = (
        "地区之差会不会其实是层级或文体之差？",
        "Could a difference of regions be one of level or genre?",
    )
    return answer("corpus", *question, zh, en)


def _again(payload: Payload) -> Answer:
    n = payload["counts"]["source_texts"]
    return answer(
        "method",
        "别人能重做吗？",
        "Can others redo it?",
        f"{n:,} 个原始文件的哈希、{len(payload['settings'])} 项设置、种子与软件版本都在此页与结果文件夹里；"
        "discourse verify 会重算并指出任何不同。",
        f"Hashes of {n:,} raw files, {len(payload['settings'])} settings, seeds and versions are on this page and in "
        "the run folder; `discourse verify` recomputes and names what differs.",
    )
