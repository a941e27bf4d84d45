"""What kind of text a page holds: its lines in; report, speech, notice, article, summary or press out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from discourse.corpus.pages import Finding, Line, Page, body_lines, byline_lines
from discourse.corpus.roles import Offices, find_author_name, find_author_office, find_represented

_OPENING = 600  # characters of the body in which a press text shows itself


def find_genre(page: Page, lines: Sequence[Line], words: Offices) -> Finding | None:
    """Genre of the text: report, speech, notice, article, summary or press; nothing where it does not show."""
    body, titles = body_lines(lines), [line for line in lines if line.kind == "title"]
    return (
        _words_in(titles, words, "report", 0.95)
        or _report(page, lines)
        or _words_in(titles, words, "speech", 0.95)
        or _notice(titles, words)
        or _words_in(titles, words, "press", 0.8)
        or _words_in(titles, words, "summary", 0.85)
        or _authored(lines, words)
        or _words_at_start(body[:3], words, "speech", "opening", 0.8)
        or _words_at_start(body[-2:], words, "speech", "closing", 0.9)
        or _press(page, body)
        or _headings(body, words)
        or _argument(body, words)
    )


def _report(page: Page, lines: Sequence[Line]) -> Finding | None:
    represented = find_represented(page, lines)
    if represented is None:
        return None
    return Finding("genre", "report", represented.start, represented.end, "represents_government", 0.9)


def _words_in(titles: Iterable[Line], words: Offices, genre: str, sure: float) -> Finding | None:
    """Find the last word of a title that tells the genre; 重要讲话 and 讲话精神 are somebody else's."""
    pattern = rf"(?<!重要)(?:{words.genres[genre, 'title']})(?!精神|要求)"
    for line in titles:
        for match in list(re.finditer(pattern, line.text))[-1:]:
            return Finding(
                "genre", genre, line.start + match.start(), line.start + match.end(), "title_words", sure
            )
    return None


def _notice(titles: Iterable[Line], words: Offices) -> Finding | None:
    """Find the title of an official paper: 关于 or 印发, an organ before it or none, the kind of paper at its end."""
    kinds = words.genres["notice", "title"]
    pattern = rf"(?=.{{0,40}}(?:关于|印发)).*?(?:{kinds})(?:[（(].{{0,12}}[)）])?$"
    for line in titles:
        if re.match(pattern, line.text) and re.match(
            r"(?:(?:中共)?[一-鿿 　、]{4,40}?)?(?:关于|印发)", line.text
        ):
            return Finding("genre", "notice", line.start, line.end, "title_kind", 0.9)
    return None


def _words_at_start(
    lines: Iterable[Line], words: Offices, genre: str, where: str, sure: float
) -> Finding | None:
    for line in lines:
        match = re.match(words.genres[genre, where], line.text)
        if match:
            return Finding("genre", genre, line.start, line.start + match.end(), f"{where}_words", sure)
    return None


def _authored(lines: Sequence[Line], words: Offices) -> Finding | None:
    """Find a byline that names its author or the author's office."""
    for line in byline_lines(lines):
        author = find_author_name(line, words) or find_author_office(line, words)
        if author:
            start = line.start + re.search("作者|署名|撰文", line.text).start()  # type: ignore[union-attr]
            return Finding("genre", "article", start, author.end, "byline_author", 0.85)
    return None


def _press(page: Page, body: Sequence[Line]) -> Finding | None:
    """Find an event told in the third person, with who said what, or a reporter's line."""
    opening = [line for line in body if line.start < (body[0].start if body else 0) + _OPENING]
    event = (
        r"(?:[发布研讨座谈推进现场]{2}会|论坛|会议|仪式|活动)[^。！？\n]{0,30}(?:举办|举行|召开|开幕|闭幕)"
    )
    said = re.findall(r"[一-鿿]{2,4}(?:表示|指出|认为|介绍说?|强调|说)", page.text)
    for line in opening:
        reporter = re.search(
            r"本报讯|本报记者|[（(]记者[^）)]{2,12}[）)]|新华社[一-鿿]{2,6}\d{1,2}月\d{1,2}日电"
            r"|记者[一-鿿]{0,3}(?:近日|日前|走访|采访|看到|了解到|获悉)",
            line.text,
        )
        match = reporter or (re.search(event, line.text) if len(said) >= 5 else None)
        if match:
            rule = "reporter" if reporter else "event_told"
            return Finding("genre", "press", line.start + match.start(), line.start + match.end(), rule, 0.85)
    return None


def _headings(body: Sequence[Line], words: Offices) -> Finding | None:
    """Headings of a work summary: two at least (一、亮点工作, 二、存在问题)."""
    subjects = words.genres["summary", "heading"]
    heading = rf"(?:[一二三四五六七八九十]+、)?[一-鿿]{{0,6}}(?:{subjects})[。：:]?"
    found = [line for line in body if re.fullmatch(heading, line.text)]
    if len(found) < 2:
        return None
    return Finding("genre", "summary", found[0].start, found[0].end, "summary_headings", 0.8)


def _argument(body: Sequence[Line], words: Offices) -> Finding | None:
    """Find a treatise in parts: numbered headings, and at least five words that argue."""
    headings = [
        line for line in body if re.match(r"[一二三四五六七八九十]+、", line.text) and len(line.text) <= 60
    ]
    pattern = words.genres["article", "argument"]
    found = [(line, match) for line in body for match in re.finditer(pattern, line.text)]
    if len(headings) < 2 or len(found) < 5:
        return None
    line, match = found[0]
    return Finding(
        "genre", "article", line.start + match.start(), line.start + match.end(), "argument_words", 0.65
    )
