"""Many texts and a tokenizer come in, all their words as arrays go out: what `Tokenizer.cut` gives, in bulk."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count

import numpy as np

_FIRST_HAN, _LAST_HAN, _LINE_FEED = 0x4E00, 0x9FD5, 10
_N_CODES = 0x110000
_MIX = np.uint64(0x9E3779B97F4A7C15)
# as in the tokenizer: Latin words and numbers, and letters that are none of its Han characters
_OTHER = re.compile(r"[A-Za-z0-9]+(?:[._+&/-][A-Za-z0-9]+)*%?|(?:(?![\u4E00-\u9FD5A-Za-z0-9_])\w)+")
_LATIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
Occurrence = tuple[int, str]


@dataclass(frozen=True)
class CutTexts:
    """Words of several texts, in reading order.

    text: the texts joined by line feeds; bounds (n_texts,): where each begins there; starts, codes (n_tokens,)
    int64: where a word begins in `text`, and its index in `words`. Blanks and punctuation are not among them.
    found: every place where a term or shield stands as a plain string. begins (n_chars,) bool: where any token
    begins, punctuation included.
    """

    text: str
    bounds: np.ndarray
    starts: np.ndarray
    codes: np.ndarray
    words: np.ndarray
    found: list[Occurrence]
    begins: np.ndarray


class TermFinder:
    """Finds the terms that are kept whole, and the shields that keep others from being found.

    All places are compared at once with the hashes of what terms begin with: one letter, two, and so on.
    """

    def __init__(self, terms: Iterable[str], shields: Iterable[str] = ()) -> None:
        self._terms = frozenset(terms)
        self._protected = self._terms.union(shields)
        self._first = np.zeros(_N_CODES, dtype=bool)
        self._first[[ord(term[0]) for term in self._protected]] = True
        self.letters = _letters()
        sizes = range(1, max(map(len, self._protected), default=0) + 1)
        self._starts = [
            _hashes(term[:size] for term in self._protected if len(term) > size) for size in sizes
        ]
        self._whole = [_hashes(term for term in self._protected if len(term) == size) for size in sizes]

    def find(self, text: str, codes: np.ndarray) -> list[Occurrence]:
        """Every occurrence, from left to right and the longest first; codes: code points of `text`."""
        places = np.flatnonzero(self._first[codes])
        keys = np.zeros(len(places), dtype=np.uint64)
        found = []
        for size, (starts, whole) in enumerate(zip(self._starts, self._whole, strict=True), start=1):
            inside = places + size <= len(codes)
            places, keys = places[inside], _mix(keys[inside], codes[places[inside] + size - 1])
            here = places[_is_among(keys, whole)]
            found.append(np.stack([here, np.full(len(here), size)]))
            goes_on = _is_among(keys, starts)
            places, keys = places[goes_on], keys[goes_on]
        where, sizes = np.concatenate([np.zeros((2, 0), dtype=np.int64), *found], axis=1)
        order = np.lexsort((-sizes, where))
        spans = zip(where[order].tolist(), (where + sizes)[order].tolist(), strict=True)
        return [(start, term) for start, end in spans if (term := text[start:end]) in self._protected]

    def choose(self, text: str, found: Sequence[Occurrence]) -> list[Occurrence]:
        """Terms to cut out: leftmost, longest, none inside another or inside a shield."""
        chosen, done = [], 0
        for place, term in found:
            if place >= done and _stands_alone(text, place, term):
                done = place + len(term)
                if term in self._terms:
                    chosen.append((place, term))
        return chosen


def cut_texts(texts: Sequence[str], finder: TermFinder, cut_run: Callable[[str], list[str]]) -> CutTexts:
    """Cut texts as a tokenizer of these terms and this engine does, one call of the engine for all of them."""
    text = "\n".join(texts)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").copy()
    found = finder.find(text, codes)
    terms = finder.choose(text, found)
    for place, term in terms:
        codes[place : place + len(term)] = _LINE_FEED
    is_han = (codes >= _FIRST_HAN) & (codes <= _LAST_HAN)
    others = list(_find_others(_decode(codes), np.flatnonzero(~is_han & finder.letters[codes])))
    words = cut_run(_decode(np.where(is_han, codes, np.uint32(_LINE_FEED)))) if len(codes) else []
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    starts = np.cumsum(lengths) - lengths
    begins = _mark_begins(starts, ~is_han, [*terms, *others])
    kept = is_han[starts] if len(starts) else np.zeros(0, dtype=bool)
    return _collect(text, texts, words, starts, kept, [*terms, *others], found, begins)


def _hashes(words: Iterable[str]) -> np.ndarray:
    """Sorted hashes of words that are equally long."""
    keys = set()
    for word in words:
        key = np.zeros(1, dtype=np.uint64)
        for char in word:
            key = _mix(key, np.array([ord(char)]))
        keys.add(int(key[0]))
    return np.array(sorted(keys), dtype=np.uint64)


def _mix(keys: np.ndarray, codes: np.ndarray) -> np.ndarray:
    keys = (keys ^ codes.astype(np.uint64)) * _MIX
    return keys ^ (keys >> np.uint64(29))


def _is_among(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    if not len(known):
        return np.zeros(len(keys), dtype=bool)
    return known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys


def _decode(codes: np.ndarray) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


def _stands_alone(text: str, place: int, term: str) -> bool:
    """Whether a term with a Latin end is no part of a longer Latin word, as AI of MAIN."""
    end = place + len(term)
    cut_before = term[0] in _LATIN and place > 0 and text[place - 1] in _LATIN
    cut_behind = term[-1] in _LATIN and end < len(text) and text[end] in _LATIN
    return not (cut_before or cut_behind)


def _letters() -> np.ndarray:
    """Whether a code point may begin a word, (n_codes,) bool; true beyond the basic plane, where nobody looks."""
    letters = np.ones(_N_CODES, dtype=bool)
    plane = "".join(" " if 0xD800 <= code < 0xE000 else chr(code) for code in range(0x10000))
    letters[: len(plane)] = False
    letters[[match.start() for match in re.finditer(r"\w", plane)]] = True
    return letters


def _find_others(text: str, places: np.ndarray) -> Iterator[Occurrence]:
    """Words that the engine does not see, each from one of `places`."""
    done = 0
    for place in places.tolist():
        if place >= done and (match := _OTHER.match(text, place)):
            yield place, match[0]
            done = match.end()


def _mark_begins(starts: np.ndarray, is_sign: np.ndarray, whole: Sequence[Occurrence]) -> np.ndarray:
    """Where tokens begin: those of the engine, signs, and words that were taken whole."""
    places = np.array([place for place, _ in whole], dtype=np.int64)
    ends = places + np.array([len(word) for _, word in whole], dtype=np.int64)
    steps = np.zeros(len(is_sign) + 1, dtype=np.int8)
    np.add.at(steps, places, 1)
    np.add.at(steps, ends, -1)
    begins = is_sign.copy()
    begins[starts] = True
    begins[np.cumsum(steps[:-1], dtype=np.int8) > 0] = False
    begins[places] = True
    return begins


def _collect(
    text: str,
    texts: Sequence[str],
    words: list[str],
    starts: np.ndarray,
    kept: np.ndarray,
    whole: Sequence[Occurrence],
    found: list[Occurrence],
    begins: np.ndarray,
) -> CutTexts:
    """Join the words of the engine and those that were taken whole, in reading order."""
    lengths = np.fromiter((len(part) + 1 for part in texts), dtype=np.int64, count=len(texts))
    number: defaultdict[str, int] = defaultdict(count().__next__)
    every = chain(words, (word for _, word in whole))
    codes = np.fromiter(map(number.__getitem__, every), np.int64, count=len(words) + len(whole))
    places = np.concatenate([starts, np.array([place for place, _ in whole], dtype=np.int64)])
    rows = np.flatnonzero(np.concatenate([kept, np.ones(len(whole), dtype=bool)]))
    rows = rows[np.argsort(places[rows], kind="stable")]
    vocabulary = np.array([*number, ""], dtype=object)[:-1]
    return CutTexts(text, np.cumsum(lengths) - lengths, places[rows], codes[rows], vocabulary, found, begins)
