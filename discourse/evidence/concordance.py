"""Passages and what to look for come in; keyword in context, with exact places, goes out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd

from discourse.contracts import LEVELS, check, empty
from discourse.errors import SettingError, require_column, suggest
from discourse.evidence.search import Hit, find_pattern, find_words
from discourse.evidence.trace import find_raw_spans

Order = Literal["document", "left", "right", "group"]
_MARKS = re.compile(r"[\W_]+")


def find_concordance(
    passages: pd.DataFrame,
    documents: pd.DataFrame,
    edits: pd.DataFrame,
    words: str | Sequence[str],
    *,
    regex: bool = False,
    by: str | None = None,
    group: str | None = None,
    sort: Order = "document",
    width: int = 20,
    seconds: float = 10.0,
) -> pd.DataFrame:
    """Every place in the passages where a term, phrase or pattern stands, with what stands around it.

    Parameters
    ----------
    passages, documents, edits
        The tables of one run. The repaired text is searched, one passage at a time: no hit goes over the
        end of a passage.
    words
        A term or phrase: these characters one after another, width and case of letters aside, a blank standing
        for any blanks or none. Several words make a phrase. Characters count, not tokens: 治理 is found in 基层治理.
    regex
        `words` is one regular expression of Python's `re`. Case is aside, width is not.
    by, group
        A column of `documents`, and the one group of it whose documents are searched.
    sort
        "document": as the texts go; "left", "right": by what stands before or after, read outward from the
        node, marks and blanks passed over; "group": by group, then as the texts go.
    width
        Characters of context on either side, cut at the ends of the passage.
    seconds
        How long a regular expression may take.

    Returns
    -------
    DataFrame
        `concordance`: term (what was looked for), passage_id, doc_id, group (NA without `by`), start and end
        in ``documents.text``, so that ``text[start:end] == node``; raw_start and raw_end in ``sources.text``,
        the shortest raw stretch that holds the node and cuts no edit in two; left, node, right.

    Raises
    ------
    SettingError
        Nothing to look for; an unknown column, group or order; a pattern that is none or finds no end.
    """
    check(passages, "passages")
    _check_options(sort, width, by, group)
    label = words if isinstance(words, str) else " ".join(words)
    groups = _groups(documents, by, group)
    searched = passages[passages["doc_id"].isin(groups.index)] if group is not None else passages
    texts = searched["text"].tolist()
    hits = find_pattern(texts, label, seconds=seconds) if regex else find_words(texts, words)
    if not hits:
        return empty("concordance")
    table = _describe(searched, texts, hits, width)
    table.insert(0, "term", pd.Series([label] * len(table), dtype="str"))
    table.insert(3, "group", table["doc_id"].map(groups).astype("str"))
    raw = find_raw_spans(documents, edits, table[["doc_id", "start", "end"]])
    table = table.assign(raw_start=raw["raw_start"], raw_end=raw["raw_end"])
    return check(_sort(table, sort, by)[list(empty("concordance").columns)], "concordance")


def _check_options(sort: str, width: int, by: str | None, group: str | None) -> None:
    orders = get_args(Order)
    if sort not in orders:
        raise SettingError(f"sort={sort!r} is no order. {suggest(sort, orders)}Orders: {', '.join(orders)}.")
    if width < 0:
        raise SettingError(f"width={width}: is a number of characters; 20 is usual, 0 shows the node alone")
    if by is None and (group is not None or sort == "group"):
        raise SettingError("a group needs the column that names it: by='region', --by region")


def _groups(documents: pd.DataFrame, by: str | None, group: str | None) -> pd.Series:
    """Group by doc_id; of one group only where one is asked for."""
    if by is None:
        return pd.Series(pd.NA, index=pd.Index(documents["doc_id"]), dtype="str")
    require_column("documents", documents.columns, by)
    labels = documents.set_index("doc_id")[by].astype("str")
    if group is None:
        return labels
    known = sorted(labels.dropna().unique())
    if group not in known:
        raise SettingError(
            f"'{group}' is not a group of by='{by}'. {suggest(group, known)}Groups: {', '.join(known)}."
        )
    return labels[labels == group]


def _describe(passages: pd.DataFrame, texts: Sequence[str], hits: Sequence[Hit], width: int) -> pd.DataFrame:
    numbers, starts, ends = np.array(hits, dtype=np.int64).T
    offsets = passages["start"].to_numpy(np.int64)[numbers]
    return pd.DataFrame(
        {
            "passage_id": passages["passage_id"].to_numpy()[numbers],
            "doc_id": passages["doc_id"].to_numpy()[numbers],
            "start": offsets + starts,
            "end": offsets + ends,
            "left": [texts[number][max(0, start - width) : start] for number, start, _ in hits],
            "node": [texts[number][start:end] for number, start, end in hits],
            "right": [texts[number][end : end + width] for number, _, end in hits],
        }
    ).astype(dict.fromkeys(("passage_id", "doc_id", "left", "node", "right"), "str"))


def _sort(table: pd.DataFrame, sort: Order, by: str | None) -> pd.DataFrame:
    """Order the hits; ties as the texts go."""
    keys: dict[Order, Callable[[], list[tuple[object, ...]]]] = {
        "document": lambda: [()] * len(table),
        "left": lambda: [(_MARKS.sub("", left)[::-1],) for left in table["left"]],
        "right": lambda: [(_MARKS.sub("", right),) for right in table["right"]],
        "group": lambda: [_place(group, by) for group in table["group"]],
    }
    found = keys[sort]()
    return table.iloc[sorted(range(len(table)), key=found.__getitem__)].reset_index(drop=True)


def _place(group: str | float, by: str | None) -> tuple[object, ...]:
    """Levels from the centre down, other groups by name, those without one last."""
    if pd.isna(group):
        return (2, 0, "")
    if by == "level" and group in LEVELS:
        return (0, LEVELS.index(str(group)), "")
    return (1, 0, str(group))
