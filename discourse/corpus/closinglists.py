"""The last sentence of a text and the lines behind it come in; the last line of a list that it announces goes out.

A text may end in lines without sentence marks: prizes, names, points in brief. Nothing but their place tells
them from what a site puts behind its texts, so two signs are asked for: a sentence that announces them, or
numbers that go on where those of the body stopped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ANNOUNCES = re.compile(r"[:：]$|(?:如下|下列|以下)[^，,；;]{0,6}[。:：]?$")
_LONGEST = 40
_DIGITS = "零一二三四五六七八九"
_NUMBERED = re.compile(
    r"(?P<open>第|[（(]?)(?P<number>[一二三四五六七八九十]{1,3}|\d{1,2})(?P<close>[)）、.．，,是]+)(?!\d)"
)


def end_of_list(lines: Sequence[str], labels: Sequence[str], first: int, last: int) -> int:
    """Last line of the body, with the list behind line `last`, if one belongs to it.

    labels: "" for lines that nothing has shown to be furniture; the list ends at the first other one.
    """
    rest = []
    for i in range(last + 1, len(lines)):
        if labels[i] not in ("", "blank"):
            break
        rest += [i] if labels[i] == "" else []
    if len(rest) >= 2 and _ANNOUNCES.search(lines[last]) and all(len(lines[i]) <= _LONGEST for i in rest):
        return rest[-1]
    if len(rest) >= 3 and lines[rest[0]].endswith((":", "：")) and (head := _number(lines[rest[1]])):
        end = _end_of_count(lines, rest[1:], {head[0]: 0}, last)
        return end if end > rest[1] else last
    counts = dict(found for line in lines[first : last + 1] if (found := _number(line)))
    return _end_of_count(lines, rest, counts, last)


def _end_of_count(lines: Sequence[str], rest: Sequence[int], counts: dict[str, int], last: int) -> int:
    """Last of the lines whose numbers go on from `counts`, the last number of each way of writing them."""
    for i in rest:
        found = _number(lines[i])
        if found is None or found[0] not in counts or counts[found[0]] + 1 != found[1]:
            break
        counts[found[0]], last = found[1], i
    return last


def _number(line: str) -> tuple[str, int] | None:
    """How a line writes its number, and the number; None where it has none."""
    match = _NUMBERED.match(line)
    if match is None:
        return None
    number = match["number"]
    return match["open"] + "#" + match["close"], int(number) if number.isdigit() else _value(number)


def _value(number: str) -> int:
    """Value of a Chinese number below 100."""
    tens, ten, ones = number.rpartition("十")
    return (10 * (_DIGITS.find(tens) if tens else 1) if ten else 0) + max(_DIGITS.find(ones), 0)
