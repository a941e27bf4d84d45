"""A text comes in; what has the form of a set phrase - quoted, numbered, parallel - and its folded text go out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from discourse.errors import DataError
from discourse.resources import resource

_OPENING, _CLOSING = "“「‘", "”」’"
_HAN = "\u4e00-\u9fd5"
_NUMERALS = "一二三四五六七八九十两双百千万"
# what a variant may add or leave out inside a phrase: marks of quotation and enumeration, blanks
_SILENT = frozenset('“”‘’「」"、·• \t\n\r\u3000\xa0')
_FULL_WIDTH = {0xFF01 + i: chr(0x21 + i) for i in range(94)}
_WIDTH_AND_CASE = (
    _FULL_WIDTH
    | {ord(c): c.upper() for c in "abcdefghijklmnopqrstuvwxyz"}
    | {0xFF41 + i: chr(0x41 + i) for i in range(26)}
)
_CURLY = re.compile(rf"[{_OPENING}]([^{_OPENING}{_CLOSING}\"]+)[{_CLOSING}]")
_CONTENT = re.compile(rf"[{_HAN}A-Za-z0-9+\-×·、 &%/]+")
_DIGITS = re.compile(r"(?<![\d.+])\d{1,2}(?:\+(?:\d{1,2}|[NnXx](?![A-Za-z])))+(?![\d.%+])")
_BARE_NUMBER = re.compile(r"[\d+NX×]+")
_CLAUSE = re.compile(r"[我你他她它您咱这那哪谁吗呢吧啊了]|什么|怎么|为什么")
_LONG_CLAUSE = re.compile(r"[的是把被让请就]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NO_PHRASE = re.compile(r"(?:号|舰|杯|奖|赛|片|导航|连[冠优胜增降]|[元吨亩户%]|\d万|\d亿)$|^\d+条|个\d")
# proper names in quotation marks: the mascot “喜洋洋”; “巴味渝珍”等公用品牌; “金芙蓉”基金; who bears a title of honour
_NAMED_BEFORE = re.compile(rf"吉祥物(?:[{_OPENING}][^，。；]{{1,6}}[{_CLOSING}][、和])?$")
_NAMED_AFTER = re.compile(
    rf"(?:[{_OPENING}][^，。；]{{1,8}}[{_CLOSING}])?[^，。；、{_OPENING}]{{0,8}}(?:公用品牌|投资基金)|[{_HAN}]{{2,6}}·"
)
_NEAR = 24
_CLAUSE_END = re.compile(r"[。；：！？;:!?\n（）()《》]")
_ALL_HAN = re.compile(rf"[{_HAN}]+")
_CHAIN = re.compile(rf"([{_HAN}])(?!\1)[{_HAN}](?:\1(?!\1)[{_HAN}])+")
_TWICE = re.compile(rf"([{_HAN}])\1([{_HAN}]{{2}})(?:[、，]?\1\1[{_HAN}]{{2}}){{2,}}")
# 昆明市、大理州: characters that make a list of things, not a phrase
_ENUMERATING = frozenset("省市区县镇乡村国州盟旗年月日元个人条项次第万亿千百十家户部厅局委院校厂")
_NUMBERED = re.compile(
    rf"[{_NUMERALS}\d]+[个大项]?[{_HAN}]{{1,4}}|(?:[{_NUMERALS}][{_HAN}]{{1,2}}){{2,}}|.*\d.*|[{_NUMERALS}].*"
)


@dataclass(frozen=True)
class PhraseList:
    """Known phrases of ``stopwords/phrases.txt``: phrase -> form, variant -> phrase, heads, frames, no phrases."""

    known: dict[str, str]
    variants: dict[str, str]
    heads: tuple[str, ...]
    frames: frozenset[str]
    none: frozenset[str]


@dataclass(frozen=True)
class Folded:
    """Text without the marks that vary, and where each of its characters stood: `offsets` of equal length."""

    text: str
    offsets: list[int]


@dataclass(frozen=True)
class Candidate:
    """A span that has the form of a phrase: its key (folded), its form and whether it is quoted."""

    key: str
    form: str
    quoted: bool


def read_phrases() -> PhraseList:
    """Read the packaged list; a line is a phrase, or ``phrase = variant variant``; ``## form`` opens a form."""
    sections: dict[str, list[str]] = {}
    variants: dict[str, str] = {}
    section = ""
    for number, line in enumerate(
        resource("stopwords", "phrases.txt").read_text("utf-8").splitlines(), start=1
    ):
        if line.startswith("##"):
            section = line.strip("# ").split()[0]
        elif line.strip() and not line.startswith("#"):
            phrase, _, others = line.partition(" = ")
            if not section:
                raise DataError(
                    f"phrases.txt:{number}: {line!r} stands before the first '## form'; move it below one"
                )
            sections.setdefault(section, []).append(fold_key(phrase))
            variants |= {fold_key(other): fold_key(phrase) for other in others.split()}
    forms = ("numbered", "parallel", "metaphor", "coinage")
    known = {phrase: form for form in forms for phrase in sections.get(form, [])}
    heads = tuple(sorted(sections.get("heads", []), key=lambda head: (-len(head), head)))
    return PhraseList(
        known, variants, heads, frozenset(sections.get("frames", [])), frozenset(sections.get("none", []))
    )


def fold_key(phrase: str) -> str:
    """Write a phrase without marks and blanks, letters and digits half-width, N and X as capitals."""
    return fold_text(phrase).text


def fold_text(text: str) -> Folded:
    """Leave out the marks that vary between the variants of a phrase, keep where everything stood."""
    offsets = [place for place, c in enumerate(text) if c not in _SILENT]
    return Folded("".join([text[place] for place in offsets]).translate(_WIDTH_AND_CASE), offsets)


def find_candidates(text: str, phrases: PhraseList) -> Iterator[Candidate]:
    """Spans of a passage that have the form of a set phrase, in no particular order."""
    for content, end in _quoted_spans(text):
        before, after = text[: max(0, end - len(content) - 2)], text[end : end + _NEAR]
        if _NAMED_BEFORE.search(before[-_NEAR:]) or _NAMED_AFTER.match(after):
            continue
        if key := _coinage_key(content, text[end:], phrases):
            yield Candidate(key, form_of(key, content), True)
    # width folds character by character, so places stay what they are
    for match in _DIGITS.finditer(text.translate(_FULL_WIDTH)):
        head = _head(text[match.end() :].lstrip("".join(_CLOSING) + '"'), phrases)
        if head:
            yield Candidate(fold_key(match.group() + head), "numbered", False)
    for key in _parallel_keys(text, phrases.frames):
        yield Candidate(key, "parallel", False)


def form_of(key: str, content: str = "") -> str:
    """Form of a quoted phrase: numbered, parallel, or else a coinage."""
    items = re.split("[、 ]", content) if content else [key]
    if len(items) >= 2 and len({len(item) for item in items}) == 1:
        return "parallel"
    if _NUMBERED.fullmatch(key):
        return "numbered"
    return "parallel" if _CHAIN.fullmatch(key) else "coinage"


def _quoted_spans(text: str) -> Iterator[tuple[str, int]]:
    """What stands between quotation marks, and where the closing mark ends; straight marks pair in turn."""
    for match in _CURLY.finditer(text):
        yield match.group(1), match.end()
    straight = [place for place, c in enumerate(text) if c == '"']
    for start, end in zip(straight[::2], straight[1::2], strict=False):
        yield text[start + 1 : end], end + 1


def _coinage_key(content: str, after: str, phrases: PhraseList) -> str | None:
    """Key of a quoted span, None if it is a quotation, a title, a proper name or an ordinary word."""
    key = fold_key(content)
    key = phrases.variants.get(key, key)
    if key in phrases.known:
        return key
    if _BARE_NUMBER.fullmatch(key):
        head = _head(after, phrases)
        return fold_key(key + head) if head and len(key) > 1 else None
    fits = 2 <= len(key) <= (24 if "、" in content else 12) and _CONTENT.fullmatch(content)
    if not fits or key in phrases.none or _YEAR.match(key) or _NO_PHRASE.search(key):
        return None
    if _CLAUSE.search(key) or (len(key) > 8 and "、" not in content and _LONG_CLAUSE.search(key)):
        return None
    return key if re.search(rf"[{_HAN}]", key) else None


def _head(after: str, phrases: PhraseList) -> str:
    """Noun that a bare number needs to be a name: 1262 is nothing, 1262战略 is."""
    return next((head for head in phrases.heads if after.startswith(head)), "")


def _parallel_keys(text: str, frames: frozenset[str]) -> Iterator[str]:
    for match in _TWICE.finditer(text):
        yield fold_key(match.group().replace("，", ""))
    for match in _CHAIN.finditer(text):
        if len(match.group()) >= 6 or match.group(1) in frames:
            yield match.group()
    for clause in _CLAUSE_END.split(text):
        items = re.split("[、，,]", clause)
        for members in _equal_runs(items) if len(items) >= 3 else ():
            if is_parallel(members):
                yield "".join(members)


def _equal_runs(items: list[str]) -> Iterator[list[str]]:
    """Neighbouring members of a list that are equally long; the ends may carry more words outside: 着力稳就业."""
    start = 0
    while start < len(items):
        length, end = len(items[start]), start + 1
        while end < len(items) and len(items[end]) == length:
            end += 1
        if end - start >= 2 and 2 <= length <= 6:
            before = [items[start - 1][-length:]] if start and len(items[start - 1]) > length else []
            after = [items[end][:length]] if end < len(items) and len(items[end]) > length else []
            body = items[start:end]
            for members in (before + body + after, before + body, body + after, body):
                if is_parallel(members):
                    yield members
                    break
        start = end


def is_parallel(members: list[str]) -> bool:
    """Three or more members of equal length that share a character in one place, and differ elsewhere."""
    if len(members) < 3 or len(set(members)) < len(members) or not _ALL_HAN.fullmatch("".join(members)):
        return False
    shared = [set(column) for column in zip(*members, strict=True)]
    constant = [next(iter(column)) for column in shared if len(column) == 1]
    if not constant or len(constant) == len(shared):
        return False
    return not set(constant) <= _ENUMERATING
