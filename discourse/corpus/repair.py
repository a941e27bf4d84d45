"""Raw text -> readable text: wrong decoding, pinyin, lost bytes, traditional characters, masked 党; all logged.

The order matters: wrong decoding hides everything else; pinyin and lost bytes each can hide the other, and both hide
traditional characters; only a simplified text shows a masked 党. Every repair asks for evidence of its own in the
text, and leaves clean text as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache

from opencc import OpenCC

from discourse.corpus.aligned import AlignedText, Change
from discourse.corpus.characters import drop_invisible, read_entities, read_private, unify_characters
from discourse.corpus.lost_bytes import PINYIN_LETTERS, find_damage, repair_lost_bytes
from discourse.corpus.mojibake import find_lost, repair_mojibake
from discourse.corpus.wordlists import read_pairs, read_terms
from discourse.corpus.wordmodel import WordModel, build_word_model

_TONES = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
_PLAIN = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvvnnnm")
_PINYIN = re.compile(rf"(?<=[\u3400-\u9fff\uf900-\ufaff])[(（]\s*([{PINYIN_LETTERS}]{{1,6}})\s*[)）]")
_SYLLABLE = re.compile(
    "(?:[bpmfdtnlgkhjqxrzcsyw]|[zcs]h)?"
    "(?:i?ang?|iong|ong|eng?|ing?|i?ao|iu|ie|ia|uang?|uai|uan|ui|un|uo|ua|ue|ve|ai|ei|ou|er|en|in|an|[aeiouv])"
)
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")


class Repairer:
    """The repairs of one corpus: the converters and, once damage is found, the model that judges readings.

    The model is that of `texts`, built when it is needed, unless one is given.
    """

    def __init__(self, texts: Sequence[str] = (), *, model: WordModel | None = None) -> None:
        self._texts, self._given = texts, model
        self._simplify = OpenCC("tw2s").convert
        self._read = lru_cache(maxsize=1)(self._read_characters)  # the survey asks twice for each text
        self._only_traditional = changed_characters(OpenCC("t2s").convert)
        self._traditional = OpenCC("s2t").convert
        self._party_forms = read_terms("masked_party.txt")
        self._radicals = read_pairs("radicals.tsv")
        self._glyphs = read_pairs("private_use.tsv")

    def repair(self, raw: str) -> AlignedText:
        """Readable text of one source, page furniture still in it."""
        text = self._read(raw)
        if find_damage(text.text):
            text = self._repair_bytes(text)
        text = read_private(strip_pinyin(text), self._glyphs)
        if traditional_share(text.text, self._only_traditional) > 0.1:
            text = simplify(text, self._simplify)
        return unmask_party(text, self._party_forms)

    def is_damaged(self, raw: str) -> bool:
        """Whether the repair of a text asks the model."""
        return find_damage(self._read(raw).text)

    def simplified(self, raw: str) -> str:
        """What a text adds to the model: its characters, simplified."""
        text = strip_pinyin(AlignedText.of(raw)).text
        return self._simplify(text) if traditional_share(text, self._only_traditional) > 0.1 else text

    def _read_characters(self, raw: str) -> AlignedText:
        """Undo wrong decoding and what web pages and fonts do to single characters."""
        text = drop_invisible(read_entities(repair_mojibake(AlignedText.of(raw))))
        gone = [Change(start, end, text.text[start:end], 0.0) for start, end in find_lost(text.text)]
        return unify_characters(text.replace(gone, "mojibake_lost"), self._radicals)

    def _repair_bytes(self, text: AlignedText) -> AlignedText:
        is_traditional = traditional_share(text.text, self._only_traditional) > 0.1
        repaired, doubtful = repair_lost_bytes(
            text.text, self._model, self._simplify, traditional=self._traditional if is_traditional else None
        )
        marked = text.replace(doubtful, "lost_bytes_doubtful")
        return marked.replace(repaired, "lost_bytes")

    @cached_property
    def _model(self) -> WordModel:
        return self._given or build_word_model([self.simplified(raw) for raw in self._texts])


def strip_pinyin(text: AlignedText, *, min_brackets: int = 3) -> AlignedText:
    """Delete readings in brackets after a character, ``領(lǐng)導(dǎo)``, also with blanks inside.

    Only syllables of pinyin count; a text with fewer than `min_brackets` that bear a tone mark glosses a rare
    name or two and keeps them.
    """
    found = [
        match for match in _PINYIN.finditer(text.text) if _SYLLABLE.fullmatch(match[1].translate(_PLAIN))
    ]
    if sum(any(char in _TONES for char in match[1]) for match in found) < min_brackets:
        return text
    return text.delete([match.span() for match in found], "pinyin")


def changed_characters(convert: Callable[[str], str]) -> re.Pattern[str]:
    """Pattern of runs of Chinese characters that `convert` (traditional to simplified) changes, each by itself."""
    han = [char for char in map(chr, range(0x3400, 0xFB00)) if _HAN.match(char)]
    pairs = zip(han, convert("\n".join(han)).split("\n"), strict=True)
    return re.compile(f"[{''.join(before for before, after in pairs if before != after)}]+")


def traditional_share(text: str, traditional: re.Pattern[str]) -> float:
    """Share of the Chinese characters that only traditional writing has (`changed_characters`), 0-1."""
    n_han = sum(map(len, _HAN.findall(text)))
    return sum(map(len, traditional.findall(text))) / n_han if n_han else 0.0


def simplify(text: AlignedText, convert: Callable[[str], str]) -> AlignedText:
    """Traditional characters to simplified ones; one edit for each character that changed."""
    changes: list[Change] = []
    for match in re.finditer(r"[^\n]+", text.text):
        before, after = match[0], convert(match[0])
        changes += [
            Change(match.start() + a, match.start() + b, new) for a, b, new in _differences(before, after)
        ]
    return text.replace(changes, "traditional")


def _differences(before: str, after: str) -> Iterator[tuple[int, int, str]]:
    """Spans of `before` that differ; where the length changed, one span from first to last difference."""
    if len(before) == len(after):
        yield from ((i, i + 1, b) for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b)
        return
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    stop = 0
    while stop < min(len(before), len(after)) - start and before[-1 - stop] == after[-1 - stop]:
        stop += 1
    if (
        start == len(before) - stop
    ):  # a pure insertion: take a neighbour along, for an edit replaces something
        start, stop = (start - 1, stop) if start else (start, stop - 1)
    yield start, len(before) - stop, after[start : len(after) - stop]


def unmask_party(text: AlignedText, forms: list[str], *, min_forms: int = 3) -> AlignedText:
    """Read a Latin D as 党 where a document shows at least `min_forms` of the masked forms.

    forms: words with D at the masked place; those after ``!`` are Latin and stay. A D beside another Latin
    letter, a digit, ``&`` or ``-`` is never 党.
    """
    places = [place for place in _all_places(text.text, "D") if _stands_alone(text.text, place)]
    if len(places) < min_forms:
        return text
    latin = [form[1:] for form in forms if form.startswith("!")]
    masked = [form for form in forms if not form.startswith("!")]
    places = [
        place for place in places if _holds(text.text, place, masked) and not _holds(text.text, place, latin)
    ]
    if len(places) < min_forms:
        return text
    return text.replace([Change(place, place + 1, "党") for place in places], "masked_party")


def _all_places(text: str, char: str) -> list[int]:
    return [match.start() for match in re.finditer(char, text)]


def _holds(text: str, place: int, forms: list[str]) -> bool:
    """Whether the D at `place` is that of any of the forms."""
    return any(text.startswith(form, place - form.index("D")) for form in forms if form.index("D") <= place)


def _stands_alone(text: str, place: int) -> bool:
    neighbours = text[max(0, place - 1) : place] + text[place + 1 : place + 2]
    return not re.search(r"[A-Za-z0-9&\-._/@]", neighbours)
