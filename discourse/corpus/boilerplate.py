"""Which lines of a page are its text and which are page furniture: readable lines in, one label a line out.

Labels: ``body``; ``title``; ``byline`` (who, when, where from); ``furniture``; ``appendix`` (notes on terms
and other matter behind a report); ``repeat`` (a second copy of the text in the same page); ``blank``.

The way: paragraphs are known by their form (long, with sentence marks), and everything between the first
and the last of them is body. From there the body is let out over headings, salutations and short sentences,
until a line has the form or the words of furniture. Words decide nothing inside the body.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from discourse.corpus.wordlists import read_sections

_HAN = re.compile(r"[\u3400-\u9fff]")
_ENDS_SENTENCE = re.compile(r"[。！？!?；;：:…][”’」』）)》\"']*$")
_HEADING = re.compile(
    r"[（(]?[一二三四五六七八九十]{1,3}[)）、.．]|第[一二三四五六七八九十]{1,3}[章节条部]|[（(]?\d{1,2}[)）、.．](?!\d)"
)
# A marker that a site puts between paragraphs, or the number of a printed page.
INLINE_MARK = re.compile(r"[ \t\u3000\xa0]*[-—=…·*]{2,}\s*此处隐藏[^\n]{0,30}?[-—=…·*]{2,}[ \t\u3000\xa0]*")
_INNER = re.compile(
    r"[-—·\s]*\d{1,4}[-—·\s]*|第\s*\d+\s*页.{0,12}|[-=_*~—·.\s]{3,}|(?:上一页|下一页)[\s|上下一页\d]*"
)
_TIME = re.compile(
    r"[\s【\[（(]*(?:19|20)\d\d[-/.年]\s?\d{1,2}(?:[-/.月]\s?\d{1,2}日?)?"
    r"[\s\d:：)）\]】星期周一二三四五六日]*"
)
_LABEL = re.compile(r"[【\[（(]?\s*([\u4e00-\u9fff/A-Za-z]{1,8}?)\s*(?:[:：丨｜|]|\s(?=\S))")
# The line under a photograph names who took it.
_CAPTION = re.compile(r"(?:摄|摄影|摄影报道|供图|图片?[/／]\S{2,8})[)）】]?$")
_STRIP = " \t\u3000\xa0|｜·•【】[]()（）<>《》〈〉:：×+-—_／/，,。.!！?？"
_LONG = 40
_SHORT = 60


@dataclass(frozen=True)
class Vocabulary:
    """The words of page furniture, by what they show."""

    byline: frozenset[str]
    byline_inside: tuple[str, ...]
    chrome_line: frozenset[str]
    chrome_mark: tuple[str, ...]
    site_name: tuple[str, ...]
    appendix: tuple[str, ...]


def read_vocabulary() -> Vocabulary:
    """Read the packaged list ``stopwords/boilerplate.txt``."""
    sections = read_sections("boilerplate.txt")
    return Vocabulary(
        frozenset(sections["byline"]),
        tuple(sections["byline inside"]),
        frozenset(sections["chrome line"]),
        tuple(sections["chrome mark"]),
        tuple(sections["site name"]),
        tuple(sections["appendix"]),
    )


def label_lines(
    lines: Sequence[str],
    vocabulary: Vocabulary,
    *,
    shared: frozenset[int] = frozenset(),
    has_title: bool = False,
) -> list[str]:
    """Label of each line of one page or of one part of a compilation.

    lines: readable (repaired, simplified), without line ends. shared: numbers of lines that this page has in
    common with other pages. has_title: the title is known from elsewhere, so none is looked for.
    """
    lines = [line.strip() for line in lines]
    labels = ["blank" if not line else _edge_label(line, vocabulary) for line in lines]
    labels = ["furniture" if i in shared and label != "blank" else label for i, label in enumerate(labels)]
    first, last = _core(lines, labels)
    if first is None or last is None:
        return [label or "furniture" for label in labels]
    first, last = _grow_up(lines, labels, first), _grow_down(lines, labels, last)
    labels[first : last + 1] = [_inner_label(line) for line in lines[first : last + 1]]
    _mark_appendix(lines, labels, vocabulary)
    _mark_repeat(lines, labels)
    title = None if has_title else find_title(lines, labels, first, vocabulary)
    if title is not None:
        for i in range(first):
            labels[i] = "title" if lines[i] == lines[title] else labels[i] or ("byline" if i > title else "")
    return [label or "furniture" for label in labels]


def shared_edges(
    pages: Sequence[Sequence[str]], *, min_lines: int = 3, min_pages: int = 3
) -> list[frozenset[int]]:
    """Numbers of the lines of each page that belong to a block which begins or ends several pages.

    A block is at least `min_lines` lines long and stands in at least `min_pages` pages, this one included;
    it ends before the first paragraph, so that copies of one text are not taken for furniture.
    """
    numbered = [[(i, line.strip()) for i, line in enumerate(page) if line.strip()] for page in pages]
    found: list[set[int]] = [set() for _ in pages]
    for edges in (numbered, [page[::-1] for page in numbered]):
        for size in range(min_lines, max(map(len, edges), default=0) + 1):
            blocks: dict[tuple[str, ...], list[int]] = {}
            for page, rows in enumerate(edges):
                block = tuple(line for _, line in rows[:size])
                if len(rows) > size and not any(map(_is_paragraph, block)):
                    blocks.setdefault(block, []).append(page)
            common = [pages_with for pages_with in blocks.values() if len(pages_with) >= min_pages]
            for page in (page for group in common for page in group):
                found[page].update(i for i, _ in edges[page][:size])
            if not common:
                break
    return [frozenset(rows) for rows in found]


def _edge_label(line: str, vocabulary: Vocabulary) -> str:
    """Tell what a line would be outside the body: furniture, byline, or "" where nothing shows it."""
    bare = line.strip(_STRIP)
    n_han = len(_HAN.findall(line))
    if len(line) < 2 * _SHORT and _CAPTION.search(line):
        return "furniture"
    marks = {mark for mark in vocabulary.chrome_mark if mark in line}
    is_label = len(line) < _SHORT and not line.endswith("。")  # 开通热线电话,方便群众。 is a sentence
    if marks and (is_label or len(marks) >= 2 or _begins_with(bare, marks)):
        return "furniture"
    if bare in vocabulary.chrome_line or not n_han or (n_han <= 1 and len(line) <= 4):
        return "byline" if _TIME.fullmatch(line) else "furniture"
    if _is_byline(line, bare, vocabulary):
        return "byline"
    if (
        re.search(r"[>＞»›]\s*\S|\S\s*[>＞»›]", line)
        and len(line) < _SHORT
        and not _ENDS_SENTENCE.search(line)
    ):
        return "furniture"
    if sum(token.strip(_STRIP) in vocabulary.chrome_line for token in line.split()) >= 2:
        return "furniture"
    return ""


def _begins_with(bare: str, marks: set[str]) -> bool:
    return any(bare.startswith(mark) for mark in marks)


def _is_byline(line: str, bare: str, vocabulary: Vocabulary) -> bool:
    if _TIME.fullmatch(line) or (
        len(line) < _SHORT and any(word in line for word in vocabulary.byline_inside)
    ):
        return True
    label = _LABEL.match(line)
    if label and label[1] in vocabulary.byline:
        # 时间 or 记者 may begin a sentence too: a colon or a short line is needed
        return len(line) < _SHORT and (line[label.end() - 1] in ":：丨｜|" or not _ENDS_SENTENCE.search(line))
    return False


def _is_paragraph(line: str) -> bool:
    """Long, with the marks of running prose."""
    n_han = len(_HAN.findall(line))
    return (
        n_han >= _LONG
        and n_han >= 0.5 * len(line)
        and bool(re.search(r"[。；！？]", line) or len(re.findall("[,，、]", line)) >= 2)
    )


def _is_sentence(line: str) -> bool:
    return len(_HAN.findall(line)) >= 3 and bool(_ENDS_SENTENCE.search(line))


def _core(lines: Sequence[str], labels: Sequence[str]) -> tuple[int | None, int | None]:
    """First and last paragraph; in a page without any, sentence; without any of these, line."""
    free = [i for i, label in enumerate(labels) if label == ""]
    for test in (_is_paragraph, _is_sentence, bool):
        rows = [i for i in free if test(lines[i])]
        if rows:
            return rows[0], rows[-1]
    return None, None


def _grow_up(lines: Sequence[str], labels: Sequence[str], first: int) -> int:
    """Upwards over headings, salutations and short sentences."""
    for i in range(first - 1, -1, -1):
        if labels[i] == "blank":
            continue
        if labels[i] or not (_is_sentence(lines[i]) or _HEADING.match(lines[i])) or lines[i].startswith("——"):
            break
        first = i
    return first


def _grow_down(lines: Sequence[str], labels: Sequence[str], last: int) -> int:
    """Downwards over short sentences, and over headings that a sentence follows."""
    for i in range(last + 1, len(lines)):
        if labels[i] not in ("", "blank"):
            break
        if labels[i] == "" and _is_sentence(lines[i]) and not lines[i].endswith((":", "：")):
            last = i
        elif labels[i] == "" and not _HEADING.match(lines[i]):
            break
    return last


def _inner_label(line: str) -> str:
    if not line:
        return "blank"
    return "furniture" if _INNER.fullmatch(line) or not INLINE_MARK.sub("", line).strip() else "body"


def _mark_appendix(lines: Sequence[str], labels: list[str], vocabulary: Vocabulary) -> None:
    """Everything from the heading of an appendix on, where the text stands before it."""
    body = [i for i, label in enumerate(labels) if label == "body"]
    n_chars = sum(len(lines[i]) for i in body)
    n_before = 0
    for i in body:
        if n_before > 0.5 * n_chars and _opens_appendix(lines[i], vocabulary):
            labels[i:] = ["appendix" if label == "body" else label for label in labels[i:]]
            return
        n_before += len(lines[i])


def _opens_appendix(line: str, vocabulary: Vocabulary) -> bool:
    bare = line.strip(_STRIP)
    if re.fullmatch(r"附[件录注]\s*[一二三四五六七八九十\d]{0,2}", bare):
        return True
    return len(bare) <= 25 and not line.endswith("。") and bare.endswith(vocabulary.appendix)


def _mark_repeat(lines: Sequence[str], labels: list[str]) -> None:
    """Mark a second copy: the first paragraph returns, and nine of ten lines behind it were seen before."""
    body = [i for i, label in enumerate(labels) if label == "body"]
    paragraphs = [i for i in body if _is_paragraph(lines[i])]
    again = next((i for i in paragraphs[1:] if lines[i] == lines[paragraphs[0]]), None)
    if again is None:
        return
    before = {lines[i] for i in body if i < again}
    behind = [i for i in body if i >= again]
    if len(behind) >= 3 and sum(lines[i] in before for i in behind) >= 0.9 * len(behind):
        labels[again:] = ["repeat" if label == "body" else label for label in labels[again:]]


def find_title(lines: Sequence[str], labels: Sequence[str], first: int, vocabulary: Vocabulary) -> int | None:
    """Find the line above the body that is its title; None where none can be.

    Of the lines that are neither furniture nor byline: the one that shares most with the text, stands next
    to a byline, stands twice, or stands lowest.
    """
    body = "".join(line for line, label in zip(lines, labels, strict=True) if label == "body")
    above = [i for i in range(first) if labels[i] != "blank"]
    scores = {
        i: _title_score(i, position, above, lines, labels, body)
        for position, i in enumerate(above)
        if _can_be_title(lines[i], labels[i], vocabulary)
    }
    return max(scores, key=lambda i: (scores[i], i)) if scores else None


def _can_be_title(line: str, label: str, vocabulary: Vocabulary) -> bool:
    n_han = len(_HAN.findall(line))
    return (
        label == ""
        and 4 <= n_han <= 60
        and n_han >= 0.6 * len(line)
        and not re.match(
            r"[—(（【\[]|(?:19|20|二)[\d〇○零一二三四五六七八九]{2,3}\s?年\s?.{1,3}月.{1,3}日", line
        )
        and not re.search(r"[。；;]|[:：]$", line)
        and not line.endswith(vocabulary.site_name)
    )


def _title_score(
    i: int, position: int, above: Sequence[int], lines: Sequence[str], labels: Sequence[str], body: str
) -> float:
    line = lines[i]
    pairs = {line[k : k + 2] for k in range(len(line) - 1)}
    shared = sum(pair in body for pair in pairs) / len(pairs)
    next_to_byline = any(
        labels[above[k]] == "byline" or lines[above[k]].startswith(("——", "（", "("))
        for k in (position + 1,)
        if k < len(above)
    )
    is_repeated = sum(lines[k] == line for k in above) > 1
    long_enough = len(_HAN.findall(line)) >= 8
    return (
        shared
        + 0.4 * next_to_byline
        + 0.2 * is_repeated
        + 0.4 * long_enough
        + 0.2 * (position + 1) / len(above)
    )
