"""Hits of a concordance and tokens come in; the words that keep a word's company go out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from discourse.compare import _stats
from discourse.compare.keyness import binary_log_ratio
from discourse.contracts import check, empty
from discourse.errors import SettingError, suggest

Within = Literal["sentence", "passage"]
ONE_DOCUMENT = "one document"
_SENTENCE_END = re.compile(r"[。！？!?…\n]")


def score_collocates(
    concordance: pd.DataFrame,
    tokens: pd.DataFrame,
    passages: pd.DataFrame,
    *,
    window: int = 5,
    within: Within = "sentence",
    min_count: int = 3,
) -> pd.DataFrame:
    """Score the terms that stand near a word more often than elsewhere.

    Every token is counted once: near the word if any hit has it among its `window` tokens before or after,
    else away from it; tokens that the word itself covers are neither. The four cells near or away x this term
    or another give G2 and log ratio: surface co-occurrence in Evert's words.

    Parameters
    ----------
    concordance
        `concordance`: the hits. Passages without a hit count as away, so give the `passages` that were searched.
    tokens, passages
        The tables of the same run. Tokens that segmentation left out (stop words) take no place in a window.
    window
        Tokens before and after a hit.
    within
        "sentence": a window ends at 。！？ or the end of a line; "passage": at the end of the passage only.
    min_count
        Least number of times near the word.

    Returns
    -------
    DataFrame
        `collocates`, attracted terms first, each part by falling G2, ties by term.

        - node: the word; n_before, n_after, n: times before, after, near it (once where both); n_away; expected:
          n if the term were as frequent near as away; n_hits: of the node.
        - g2, log_ratio: of n and n_away, against the number of tokens near and away; log2 of the ratio of
          rates, a count of 0 read as 1/2. Both describe: words of one text hang together, so neither is a test.
        - n_documents: documents in which the term stands near the word; flags: "one document" if only one.

    Raises
    ------
    SettingError
        A window or count below 1, an unknown `within`.

    References
    ----------
    Evert (2008), Corpora and collocations, in Lüdeling & Kytö (eds), Corpus Linguistics, chapter 58.
    Dunning (1993), Computational Linguistics 19(1). Hardie (2014), Log Ratio, an informal introduction.
    """
    check(concordance, "concordance")
    _check_options(window, within, min_count)
    if concordance.empty:
        return empty("collocates")
    placed = _place_tokens(check(tokens, "tokens"), check(passages, "passages"))
    before, after, covered = _mark_near(concordance, placed, passages, window, within)
    near, away = (before | after) & ~covered, ~(before | after | covered)
    table = _count(placed, near, away, before & near, after & near)
    table = table[table["n"] >= min_count]
    n_near, n_away = int(near.sum()), int(away.sum())
    counts = table["n"].to_numpy(), table["n_away"].to_numpy()
    scored = table.assign(
        expected=(counts[0] + counts[1]) * n_near / max(n_near + n_away, 1),
        g2=_stats.log_likelihood_ratio(*counts, n_near, n_away) if n_away else 0.0,
        log_ratio=binary_log_ratio(*counts, n_near, n_away) if n_away else 0.0,
        flags=np.where(table["n_documents"] == 1, ONE_DOCUMENT, ""),
        n_hits=len(concordance),
    )
    return check(_rank(scored, str(concordance["term"].iloc[0])), "collocates")


def _check_options(window: int, within: str, min_count: int) -> None:
    for name, value in {"window": window, "min_count": min_count}.items():
        if value < 1:
            raise SettingError(f"{name}={value}: is a whole number of at least 1")
    choices = get_args(Within)
    if within not in choices:
        raise SettingError(
            f"within={within!r} is no border. {suggest(within, choices)}Borders: {', '.join(choices)}."
        )


@dataclass(frozen=True)
class _Tokens:
    """Tokens in the order of the texts: number of term and document, start and end as `_row_starts` counts.

    names: the terms that the numbers stand for. All others: (n_tokens,) int64.
    """

    names: np.ndarray
    term: np.ndarray
    document: np.ndarray
    start: np.ndarray
    end: np.ndarray


def _place_tokens(tokens: pd.DataFrame, passages: pd.DataFrame) -> _Tokens:
    """Tokens of the passages, those of other passages left out."""
    codes, passage_ids = pd.factorize(tokens["passage_id"])
    row = pd.Index(passages["passage_id"]).get_indexer(pd.Index(passage_ids).astype("str"))[codes]
    kept = row >= 0
    term, terms = pd.factorize(tokens["term"])
    names = np.asarray(terms, dtype=object)
    start = _row_starts(passages)[row[kept]] + tokens["start"].to_numpy(np.int64)[kept]
    end = start + np.array([len(name) for name in names], dtype=np.int64)[term[kept]]
    document = pd.factorize(passages["doc_id"])[0][row[kept]]
    order = np.argsort(start, kind="stable")
    return _Tokens(names, *(column[order] for column in (term[kept], document, start, end)))


def _row_starts(passages: pd.DataFrame) -> np.ndarray:
    """Where each text starts if all stood in a row with one character between them, and where the row ends."""
    return np.cumsum([0, *(len(text) + 1 for text in passages["text"].tolist())])


def _mark_near(
    concordance: pd.DataFrame, placed: _Tokens, passages: pd.DataFrame, window: int, within: Within
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which tokens stand before a hit, after one, or inside one (n_tokens,) bool each."""
    row = pd.Index(passages["passage_id"]).get_indexer(pd.Index(concordance["passage_id"]))
    shift = _row_starts(passages)[row] - passages["start"].to_numpy(np.int64)[row]
    starts, ends = (concordance[name].to_numpy(np.int64) + shift for name in ("start", "end"))
    first = np.searchsorted(placed.end, starts, side="right")
    last = np.searchsorted(placed.start, ends, side="left")
    borders = _borders(passages, within)
    unit = np.searchsorted(borders, placed.start)
    before, after, covered = (np.zeros(len(placed.start) + 1, dtype=bool) for _ in range(3))
    for step in range(window):
        left, right = first - 1 - step, last + step
        near_left = (left >= 0) & (unit.take(left, mode="clip") == np.searchsorted(borders, starts))
        near_right = (right < len(unit)) & (
            unit.take(right, mode="clip") == np.searchsorted(borders, ends - 1)
        )
        before[left[near_left]], after[right[near_right]] = True, True
    for start, end in zip(first.tolist(), last.tolist(), strict=True):
        covered[start:end] = True
    return before[:-1], after[:-1], covered[:-1]


def _borders(passages: pd.DataFrame, within: Within) -> np.ndarray:
    """Ends of sentences or passages, counted as in `_row_starts`."""
    row_starts = _row_starts(passages)
    ends = row_starts[1:] - 1
    if within == "passage":
        return ends
    marks = [
        start + match.start()
        for start, text in zip(row_starts.tolist(), passages["text"].tolist(), strict=False)
        for match in _SENTENCE_END.finditer(text)
    ]
    return np.unique(np.concatenate([np.array(marks, dtype=np.int64), ends]))


def _count(
    placed: _Tokens, near: np.ndarray, away: np.ndarray, before: np.ndarray, after: np.ndarray
) -> pd.DataFrame:
    """Of each term near the word: how often it is near, before, after and away, and in how many documents."""
    chosen = {"n_before": before, "n_after": after, "n": near, "n_away": away}
    columns = {
        name: np.bincount(placed.term[mask], minlength=len(placed.names)) for name, mask in chosen.items()
    }
    pairs = np.unique(np.column_stack([placed.term[near], placed.document[near]]), axis=0)
    columns["n_documents"] = np.bincount(pairs[:, 0], minlength=len(placed.names))
    table = pd.DataFrame({"term": pd.Series(placed.names, dtype="str"), **columns})
    return table[table["n"] > 0].reset_index(drop=True)


def _rank(table: pd.DataFrame, node: str) -> pd.DataFrame:
    """Attracted terms first, each part by falling G2, ties by term."""
    order = np.lexsort((table["term"], -table["g2"], table["log_ratio"] <= 0))
    ranked = table.iloc[order].reset_index(drop=True)
    ranked = ranked.assign(
        node=pd.Series([node] * len(ranked), dtype="str"), rank=np.arange(1, len(ranked) + 1)
    )
    return ranked[list(empty("collocates").columns)].astype({"term": "str", "flags": "str"})


def render_collocates(collocates: pd.DataFrame, *, n_shown: int = 20) -> str:
    """List the terms that a word attracts as lines for a terminal."""
    check(collocates, "collocates")
    return "\n".join(_lines(collocates, n_shown))


def _lines(table: pd.DataFrame, n_shown: int) -> Iterator[str]:
    attracted = table[table["log_ratio"] > 0]
    if attracted.empty:
        yield "no word stands near it often enough 没有足够常见的搭配词"
        return
    yield f"{table['node'].iloc[0]}: {table['n_hits'].iloc[0]:,} hits 处, {len(attracted)} collocates 搭配词"
    yield "description, not a test 只作描述，不作检验: words of one text hang together 同一文本中的词互不独立"
    for row in attracted.head(n_shown).to_dict("records"):
        alone = "  one document only 只在一篇" if row["flags"] == ONE_DOCUMENT else ""
        yield (
            f"  {row['term']}  n {row['n']} (before 前 {row['n_before']}, after 后 {row['n_after']})"
            f"  expected 期望 {row['expected']:.1f}  G2 {row['g2']:.1f}  log ratio {row['log_ratio']:+.2f}"
            f"  documents 篇 {row['n_documents']}{alone}"
        )
