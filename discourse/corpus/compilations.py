"""One source that holds several texts: readable lines in, the parts with their headings out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_NUMBER = r"[一二三四五六七八九十\d]{1,3}"
# 【第一篇】 behind or before a common title, or 篇一: / 范文2: before a title of its own
_COMMON_TITLE = re.compile(
    rf"[【\[（(〔]?\s*(?:第(?P<a>{_NUMBER})[篇份]|[篇文]{{1,2}}(?P<b>{_NUMBER}))\s*[】\]）)〕]?"
)
_OWN_TITLE = re.compile(
    rf"[【\[（(]?\s*(?:篇|范文|例文|样本|模板)\s*(?P<a>{_NUMBER})\s*[】\]）)]?\s*[:：、.．\s]?"
)
_MAX_HEADING = 60


class Part(NamedTuple):
    """One text of a source: number of its heading line (None: the source is one text), range of its lines."""

    heading: int | None
    start: int
    end: int


def split_compilation(lines: Sequence[str]) -> list[Part]:
    """Parts of a page; one part, the whole page, unless at least two headings count 1, 2, 3 ...

    Headings are short lines that differ only in their number (``题目【第一篇】``), or that begin with 篇一,
    范文2 and the like. What stands above the first heading belongs to no part.
    """
    lines = [line.strip() for line in lines]
    for headings in (_same_but_number(lines), _own_titles(lines)):
        if len(headings) >= 2 and _all_have_text(lines, headings):
            ends = [*headings[1:], len(lines)]
            return [Part(start, start, end) for start, end in zip(headings, ends, strict=True)]
    return [Part(None, 0, len(lines))]


def _same_but_number(lines: Sequence[str]) -> list[int]:
    """Lines of the longest run 1, 2, 3 ... that share what is left without their number."""
    runs: dict[str, list[int]] = {}
    for i, line in enumerate(lines):
        match = _COMMON_TITLE.search(line)
        if not match or len(line) > _MAX_HEADING or re.search("[。；]", line):
            continue
        rest = line[: match.start()] + "#" + line[match.end() :]
        if rest == "#" and match[0][0] not in "【[":  # 第一篇 alone opens a part of a long plan
            continue
        is_at_edge = match.start() == 0 or match.end() == len(line)
        run = runs.setdefault(rest, [])
        if is_at_edge and _value(match) == len(run) + 1:
            run.append(i)
    return max(runs.values(), key=len, default=[])


def _own_titles(lines: Sequence[str]) -> list[int]:
    run: list[int] = []
    for i, line in enumerate(lines):
        match = _OWN_TITLE.match(line)
        if match and len(line) <= _MAX_HEADING and "。" not in line and _value(match) == len(run) + 1:
            run.append(i)
    return run


def _value(match: re.Match[str]) -> int:
    number = next(group for group in match.groups() if group)
    if number.isdecimal():
        return int(number)
    tens, has_ten, units = number.rpartition("十")
    digits = {char: value for value, char in enumerate("一二三四五六七八九", start=1)}
    return (digits.get(tens, 1) * 10 if has_ten else 0) + digits.get(units, 0)


def _all_have_text(lines: Sequence[str], headings: Sequence[int], *, min_chars: int = 60) -> bool:
    """Whether enough text follows each heading: a table of contents has none."""
    ends = [*headings[1:], len(lines)]
    return all(sum(map(len, lines[a + 1 : b])) >= min_chars for a, b in zip(headings, ends, strict=True))
