"""Lines of a page as its author set them: lost breaks come back, breaks that a page or printer put in go."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from discourse.corpus.aligned import AlignedText, Change
from discourse.corpus.headlines import title_breaks
from discourse.corpus.lineforms import HAN, PAGE_NUMBER_LINE, is_heading

BLANKS = " \t\u3000\xa0\u200b\ufeff\u2002\u2003\u2009"
_LINE_END = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# An indent after the end of a sentence: the line break before it was lost.
_LOST_BREAK = re.compile(rf"(?<=[。！？；…”])[{BLANKS}]{{2,}}(?=[^\s{BLANKS}])")
# A line end that no author sets: behind an opening mark, before a closing one, inside PM2.5, behind 的.
_SOFT_BREAK = re.compile(
    r"(?<!《《)(?<=[（(《“‘])\s*\n\s*(?=\S)"
    r"|(?<=[^\s。！？；…])\s*\n\s*(?=[，、；）”’]|》(?!》))"
    r"|(?<=[\u4e00-\u9fff]{6}[的与及])\s*\n\s*(?=[\u4e00-\u9fff])"
    r"|(?<=[\u4e00-\u9fff]{4})\s*\n\s*(?=是[：:])"
    r"|(?<=[A-Za-z])\s*\n\s*(?=\d+(?:\.\d+)?[\u4e00-\u9fff\n])"
)
_UNFINISHED = re.compile(r"[\u3400-\u9fff，、,“（(《]")  # the last character of a line
_GOES_ON = re.compile(r"[\u3400-\u9fff，、。；：）”’》]")
# A full line is at most so many columns shorter than the widest: a mark or a number did not fit.
_SLACK = 5
_MIN_WIDTH, _MIN_FULL = 40, 4


def mend_lines(text: AlignedText) -> AlignedText:
    """One line feed for every line end; breaks that were lost come back, breaks inside a sentence go."""
    ends = [match for match in _LINE_END.finditer(text.text) if match[0] != "\n"]
    text = text.replace([Change(*match.span(), "\n") for match in ends], "blank")
    text = text.replace(
        [Change(*match.span(), "\n") for match in _LOST_BREAK.finditer(text.text)], "line_break"
    )
    text = text.delete(_wraps(text.text), "line_break")
    text = text.delete(_page_turns(text.text), "line_break")
    text = text.delete(list(title_breaks(text.text)), "line_break")
    return text.delete(list(_soft_breaks(text.text)), "line_break")


def _soft_breaks(text: str) -> Iterator[tuple[int, int]]:
    """Spans of blanks that no author sets; each begins where blanks begin, so that nothing else is looked at."""
    for blanks in re.finditer(r"\s+", text):
        if match := _SOFT_BREAK.match(text, blanks.start()):
            yield match.span()


def _page_turns(text: str) -> list[tuple[int, int]]:
    """Spans from the end of an unfinished sentence over the number of a page to where it goes on."""
    lines = _lines(text)
    spans = []
    for (start, end), turn, (next_start, next_end) in zip(lines, lines[1:], lines[2:], strict=False):
        before, after = text[start:end], text[next_start:next_end]
        is_turn = PAGE_NUMBER_LINE.fullmatch(text[slice(*turn)]) is not None
        if is_turn and _runs_on(before) and _GOES_ON.match(after) and not is_heading(after):
            spans.append((end, next_start))
    return spans


def _runs_on(line: str) -> bool:
    """Prose that does not end: a whole sentence or a comma stands in it, no mark at its end."""
    return (
        len(line) >= 20
        and _is_unfinished(line)
        and bool(re.search("[。，；,]", line))
        and not is_heading(line)
    )


def _wraps(text: str) -> list[tuple[int, int]]:
    """Line breaks of a text that was set in lines of one width, inside paragraphs."""
    ends = [match.start() for match in re.finditer("\n", text)] + [len(text)]
    lines = list(zip([0, *(end + 1 for end in ends[:-1])], ends, strict=True))
    rows = [text[slice(*span)].rstrip() for span in lines]
    limit = _common_width(rows)
    if limit is None:
        return []
    is_indented = sum(row[:1] in BLANKS for row in rows if row) >= 3
    spans = []
    for k in range(len(rows) - 1):
        full = limit - _SLACK <= _width(rows[k]) <= limit and HAN.search(rows[k]) is not None
        if full and _continues(rows[k], rows[k + 1], is_indented=is_indented):
            start = lines[k][0] + len(rows[k])
            spans.append((start, lines[k + 1][0] + len(rows[k + 1]) - len(rows[k + 1].lstrip())))
    return spans


def _continues(row: str, following: str, *, is_indented: bool) -> bool:
    if not following.strip() or PAGE_NUMBER_LINE.fullmatch(following.strip()):
        return False
    if is_indented and following[0] in BLANKS:
        return False
    return is_indented or _is_unfinished(row)


def _is_unfinished(line: str) -> bool:
    return _UNFINISHED.match(line[-1:]) is not None


def _common_width(rows: Sequence[str]) -> int | None:
    """Width at which lines break in mid-sentence; None where paragraphs are lines."""
    unfinished = Counter(width for width in map(_width, filter(_is_unfinished, rows)) if width >= _MIN_WIDTH)
    if unfinished.total() < _MIN_FULL:
        return None
    widths = [_width(row) for row in rows]
    limit = max(unfinished, key=lambda width: (sum(unfinished[width - k] for k in range(_SLACK)), width))
    n_unfinished = sum(unfinished[limit - k] for k in range(_SLACK))
    n_full = sum(limit - _SLACK < width <= limit for width in widths)
    n_wider = sum(width > limit for width in widths)
    is_wrapped = n_unfinished >= _MIN_FULL and 2 * n_unfinished > n_full and 4 * n_wider <= n_unfinished
    return limit if is_wrapped else None


def _width(row: str) -> int:
    """Columns on a screen, which are bytes of GBK: a Chinese character takes two."""
    return len(row.encode("gb18030", errors="replace"))


def _lines(text: str) -> list[tuple[int, int]]:
    """Spans of the lines that hold something, without the blanks around it."""
    return [match.span() for match in re.finditer(rf"[^\s{BLANKS}](?:[^\n]*[^\s{BLANKS}])?", text)]
