"""The payload's numbers in, its main sentences out: what was found and how far it goes, zh and en."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from discourse.report.labels import Sentence, Text
from discourse.report.marks import mark_group
from discourse.report.naming import tell_excluded
from discourse.report.wording import count, join, name_topic, percent, points

MAX_FINDINGS = 8
MAX_GROUPS = 10


def state_findings(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Blocks of sentences: the corpus, the topics, then every factor that was compared.

    Where a group has one document only, the block says that differences are described and not tested, and why
    that is the right thing to do; nothing in it sounds like a test.
    """
    blocks = [
        {"heading": Text(zh="语料", en="The corpus"), "sentences": [_corpus(payload)]},
        {"heading": Text(zh="主题", en="The topics"), "sentences": _topics(payload)},
    ]
    for place, factor in enumerate(payload["factors"]):
        heading = Text(zh=f"按{factor['label']['zh']}比较", en=f"By {factor['label']['en']}")
        blocks.append({"heading": heading, "sentences": _factor(factor, place, payload["vocabulary"])})
    return [block for block in blocks if block["sentences"]]


def _corpus(payload: Mapping[str, Any]) -> Text:
    n = payload["counts"]
    unknown = sum(field["n"] for field in payload["unknown"])
    tokens = _tokens(n)
    return Text(
        zh=(
            f"{n['sources']:,} 个文件含 {n['documents']:,} 篇文档，分为 {n['passages']:,} 个段落、"
            f"{tokens['zh']}。"
            f"修复原文 {n['edits']:,} 处，每一处都有记录，可以追溯到原始文件，也可以撤销。"
            f"文档信息中有 {unknown:,} 项在文中找不到依据，一律留空，没有猜测。"
        ),
        en=(
            f"{count(n['sources'], 'file')} {'holds' if n['sources'] == 1 else 'hold'} "
            f"{count(n['documents'], 'document')}: {count(n['passages'], 'passage')}, "
            f"{tokens['en']}. {count(n['edits'], 'repair')} "
            f"{'was' if n['edits'] == 1 else 'were'} made; each is logged and can be traced to the raw "
            f"file and undone. "
            f"{count(unknown, 'field')} of the documents' metadata {'has' if unknown == 1 else 'have'} "
            f"no evidence in "
            "the texts and stay empty: nothing was guessed."
        ),
    )


def _tokens(n: Mapping[str, int]) -> Text:
    """Say how many words segmentation kept and, where it is fewer, how many of them the topics rest on."""
    kept, modelled = n["tokens"], n["tokens_modelled"]
    if kept == modelled:
        return Text(zh=f"{kept:,} 个词", en=count(kept, "token"))
    return Text(
        zh=f"{kept:,} 个词，其中 {modelled:,} 个进入主题模型",
        en=f"{count(kept, 'token')}, of which {modelled:,} entered the topic models",
    )


def _topics(payload: Mapping[str, Any]) -> list[Text]:
    topics = sorted(payload["topics"], key=lambda topic: (-topic["prevalence"], topic["topic"]))
    if not topics:
        return []
    named = [f"{name_topic(topic)}({percent(topic['prevalence'])})" for topic in topics[:3]]
    spaced = [name.replace("(", " (") for name in named]
    sentences = [
        Text(
            zh=f"{len(topics)} 个主题中份额最大的是{join(named, 'zh')}。".replace("(", "（").replace(
                ")", "）"
            ),
            en=f"The largest of {len(topics)} topics are {join(spaced, 'en')}.",
        )
    ]
    if (left_out := tell_excluded(payload.get("codebook"))) is not None:
        sentences.append(left_out)
    unstable = [topic for topic in topics if topic["unstable"]]
    if unstable:
        sentences.append(_unstable(unstable, len(topics)))
    return sentences


def is_unstable(topic: Mapping[str, Any]) -> bool:
    """Whether a topic is not found again, beyond chance, in most models of other seeds.

    topic: a row of the table `topics`. Without a badge a mean affinity below .8 counts as unstable.
    """
    if topic["badge"] is not None:
        return bool(topic["badge"] == "does not return")
    return topic["stability"] is not None and topic["stability"] < 0.8


def _unstable(unstable: Sequence[Mapping[str, Any]], n_topics: int) -> Text:
    numbers = [f"T{topic['topic']}" for topic in sorted(unstable, key=lambda topic: topic["topic"])]
    everything = len(unstable) == n_topics > 1
    return Text(
        zh=f"换一个随机种子后，"
        f"{'所有主题都' if everything else join(numbers, 'zh')}在多数模型中不能重现："
        "主题是这一模型对语料的一种划分，结论应以用词与引文为据。",
        en=f"{'No topic' if everything else join(numbers, 'en')} "
        f"{'comes' if everything else 'did not come'} back reliably "
        "in most models of other seeds: topics are this model's way of dividing the corpus, and "
        "conclusions "
        "should rest on the words and quotations.",
    )


def _factor(
    factor: Mapping[str, Any], place: int, vocabulary: Sequence[Mapping[str, Any]]
) -> list[Text | Sentence]:
    sentences: list[Text | Sentence] = [_groups(factor), *_tests(factor, place)]
    if len(factor["groups"]) > 1:
        marks = (mark_group(factor, place, group, vocabulary) for group in factor["groups"][:MAX_GROUPS])
        sentences += [sentence for sentence in marks if sentence]
    return sentences


def _groups(factor: Mapping[str, Any]) -> Text:
    zh = "、".join(f"{group['label']['zh']} {group['n_documents']:,} 篇" for group in factor["groups"])
    en = ", ".join(f"{group['label']['en']} {group['n_documents']:,}" for group in factor["groups"])
    unknown = factor["n_unknown"]
    left_out = Text(zh="", en="")
    if unknown:
        left_out = Text(
            zh=f"另有 {unknown:,} 篇无法归组，不参与比较。",
            en=f" {count(unknown, 'document')} could not be placed in a group and "
            f"{'is' if unknown == 1 else 'are'} "
            "left out.",
        )
    return Text(zh=f"{zh}。{left_out['zh']}", en=f"Documents: {en}.{left_out['en']}")


def _tests(factor: Mapping[str, Any], place: int) -> list[Text | Sentence]:
    if not factor["tested"]:
        return [_nothing_tested()] if factor["described"] else []
    findings = [(row, contrast) for row, contrast in enumerate(factor["tested"]) if contrast["finding"]]
    adjusted = any(contrast["p_adjusted"] is not None for contrast in factor["tested"])
    sentences: list[Text | Sentence] = [
        Sentence(**tell_finding(contrast), at={"contrast": [place, 0, row]})
        for row, contrast in findings[:MAX_FINDINGS]
    ]
    if len(findings) > MAX_FINDINGS:
        sentences.append(_more(len(findings)))
    sentences = sentences or [_no_finding(factor) if adjusted else _too_few()]
    return sentences + ([_rest(factor)] if factor["n_described"] else [])


def _nothing_tested() -> Text:
    return Text(
        zh="每一对比较中都有一组只有 1 篇文档：文档之间的差异有多大无从估计，所以不给区间，也不给 p 值。"
        "以下是这些文档实际说了什么的准确记录：份额、用词、原文俱在，可以逐条核对；"
        "它不声称代表没有读过的文档。",
        en="In every comparison one group has a single document: how much documents differ among themselves "
        "cannot be estimated, so no interval and no p-value is given. What follows is an exact record of "
        "what "
        "these documents say, in shares, words and quotations that can be checked one by one; "
        "it makes no claim about documents that were not read.",
    )


def tell_finding(contrast: Mapping[str, Any]) -> Text:
    """Say who speaks more of what than whom, how sure that is, and what the other models say."""
    sizes = f"{contrast['n_documents_target']:,} / {contrast['n_documents_reference']:,}"
    p = f"p = {contrast['p_adjusted']:.3f}" if contrast["p_adjusted"] >= 0.001 else "p < .001"
    numbers = f"{points(contrast['low'])} – {points(contrast['high'])}"
    topic = name_topic(contrast)
    more = contrast["difference"] > 0
    survives = _survives(contrast["robustness"])
    zh_target, zh_reference = contrast["target"]["zh"], contrast["reference"]["zh"]
    en_target, en_reference = contrast["target"]["en"], contrast["reference"]["en"]
    return Text(
        zh=f"{zh_target}比{zh_reference}{'更多' if more else '更少'}地谈 {topic}：相差 "
        f"{points(contrast['difference'])} 个百分点"
        f"（95% 区间 {numbers}；校正后 {p}；{sizes} 篇文档）。{survives['zh']}",
        en=f"{en_target[0].upper()}{en_target[1:]} documents speak {'more' if more else 'less'} of "
        f"{topic} than "
        f"{en_reference} documents: "
        f"{points(contrast['difference'])} percentage points (95 % interval {numbers}; adjusted {p}; "
        f"{sizes} documents).{survives['en']}",
    )


def _survives(robustness: Mapping[str, Any] | None) -> Text:
    """Badge of a finding with its figures; nothing where no other model was asked."""
    if robustness is None:
        return Text(zh="", en="")
    r = robustness
    zh = f"换模型后：{r['badge']['zh']}（{r['n_models']} 个模型中 {r['n_present']} 个有这一主题"
    en = f" Other models: {r['badge']['en']} (topic present in {r['n_present']} of {r['n_models']}"
    if r["same_sign"] is not None:
        zh += f"，{percent(r['same_sign'])} 同向"
        en += f", same sign in {percent(r['same_sign'])}"
    if r["significant"] is not None:
        zh += f"，{percent(r['significant'])} 的 p < .05"
        en += f", p < .05 in {percent(r['significant'])}"
    return Text(zh=f"{zh}）。", en=f"{en}).")


def _more(n: int) -> Text:
    return Text(
        zh=f"共有 {n} 项差异通过检验，以上是最大的 {MAX_FINDINGS} 项，其余见比较一节。",
        en=f"{n} differences pass the test; the {MAX_FINDINGS} largest are told here, all in the comparison.",
    )


def _too_few() -> Text:
    return Text(
        zh="能估计区间的比较，组里也只有两三篇文档：区间见比较一节，但篇数少到无法作多重比较校正，"
        "所以每一项都判为“无法判断”，不作结论。",
        en="Where an interval can be estimated, the groups have two or three documents: the intervals are "
        "in the "
        "comparison section, but so few documents allow no correction for multiple comparisons, so each "
        "difference is judged “cannot tell” and nothing is concluded.",
    )


def _no_finding(factor: Mapping[str, Any]) -> Text:
    detectable = [c["mdd"] for c in factor["tested"] if c["mdd"] is not None]
    zh = "经多重比较校正，没有一项差异达到 p ≤ .05。这不等于没有差异：文档太少时，检验看不到中等大小的差异。"
    en = (
        "After correction for multiple comparisons no difference reaches p ≤ .05. That is not evidence of no "
        "difference: with few documents a test cannot see differences of middling size."
    )
    if detectable:
        least = percent(min(detectable))[:-1]
        zh += f"要有 80% 的把握看到差异，它至少须有 {least} 个百分点。"
        en += f" To be seen with 80 % power a difference has to be at least {least} percentage points."
    return Text(zh=zh, en=en)


def _rest(factor: Mapping[str, Any]) -> Text:
    n = factor["n_described_pairs"]
    return Text(
        zh=f"另有 {n} 对比较中一组只有 1 篇文档，只作描述，不作检验。",
        en=f"{count(n, 'further comparison')} with a single document on one side "
        f"{'is' if n == 1 else 'are'} "
        "described, not tested.",
    )
