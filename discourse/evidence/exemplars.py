"""Topic model and passages in, passages worth quoting out: what carries a topic, and what only looks like it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from discourse.contracts import LEVELS, TopicModel, check, empty
from discourse.errors import ContractError, SettingError, require_column

_SENTENCE = re.compile(r"[^。!?！？…\n]*[。!?！？…\n]+[”’』」》）)]*|[^。!?！？…\n]+")
_CLAUSE = re.compile(r"[^，,;；：:、]*[，,;；：:、]+|[^，,;；：:、]+")
_NOT_A_WORD = re.compile(r"\W+")


def find_exemplars(
    model: TopicModel,
    passages: pd.DataFrame,
    documents: pd.DataFrame | None = None,
    *,
    by: str | None = None,
    n: int = 3,
    n_counter: int = 1,
    min_tokens: int = 20,
    min_theta: float = 0.25,
    max_counter_theta: float = 0.1,
    n_terms: int = 10,
    max_characters: int = 240,
) -> pd.DataFrame:
    """Passages to quote for every topic, or for every topic in every group of `by`.

    model: theta gives how much of a passage is about a topic. passages: `text` is what is quoted, verbatim.
    documents: needed with `by`, one of its columns; documents without a value there are left out.

    An *exemplar* has at least `min_tokens` modelled tokens and theta of at least `min_theta`; the highest theta
    comes first. A *counter* holds the topic's `n_terms` most probable terms while its theta is at most
    `max_counter_theta`: the same words in another discussion, so a reader sees where the topic ends.
    No document is quoted twice before every document that qualifies was quoted once, none three times, and of
    passages that repeat one another only one counts. Passages over `max_characters` are quoted by the run of
    whole sentences that holds most of the topic's terms.

    Returns `exemplars`: rank counts from 1 within topic, group and role; `start` / `end` are offsets in
    ``documents.text``, so that ``text[start:end] == quote``. Factor and group are NA where `by` is None. A group
    in which no passage reaches the thresholds has no row: nothing weaker is quoted in its stead.

    Raises SettingError for a `by` that is no column or a count below its minimum, ContractError for a modelled
    passage that `passages` lacks.
    """
    _check_counts(n=n, n_counter=n_counter, min_tokens=min_tokens, n_terms=n_terms, max_characters=max_characters)
    pool = _pool(model, passages, min_tokens)
    rows = [
        row | {"factor": factor, "group": group}
        for factor, group, rows_of_group in _groups(pool, documents, by)
        for topic in range(model.n_topics)
        for row in _quote_topic(
            rows_of_group.assign(theta=model.theta[rows_of_group["row"].to_numpy(), topic]),
            _top_terms(model, topic, n_terms),
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
    """Modelled passages long enough to read; of passages that repeat one another, the first by passage_id."""
    missing = model.passages.difference(pd.Index(passages["passage_id"]))
    if len(missing):
        raise ContractError(
            f"passages lacks {len(missing)} passages of the model, such as {missing[0]!r}: "
            "give the passages that the model was fitted on."
        )
    modelled = pd.DataFrame(
        {"passage_id": model.passages.astype("str"), "row": np.arange(len(model.passages)), "n": model.lengths}
    )
    pool = modelled.merge(passages, on="passage_id", how="left", validate="one_to_one")
    pool = pool[pool["n"] >= min_tokens].sort_values("passage_id", kind="stable")
    original = pool["reuse_id"].fillna(pool["passage_id"]) if "reuse_id" in pool else pool["passage_id"]
    same_words = pool["text"].map(lambda text: _NOT_A_WORD.sub("", text))
    return pool[~original.duplicated() & ~same_words.duplicated()]


def _groups(
    pool: pd.DataFrame, documents: pd.DataFrame | None, by: str | None
) -> Iterator[tuple[str | None, str | None, pd.DataFrame]]:
    if by is None:
        yield None, None, pool
        return
    if documents is None:
        raise SettingError(f"by={by!r} needs the table of documents: find_exemplars(model, passages, documents, by=...).")
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
    pool: pd.DataFrame, terms: dict[str, float], *, topic: int, n: int, n_counter: int,
    min_theta: float, max_counter_theta: float, max_characters: int,
) -> Iterator[dict[str, object]]:  # fmt: skip
    exemplars = _balance(pool[pool["theta"] >= min_theta].assign(merit=lambda table: table["theta"]), n)
    low = pool[pool["theta"] <= max_counter_theta]
    counters = _balance(low.assign(merit=[_held(text, terms) for text in low["text"]]), n_counter)
    for role, chosen in (("exemplar", exemplars), ("counter", counters[counters["merit"] > 0])):
        for rank, passage in enumerate(chosen.itertuples(index=False), start=1):
            offset, quote = _most_telling(str(passage.text), terms, max_characters)
            start = int(passage.start) + offset  # type: ignore[call-overload]
            yield {
                "topic": topic, "rank": rank, "passage_id": passage.passage_id, "doc_id": passage.doc_id,
                "theta": float(passage.theta), "role": role, "start": start, "end": start + len(quote),  # type: ignore[arg-type]
                "quote": quote,
            }  # fmt: skip


def _balance(pool: pd.DataFrame, n: int) -> pd.DataFrame:
    """The `n` passages of highest merit: each document's best before any document's second, never a third."""
    ordered = pool.sort_values(["merit", "passage_id"], ascending=[False, True], kind="stable")
    turn = ordered.groupby("doc_id", sort=False).cumcount()
    return ordered.assign(turn=turn)[turn < 2].sort_values("turn", kind="stable").head(n)


def _held(text: str, terms: dict[str, float]) -> float:
    """How much of the topic's vocabulary a text holds: phi of the top terms in it, or 0 with fewer than two."""
    held = [phi for term, phi in terms.items() if term in text]
    return sum(held) if len(held) > 1 else 0.0


def _most_telling(text: str, terms: dict[str, float], max_characters: int) -> tuple[int, str]:
    """Offset and text of the run of whole sentences, at most `max_characters`, that holds most of the terms."""
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
