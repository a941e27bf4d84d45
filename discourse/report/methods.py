"""The payload in, the methods paragraphs out, in Chinese and English.

Every sentence is written from the settings and counts of the run; what was not done is not mentioned as done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from discourse.report.labels import Text
from discourse.report.naming import write_codebook_method
from discourse.report.wording import join

Payload = Mapping[str, Any]
_MANY_DOCUMENTS = 10_000  # beyond, tests make fewer relabellings


def write_methods(payload: Payload) -> list[Text]:
    """Write the methods paragraphs as a paper would print them, from the corpus to the quotations."""
    writers: tuple[Callable[[Payload], Text | None], ...] = (
        _corpus, _segmentation, _model, write_codebook_method, _shares, _comparison, _robustness, _untested,
        _words, _quotations,
    )  # fmt: skip
    return [text for writer in writers if (text := writer(payload)) is not None]


def _settings(payload: Payload) -> dict[str, Any]:
    return {key: value for key, value in payload["settings"]}


def _corpus(payload: Payload) -> Text | None:
    n = payload["counts"]
    if not n["documents"]:
        return None
    return Text(
        zh=f"语料。{n['sources']:,} 个原始文件含 {n['documents']:,} 篇文档。原始文件逐字保存；清理、"
        f"繁简转换与乱码复原共 {n['edits']:,} 处，"
        "逐处记录其在原始文件中的位置、前后文字与所依规则，任何一处都可以撤销。地点、层级、职务、"
        "作者与日期只取自文本自身，"
        "每一项都附所依据的原文；找不到依据的留空，不归入任何一组。"
        + (f"{n['repeats']:,} 个段落重复前文，已标记，引文只取其一。" if n["repeats"] else ""),
        en=f"Corpus. {n['sources']:,} raw files hold {n['documents']:,} documents. The raw files are kept "
        f"byte for byte; "
        f"cleaning, conversion to simplified characters and restoration of damaged text made "
        f"{n['edits']:,} edits, each "
        "logged with its place in the raw file, the text before and after, and its rule, so that any of "
        "them can be "
        "undone. Place, level, role, author and date come from the texts alone, each with the words that "
        "show it; what "
        "has no evidence stays empty and is put in no group."
        + (
            f" {n['repeats']:,} passages repeat earlier ones and are marked; only one of them is quoted."
            if n["repeats"]
            else ""
        ),
    )


def _segmentation(payload: Payload) -> Text | None:
    n = payload["counts"]
    if not n["tokens"]:
        return None
    n_terms = sum(entry["n"] for entry in payload["lexicon"])
    engine = _settings(payload).get("segment.tokenizer.engine", "jieba")
    fewer = n["tokens_modelled"] < n["tokens"]
    zh = f"分词。用私有的分词器（{engine}）切分，得 {n['tokens']:,} 个词次"
    zh += f"，其中 {n['tokens_modelled']:,} 个达到词频门槛，进入主题模型" if fewer else ""
    en = f"Segmentation. A private tokenizer ({engine}) produced {n['tokens']:,} tokens"
    en += f", of which {n['tokens_modelled']:,} are frequent enough to enter the models" if fewer else ""
    if n_terms:
        zh += f"；{n_terms} 条治理术语作为整体保护，并逐条核对是切出、被更长的词吞没还是文中没有"
        en += (
            f"; {n_terms} terms of governance were kept whole, and for each it was checked whether it was "
            f"produced, "
            "swallowed by a longer word, or absent"
        )
    return Text(zh=zh + "。", en=en + ".")


def _model(payload: Payload) -> Text | None:
    models, n = payload["models"], payload["counts"]
    reference = next((model for model in models if model["is_reference"]), None)
    if reference is None:
        return None
    settings = _settings(payload)
    seeds = sorted({model["seed"] for model in models})
    converged = sum(bool(model["converged"]) for model in models)
    rounds = [model["n_iterations"] for model in models]
    priors, themes = _priors(settings), _themes(settings)
    seeds_zh, seeds_en = join([str(seed) for seed in seeds], "zh"), join([str(seed) for seed in seeds], "en")
    return Text(
        zh=f"模型。以段落（共 {n['passages']:,} 个）为建模单位拟合潜在狄利克雷分配模型（LDA；Blei 等，2003）"
        f"，引擎为 {reference['engine']}，"
        f"主题数 K = {reference['n_topics']}{priors}。用 {len(seeds)} 个随机种子（{seeds_zh}）各拟合一次，"
        f"{len(models)} 个模型中 {converged} 个收敛（{min(rounds)}–{max(rounds)} 轮）。"
        f"参照模型取训练对数似然最高者（种子 {reference['seed']}，每词 {reference['log_likelihood']:.3f}），"
        "在查看任何分组之前即已确定。各主题的稳定性是它与其他种子的模型中对应主题的平均相似度（Σ√φφ′）："
        f"它说明工具稳定，不构成证据。{themes['zh']}",
        en=f"Model. Latent Dirichlet allocation (Blei et al., 2003) was fitted to {n['passages']:,} "
        f"passages, the unit of "
        f"modelling, with the engine {reference['engine']} and K = {reference['n_topics']} topics"
        f"{_english(priors)}. "
        f"It was fitted once for each of {len(seeds)} seeds ({seeds_en}); {converged} of {len(models)} "
        f"models "
        f"converged ({min(rounds)} to {max(rounds)} iterations). The reference model is the one with the "
        f"highest training "
        f"log likelihood (seed {reference['seed']}, {reference['log_likelihood']:.3f} nats per token), "
        f"fixed before any "
        "group was looked at. The stability of a topic is its mean affinity Σ√(φφ′) with its counterparts "
        "under the "
        f"other seeds: stability of the instrument, not evidence.{themes['en']}",
    )


def _themes(settings: Mapping[str, Any]) -> Text:
    """Sentence on topics that were led by themes; nothing where none was."""
    stem = "topics.lda.themes"
    names = settings.get(stem) or [key[len(stem) + 1 :] for key in settings if key.startswith(f"{stem}.")]
    if not names:
        return Text(zh="", en="")
    weight = settings.get("topics.lda.theme_weight")
    return Text(
        zh=f"前 {len(names)} 个主题事先由词类引导（{'、'.join(names)}）：词类中的词在各自的主题里先验较大，"
        f"相当于其出现次数的 {weight} 倍；其余主题不受引导。",
        en=f" The first {len(names)} topics were led by themes declared beforehand ({', '.join(names)}): in its "
        f"topic each term of a theme has a larger prior, {weight} times its count; the other topics were not led.",
    )


def _priors(settings: Mapping[str, Any]) -> str:
    known = {name: settings.get(f"topics.lda.{name}") for name in ("alpha", "eta")}
    named = [f"{name} = {value}" for name, value in known.items() if value is not None]
    return f"，先验 {'，'.join(named)}" if named else ""


def _english(priors: str) -> str:
    return priors.replace("，先验 ", ", priors ").replace("，", ", ")


def _shares(payload: Payload) -> Text | None:
    if not payload["profiles"]:
        return None
    return Text(
        zh="份额。固定 φ，为每篇文档单独估计主题先验，把文档的词按后验分到各主题，得到文档的主题份额；"
        "不用段落 θ 的平均值，"
        "因为后者会把文档间的差异向零压缩。经此估计的差异仍略偏保守。",
        en="Shares. With phi held fixed, a topic prior is estimated for every document and its tokens are "
        "divided "
        "among the topics by their posterior; means of passage theta are not used, because they shrink "
        "differences "
        "between documents. The differences remain slightly conservative.",
    )


def _comparison(payload: Payload) -> Text | None:
    tested = [factor for factor in payload["factors"] if factor["tested"]]
    if not tested:
        return None
    names_zh, names_en = (
        join([factor["label"][language] for factor in tested], language) for language in ("zh", "en")
    )
    n_permutations = _settings(payload).get("compare.contrasts.n_permutations", 9999)
    is_large = any(sum(g["n_documents"] for g in factor["groups"]) > _MANY_DOCUMENTS for factor in tested)
    fewer_zh = "；超过一万篇时少于此数，至少 999 次" if is_large else ""
    fewer_en = " (fewer, at least 999, for more than 10,000 documents)" if is_large else ""
    return Text(
        zh=f"比较（{names_zh}）。分析单位是文档，每篇文档权重相同；段落从不作为单位，以段落检验是伪重复。"
        "差异的标准误取合并与 Welch 两者中较大者；95% 区间取 t 区间与由两组各自 logit 区间所得区间"
        "（Zou 与 Donner，2008）的并集，p 值与该区间一致。"
        "另以置换文档所属组别求第二个 p 值"
        f"（Chung 与 Romano，2013；至多 20,000 种全部列举，否则随机置换 {n_permutations:,} 次{fewer_zh}），"
        f"并报告该设计所能达到的最小 p。"
        "同一比较的各主题以 max-T（Westfall 与 Young，1993）校正，样本不允许时用 Holm 法；另列 BH "
        "错误发现率 q，仅供探索。"
        "校正后 p ≤ .05 才称为发现。",
        en=f"Comparison ({names_en}). The unit of analysis is the document and every document weighs the "
        f"same; a "
        "passage is never the unit, since testing passages is pseudo-replication. The standard error of a "
        "difference is "
        "the larger of the pooled and the Welch one; the 95 % interval is the hull of the t interval and of "
        "the one recovered from the logit intervals of the two groups (Zou & Donner, 2008), and p agrees with "
        "it. A second "
        "p comes from permuting the group labels of documents (Chung & Romano, 2013; all relabellings up "
        "to 20,000, "
        f"else {n_permutations:,} random ones{fewer_en}), and the smallest p that the design allows is reported. "
        f"The topics of one "
        "comparison are corrected by max-T (Westfall & Young, 1993) where the design allows it, else by "
        "Holm's method; "
        "Benjamini-Hochberg q stands beside as exploration. A finding is an adjusted p of at most .05.",
    )


def _robustness(payload: Payload) -> Text | None:
    n = payload["n_universes"]
    if n <= len(payload["models"]):
        return None
    return Text(
        zh=f"稳健性。每一项差异都在 {n} 个模型中重算（随机种子、主题数及研究所定的其他设置），"
        "主题按 Σ√φφ′ 与参照模型的主题配对。"
        "只有先在参照模型中成为发现的差异才谈得上稳健："
        "主题在至少 90% 的模型中出现，至少 95% 同号，至少 75% 未校正 p < .05。"
        "模型之间一致说明工具稳定，不构成证据。",
        en=f"Robustness. Every difference was computed again in {n} models (seeds, numbers of topics and what "
        "else the study varies), their topics matched to those of the reference by Σ√(φφ′). Only a finding of "
        "the reference model can be robust: its topic present in at least 90 % of the models, the same sign in "
        "95 %, an unadjusted p below .05 in 75 %. Agreement of models is stability of the instrument, not evidence.",
    )


def _untested(payload: Payload) -> Text | None:
    single = [
        (factor["label"], group["label"])
        for factor in payload["factors"]
        for group in factor["groups"]
        if group["n_documents"] == 1
    ]
    if not single:
        return None
    zh = join([f"{group['zh']}（{factor['zh']}）" for factor, group in single], "zh")
    en = join([f"{group['en']} ({factor['en']})" for factor, group in single], "en")
    return Text(
        zh=f"未作检验者。{zh}只有 1 篇文档：文档之间的变异无从估计，故凡涉及这些组的比较只报告份额、"
        f"差异与引文，不给区间与 p 值"
        "（至少需要 2 篇，建议 5 篇以上）。",
        en=f"Not tested. {en} {'have' if len(single) > 1 else 'has'} 1 document: the variation between "
        f"documents cannot be "
        "estimated, so comparisons with "
        f"{'these groups' if len(single) > 1 else 'this group'} report shares, differences and "
        f"quotations, without "
        "interval or p-value (at least 2 documents are required; 5 or more are advised).",
    )


def _words(payload: Payload) -> Text | None:
    if not payload["vocabulary"]:
        return None
    tested = any(entry["tested"] for entry in payload["vocabulary"])
    zh = (
        "用词。效应量是以合并词频为信息先验收缩的对数优势差（Monroe 等，2008，不用其 z 值），"
        "另列每万词频率与对数比；"
        "同时给出含该词的文档数与 Gries 的离散度 DP，一半以上出现在一篇文档里的词加标记。"
    )
    en = (
        "Words. The effect size is the log-odds difference shrunk by an informative Dirichlet prior "
        "(Monroe et al., "
        "2008, without its z), with rates per 10,000 tokens and log ratios as description; the number of "
        "documents with "
        "the word and Gries' DP stand beside, and words with over half their occurrences in one document "
        "are marked."
    )
    if tested:
        zh += (
            "p 值由置换文档得到（词在文档中成簇出现，G² 会误报；Lijffijt 等，2016）；"
            "每组不超过 10 篇时它是排序，不是检验。"
        )
        en += (
            " P-values come from permuting documents (words burst, and G² errs; Lijffijt et al., 2016); "
            "with ten documents a group or fewer this is a ranking, not a test."
        )
    else:
        zh += "文档太少，不作词的检验：名次即描述。"
        en += " With so few documents no word is tested: the ranking is a description."
    return Text(zh=zh, en=en)


def _quotations(payload: Payload) -> Text | None:
    if not any(topic["exemplars"] or topic["groups"] for topic in payload["quotations"]):
        return None
    settings = _settings(payload)
    least = settings.get("evidence.exemplars.min_tokens")
    zh = f"（至少 {least} 个词）" if least is not None else ""
    en = f" (at least {least} tokens)" if least is not None else ""
    return Text(
        zh=f"引文。引文由规则选出而非人工挑选：每个主题取 θ 最高且足够长{zh}的段落，各文档轮流，"
        f"重复的只取一次；"
        "并给出反例，即含该主题用词而该主题份额很低的段落。引文逐字照录，附其在文档中的位置。",
        en=f"Quotations. They are chosen by rule, not by hand: for every topic the passages with the "
        f"highest theta that "
        f"are long enough{en}, documents in turn, repeats once; and counter-examples, passages that hold "
        f"the topic's words "
        "while the topic is low in them. Quotations are verbatim, with their place in the document.",
    )
