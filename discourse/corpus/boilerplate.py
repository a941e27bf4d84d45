"""Which lines of a page are its text and which are page furniture: readable lines in, one label a line out.

Labels: ``body``; ``title``; ``byline`` (who, when, where from); ``furniture``; ``summary`` (an editor's
abstract above the text); ``appendix`` (notes on terms and other matter behind a report); ``repeat`` (a second
copy of the text in the same page); ``blank``.

The way: prose is known by its form, and everything between the first and the last of it is body. Prose behind
a line that closes texts (责任编辑, 推荐阅读) is left outside where little of it is there. From the core the
body is let out over headings, salutations and short sentences, until a line has the form or the words of
furniture. Inside the body only a handful of forms and words that no text holds are furniture.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from discourse.corpus.closinglists import end_of_list
from discourse.corpus.lineforms import (
    Vocabulary,
    count_han,
    edge_label,
    inner_label,
    is_heading,
    is_paragraph,
    is_prose,
    is_sentence,
    names_other_texts,
    opens_appendix,
    opens_closing,
    opens_summary,
    unfolds,
)
from discourse.corpus.titles import find_title

# Share of the prose that must stand before a closing line, and that may stand before an opening one.
_MOST, _LITTLE = 0.6, 0.15
# A list of other texts inside a text has at most so many headlines.
_HEADLINES = 8
# A dateline with its source or its buttons: texts begin below it.
_OPENING = re.compile(
    r"(?:19|20)\d\d[-/.年]\d{1,2}.*(?:来源|作者|发布|浏览|阅读|字号|字体|点击)|(?:来源|作者|发布|时间|日期).*(?:19|20)\d\d[-/.年]\d{1,2}"
)


def label_lines(
    lines: Sequence[str],
    vocabulary: Vocabulary,
    *,
    shared: frozenset[int] = frozenset(),
    has_title: bool = False,
) -> list[str]:
    """Label of each line of one page or of one part of a compilation.

    lines: readable (repaired, simplified), without line ends. shared: numbers of lines that this page has in
    common with other pages. has_title: the title is known from elsewhere, so none is looked for.
    """
    lines = [line.strip() for line in lines]
    labels = ["blank" if not line else edge_label(line, vocabulary) for line in lines]
    labels = ["furniture" if i in shared and label != "blank" else label for i, label in enumerate(labels)]
    prose = [is_prose(line) for line in lines]
    weights = [len(line) if is_long else 0 for line, is_long in zip(lines, prose, strict=True)]
    _mark_closing(lines, labels, weights, vocabulary)
    _mark_opening(lines, labels, weights, vocabulary)
    first, last = _core(lines, labels, prose)
    if first is None or last is None:
        return [label or "furniture" for label in labels]
    first, last = _grow_up(lines, labels, first), _grow_down(lines, labels, last, vocabulary)
    last = end_of_list(lines, labels, first, last)
    labels[first : last + 1] = [inner_label(line, vocabulary) for line in lines[first : last + 1]]
    _mark_others(lines, labels, first, last)
    _mark_appendix(lines, labels, vocabulary)
    _mark_repeat(lines, labels)
    if not has_title:
        _mark_title(lines, labels, first, vocabulary)
    return [label or "furniture" for label in labels]


def _free(labels: Sequence[str], weights: Sequence[int]) -> list[int]:
    """Characters of prose in each line that nothing has shown to be furniture."""
    return [weight if label == "" else 0 for label, weight in zip(labels, weights, strict=True)]


def _mark_closing(
    lines: Sequence[str], labels: list[str], weights: Sequence[int], vocabulary: Vocabulary
) -> None:
    """What stands behind the first line that closes a text is furniture, where it is a small rest.

    A rest of full paragraphs is none: the text goes on, or another one begins.
    """
    weights = _free(labels, weights)
    total, before = sum(weights), 0
    for i, line in enumerate(lines):
        before += weights[i]
        is_closing = labels[i] in ("furniture", "byline") and opens_closing(line, vocabulary)
        if not is_closing or before < _MOST * total or not before:
            continue
        rest = [k for k in range(i + 1, len(lines)) if lines[k]]
        if 2 * sum(weights[k] > 0 for k in rest) <= len(rest):
            labels[i + 1 :] = [label or "furniture" for label in labels[i + 1 :]]
            return


def _mark_opening(
    lines: Sequence[str], labels: list[str], weights: Sequence[int], vocabulary: Vocabulary
) -> None:
    """Prose above the dateline is furniture where it is little; abstracts above the text are no text."""
    weights = _free(labels, weights)
    total, before = sum(weights), 0
    opening = 0
    for i, line in enumerate(lines):
        before += weights[i]
        if before > _LITTLE * total:
            break
        if labels[i] and _OPENING.search(line) and len(line) < 2 * 60:
            opening = i
    labels[:opening] = [
        label or ("furniture" if weights[i] else "") for i, label in enumerate(labels[:opening])
    ]
    _mark_summary(
        lines, labels, vocabulary, limit=next((i for i, w in enumerate(weights) if w), len(lines)) + 3
    )


def _mark_summary(lines: Sequence[str], labels: list[str], vocabulary: Vocabulary, *, limit: int) -> None:
    """An abstract above the text: its line, and where that is a heading, the marked points under it."""
    for i, line in enumerate(lines[:limit]):
        if labels[i] == "blank" or not opens_summary(line, vocabulary):
            continue
        labels[i] = "summary"
        k = i + 1
        while k < len(lines) and (not lines[k] or lines[k][0] in "■●◆▪·•★▶►"):
            labels[k] = "summary" if lines[k] else "blank"
            k += 1


def _core(
    lines: Sequence[str], labels: Sequence[str], prose: Sequence[bool]
) -> tuple[int | None, int | None]:
    """First and last line of prose; in a page without any, sentence; without any of these, line."""
    free = [i for i, label in enumerate(labels) if label == ""]
    for rows in (
        [i for i in free if prose[i]],
        [i for i in free if is_sentence(lines[i])],
        free,
    ):
        if rows:
            return rows[0], rows[-1]
    return None, None


def _grow_up(lines: Sequence[str], labels: Sequence[str], first: int) -> int:
    """Upwards over headings, salutations and short sentences."""
    for i in range(first - 1, -1, -1):
        if labels[i] == "blank":
            continue
        if labels[i] or not (is_sentence(lines[i]) or is_heading(lines[i])) or lines[i].startswith("——"):
            break
        first = i
    return first


def _grow_down(lines: Sequence[str], labels: Sequence[str], last: int, vocabulary: Vocabulary) -> int:
    """Downwards over short sentences, and over headings and openings of lists that a sentence follows.

    A button that unfolds the rest of a text stands inside it.
    """
    for i in range(last + 1, len(lines)):
        if labels[i] == "blank" or unfolds(lines[i], vocabulary):
            continue
        if labels[i]:
            break
        if is_sentence(lines[i]) and not lines[i].endswith((":", "：")):
            last = i
        elif not is_heading(lines[i]) and not is_sentence(lines[i]):
            break
    return last


def _mark_others(lines: Sequence[str], labels: list[str], first: int, last: int) -> None:
    """Names of other texts between two paragraphs: a line that calls them so, and the headlines under it."""
    for i in range(first, last + 1):
        if labels[i] != "body" or not names_other_texts(lines[i]):
            continue
        labels[i] = "furniture"
        below = [k for k in range(i + 1, last + 1) if lines[k]]
        until = next((k for k in below if is_sentence(lines[k]) or is_heading(lines[k])), i)
        headlines = [k for k in below if k < until] if count_han(lines[i]) <= 4 else []
        if len(headlines) <= _HEADLINES:
            for k in headlines:
                labels[k] = "furniture"


def _mark_appendix(lines: Sequence[str], labels: list[str], vocabulary: Vocabulary) -> None:
    """Everything from the heading of an appendix on, where the text stands before it."""
    body = [i for i, label in enumerate(labels) if label == "body"]
    n_chars = sum(len(lines[i]) for i in body)
    n_before = 0
    for i in body:
        if n_before > 0.5 * n_chars and opens_appendix(lines[i], vocabulary):
            labels[i:] = ["appendix" if label == "body" else label for label in labels[i:]]
            return
        n_before += len(lines[i])


def _mark_repeat(lines: Sequence[str], labels: list[str]) -> None:
    """Mark a second copy: the first paragraph returns, and nine of ten lines behind it were seen before."""
    body = [i for i, label in enumerate(labels) if label == "body"]
    paragraphs = [i for i in body if is_paragraph(lines[i])]
    again = next((i for i in paragraphs[1:] if lines[i] == lines[paragraphs[0]]), None)
    if again is None:
        return
    before = {lines[i] for i in body if i < again}
    behind = [i for i in body if i >= again]
    if len(behind) >= 3 and sum(lines[i] in before for i in behind) >= 0.9 * len(behind):
        labels[again:] = ["repeat" if label == "body" else label for label in labels[again:]]


def _mark_title(lines: Sequence[str], labels: list[str], first: int, vocabulary: Vocabulary) -> None:
    title = find_title(lines, labels, first, vocabulary)
    if title is not None:
        for i in range(first):
            labels[i] = "title" if lines[i] == lines[title] else labels[i] or ("byline" if i > title else "")
