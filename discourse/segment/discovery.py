"""Passages and a lexicon come in; candidate terms that the lexicon lacks go out, best first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from discourse.contracts import check
from discourse.errors import SettingError
from discourse.segment.grams import Grams, Stream, count_grams, read_stream
from discourse.segment.lexicon import SHIELD_THEME, read_stopwords
from discourse.segment.tokenizer import Tokenizer, build_tokenizer

_NUMBER = re.compile(
    r"第?[\d零〇一二三四五六七八九十百千万亿两几数%]+[多余]?[个名种位件项条次类批级场轮年月日大期人户家亩元吨]?"
)
_BLANK = re.compile(r"\s+")
_CONTEXT = 12


def discover_terms(
    passages: pd.DataFrame,
    lexicon: pd.DataFrame,
    tokenizer: Tokenizer,
    *,
    min_count: int = 5,
    min_documents: int = 2,
    max_words: int = 4,
    max_chars: int = 8,
    n_terms: int = 500,
) -> pd.DataFrame:
    """Find sequences of words that behave like one term and that the lexicon does not hold.

    A candidate is a run of two or more neighbouring words without punctuation between them. It may not begin
    or end with a function word or a number, nor with a stop word of official language (推进, 进一步), unless
    a term of the lexicon does so too (党的建设) or half of its occurrences stand in quotation marks
    (“两个维护”). What the tokenizer gives as one word already is kept whole
    without help and is no candidate.

    Parameters
    ----------
    passages, lexicon
        The tables of their contracts.
    tokenizer
        As `build_tokenizer` gives it with this lexicon.
    min_count, min_documents
        Occurrences, and documents that hold one, that a candidate needs.
    max_words, max_chars
        Longest candidate, in words and in characters.
    n_terms
        How many candidates to return.

    Returns
    -------
    pandas.DataFrame
        `term_candidates`, best first: rank; term; n, n_documents; pmi, in nats, of the weakest joint;
        left_entropy, right_entropy of the neighbouring words, in nats, a boundary counting as a new neighbour
        each time; c_value (Frantzi et al. 2000); likeness: how much more often terms of the lexicon begin and
        end with the same words than candidates do, as a log ratio; score, by which they are ranked: the sum of
        log n, pmi, the smaller entropy and both ends' likeness, each standardised, less 1 for each word beyond
        two and for holding a term already, plus 1 for at most four characters; passage_id, start and example
        of the first occurrence. Without a lexicon likeness is 0.

    Raises
    ------
    SettingError
        If a setting allows no candidate.

    References
    ----------
    Church & Hanks (1990), Computational Linguistics 16(1). Frantzi, Ananiadou & Mima (2000), International
    Journal on Digital Libraries 3(2).
    """
    check(passages, "passages")
    check(lexicon, "lexicon")
    if min(min_count, min_documents, n_terms) < 1 or max_words < 2 or max_chars < 2:
        raise SettingError(
            f"min_count={min_count}, min_documents={min_documents}, n_terms={n_terms} must be 1 or more, "
            f"max_words={max_words} and max_chars={max_chars} 2 or more"
        )
    stream = read_stream(passages, tokenizer)
    habits = _Habits.of(lexicon)
    grams = count_grams(stream, max_words)
    table = pd.concat([_measure(stream, grams, k, min_count) for k in range(1, max_words)], ignore_index=True)
    fits = (table["n_documents"] >= min_documents) & (table["term"].str.len() <= max_chars)
    table = table[fits & ~table["term"].isin(lexicon["term"]) & habits.allow(table)]
    table = table.sort_values(["n", "term", "pmi"], ascending=[False, True, False]).drop_duplicates("term")
    table = _score(table, habits, tokenizer.terms).head(n_terms).reset_index(drop=True)
    return check(_show(table, passages, stream), "term_candidates")


def render_candidates(candidates: pd.DataFrame, *, theme: str = "候选") -> str:
    """Write candidates as a lexicon file: delete the lines that are no terms, move the others under a theme.

    Above each term stands a comment with its place, counts and first example. Format: ``stopwords/README.md``.
    """
    check(candidates, "term_candidates")
    lines = [
        "# Candidate terms, best first: delete what is no term, then name this file in study.toml:",
        '# [segment.lexicon] name = ["governance", "THIS_FILE.txt"]',
        "# 候选词，由好到差：删去不要的行，再把本文件写进 study.toml 的 [segment.lexicon] name。",
        f"## {theme}",
    ]
    columns = ("n", "n_documents", "example", "term")
    shown = zip(*(candidates[column] for column in columns), strict=True)
    for number, (n, n_documents, example, term) in enumerate(shown, start=1):
        lines += [f"# {number}. n={n}, documents={n_documents}: {example}", term]
    return "\n".join(lines) + "\n"


def list_candidates(candidates: pd.DataFrame, *, n_shown: int = 30) -> str:
    """List the best candidates as lines for a terminal: counts, statistics, first example."""
    shown = check(candidates, "term_candidates").head(n_shown).to_dict("records")
    lines = [
        f"{row['rank'] + 1:>4}  {row['term']}  n {row['n']}  documents {row['n_documents']}  pmi {row['pmi']:.1f}  "
        f"entropy {row['left_entropy']:.1f} / {row['right_entropy']:.1f}  C {row['c_value']:.0f}  | {row['example']}"
        for row in shown
    ]
    return "\n".join([f"{len(candidates)} candidates 候选, best first 由好到差", *lines])


def _measure(stream: Stream, grams: list[Grams], k: int, min_count: int) -> pd.DataFrame:
    """Statistics of the sequences of k + 1 words that occur often enough."""
    gram = grams[k]
    wanted = np.flatnonzero(gram.n >= min_count)
    first, n = gram.first[wanted], gram.n[wanted]
    words = stream.words[stream.codes[first[:, None] + np.arange(gram.length)]]
    return pd.DataFrame(
        {
            "term": pd.Series(["".join(row) for row in words], dtype="str"),
            "words": [tuple(row) for row in words],
            "n": n,
            "n_documents": _count_documents(stream, gram)[wanted],
            "pmi": _weakest_joint(grams, k, first, n, int((stream.codes >= 0).sum())),
            "left_entropy": _entropy(gram, np.roll(stream.codes, 1))[wanted],
            "right_entropy": _entropy(gram, np.roll(stream.codes, -gram.length))[wanted],
            "c_value": np.log2(gram.length) * (n - _mean_of_longer(grams, k, min_count)[wanted]),
            "quoted": _count_quoted(stream, gram)[wanted] / n,
            "place": first,
        }
    )


def _count_documents(stream: Stream, gram: Grams) -> np.ndarray:
    whole = gram.ids >= 0
    pairs = np.unique(np.stack([gram.ids[whole], stream.document[whole]]), axis=1)
    return np.bincount(pairs[0], minlength=len(gram.n))


def _count_quoted(stream: Stream, gram: Grams) -> np.ndarray:
    """Occurrences that fill a pair of quotation marks."""
    enclosed = (gram.ids >= 0) & np.roll(stream.opens, 1) & np.roll(stream.closes, -gram.length)
    return np.bincount(gram.ids[enclosed], minlength=len(gram.n))


def _weakest_joint(grams: list[Grams], k: int, first: np.ndarray, n: np.ndarray, total: int) -> np.ndarray:
    """Pointwise mutual information of the two sides, smallest over the places where a sequence can be parted."""
    joints = []
    for cut in range(1, k + 1):
        left, right = grams[cut - 1], grams[k - cut]
        joints.append(np.log(n * total / (left.n[left.ids[first]] * right.n[right.ids[first + cut]])))
    return np.min(joints, axis=0)


def _entropy(gram: Grams, neighbours: np.ndarray) -> np.ndarray:
    """Entropy of the neighbours of each sequence; every boundary is a neighbour of its own."""
    beside = (gram.ids >= 0) & (neighbours >= 0)
    pairs, counts = np.unique(np.stack([gram.ids[beside], neighbours[beside]]), axis=1, return_counts=True)
    return np.log(gram.n) - np.bincount(pairs[0], counts * np.log(counts), minlength=len(gram.n)) / gram.n


def _mean_of_longer(grams: list[Grams], k: int, min_count: int) -> np.ndarray:
    """Mean count of the longer sequences that hold each sequence of k + 1 words; 0 if there are none."""
    held, sums = np.zeros(len(grams[k].n)), np.zeros(len(grams[k].n))
    for longer in grams[k + 1 :]:
        frequent = np.flatnonzero(longer.n >= min_count)
        for shift in range(longer.length - grams[k].length + 1):
            inner = grams[k].ids[longer.first[frequent] + shift]
            np.add.at(held, inner, 1.0)
            np.add.at(sums, inner, longer.n[frequent])
    return sums / np.maximum(held, 1.0)


@dataclass(frozen=True)
class _Habits:
    """How terms of the lexicon begin and end, cut without the lexicon, and which words no term may."""

    first: Counter[str]
    last: Counter[str]
    function_words: frozenset[str]
    exhortation: frozenset[str]
    bare: Tokenizer

    @classmethod
    def of(cls, lexicon: pd.DataFrame) -> _Habits:
        bare = build_tokenizer(None)
        cuts = [bare.cut(term) for term in lexicon.loc[lexicon["theme"] != SHIELD_THEME, "term"]]
        parted = [cut for cut in cuts if len(cut) > 1]
        first, last = Counter(cut[0][0] for cut in parted), Counter(cut[-1][0] for cut in parted)
        return cls(first, last, read_stopwords("general"), read_stopwords("official"), bare)

    def allow(self, table: pd.DataFrame) -> np.ndarray:
        """Which candidates begin and end as a term may."""
        begins = (self._may_stand(words[0], self.first) for words in table["words"])
        ends = (self._may_stand(words[-1], self.last) for words in table["words"])
        stand = np.fromiter(
            (a and b for a, b in zip(begins, ends, strict=True)), dtype=bool, count=len(table)
        )
        return stand | (table["quoted"] >= 0.5).to_numpy()

    def _may_stand(self, word: str, known: Counter[str]) -> bool:
        if word in self.function_words or _NUMBER.fullmatch(word):
            return False
        return word not in self.exhortation or known[word] > 0

    def likeness(self, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Log ratio of terms to candidates that begin, and that end, with the same word."""
        cuts = [(self.bare.cut(words[0])[0][0], self.bare.cut(words[-1])[-1][0]) for words in table["words"]]
        return self._ratio([a for a, _ in cuts], self.first), self._ratio([b for _, b in cuts], self.last)

    def _ratio(self, ends: list[str], known: Counter[str]) -> np.ndarray:
        if not known:
            return np.zeros(len(ends))
        among = Counter(ends)
        return np.array([np.log((known[word] + 0.1) / (among[word] + 2.0)) for word in ends])


def _score(table: pd.DataFrame, habits: _Habits, terms: Iterable[str]) -> pd.DataFrame:
    first, last = habits.likeness(table)
    terms = frozenset(terms)
    parts = [
        np.log(table["n"]),
        table["pmi"],
        table[["left_entropy", "right_entropy"]].min(axis=1),
        first,
        last,
    ]
    score = sum((_standardise(np.asarray(part, dtype=np.float64)) for part in parts), np.zeros(len(table)))
    score -= np.array([len(words) - 2 for words in table["words"]])
    score -= np.array([any(word in terms for word in words) for words in table["words"]])
    score += (table["term"].str.len() <= 4).to_numpy()
    # the last bits of a sum must not decide the order
    table = table.assign(likeness=first + last, score=np.round(score, 9))
    return table.sort_values(["score", "term"], ascending=[False, True])


def _standardise(values: np.ndarray) -> np.ndarray:
    spread = values.std() if len(values) else 0.0
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)


def _show(table: pd.DataFrame, passages: pd.DataFrame, stream: Stream) -> pd.DataFrame:
    rows, start = stream.passage[table["place"]], stream.start[table["place"]]
    texts = passages["text"].to_numpy()[rows]
    ends = start + table["term"].str.len().to_numpy()
    examples = [
        _BLANK.sub(" ", text[max(0, a - _CONTEXT) : b + _CONTEXT]).strip()
        for text, a, b in zip(texts, start, ends, strict=True)
    ]
    shown = table.drop(columns=["words", "quoted", "place"]).assign(
        passage_id=pd.Series(passages["passage_id"].to_numpy()[rows], dtype="str", index=table.index),
        start=start,
        example=pd.Series(examples, dtype="str", index=table.index),
    )
    shown.insert(0, "rank", np.arange(len(shown)))
    return shown
