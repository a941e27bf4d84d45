"""The payload in, reviewers' questions about texts, words and quotations with their answers out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from discourse.report.labels import Text
from discourse.report.wording import join, percent

Payload = Mapping[str, Any]


class Answer(TypedDict):
    """One question, its answer, and the section of the page where the numbers stand."""

    section: str
    question: Text
    answer: Text


def answer(section: str, zh: str, en: str, answer_zh: str, answer_en: str) -> Answer:
    """Put a question and its answer together."""
    return Answer(section=section, question=Text(zh=zh, en=en), answer=Text(zh=answer_zh, en=answer_en))


def _cleaned(payload: Payload) -> Answer | None:
    repairs = payload["repairs"]
    if not repairs:
        return None
    zh = join([f"{rule['label']['zh']} {rule['n']:,} 处" for rule in repairs[:3]], "zh")
    en = join([f"{rule['label']['en']} {rule['n']:,}" for rule in repairs[:3]], "en")
    doubtful = sum(rule["n"] for rule in repairs if "doubtful" in rule["rule"])
    return answer(
        "corpus",
        "清理会不会改了原意？",
        "Could cleaning have changed the meaning?",
        f"共 {payload['counts']['edits']:,} 处修改，最多的是{zh}；每处都记有原文、改后文字、规则与位置，可以逐处撤销。"
        + (f"{doubtful} 处无法确定，照原样保留。" if doubtful else ""),
        f"{payload['counts']['edits']:,} edits, most of them {en}; each is logged with the text before and after, its "
        "rule and its place, and can be undone."
        + (f" {doubtful} places stay doubtful and are left as they are." if doubtful else ""),
    )


def _attributed(payload: Payload) -> Answer | None:
    n = payload["counts"]["documents"]
    if not n:
        return None
    unknown = {entry["name"]["en"]: entry for entry in payload["unknown"]}
    named = [unknown[field] for field in ("region", "level", "date") if field in unknown]
    zh = join([f"{entry['name']['zh']} {entry['n']} 篇" for entry in named], "zh")
    en = join([f"{entry['name']['en']} {entry['n']}" for entry in named], "en")
    return answer(
        "corpus",
        "地区与层级从何而来？认错了怎么办？",
        "Where do place and level come from, and what if they are wrong?",
        "来自文本自身的字句，列在每一项下面，可以逐项核对，也可以用元数据表改正。"
        + (f"{n} 篇中没有依据、因而留空的：{zh}。" if named else f"{n} 篇各项俱全。"),
        "From the words of the texts, printed under each value, to be checked one by one or overruled by a table of "
        "metadata. "
        + (f"Of {n} documents without evidence: {en}." if named else f"All {n} documents have them."),
    )


def _copied(payload: Payload) -> Answer | None:
    if not payload["counts"]["passages"]:
        return None
    n, repeats = payload["reuse"]["n"], payload["counts"]["repeats"]
    share = percent(repeats / payload["counts"]["passages"])
    return answer(
        "reuse",
        "差异会不会只是互相抄写造成的？",
        "Could copied text make the differences?",
        f"找到 {n} 处相同的文字；{repeats} 个段落（{share}）重复前文，已标记，引文只取其一。",
        f"{n} repeated spans were found; {repeats} passages ({share}) repeat earlier ones and are marked, and only "
        "one of them is quoted.",
    )


def _worded(payload: Payload) -> Answer | None:
    words = [word for entry in payload["vocabulary"] for word in entry["words"]]
    if not words:
        return None
    burst = sum(bool(word["burst"]) for word in words)
    tested = any(entry["tested"] for entry in payload["vocabulary"])
    return answer(
        "words",
        "标志词会不会只出自一篇文档？",
        "Do marking words come from one document?",
        f"列出的 {len(words)} 个标志词中，{burst} 个（{percent(burst / len(words))}）一半以上出现在一篇文档里，已标 ●；"
        + ("p 值由置换文档得到，不由词次得到。" if tested else "文档太少，没有作检验，名次即描述。"),
        f"Of {len(words)} marking words listed {burst} ({percent(burst / len(words))}) have over half their "
        "occurrences in one document and carry a ●. "
        + (
            "P-values come from permuting documents, not tokens."
            if tested
            else "With so few documents none is tested: the ranking describes."
        ),
    )


def _segmented(payload: Payload) -> Answer | None:
    counts = {entry["status"]["en"]: entry["n"] for entry in payload["lexicon"]}
    if not counts:
        return None
    produced, swallowed = counts.get("produced", 0), counts.get("swallowed by a longer word", 0)
    moved = payload["segmentation"]["n_moved"]
    zh = f"{sum(counts.values())} 条术语中 {produced} 条切出，{swallowed} 条被更长的词吞没，其余文中没有。"
    en = (
        f"Of {sum(counts.values())} terms {produced} were produced and {swallowed} swallowed by longer words; the rest "
        "do not occur."
    )
    n = payload["segmentation"]["n"]
    if n:
        zh += f"换分词方式（有无 HMM、有无词典）重做，{n} 项结果中 {moved} 项有变。"
        en += f" Under other segmentations (HMM, lexicon on and off) {moved} of {n} results move."
    else:
        zh += "换分词方式结果是否有变，本次没有重做（discourse sensitivity）。"
        en += " Whether other segmentations change the results was not asked in this run (`discourse sensitivity`)."
    return answer("corpus", "结果靠不靠分词？", "Do the results hang on segmentation?", zh, en)


def _validated(payload: Payload) -> Answer:
    question = "这些主题，人看得懂吗？", "Do the topics mean anything to people?"
    scores = [row for row in payload["coding"] if row["topic"] is None and row["score"] is not None]
    if not scores:
        return answer(
            "topics",
            *question,
            "本次没有人工检验；discourse code 会生成给编码者的表单，discourse coders 计分。"
            "词与原文列在每个主题下，可以先自己读。",
            "No person checked them in this run; `discourse code` makes a form for coders and `discourse coders` "
            "scores it. The words and passages of each topic stand here to be read.",
        )
    zh = [
        f"{row['task']['zh']} {percent(row['score'])}（随机 {percent(row['chance'])}，{row['n_coders']} 人）"
        for row in scores
    ]
    en = [
        f"{row['task']['en']} {percent(row['score'])} (chance {percent(row['chance'])}, {row['n_coders']} coders)"
        for row in scores
    ]
    return answer("robustness", *question, f"{join(zh, 'zh')}。", f"{join(en, 'en')}.")


def _quoted(payload: Payload) -> Answer | None:
    groups = [group for topic in payload["quotations"] for group in (topic, *topic["groups"])]
    quotes = [quote for group in groups for quote in group["exemplars"]]
    counters = [quote for group in groups for quote in group["counters"]]
    if not quotes:
        return None
    n = len({quote["passage_id"] for quote in quotes})
    documents = len({quote["doc_id"] for quote in quotes})
    return answer(
        "quotations",
        "引文是不是挑出来的？",
        "Are the quotations cherry-picked?",
        f"由规则选出：{n} 个段落，出自 {documents} 篇文档，各篇轮流，θ 高者在前；另有 {len(counters)} 处反例，"
        "即用词相同而主题不同的段落。",
        f"They are chosen by rule: {n} passages of {documents} documents, documents in turn, highest theta first; and "
        f"{len(counters)} counter-examples, with the words of a topic but another discussion, stand beside them.",
    )


CORPUS_QUESTIONS: tuple[Callable[[Payload], Answer | None], ...] = (
    _cleaned,
    _attributed,
    _copied,
    _segmented,
    _worded,
    _validated,
    _quoted,
)
