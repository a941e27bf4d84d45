"""When a text was published or delivered: a page's lines in; date and year, as they stand there, out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from discourse.corpus.pages import Finding, Line

_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_NUMERAL = "[〇○零一二三四五六七八九]"
_DATE = (
    r"(?P<year>(?:19|20)\d\d)\s*[-/.年]\s*(?P<month>\d{1,2})(?:\s*[-/.月]\s*(?P<day>\d{1,2})(?!\d))?"
    rf"|(?P<cn_year>[一二]{_NUMERAL}{{3}})年(?P<cn_month>[一二三四五六七八九十]{{1,2}})月"
    r"(?:(?P<cn_day>[一二三四五六七八九十]{1,3})日)?"
)
# what a date dates, and how far to believe it; the first rule that finds one wins
_SURE = {"published": 0.9, "page_date": 0.8, "delivered": 0.85}
_PUBLISHED = re.compile(
    r"(?:日期|时间|发布|发表|更新|刊发|来源|发稿|转载|作者|记者|[Uu]pdated|[Pp]ublished)[^\n\d]{0,16}$"
)
# what may stand behind the date of a page: a time of day, then other particulars, or the name of a paper
_AFTER = re.compile(
    r"[月日\s\d:：)）\]】T.]*"
    r"(?:(?:(?:信息|文章|稿件)?来源|稿源|作者|转载|转自|本报|记者|责任编辑|责编|编辑|浏览|阅读|点击|字体|字号|【|\|)[^\n]*"
    r"|(?:发表|发布)于[一-鿿]{2,8}|·[^\n]*"
    r"|[一-鿿]{0,10}(?:报|网|社|周刊|杂志|在线|频道|政府|局|委|办|部|厅|院|校|街道|镇|乡))?"
)
# a paper or a host before it, where the time of day stands behind: 某某在线 2021-01-15 19:20
_MEDIUM = re.compile(r"(?!今天|今日|现在|当前)[一-鿿]{2,12}\s+|[A-Za-z][\w.:/-]{3,60}\s+", re.ASCII)
_CLOCK = re.compile(r"日?\s*\d{1,2}[:：]\d\d")
_DELIVERED = re.compile(r"^日?[^\n]{0,4}在[^\n]{4,60}(?:会|会议|论坛|仪式|届)(?:上|[)）\s]|$)")
_ISSUE = re.compile(r"《[^》]{1,20}》\s*(?P<year>(?:19|20)\d\d)年第?\s*\d{1,3}\s*[期号]")


def find_date(lines: Iterable[Line]) -> list[Finding]:
    """Date of the page, of the occasion or of the issue, and its year.

    The date is ISO and only as long as the text is ("2024-07", "2022"); a day without a year is no date.
    Dates in the body's sentences are events that the text speaks of: pass byline lines only.
    """
    lines = list(lines)
    for found in (_dated(lines), _issue(lines)):
        if found:
            year = Finding("year", found.value[:4], found.start, found.end, "year_of_date", found.confidence)
            return [found, year]
    return []


def _dated(lines: list[Line]) -> Finding | None:
    hits = [
        hit for number, line in enumerate(lines) for hit in _hits(line, lines[number - 1] if number else None)
    ]
    order = list(_SURE)
    return min(hits, key=lambda hit: (order.index(hit.rule), hit.start), default=None)


def _hits(line: Line, before: Line | None) -> Iterable[Finding]:
    for match in re.finditer(_DATE, line.text):
        value = _iso(match)
        rule = _rule(line, match, before)
        if value and rule:
            start = line.start + match.start()
            end = line.start + match.end() + (line.text[match.end() : match.end() + 1] == "日")
            yield Finding("date", value, start, end, rule, _SURE[rule])


def _rule(line: Line, match: re.Match[str], before: Line | None) -> str | None:
    left, right = line.text[: match.start()], line.text[match.end() :]
    if _DELIVERED.match(right):
        return "delivered"
    label = left or (before.text if before is not None and len(before.text) <= 8 else "")
    if _PUBLISHED.search(label):
        return "published"
    is_first = not left.strip(" \t　(（[【") or (_MEDIUM.fullmatch(left) and _CLOCK.match(right))
    if line.near and is_first and _AFTER.fullmatch(right):
        return "page_date"
    return None


def _issue(lines: list[Line]) -> Finding | None:
    for line in lines:
        match = _ISSUE.search(line.text)
        if match:
            return Finding(
                "date", match["year"], line.start + match.start(), line.start + match.end(), "issue", 0.85
            )
    return None


def _iso(match: re.Match[str]) -> str | None:
    year, month, day = match["year"], match["month"], match["day"]
    if match["cn_year"]:
        year = match["cn_year"].translate(_DIGITS)
        month, day = (str(_number(match[name])) if match[name] else None for name in ("cn_month", "cn_day"))
    try:
        whole = date(int(year), int(month), int(day or 1))
    except ValueError:
        return None
    return whole.isoformat() if day else whole.isoformat()[:7]


def _number(numeral: str) -> int:
    """Value of a numeral below one hundred: 二十七 -> 27, 十 -> 10."""
    tens, ten, ones = numeral.rpartition("十")
    if not ten:
        return int(ones.translate(_DIGITS))
    return 10 * (int(tens.translate(_DIGITS)) if tens else 1) + (int(ones.translate(_DIGITS)) if ones else 0)
