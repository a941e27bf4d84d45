"""Passages come in; every place where they use a set phrase (提法) of official language goes out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from discourse.compare import _forms
from discourse.contracts import check
from discourse.errors import SettingError

_USE_DTYPES = {
    "phrase": "str",
    "form": "str",
    "passage_id": "str",
    "doc_id": "str",
    "start": "int64",
    "end": "int64",
    "quote": "str",
    "quoted": "bool",
}
_NUMERAL = re.compile(r"[\d一二三四五六七八九十百千万第两+.]")
_MARKED = re.compile(r"[、，]")
_OPENING, _CLOSING = frozenset('“「‘"'), frozenset('”」’"')


@dataclass(frozen=True)
class _Use:
    """One occurrence of a phrase in a passage: offsets in the passage, marks of quotation left outside."""

    phrase: str
    start: int
    end: int
    quoted: bool


def find_phrases(
    passages: pd.DataFrame, *, min_documents: int = 2, min_quoted: float = 0.25, min_plain_chars: int = 3
) -> pd.DataFrame:
    """Find set phrases by their form and by how the corpus writes them.

    Four forms: ``numbered`` (三会一课, 四个意识, 1+3+N), ``parallel`` (共建共治共享; 稳就业、稳企业、稳市场),
    ``metaphor`` (最后一公里, 主心骨) and ``coinage``, any other phrase that is put in quotation marks
    (“红色物业”). What is quoted, is a number with + before a noun, or is listed in ``stopwords/phrases.txt`` is
    a phrase once it occurs; an unquoted parallel has to come back, word for word, in other documents, and may
    not be cut out of a longer word.

    Variants are one phrase: marks of quotation and enumeration, blanks, width and case do not count
    (共建、共治、共享 = 共建共治共享 = “共建、共治、共享”). The longest phrase wins where two overlap.

    Parameters
    ----------
    passages
        `passages`.
    min_documents
        Documents in which a parallel that is never quoted and not listed has to occur.
    min_quoted
        Smallest share of its occurrences that are quoted: a word that is mostly written plain was quoted for
        emphasis and is no phrase. Listed phrases are exempt.
    min_plain_chars
        A shorter phrase counts only where it is quoted or listed (“两新”, but not 扎根).

    Returns
    -------
    pandas.DataFrame
        `phrase_uses`, one row an occurrence, in the order of the passages: phrase (normal form), form,
        passage_id, doc_id, start, end (offsets in the passage), quote, the words as they stand there:
        ``text[start:end]``; quoted.

    Raises
    ------
    SettingError
        A setting is out of range.
    """
    check(passages, "passages")
    if min_documents < 1 or min_plain_chars < 2 or not 0 <= min_quoted <= 1:
        raise SettingError(
            f"min_documents={min_documents} must be 1 or more, min_plain_chars={min_plain_chars} 2 or more, "
            f"min_quoted={min_quoted} between 0 and 1"
        )
    phrases = _forms.read_phrases()
    forms = _collect(passages, phrases, min_documents)
    texts = passages["text"].tolist()
    folded = [_forms.fold_text(text) for text in texts]
    wanted = _kept(_locate(folded, texts, forms, phrases), texts, forms, phrases, min_quoted, min_plain_chars)
    # what was dropped may have hidden a shorter phrase inside it
    uses = _locate(folded, texts, {key: forms[key] for key in sorted(wanted)}, phrases)
    rows = [
        (
            use.phrase,
            forms[use.phrase],
            passage_id,
            doc_id,
            use.start,
            use.end,
            text[use.start : use.end],
            use.quoted,
        )
        for (passage_id, doc_id, text), found in zip(
            passages[["passage_id", "doc_id", "text"]].itertuples(index=False), uses, strict=True
        )
        for use in found
        if use.quoted or use.phrase in phrases.known or len(use.phrase) >= min_plain_chars
    ]
    table = pd.DataFrame(rows, columns=list(_USE_DTYPES)).astype(_USE_DTYPES)
    return check(table, "phrase_uses")


def _collect(passages: pd.DataFrame, phrases: _forms.PhraseList, min_documents: int) -> dict[str, str]:
    """Keys worth looking for and their forms: known, quoted, or parallel in several documents."""
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    documents: dict[str, set[str]] = defaultdict(set)
    for doc_id, text in zip(passages["doc_id"], passages["text"], strict=True):
        for found in _forms.find_candidates(text, phrases):
            key = phrases.variants.get(found.key, found.key)
            documents[key].add(doc_id)
            forms[key][found.form] += 1
            if found.quoted or found.form == "numbered":
                documents[key].update(("quoted",) * min_documents, map(str, range(min_documents)))
    collected = {
        key: max(sorted(counts), key=lambda form: counts[form])
        for key, counts in forms.items()
        if len(documents[key]) >= min_documents and key not in phrases.none
    }
    return collected | phrases.known


def _locate(
    folded: list[_forms.Folded], texts: list[str], forms: dict[str, str], phrases: _forms.PhraseList
) -> list[list[_Use]]:
    """Occurrences of the phrases in each passage, the longest that starts first."""
    spellings = {key: key for key in forms} | {v: key for v, key in phrases.variants.items() if key in forms}
    lengths: dict[str, set[int]] = defaultdict(set)
    for spelling in spellings:
        lengths[spelling[:2]].add(len(spelling))
    # lengths, not phrases: the larger a corpus, the more phrases of it begin alike
    longest_first = {start: sorted(found, reverse=True) for start, found in lengths.items()}
    return [
        list(_find_uses(text, fold, longest_first, spellings, forms))
        for text, fold in zip(texts, folded, strict=True)
    ]


def _find_uses(
    text: str,
    folded: _forms.Folded,
    lengths: dict[str, list[int]],
    spellings: dict[str, str],
    forms: dict[str, str],
) -> Iterator[_Use]:
    place = 0
    while place < len(folded.text) - 1:
        step = 1
        for length in lengths.get(folded.text[place : place + 2], ()):
            key = spellings.get(folded.text[place : place + length])
            if key is None or place + length > len(folded.text):
                continue
            start, end = folded.offsets[place], folded.offsets[place + length - 1] + 1
            if use := _admit(text, start, end, key, forms[key]):
                yield use
                step = length
                break
        place += step


def _admit(text: str, start: int, end: int, key: str, form: str) -> _Use | None:
    """Return the use unless it only looks like one."""
    quoted = text[:start][-1:] in _OPENING and text[end : end + 1] in _CLOSING
    if not quoted and start and _NUMERAL.match(text[start]) and _NUMERAL.match(text[start - 1]):
        return None  # 第三资 is no 三资
    if form != "parallel" and _MARKED.search(text[start:end]):
        return None  # two members of a list, not one phrase
    return _Use(key, start, end, quoted)


def _kept(
    uses: list[list[_Use]],
    texts: list[str],
    forms: dict[str, str],
    phrases: _forms.PhraseList,
    min_quoted: float,
    min_plain_chars: int,
) -> set[str]:
    """Phrases that are written as phrases: listed; quoted often enough; never quoted, a parallel free at its ends."""
    n, quoted = Counter[str](), Counter[str]()
    before: dict[str, Counter[str]] = defaultdict(Counter)
    after: dict[str, Counter[str]] = defaultdict(Counter)
    for text, use in ((text, use) for text, found in zip(texts, uses, strict=True) for use in found):
        n[use.phrase] += 1
        quoted[use.phrase] += use.quoted
        before[use.phrase][text[: use.start][-1:]] += 1
        after[use.phrase][text[use.end : use.end + 1]] += 1

    def is_kept(key: str) -> bool:
        if quoted[key]:
            return quoted[key] / n[key] >= (min_quoted if len(key) >= min_plain_chars else 2 * min_quoted)
        is_free = forms[key] != "parallel" or (_is_free(before[key]) and _is_free(after[key]))
        return len(key) >= min_plain_chars and is_free

    return {key for key in n if key in phrases.known or is_kept(key)}


def _is_free(neighbours: Counter[str]) -> bool:
    """Whether no single character stands beside a phrase most of the time: 品药品安 is cut out of 食品药品安全."""
    bound = max((count for neighbour, count in neighbours.items() if neighbour.isalnum()), default=0)
    return 2 * bound <= sum(neighbours.values())
