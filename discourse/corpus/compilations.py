"""One source that holds several texts: readable lines in, the parts with their headings out."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from discourse.corpus.wordlists import read_sections

_NUMBER = r"[一二三四五六七八九十\d]{1,3}"
# 【第一篇】 behind or before a common title
_COMMON_TITLE = re.compile(
    rf"[【\[(〔]?\s*(?:第(?P<a>{_NUMBER})[篇份]|[篇文]{{1,2}}(?P<b>{_NUMBER}))\s*[】\])〕]?"
)
# 同志们: or (2023年5月1日) behind a title: a text begins there
_SALUTATION = re.compile(r"(?:同志|各位|尊敬的|朋友|代表|委员|领导|大家好)[^。]{0,40}[:!]$")
_DATE_LINE = re.compile(r"\([^()]*(?:年|月)[^()]*日[^()]*\)|——.*")
_MAX_HEADING, _MIN_CHARS = 60, 60


class Part(NamedTuple):
    """One text of a source: number of its heading line (None: the source is one text), range of its lines."""

    heading: int | None
    start: int
    end: int


def split_compilation(lines: Sequence[str]) -> list[Part]:
    """Parts of a page; one part, the whole page, unless at least two headings count 1, 2, 3 ...

    Headings are short lines that differ only in their number (``题目【第一篇】``, ``工作总结2``), that begin with
    篇一, 范文2, 第1篇: and the like, or that number texts by name (``一、社区总结范文``); or one title that returns,
    each time above a salutation or date. What stands above the first heading belongs to no part.
    """
    lines = [unicodedata.normalize("NFKC", line).strip() for line in lines]
    ways = (_same_but_number, _own_titles, _numbered_genres, _numbered_samples, _returning_title)
    for headings in (way(lines) for way in ways):
        if len(headings) >= 2 and _all_have_text(lines, headings):
            ends = [*headings[1:], len(lines)]
            return [Part(start, start, end) for start, end in zip(headings, ends, strict=True)]
    return [Part(None, 0, len(lines))]


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    words = read_sections("compilations.txt")
    part, genre = ("|".join(sorted(words[name], key=len, reverse=True)) for name in ("part", "genre"))
    return {
        "own": re.compile(
            rf"[【\[(]?\s*(?:{part})\s*[(（]?(?P<a>{_NUMBER})[)）]?\s*[】\])]?\s*(?:[:、.]|\s|$)"
        ),
        "ordinal": re.compile(rf"[【\[(]?第(?P<a>{_NUMBER})篇[】\])]?\s*:"),
        "numbered": re.compile(rf"(?:.*(?:{genre}))\s*[(【\[]?(?:之|第)?(?P<a>{_NUMBER})[)】\]]?"),
        "sample": re.compile(
            rf"[(（]?(?P<a>{_NUMBER})[)、.].{{2,40}}(?:范文|例文|样本|模板)(?:\(.{{1,8}}\))?"
        ),
        "genre": re.compile(genre),
    }


def _short(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    return (
        (i, line)
        for i, line in enumerate(lines)
        if line and len(line) <= _MAX_HEADING and not re.search("[。;]", line)
    )


def _same_but_number(lines: Sequence[str]) -> list[int]:
    """Lines of the longest run 1, 2, 3 ... that share what is left without their number."""
    runs: dict[str, list[int]] = {}
    for i, line in _short(lines):
        match = _COMMON_TITLE.search(line)
        if not match:
            continue
        rest = line[: match.start()] + "#" + line[match.end() :]
        if rest == "#" and match[0][0] not in "【[":  # 第一篇 alone opens a part of a long plan
            continue
        is_at_edge = match.start() == 0 or match.end() == len(line)
        if is_at_edge:
            _count_on(runs.setdefault(rest, []), i, match)
    return max(runs.values(), key=len, default=[])


def _own_titles(lines: Sequence[str]) -> list[int]:
    """Parts with titles of their own: 篇一:, 材料2; 第一篇: only where half of the titles name a kind of text."""
    run: list[int] = []
    for i, line in _short(lines):
        _count_on(run, i, _patterns()["own"].match(line))
    ordinal: list[int] = []
    for i, line in _short(lines):
        _count_on(ordinal, i, _patterns()["ordinal"].match(line))
    n_named = sum(_patterns()["genre"].search(lines[i]) is not None for i in ordinal)
    return max(run, ordinal if 2 * n_named >= len(ordinal) else [], key=len)


def _numbered_genres(lines: Sequence[str]) -> list[int]:
    """One title with a number behind it: 社区工作总结1, 社区工作总结(二)."""
    runs: dict[str, list[int]] = {}
    for i, line in _short(lines):
        match = _patterns()["numbered"].fullmatch(line)
        if match and match.start("a") >= 5:
            _count_on(runs.setdefault(line[: match.start("a")], []), i, match)
    return max(runs.values(), key=len, default=[])


def _numbered_samples(lines: Sequence[str]) -> list[int]:
    """Numbered headings that all call themselves samples: 一、社区总结范文."""
    run: list[int] = []
    for i, line in _short(lines):
        _count_on(run, i, _patterns()["sample"].fullmatch(line))
    return run


def _returning_title(lines: Sequence[str]) -> list[int]:
    """A title that stands above several openings: a salutation or the date of a speech follows each time."""
    n_times = Counter(line for _, line in _short(lines) if len(line) >= 8)
    for title in (line for line, n in n_times.items() if n >= 2):
        places = [i for i, line in enumerate(lines) if line == title]
        if all(_opens_text(lines, i) for i in places):
            return places
    return []


def _opens_text(lines: Sequence[str], heading: int) -> bool:
    following = [line for line in lines[heading + 1 : heading + 8] if line][:3]
    return any(_SALUTATION.search(line) or _DATE_LINE.fullmatch(line) for line in following)


def _count_on(run: list[int], i: int, match: re.Match[str] | None) -> None:
    """Add line i to a run where its number is the next one; a list of the parts at the head counts for nothing."""
    if match and _value(match) == 1 and run and i - run[0] <= 2 * len(run):
        run.clear()
    if match and _value(match) == len(run) + 1:
        run.append(i)


def _value(match: re.Match[str]) -> int:
    number = next(group for group in match.groups() if group)
    if number.isdecimal():
        return int(number)
    tens, has_ten, units = number.rpartition("十")
    digits = {char: value for value, char in enumerate("一二三四五六七八九", start=1)}
    return (digits.get(tens, 1) * 10 if has_ten else 0) + digits.get(units, 0)


def _all_have_text(lines: Sequence[str], headings: Sequence[int], *, min_chars: int = _MIN_CHARS) -> bool:
    """Whether enough text follows each heading: a table of contents has none."""
    ends = [*headings[1:], len(lines)]
    return all(sum(map(len, lines[a + 1 : b])) >= min_chars for a, b in zip(headings, ends, strict=True))
