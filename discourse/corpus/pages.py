"""One document with its page around it, and what can be read off it: a page in, lines and findings out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# how many lines at the head and the foot of a text may be a byline although nobody marked them as furniture
_HEAD_LINES, _FOOT_LINES, _BYLINE_LENGTH = 30, 5, 70
# a longer line is a paragraph; a byline stands at most so many lines before the first or behind the last one
_PARAGRAPH, _BEFORE, _BEHIND = 40, 15, 6

_RELATED = re.compile(
    r"[【\[》>\s]*(?:(?:相关|推荐|延伸|热门|更多)(?:新闻|阅读|链接|推荐|文章|报道|文档|稿件|资讯)|上一[篇条]|下一[篇条]|猜你喜欢)"
)


@dataclass(frozen=True)
class Page:
    """Text of one document with its page furniture.

    text: repaired, simplified text; body: spans (start, end) of the body's lines, everything else is
    furniture; title: span of the title, if there is one.
    """

    text: str
    body: Sequence[tuple[int, int]]
    title: tuple[int, int] | None = None

    @property
    def title_text(self) -> str:
        """The title, or nothing."""
        return self.text[slice(*self.title)] if self.title else ""


@dataclass(frozen=True)
class Finding:
    """A value that the page shows: its words from `start` to `end`, the rule, the confidence (0-1)."""

    field: str
    value: str
    start: int
    end: int
    rule: str
    confidence: float


@dataclass(frozen=True)
class Line:
    """One line of a page without its outer blanks.

    kind: title, body or furniture; near: whether it stands close to the first or the last paragraph, where
    bylines and dates of the text stand and lists of other texts do not.
    """

    start: int
    end: int
    text: str
    kind: str
    near: bool = True


def split_lines(page: Page) -> list[Line]:
    """Lines of the page that hold something."""
    lines = []
    body = sorted(page.body)
    starts = [start for start, _ in body]
    for match in re.finditer(r"\S[^\n]*", page.text):
        text = match[0].rstrip()
        kind = _kind(page, body, starts, match.start(), match.start() + len(text))
        lines.append(Line(match.start(), match.start() + len(text), text, kind))
    return _mark_near(lines)


def byline_lines(lines: Sequence[Line]) -> list[Line]:
    """Lines that may say who wrote or published the text: furniture, and short lines at both ends.

    Below a heading such as 相关新闻 they tell of other texts, and are left out.
    """
    lines = lines[: _first_related(lines)]
    ends = {*range(_HEAD_LINES), *range(len(lines) - _FOOT_LINES, len(lines))}
    return [
        line
        for number, line in enumerate(lines)
        if line.kind == "furniture"
        or (line.kind == "body" and number in ends and len(line.text) <= _BYLINE_LENGTH)
    ]


def body_lines(lines: Iterable[Line]) -> list[Line]:
    """Lines of the body."""
    return [line for line in lines if line.kind == "body"]


def _first_related(lines: Sequence[Line]) -> int:
    """Number of the heading below the body under which other texts are listed."""
    last = max((n for n, line in enumerate(lines) if line.kind == "body"), default=len(lines))
    return next((n for n in range(last + 1, len(lines)) if _RELATED.match(lines[n].text)), len(lines))


def _mark_near(lines: list[Line]) -> list[Line]:
    body = [n for n, line in enumerate(lines) if line.kind == "body"]
    paragraphs = [n for n in body if len(lines[n].text) > _PARAGRAPH] or body
    first, last = (paragraphs[0], paragraphs[-1]) if paragraphs else (0, len(lines))
    near = {*range(first - _BEFORE, first + 4), *range(last - 2, last + _BEHIND + 1)}
    return [Line(x.start, x.end, x.text, x.kind, number in near) for number, x in enumerate(lines)]


def _kind(page: Page, body: Sequence[tuple[int, int]], starts: Sequence[int], start: int, end: int) -> str:
    """What a line is; of the spans of the body, which do not overlap, the last that begins before its end counts."""
    if page.title and page.title[0] < end and start < page.title[1]:
        return "title"
    number = bisect_left(starts, end) - 1
    return "body" if number >= 0 and start < body[number][1] else "furniture"
