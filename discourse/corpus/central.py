"""A page comes in; whether its report is the centre's goes out, with the words that say so.

Reports of the centre name no place and often no office: they are known by whom the speaker says to represent,
or by the national congress before which the title or the line under it sets them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from discourse.corpus.pages import Finding, Line

_OPENING_LINES, _HEAD_LENGTH = 6, 70
_REPRESENTS = re.compile(
    r"我[^。；\n]{0,8}(?:受|代表)[^。；\n省市区县州盟]{0,12}(?P<organ>国务院|中央委员会|党中央)"
    r"[^。；\n]{0,30}(?:报告|政府工作|审议|审查)"
)
_BEFORE_CONGRESS = re.compile(
    r"在(?:中国共产党第[一二三四五六七八九十\d]{1,3}次(?:全国)?代表大会|"
    r"(?:中华人民共和国)?第[一二三四五六七八九十\d]{1,3}届全国人民代表大会第[一二三四五六七八九十\d]{1,2}次会议)上"
)
_CONFIDENCE = 0.9


def find_central(lines: Sequence[Line]) -> list[Finding]:
    """Level of a report to a national congress, and the role of whoever speaks for the State Council.

    The words are looked for in the first sentences of the body, then in the title and short lines of the page.
    """
    opening = [line for line in lines if line.kind == "body"][:_OPENING_LINES]
    for line in opening:
        if match := _REPRESENTS.search(line.text):
            found = _level(line, match)
            is_government = match["organ"] == "国务院"
            role = Finding("role", "government_head", found.start, found.end, found.rule, _CONFIDENCE)
            return [found, role] if is_government else [found]
    heads = [line for line in lines if line.kind != "body" and line.near and len(line.text) <= _HEAD_LENGTH]
    for line in heads:
        if match := _BEFORE_CONGRESS.search(line.text):
            return [_level(line, match)]
    return []


def _level(line: Line, match: re.Match[str]) -> Finding:
    start, end = line.start + match.start(), line.start + match.end()
    return Finding("level", "central", start, end, "central_report", _CONFIDENCE)
