"""What a single line looks like: prose, a heading, a caption, or the furniture of a page by form and words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from discourse.corpus.wordlists import alternatives, read_sections

HAN = re.compile(r"[\u3400-\u9fff]+")
# A marker that a site puts between paragraphs.
_INLINE_MARK = re.compile(r"[ \t\u3000\xa0]*[-—=…·*]{2,}\s*此处隐藏[^\n]{0,30}?[-—=…·*]{2,}[ \t\u3000\xa0]*")
_NUMERAL = "[一二三四五六七八九十百]"
_ENDS_SENTENCE = re.compile(r"[。！？!?；;：:…][”’」』）)》\"']*$")
_HEADING = re.compile(
    rf"[（(]?{_NUMERAL}{{1,3}}[)）、.．\u3000]|第{_NUMERAL}{{1,3}}[章节条部]|[甲乙丙丁戊]、"
    r"|[（(]?\d{1,2}[)）、.．](?!\d)"
)
# The number of a section that stands alone on its line: (一), 二; the number of a page is a digit.
_SECTION_NUMBER = re.compile(rf"[（(]?{_NUMERAL}{{1,3}}[)）]?|第{_NUMERAL}{{1,3}}[章节部]")
# What a stenographer heard: (热烈鼓掌)
_APPLAUSE = re.compile(r"[（(][^（()）]*(?:鼓掌|掌声|欢呼|起立|笑声)[^（()）]*[)）]$")
_PAGE_NUMBER = (
    r"[-—－–·•\s]*\d{1,4}[-—－–·•\s]*|第\s*\d+\s*页.{0,12}|\d{1,4}\s*[/／]\s*\d{1,4}"
    r"|(?:上一页|下一页)[\s|上下一页\d]*"
)
_RULE_LINE = r"[-=_*~—─━·.:：＊※\s]{3,}"
_INNER = re.compile(rf"{_PAGE_NUMBER}|{_RULE_LINE}")
PAGE_NUMBER_LINE = re.compile(rf"(?:{_PAGE_NUMBER})(?<=[-—－–·•\s\d页])")
_TIME = re.compile(
    r"[\s【\[（(]*(?:19|20)\d\d[-/.年]\s?\d{1,2}(?:[-/.月]\s?\d{1,2}日?)?"
    r"[\s\d:：)）\]】星期周一二三四五六日]*"
)
_LABEL = re.compile(r"[【\[（(■▪\s]*([\u4e00-\u9fff/A-Za-z]{1,8}?)\s*(?:[:：丨｜|＝]|\s(?=\S))")
# The line under a photograph names who took it, or points at it.
_CAPTION = re.compile(
    r"(?:摄|摄影|摄影报道|供图|图片?[/／]\S{2,8})[)）】]?[。]?$|[（(][^（()）]{0,30}(?:摄|供图|资料图|资料图片)(?:[，,][^（()）]{0,12})?[)）][。]?$"
    r"|^[△▲▼▽](?!\s*$)|^[（(]?(?:上图|下图|左图|右图)?(?:图为|图①|图1[:：])"
)
_MAY_BE_CAPTION = re.compile("[摄图△▲▼▽]")  # one of them stands in every caption
# How often a button was pressed: 评论 128, 点赞(36)
_COUNT = re.compile(r"\s*[(（]?\d+[+万]?\s*[条次人个]?[)）]?$")
# The heading of a list of other texts, or a line that names one.
_RELATED = re.compile(
    r"[【\[》>★●\s]*(?:相关|推荐|延伸|拓展|热门|热点|往期|更多)"
    r"(?:新闻|阅读|链接|推荐|文章|报道|稿件|资讯|回顾|精选|内容)[】\]]?(?:\s*$|[:：\s]|(?<=[】\]]))"
)
_BREADCRUMB = re.compile(r"[>＞»›→]\s*\S|\S\s*[>＞»›→]")
_WEB_ADDRESS = re.compile(r"(?:https?://|www\.)[\w./?=&%#:-]+", re.ASCII)
_STRIP = (
    " \t\u3000\xa0|｜·•●◆■▪▶►※★☆【】[]()（）［］<>《》〈〉«»『』「」:：×+-—－–─_=*…▲▼△▽↓↑→←👇👆☞"
    "/／，,。.!！?？〔〕\ufe0f"
)
_PARAGRAPH, _PROSE, _SHORT = 40, 16, 60
# A long line of furniture holds one of its words every so many characters at least.
_WORD_EVERY = 60


@dataclass(frozen=True)
class Vocabulary:
    """The words of page furniture, by what they show; see ``stopwords/boilerplate.txt``."""

    byline: frozenset[str]
    byline_inside: tuple[str, ...]
    chrome_line: frozenset[str]
    chrome_mark: tuple[str, ...]
    closing: tuple[str, ...]
    inside_line: frozenset[str]
    inside_mark: tuple[str, ...]
    summary: tuple[str, ...]
    site_name: tuple[str, ...]
    appendix: tuple[str, ...]
    unfold: tuple[str, ...]
    advertisement: tuple[str, ...]

    @cached_property
    def any_chrome_mark(self) -> re.Pattern[str]:
        """Pattern of every word of `chrome_mark`: few lines hold one."""
        return re.compile(alternatives(self.chrome_mark))


def read_vocabulary() -> Vocabulary:
    """Read the packaged list ``stopwords/boilerplate.txt``."""
    words = read_sections("boilerplate.txt")
    return Vocabulary(
        byline=frozenset(words["byline"]),
        byline_inside=tuple(words["byline inside"]),
        chrome_line=frozenset(words["chrome line"]) | frozenset(words["closing"]),
        chrome_mark=tuple(words["chrome mark"]),
        closing=tuple(words["closing"]),
        inside_line=frozenset(words["inside line"]),
        inside_mark=tuple(words["inside mark"]),
        summary=tuple(words["summary"]),
        site_name=tuple(words["site name"]),
        appendix=tuple(words["appendix"]),
        unfold=tuple(words["unfold"]),
        advertisement=tuple(words["advertisement"]),
    )


def count_han(line: str) -> int:
    """How many Chinese characters a line holds."""
    return sum(map(len, HAN.findall(line)))


def is_paragraph(line: str) -> bool:
    """Long, with the marks of running prose."""
    n_han = count_han(line)
    return (
        n_han >= _PARAGRAPH
        and n_han >= 0.5 * len(line)
        and bool(re.search(r"[。；！？]", line) or len(re.findall("[,，、]", line)) >= 2)
    )


def is_prose(line: str) -> bool:
    """A paragraph, or a shorter sentence of several clauses that is complete."""
    if is_paragraph(line):
        return True
    n_han = count_han(line)
    complete = re.search(r"[。；！？;!?][”’」』）)\"']*$", line) and re.search("[，,、；;。：:]", line[:-1])
    return n_han >= _PROSE and n_han >= 0.6 * len(line) and bool(complete)


def is_sentence(line: str) -> bool:
    """Ends as sentences and salutations end, or with the applause that followed."""
    return bool(_ENDS_SENTENCE.search(line) or _APPLAUSE.search(line)) and count_han(line) >= 2


def is_heading(line: str) -> bool:
    """Begins with the number of a section, or is one."""
    return bool(_HEADING.match(line) or _SECTION_NUMBER.fullmatch(line))


def inline_marks(line: str) -> list[tuple[int, int]]:
    """Spans of the markers that a site puts between paragraphs, with the blanks around them."""
    return [match.span() for match in _INLINE_MARK.finditer(line)] if "此处隐藏" in line else []


def edge_label(line: str, vocabulary: Vocabulary) -> str:
    """Tell what a line would be outside the body: furniture, byline, or "" where nothing shows it."""
    bare = line.strip(_STRIP)
    if _SECTION_NUMBER.fullmatch(line) or (line[0] in "（(" and _APPLAUSE.search(line)):
        return ""
    if _is_caption(line):
        return "furniture"
    if _has_chrome_words(line, bare, vocabulary):
        return "furniture"
    n_han = count_han(line)
    if _COUNT.sub("", bare) in vocabulary.chrome_line or not n_han or (n_han <= 1 and len(line) <= 4):
        return "byline" if _TIME.fullmatch(line) else "furniture"
    if _is_byline(line, vocabulary):
        return "byline"
    is_label = len(line) < _SHORT and not _ENDS_SENTENCE.search(line)
    if is_label and (_BREADCRUMB.search(line) or _WEB_ADDRESS.search(line)):
        return "furniture"
    n_buttons = sum(token.strip(_STRIP) in vocabulary.chrome_line for token in re.split(r"[\s|｜/]+", line))
    return "furniture" if n_buttons >= 2 else ""


def inner_label(line: str, vocabulary: Vocabulary) -> str:
    """Tell what a line is between two paragraphs: body, unless its form or all of its words are furniture."""
    if not line:
        return "blank"
    if _INNER.fullmatch(line) or (inline_marks(line) and not _INLINE_MARK.sub("", line).strip()):
        return "furniture"
    is_label = len(line) < _SHORT and not line.endswith(("。", "；"))
    if line.strip(_STRIP) in vocabulary.inside_line or _WEB_ADDRESS.fullmatch(line):
        return "furniture"
    if is_advertisement(line, vocabulary):
        return "furniture"
    if _is_caption(line) and not is_paragraph(line):
        return "furniture"
    return "furniture" if is_label and any(mark in line for mark in vocabulary.inside_mark) else "body"


def names_other_texts(line: str) -> bool:
    """Whether a line is the heading of a list of other texts (相关阅读) or names one (延伸阅读：...)."""
    return len(line) < _SHORT and not line.endswith("。") and bool(_RELATED.match(line))


def opens_summary(line: str, vocabulary: Vocabulary) -> bool:
    """Whether a line begins with what calls it an abstract or a key to what follows."""
    bare = line.lstrip("【［[〔■▪ ")
    word = next((word for word in vocabulary.summary if bare.startswith(word)), None)
    return word is not None and (len(bare) == len(word) or bare[len(word)] in ":：】］]〕 \u3000")


def opens_closing(line: str, vocabulary: Vocabulary) -> bool:
    """Whether a line of furniture is one that stands behind texts: who edited, what to read next."""
    bare = line.strip(_STRIP)
    return bare.startswith(vocabulary.closing)


def is_advertisement(line: str, vocabulary: Vocabulary) -> bool:
    """Whether a line calls itself one, or holds the words of a shop: three of them, and more in a long line."""
    if re.match(r"[\s【\[（(]*(?:广告|推广|赞助商?|AD)[】\])）]?\s*[:：丨|]", line):
        return True
    n_words = sum(word in line for word in vocabulary.advertisement)
    return n_words >= 3 and len(line) <= _WORD_EVERY * n_words


def unfolds(line: str, vocabulary: Vocabulary) -> bool:
    """Whether a line is a button behind which the text goes on: 展开剩余62%, 展开全文."""
    return len(line) < _SHORT // 2 and line.strip(_STRIP).startswith(vocabulary.unfold)


def opens_appendix(line: str, vocabulary: Vocabulary) -> bool:
    """Whether a line is the heading of notes or annexes."""
    bare = line.strip(_STRIP)
    if re.fullmatch(r"附[件录注]\s*[一二三四五六七八九十\d]{0,2}", bare):
        return True
    bare = re.sub(r"\s", "", bare)
    return len(bare) <= 25 and not line.endswith("。") and bare.endswith(vocabulary.appendix)


def _is_caption(line: str) -> bool:
    return len(line) < 2 * _SHORT and bool(_MAY_BE_CAPTION.search(line) and _CAPTION.search(line))


def _has_chrome_words(line: str, bare: str, vocabulary: Vocabulary) -> bool:
    if not vocabulary.any_chrome_mark.search(line):
        return False
    marks = [mark for mark in vocabulary.chrome_mark if mark in line]
    # 开通热线电话,方便群众。 is a sentence
    is_label = len(line) < _SHORT and not line.endswith("。")
    is_dense = len(marks) >= 2 and len(line) <= _WORD_EVERY * len(marks)
    return is_label or is_dense or any(_names_itself(bare, mark) for mark in marks)


def _is_byline(line: str, vocabulary: Vocabulary) -> bool:
    is_short = len(line) < _SHORT
    # 全市社区工作者: is a salutation
    named = line.replace("工作者", "")
    if _TIME.fullmatch(line) or (is_short and any(word in named for word in vocabulary.byline_inside)):
        return True
    label = _LABEL.match(line)
    if label is None or label[1] not in vocabulary.byline:
        return False
    # 时间 or 记者 may begin a sentence too: a colon or a short line is needed
    has_colon = line[label.end() - 1] in ":：丨｜|＝"
    return len(line) < 2 * _SHORT and (has_colon or (is_short and not _ENDS_SENTENCE.search(line)))


def _names_itself(bare: str, mark: str) -> bool:
    """Whether a word of furniture opens the line and is all or calls what follows: 免责声明: ..."""
    return bare.startswith(mark) and bare[len(mark) : len(mark) + 1] in "::：】])）　 ,，"
