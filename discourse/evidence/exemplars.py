"""Topic model and passages in, passages to quote out: what carries a topic, what only looks like it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import LEVELS, TopicModel, check, empty
from discourse.errors import ContractError, SettingError, require_column

_SENTENCE = re.compile(r"[^。!?！？…\n]*[。!?！？…\n]+[”’』」》）)]*|[^。!?！？…\n]+")
_CLAUSE = re.compile(r"[^，,;；：:、]*[，,;；：:、]+|[^，,;；：:、]+")
_NOT_A_WORD = re.compile(r"\W+")
_MOST_SHARED = 1 / 3


def find_exemplars(
    model: TopicModel,
    passages: pd.DataFrame,
    documents: pd.DataFrame | None = None,
    *,
    by: str | None = None,
    reuse: pd.DataFrame | None = None,
    n: int = 3,
    n_counter: int = 1,
    min_tokens: int = 20,
    min_theta: float = 0.25,
    max_counter_theta: float = 0.1,
    n_terms: int = 10,
    max_characters: int = 240,
) -> pd.DataFrame:
    """Find the passages to quote for every topic, or for every topic in every group of `by`.

    An *exemplar* carries the topic: at least `min_tokens` modelled tokens, theta of at least `min_theta`, the
    highest theta first. A *counter* holds the topic's words in another discussion: at least two of its most
    probable terms, theta of at most `max_counter_theta`, so that a reader sees where the topic ends.

    No document is quoted twice before every document that qualifies was quoted once, none three times. Of
    passages that repeat one another, word for word or nearly, a topic (and group) quotes the best one only.
    Ties go by passage_id.

    Parameters
    ----------
    model
        theta[passage, topic] says how much of a passage is about a topic.
    passages, documents
        The tables of their contracts; `documents` is needed with `by` only.
    by
        Column of `documents` that names the groups; documents without a value there are left out.
    reuse
        The table of its contract: two passages that share more than a third of the shorter one's letters are
        near copies. Without it only passages with the same letters and those that `reuse_id` marks are.
    n, n_counter
        Exemplars and counters for each topic (and group), at most.
    min_tokens
        Modelled tokens that make a passage long enough to read.
    min_theta, max_counter_theta
        Least theta of an exemplar, greatest of a counter, 0 to 1.
    n_terms
        Most probable terms of a topic that a counter is searched for.
    max_characters
        A longer passage is quoted by the run of whole sentences that holds most of the topic's terms.

    Returns
    -------
    DataFrame
        `exemplars`: rank counts from 1 within topic, group and role; `start` and `end` are offsets in
        ``documents.text``, so that ``text[start:end] == quote``. Factor and group are NA where `by` is None.
        Where no passage reaches the thresholds there is no row: nothing weaker is quoted instead.

    Raises
    ------
    SettingError
        `by` is not a column of documents, or a number is out of range.
    ContractError
        The model has passages that `passages` lacks.
    """
    _check_counts(
        n=n, n_counter=n_counter, min_tokens=min_tokens, n_terms=n_terms, max_characters=max_characters
    )
    pool = _pool(model, passages, min_tokens)
    near = _near_copies(pool, reuse)
    rows = [
        row | {"factor": factor, "group": group}
        for factor, group, rows_of_group in _groups(pool, documents, by)
        for topic in range(model.n_topics)
        for row in _quote_topic(
            rows_of_group.assign(theta=model.theta[rows_of_group["row"].to_numpy(), topic]),
            _top_terms(model, topic, n_terms), near,
            topic=topic, n=n, n_counter=n_counter, min_theta=min_theta,
            max_counter_theta=max_counter_theta, max_characters=max_characters,
        )
    ]  # fmt: skip
    return check(_as_table(rows), "exemplars")


def _check_counts(**counts: int) -> None:
    for name, count in counts.items():
        least = 0 if name in ("n_counter", "min_tokens") else 1
        if count < least:
            raise SettingError(f"{name}={count!r} is too small: choose a whole number of at least {least}.")


def _pool(model: TopicModel, passages: pd.DataFrame, min_tokens: int) -> pd.DataFrame:
    """Modelled passages long enough to read, each with its letters and the passage that it and its copies repeat."""
    missing = model.passages.difference(pd.Index(passages["passage_id"]))
    if len(missing):
        raise ContractError(
            f"passages lacks {len(missing)} passages of the model, such as {missing[0]!r}: "
            "give the passages that the model was fitted on."
        )
    modelled = pd.DataFrame(
        {
            "passage_id": model.passages.astype("str"),
            "row": np.arange(len(model.passages)),
            "n": model.lengths,
        }
    )
    pool = modelled.merge(passages, on="passage_id", how="left", validate="one_to_one")
    pool = pool[pool["n"] >= min_tokens].sort_values("passage_id", kind="stable")
    return pool.assign(letters=pool["text"].map(_letters), first=_first_ones(passages, pool["passage_id"]))


def _letters(text: str) -> str:
    return _NOT_A_WORD.sub("", text)


def _first_ones(passages: pd.DataFrame, wanted: pd.Series) -> list[str]:
    """Of each passage the one that `reuse_id` leads back to, itself where it repeats nothing."""
    marked = passages.dropna(subset="reuse_id") if "reuse_id" in passages else passages.iloc[:0]
    source = dict(zip(marked["passage_id"], marked.get("reuse_id", ()), strict=True))
    found = []
    for name in wanted:
        seen = {name}
        while source.get(name, name) not in seen:
            name = source[name]
            seen.add(name)
        found.append(name)
    return found


def _near_copies(pool: pd.DataFrame, reuse: pd.DataFrame | None) -> dict[str, set[str]]:
    """Passages of the pool that share much with each of them."""
    near: dict[str, set[str]] = {}
    if reuse is None or reuse.empty:
        return near
    sizes = dict(zip(pool["passage_id"], pool["letters"].str.len(), strict=True))
    pair = ["passage_id", "source_passage_id"]
    shared = check(reuse, "reuse").groupby(pair, as_index=False)["n_chars"].sum()
    for copy, source, n_shared in zip(*(shared[name].tolist() for name in [*pair, "n_chars"]), strict=True):
        if copy in sizes and source in sizes and n_shared > _MOST_SHARED * min(sizes[copy], sizes[source]):
            near.setdefault(copy, set()).add(source)
            near.setdefault(source, set()).add(copy)
    return near


def _groups(
    pool: pd.DataFrame, documents: pd.DataFrame | None, by: str | None
) -> Iterator[tuple[str | None, str | None, pd.DataFrame]]:
    if by is None:
        yield None, None, pool
        return
    if documents is None:
        raise SettingError(
            f"by={by!r} needs the table of documents: find_exemplars(model, passages, documents, by=...)."
        )
    require_column("documents", documents.columns, by)
    labels = pool["doc_id"].map(documents.set_index("doc_id")[by])
    for group in _in_order(list(labels.dropna().unique()), by):
        yield by, str(group), pool[labels == group]


def _in_order(groups: Sequence[object], by: str) -> list[object]:
    if by == "level" and set(groups) <= set(LEVELS):
        return sorted(groups, key=lambda group: LEVELS.index(str(group)))
    return sorted(groups, key=str)


def _top_terms(model: TopicModel, topic: int, n_terms: int) -> dict[str, float]:
    """Most probable terms with phi; ties by the term itself."""
    order = np.lexsort((model.vocabulary.to_numpy(dtype=str), -model.phi[topic]))[:n_terms]
    return {str(model.vocabulary[i]): float(model.phi[topic, i]) for i in order}


def _quote_topic(
    pool: pd.DataFrame, terms: dict[str, float], near: dict[str, set[str]], *, topic: int, n: int, n_counter: int,
    min_theta: float, max_counter_theta: float, max_characters: int,
) -> Iterator[dict[str, object]]:  # fmt: skip
    exemplars = _balance(pool[pool["theta"] >= min_theta].assign(merit=lambda table: table["theta"]), n, near)
    low = pool[pool["theta"] <= max_counter_theta]
    low = low.assign(merit=[_held(text, terms) for text in low["text"]])
    counters = _balance(low[low["merit"] > 0], n_counter, near)
    for role, chosen in (("exemplar", exemplars), ("counter", counters)):
        for rank, passage in enumerate(chosen, start=1):
            offset, quote = _most_telling(passage["text"], terms, max_characters)
            start = int(passage["start"]) + offset
            place = {"start": start, "end": start + len(quote), "quote": quote}
            source = {name: passage[name] for name in ("passage_id", "doc_id", "theta")}
            yield {"topic": topic, "role": role, "rank": rank} | source | place


def _balance(pool: pd.DataFrame, n: int, near: dict[str, set[str]]) -> list[dict[Hashable, Any]]:
    """Pick `n` passages by merit: a second one of a document when each has had its turn, no two that repeat another."""
    ordered = pool.sort_values(["merit", "passage_id"], ascending=[False, True], kind="stable")
    chosen: list[dict[Hashable, Any]] = []
    n_quoted: Counter[str] = Counter()
    for turn in (0, 1):
        for passage in _records(ordered):
            if len(chosen) >= n:
                return chosen
            if n_quoted[passage["doc_id"]] == turn and not any(_repeats(passage, c, near) for c in chosen):
                chosen.append(passage)
                n_quoted[passage["doc_id"]] += 1
    return chosen


def _records(table: pd.DataFrame) -> Iterator[dict[Hashable, Any]]:
    """Rows one at a time, since mostly the first few are enough."""
    names = list(table.columns)
    return (dict(zip(names, row, strict=True)) for row in table.itertuples(index=False, name=None))


def _repeats(one: dict[Hashable, Any], other: dict[Hashable, Any], near: dict[str, set[str]]) -> bool:
    same = any(one[name] == other[name] for name in ("passage_id", "letters", "first"))
    return same or other["passage_id"] in near.get(one["passage_id"], ())


def _held(text: str, terms: dict[str, float]) -> float:
    """Sum the phi of the topic's terms that a text holds; 0 with fewer than two of them."""
    held = [phi for term, phi in terms.items() if term in text]
    return sum(held) if len(held) > 1 else 0.0


def _most_telling(text: str, terms: dict[str, float], max_characters: int) -> tuple[int, str]:
    """Find the run of whole sentences that holds most of the terms: its offset and text."""
    if len(text) <= max_characters:
        return 0, text
    pieces = [piece for piece in _pieces(text, max_characters) if text[piece[0] : piece[1]].strip()]
    runs = [
        (start, pieces[j][1])
        for i, (start, _) in enumerate(pieces)
        for j in range(i, len(pieces))
        if pieces[j][1] - start <= max_characters
    ]
    start, end = max(runs, key=lambda run: (_weight(text[run[0] : run[1]], terms), run[1] - run[0], -run[0]))
    return start + len(text[start:end]) - len(text[start:end].lstrip()), text[start:end].strip()


def _weight(text: str, terms: dict[str, float]) -> float:
    return round(sum(phi * text.count(term) for term, phi in terms.items()), 12)


def _pieces(text: str, max_characters: int) -> Iterator[tuple[int, int]]:
    """Spans of sentences; a sentence over the limit falls into clauses, a clause over the limit is cut."""
    for sentence in _SENTENCE.finditer(text):
        if len(sentence.group()) <= max_characters:
            yield sentence.span()
            continue
        for clause in _CLAUSE.finditer(text, *sentence.span()):
            for start in range(clause.start(), clause.end(), max_characters):
                yield start, min(start + max_characters, clause.end())


def _as_table(rows: list[dict[str, object]]) -> pd.DataFrame:
    if not rows:
        return empty("exemplars")
    dtypes = {name: dtype for name, dtype in empty("exemplars").dtypes.items() if str(dtype) != "Int64"}
    return pd.DataFrame(rows, columns=list(empty("exemplars").columns)).astype(dtypes)
