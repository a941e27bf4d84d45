"""How likely a short stretch of simplified Chinese is: the judge between readings of damaged characters."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from discourse.errors import DiscourseError

_MAX_WORD = 5
# Marks stand in no dictionary of words: the natural log of their share among the tokens of official prose.
_MARKS = {
    "，": -3.0,
    "。": -3.5,
    "、": -3.5,
    "；": -5.0,
    "：": -5.5,
    "“": -4.5,
    "”": -4.5,
    "《": -6.0,
    "》": -6.0,
}
_MARKS |= {"！": -6.5, "？": -6.5, "（": -5.5, "）": -5.5, "—": -6.0, "…": -9.0}
# Occurrences of the first character that a pair must rival before its own count outweighs the second's share.
_PRIOR = 5.0


@dataclass(frozen=True)
class WordModel:
    """A unigram model of words and a model of neighbouring characters, multiplied.

    words: how often each word stands in `total` words. pairs, chars: how often two characters stand side by
    side in the corpus itself, and how often each stands there.
    """

    words: Mapping[str, int]
    total: int
    pairs: Mapping[str, int]
    chars: Mapping[str, int]

    def score(self, text: str) -> float:
        """Natural log score of `text` in its best division into words; comparable at equal length only."""
        words, total = self.words, self.total
        best = [0.0]
        for end in range(1, len(text) + 1):
            found = best[end - 1] + self._char(text[end - 1])
            for start in range(max(0, end - _MAX_WORD), end - 1):
                if n := words.get(text[start:end]):
                    found = max(found, best[start] + math.log(n / total))
            best.append(found)
        return best[-1] + sum(self._step(a, b) for a, b in pairwise(text))

    def _char(self, char: str) -> float:
        """Log probability of one character as a word; no word of the dictionary holds a mark."""
        if char in _MARKS:
            return _MARKS[char]
        n = self.words.get(char, 0.1)
        return math.log(n / self.total) if n else -math.inf

    def _step(self, first: str, second: str) -> float:
        """Log probability of `second` behind `first`, less what `second` has by itself."""
        share = (self.chars.get(second, 0) + 0.5) / (self.chars.get("", 0) + 1.0)
        n_first = self.chars.get(first, 0)
        return math.log((self.pairs.get(first + second, 0) / share + _PRIOR) / (n_first + _PRIOR))


def build_word_model(texts: Sequence[str]) -> WordModel:
    """Word frequencies of the dictionary that jieba ships, pairs of neighbours from `texts` (simplified).

    Raises DiscourseError where jieba's dictionary is missing.
    """
    return join_word_model([count_neighbours(texts)])


def count_neighbours(texts: Iterable[str]) -> tuple[Counter[str], Counter[str]]:
    """How often two characters stand side by side in `texts`, and how often each character stands there."""
    pairs: Counter[str] = Counter()
    chars: Counter[str] = Counter()
    for text in texts:
        chars.update(text)
        pairs.update(a + b for a, b in pairwise(text))
    return pairs, chars


def join_word_model(counts: Iterable[tuple[Counter[str], Counter[str]]]) -> WordModel:
    """Model of all texts that were counted, in whatever batches."""
    words = _read_frequencies()
    pairs: Counter[str] = Counter()
    chars: Counter[str] = Counter()
    for some_pairs, some_chars in counts:
        pairs.update(some_pairs)
        chars.update(some_chars)
    chars[""] = sum(chars.values())
    return WordModel(words, sum(words.values()), pairs, chars)


def _read_frequencies() -> dict[str, int]:
    """Words of up to `_MAX_WORD` characters; the file is read, jieba itself stays unimported."""
    spec = find_spec("jieba")
    path = Path(spec.origin).with_name("dict.txt") if spec and spec.origin else None
    if path is None or not path.exists():
        raise DiscourseError("jieba's dictionary is missing: reinstall discourse-zh with its dependencies.")
    fields = path.read_text(encoding="utf-8").split()  # word, count, tag; word, count, tag ...
    return {word: int(n) for word, n in zip(fields[::3], fields[1::3], strict=True) if len(word) <= _MAX_WORD}
