"""A lexicon comes in, a private tokenizer goes out: text -> tokens with their exact places."""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Literal, get_args

import pandas as pd

from discourse.contracts import check
from discourse.errors import DataError, SettingError, suggest
from discourse.segment.cutting import CutTexts, TermFinder, cut_texts
from discourse.segment.lexicon import SHIELD_THEME

Engine = Literal["rjieba", "jieba"]
CutRun = Callable[[str], list[str]]

# Engines see runs of Han characters only (jieba's own range): there the two agree on every token, while they
# differ on strings such as PM_2.5. Letters and digits are cut here, everything else character by character.
_RUN = re.compile(
    r"(?P<han>[\u4E00-\u9FD5]+)"
    r"|[A-Za-z0-9]+(?:[._+&/-][A-Za-z0-9]+)*%?"
    r"|\s+|(?:(?![\u4E00-\u9FD5A-Za-z0-9_])\w)+|.",
    re.DOTALL,
)


def build_tokenizer(
    lexicon: pd.DataFrame | None, *, engine: Engine = "rjieba", hmm: bool = True
) -> Tokenizer:
    """Build a tokenizer that keeps the terms of a lexicon whole.

    Parameters
    ----------
    lexicon
        `lexicon` as `read_lexicon` gives it; None for none.
    engine
        ``"rjieba"`` or ``"jieba"``: the same dictionary, the same tokens; rjieba is seven times as fast and
        ready in a fraction of a second.
    hmm
        Let the engine guess words that its dictionary lacks (names, new terms).

    Raises
    ------
    SettingError
        If there is no such engine.
    """
    if engine not in get_args(Engine):
        near = suggest(engine, get_args(Engine))
        raise SettingError(f"engine={engine!r} is not known. {near}Engines: {', '.join(get_args(Engine))}.")
    load = partial(_load_rjieba if engine == "rjieba" else _load_jieba, hmm)
    if lexicon is None:
        return Tokenizer(load)
    check(lexicon, "lexicon")
    is_shield = lexicon["theme"] == SHIELD_THEME
    return Tokenizer(load, terms=lexicon.loc[~is_shield, "term"], shields=lexicon.loc[is_shield, "term"])


class Tokenizer:
    """Cuts text into tokens; shares no state with any other tokenizer of the process.

    Terms of the lexicon are cut out first, leftmost and longest, because neither engine can keep terms
    that hold “ ” 、 · or +; what stands between them goes to the engine. A shield wins over the terms
    inside it and is then left to the engine like any text. A copy sent to another process loads its own engine.

    Attributes
    ----------
    terms : frozenset of str
        Terms that are kept whole.
    shields : frozenset of str
        Strings inside which no term is looked for.
    """

    def __init__(self, load: partial[CutRun], terms: Iterable[str] = (), shields: Iterable[str] = ()) -> None:
        self.terms, self.shields = frozenset(terms), frozenset(shields)
        self._load, self._cut_run = load, load()
        self._protected = _compile_terms(self.terms | self.shields)
        self._finder = TermFinder(self.terms, self.shields)

    def __reduce__(self) -> tuple[Any, ...]:
        return Tokenizer, (self._load, sorted(self.terms), sorted(self.shields))

    def identity(self) -> tuple[Any, ...]:
        """What the tokens depend on besides the versions of the engines, as plain values."""
        return self._load.func.__name__, *self._load.args, sorted(self.terms), sorted(self.shields)

    def cut(self, text: str) -> list[tuple[str, int]]:
        """Tokens of `text` and where each starts; they follow one another without gap, blanks included."""
        tokens: list[tuple[str, int]] = []
        done = 0
        for match in self._protected.finditer(text):
            if match.group() in self.terms:
                tokens += self._cut_gap(text, done, match.start())
                tokens.append((match.group(), match.start()))
                done = match.end()
        return tokens + self._cut_gap(text, done, len(text))

    def cut_all(self, texts: Sequence[str]) -> CutTexts:
        """Words of many texts, the same that `cut` gives of each, many times as fast."""
        return cut_texts(texts, self._finder, self._cut_run)

    def _cut_gap(self, text: str, start: int, end: int) -> list[tuple[str, int]]:
        tokens = []
        for run in _RUN.finditer(text, start, end):
            place = run.start()
            for word in self._cut_run(run.group()) if run["han"] else [run.group()]:
                tokens.append((word, place))
                place += len(word)
        return tokens


def _compile_terms(terms: Iterable[str]) -> re.Pattern[str]:
    """Pattern of the longest term that starts at a character; terms are tried by first character only."""
    by_first: dict[str, list[str]] = defaultdict(list)
    for term in sorted(terms, key=lambda term: (-len(term), term)):
        by_first[term[0]].append(_escape_term(term))
    branches = (f"(?={re.escape(first)})(?:{'|'.join(by_first[first])})" for first in sorted(by_first))
    return re.compile("|".join(branches) or r"(?!)")


def _escape_term(term: str) -> str:
    """Pattern of a term; one with a Latin end is not cut out of a longer Latin word, as AI from MAIN."""
    before = r"(?<![A-Za-z0-9])" if re.match(r"[A-Za-z0-9]", term) else ""
    after = r"(?![A-Za-z0-9])" if re.search(r"[A-Za-z0-9]\Z", term) else ""
    return before + re.escape(term) + after


def _load_rjieba(hmm: bool) -> CutRun:
    import rjieba

    own = rjieba.Jieba()  # not the module's own: whoever calls rjieba.add_word would change our tokens
    return lambda run: own.cut(run, hmm)


def _load_jieba(hmm: bool) -> CutRun:
    """Load a jieba tokenizer of our own, its dictionary read afresh.

    Its `initialize` would read and write ``jieba.cache`` in the shared temporary folder, which anybody may
    have altered, and log to stderr; filling the two fields does neither.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes and pkg_resources, while jieba itself is imported
        import jieba
        from jieba import finalseg

    own = jieba.Tokenizer()
    own.FREQ, own.total = own.gen_pfdict(own.get_dict_file())
    own.initialized = True

    def cut_run(run: str) -> list[str]:
        if finalseg.Force_Split_Words:
            raise DataError(
                "jieba.del_word was called in this process and changes the tokens of every jieba tokenizer: "
                "start a fresh process or use engine='rjieba'"
            )
        return list(own.cut(run, HMM=hmm))

    return cut_run
