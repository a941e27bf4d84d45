"""Documents -> passages, the units of modelling, each with its place in the document's text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from itertools import pairwise
from typing import Literal

import pandas as pd

from discourse.contracts import check
from discourse.errors import DataError, SettingError

_Span = tuple[int, int]
_CLOSING = "”’」』）)》\"'"
_SENTENCE_END = re.compile(rf"[。！？!?…]+[{re.escape(_CLOSING)}]*")
_UNITS = ("paragraph", "sentence", "window", "document")


def split_passages(
    documents: pd.DataFrame,
    *,
    unit: Literal["paragraph", "sentence", "window", "document"] = "paragraph",
    min_chars: int = 40,
    max_chars: int = 0,
    window_chars: int = 200,
) -> pd.DataFrame:
    """Passages of the documents, in order.

    unit: ``paragraph``; ``sentence``, up to its 。！？ or the end of its paragraph; ``window``, about `window_chars`
    characters of running text over the borders of paragraphs, cut after sentences; ``document``, the whole text.
    min_chars: a shorter unit (a heading, a salutation, 下面,我讲4点意见。) is too short to be modelled and joins
    the one that follows, sentences until they are long enough together; the last one of a document joins the one
    before it; 0 joins nothing. max_chars: a longer
    passage is halved at a sentence end, and again, until none is longer; 0 cuts nothing. All count characters
    of the text.

    Returns
    -------
    pandas.DataFrame
        `passages`: passage_id (``doc_id#0001`` ...), doc_id, position (from 0), start, end (offsets in the
        document's text), text (exactly ``text[start:end]``), reuse_id. reuse_id is NA, but for a passage that
        repeats an earlier one word for word, blanks and marks left aside, it is that passage's id.

    Raises
    ------
    SettingError
        Unknown unit or impossible length.
    DataError
        There are no documents.

    """
    if unit not in _UNITS:
        raise SettingError(f"unit={unit!r} is not a unit of passages; choose one of: {', '.join(_UNITS)}.")
    if min_chars < 0 or max_chars < 0 or 0 < max_chars < min_chars:
        raise SettingError(
            f"min_chars={min_chars}, max_chars={max_chars}: lengths are 0 or more, the first the smaller."
        )
    if window_chars < 1:
        raise SettingError(f"window_chars={window_chars}: a window holds at least 1 character; 200 is usual.")
    if documents.empty:
        raise DataError("no documents to split into passages; read some sources first.")
    divide = partial(_divide, unit=unit, min_chars=min_chars, max_chars=max_chars, window_chars=window_chars)
    pairs = zip(documents["doc_id"], documents["text"], strict=True)
    passages = _mark_repeats(_tabulate([(doc_id, text, divide(text)) for doc_id, text in pairs]))
    if "is_segmented" in documents:  # words parted by a person stay as they are until the last stage
        ready = documents.loc[documents["is_segmented"], "doc_id"]
        passages = passages.assign(is_segmented=passages["doc_id"].isin(ready))
    return check(passages, "passages")


def _tabulate(places: Sequence[tuple[str, str, Sequence[_Span]]]) -> pd.DataFrame:
    """One row a span of (doc_id, text, spans)."""
    rows = [
        (f"{doc_id}#{position + 1:04d}", doc_id, position, start, end, text[start:end])
        for doc_id, text, spans in places
        for position, (start, end) in enumerate(spans)
    ]
    return pd.DataFrame(rows, columns=["passage_id", "doc_id", "position", "start", "end", "text"])


def _divide(text: str, *, unit: str, min_chars: int, max_chars: int, window_chars: int) -> list[_Span]:
    """Spans of the passages of one text."""
    if unit == "document":
        spans = [(0, len(text))]
    elif unit == "window":
        spans = _windows(_sentences(text), max(window_chars, min_chars))
    else:
        units = _sentences(text) if unit == "sentence" else _paragraphs(text)
        spans = _join_short(units, min_chars, gather=unit == "sentence")
    return [piece for span in spans for piece in _cut_long(text, *span, max_chars)]


def _paragraphs(text: str) -> list[_Span]:
    return [match.span() for match in re.finditer(r"[^\n]+", text)]


def _sentences(text: str) -> list[_Span]:
    """Sentences with the marks that end them, blanks between them left out."""
    spans = []
    for start, end in _paragraphs(text):
        cuts = [match.end() for match in _SENTENCE_END.finditer(text, start, end)]
        bounds = sorted({start, *cuts, end})
        spans += [_trim(text, a, b) for a, b in pairwise(bounds) if text[a:b].strip()]
    return spans


def _windows(sentences: Sequence[_Span], n_chars: int) -> list[_Span]:
    """Runs of sentences, each ended where its length comes nearest to `n_chars`; a short rest joins the last."""
    windows: list[_Span] = []
    for start, end in sentences:
        if windows and (end - windows[-1][0]) + (windows[-1][1] - windows[-1][0]) <= 2 * n_chars:
            windows[-1] = (windows[-1][0], end)
        else:
            windows.append((start, end))
    if len(windows) > 1 and 2 * (windows[-1][1] - windows[-1][0]) < n_chars:
        windows[-2:] = [(windows[-2][0], windows[-1][1])]
    return windows


def _join_short(spans: Sequence[_Span], min_chars: int, *, gather: bool) -> list[_Span]:
    """Short units join the next one; short ones at the end join the one before.

    gather: several short ones together may be long enough (sentences); headings and salutations never are.
    """
    joined: list[_Span] = []
    waiting: int | None = None
    for start, end in spans:
        first = start if waiting is None else waiting
        if end - (first if gather else start) < min_chars:
            waiting = first
            continue
        joined.append((first, end))
        waiting = None
    if waiting is not None:
        joined.append((joined.pop()[0] if joined else waiting, spans[-1][1]))
    return joined


def _cut_long(text: str, start: int, end: int, max_chars: int) -> list[_Span]:
    """Halve a span at the sentence end nearest to its middle until no piece is too long or none is left."""
    start, end = _trim(text, start, end)
    inner = [match.end() for match in _SENTENCE_END.finditer(text, start, end) if match.end() < end]
    if not max_chars or end - start <= max_chars or not inner:
        return [(start, end)]
    middle = min(inner, key=lambda place: abs(2 * place - start - end))
    return _cut_long(text, start, middle, max_chars) + _cut_long(text, middle, end, max_chars)


def _trim(text: str, start: int, end: int) -> _Span:
    piece = text[start:end]
    return end - len(piece.lstrip()), start + len(piece.rstrip())


def _mark_repeats(passages: pd.DataFrame) -> pd.DataFrame:
    """`reuse_id`: the first passage that says the same, for all later ones."""
    letters = _LettersOnly()
    keys = pd.Series(
        [letters.digest(text) for text in passages["text"]], index=passages.index, dtype="object"
    )
    first = passages.groupby(keys, sort=False)["passage_id"].transform("first")
    repeats = (first != passages["passage_id"]) & (keys != b"")
    return passages.assign(reuse_id=first.where(repeats).astype("str"))


class _LettersOnly(dict[int, str | None]):
    """Table for `str.translate` that keeps letters, characters and digits; each character is looked up once."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        self[code] = char if unicodedata.category(char)[0] in "LN" else None
        return self[code]

    def digest(self, text: str) -> bytes:
        """Short hash of the letters of `text`, widths folded; empty where it has none."""
        letters = unicodedata.normalize("NFKC", text).translate(self)
        return blake2b(letters.encode("utf-8", "surrogatepass"), digest_size=16).digest() if letters else b""
