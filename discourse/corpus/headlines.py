"""The head of a page comes in; the breaks inside titles that were set in two lines go out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from discourse.corpus.lineforms import count_han, is_paragraph

_FEWEST, _MOST, _HEAD = 4, 30, 80
_PAIRS = ("“”", "《》", "（）", "‘’")
# What an order or a letter calls itself at the end of its title.
_KINDS = (
    "通知|意见|决定|决议|方案|办法|规定|细则|条例|报告|通报|公告|通告|批复|纲要"
    "|规划|计划|要点|讲话|建议|倡议书|公开信"
)
_NAMED = re.compile(rf"(?:{_KINDS})(?:[（(][^（）()]*[)）])?$")
_ABOUT = re.compile(r"关于[\u4e00-\u9fff、（）《》“”]{2,}$")
# 以法治思维 | 破解基层治理难题
_MANNER = re.compile(r"以(?!上|下|及|前|后)[\u4e00-\u9fff]{3,12}")
_BYLINE = re.compile(
    r"(?:19|20)\d\d\s*[-/.年]|^[——（(]|(?:来源|作者|时间|日期|发布\S{0,3}|记者)\s*[:：\s]|^文\s*[/／|]"
)


def title_breaks(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the breaks to take out, each between two lines above the first paragraph.

    A title goes on in the next line where its quotation or title marks are still open, where 关于 has not
    come to 通知 or the like, and, above a byline or a name, behind a colon, a comma or 以....
    """
    lines = [match.span() for match in islice(re.finditer(r"\S[^\n]*\S", text), _HEAD)]
    words = [text[start:end] for start, end in lines]
    end = next((i for i, line in enumerate(words) if is_paragraph(line)), len(words))
    for upper, lower in pairwise(range(end)):
        if _goes_on(words, upper, lower):
            yield lines[upper][1], lines[lower][0]


def _goes_on(words: Sequence[str], upper: int, lower: int) -> bool:
    above, below = words[upper], words[lower]
    if not all(_FEWEST <= count_han(line) <= _MOST for line in (above, below)) or _BYLINE.search(below):
        return False
    if any(_opens(above, *pair) and _closes(below, *pair) for pair in _PAIRS):
        return True
    if _ABOUT.search(above) and len(above) >= 2 * _FEWEST and not _NAMED.search(above):
        return bool(_NAMED.search(below)) and "关于" not in below
    if (
        re.search(r"[。；！？]", above + below)
        or re.search("们|各位|尊敬", above)
        or not _is_above_author(words, lower)
    ):
        return False
    return above.endswith(("：", ":", "，", ",")) or bool(_MANNER.fullmatch(above))


def _opens(line: str, left: str, right: str) -> bool:
    return line.count(left) == line.count(right) + 1 and line.rfind(left) > line.rfind(right)


def _closes(line: str, left: str, right: str) -> bool:
    is_first = line.find(right) < line.find(left) or left not in line
    return line.count(right) == line.count(left) + 1 and is_first


def _is_above_author(words: Sequence[str], i: int) -> bool:
    """Whether who, when or where from stands in one of the next two lines: a name has two to four characters."""
    return any(
        _BYLINE.search(line) or re.fullmatch("[\u4e00-\u9fff]{2,4}", line) for line in words[i + 1 : i + 3]
    )
