"""The line above a text that is its title: the lines of a page with their labels in, its number out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from discourse.corpus.lineforms import Vocabulary, count_han

# What a site or a forum puts before a title.
_MARKED = re.compile(r"^[【\[][\u4e00-\u9fff]{2,6}[】\]]\s*(?=\S{6})")


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
    line = _MARKED.sub("", line)  # 【问答】什么是网格?
    n_han = count_han(line)
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
    long_enough = count_han(line) >= 8
    return (
        shared
        + 0.4 * next_to_byline
        + 0.2 * is_repeated
        + 0.4 * long_enough
        + 0.2 * (position + 1) / len(above)
    )
