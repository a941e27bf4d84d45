"""The bytes of a raw file come in; where a stretch of the text that was read from it stands among them goes out."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import NamedTuple

from discourse.corpus.archives import Budget, read_archive
from discourse.corpus.formats import find_format
from discourse.errors import SourceError

_MARKS = {
    "utf-8-sig": ((codecs.BOM_UTF8, "utf-8"),),
    "utf-16": ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")),
    "utf-32": ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")),
}
_UNPACKED = 2_000_000_000  # bytes of an archive that was read once already


class ByteSpan(NamedTuple):
    """Bytes ``data[start:end]``; is_only: found as the only place of the file that reads so, not by counting."""

    start: int
    end: int
    is_only: bool


class _Piece(NamedTuple):
    """Bytes ``start:end`` and the text that they give; broken: no encoding explains them."""

    start: int
    end: int
    text: str
    broken: bool


def find_bytes(data: bytes, encoding: str, text: str, start: int, end: int) -> ByteSpan | None:
    """Bytes that ``text[start:end]`` was decoded from.

    Parameters
    ----------
    data
        A file as it lies on disk.
    encoding
        The codec that gave its text, as `sources` records it.
    text
        Its text, or a part of its text: a cell of a table, the words of a page.
    start, end
        Offsets in `text`.

    Returns
    -------
    ByteSpan or None
        None for formats that keep no text as bytes (Word, PDF, Excel), and where the stretch is written
        otherwise in the file, with signs of the format inside it, or stands there more than once.
    """
    try:
        pieces = list(_decode(data, encoding))
    except LookupError:  # docx, pdf, xlsx, parquet: no codec
        return None
    decoded = "".join(piece.text for piece in pieces)
    if decoded == text:
        return ByteSpan(_byte_of(pieces, data, encoding, start), _byte_of(pieces, data, encoding, end), False)
    offset = _only_place(decoded, text)
    first = _only_place(decoded, text[start:end]) if offset is None else offset + start
    if first is None:
        return None
    last = first + end - start
    return ByteSpan(_byte_of(pieces, data, encoding, first), _byte_of(pieces, data, encoding, last), True)


def read_member(data: bytes, name: str, member: str | None) -> bytes:
    """Bytes of a file called `name`, or of the file `member` inside it where it is an archive.

    Raises SourceError where the archive is damaged or does not hold the member.
    """
    if not member:
        return data
    for inner in read_archive(data, Budget(_UNPACKED), lambda path: True):
        shown = "".join(char if char.isprintable() else "\ufffd" for char in inner.path.replace("\\", "/"))
        if shown == member:
            return inner.data
        if member.startswith(f"{shown}/") and find_format(shown, inner.data) == "archive":
            return read_member(inner.data, shown, member[len(shown) + 1 :])
    raise SourceError(
        f"{name}: holds no {member!r} any more; put the archive back that the run was made from"
    )


def _only_place(text: str, words: str) -> int | None:
    first = text.find(words)
    return first if first >= 0 and text.find(words, first + 1) < 0 else None


def _decode(data: bytes, encoding: str) -> Iterator[_Piece]:
    """Decode as the reader did, runs of good bytes and the broken ones, each of which it shows as U+FFFD."""
    codec, position = _without_mark(data, encoding)
    decode = codecs.getdecoder(codec)
    while position < len(data):
        try:
            text, _ = decode(data[position:], "strict")
            yield _Piece(position, len(data), text, False)
            return
        except UnicodeDecodeError as error:
            start, end = position + error.start, position + error.end
            if error.start:
                yield _Piece(position, start, decode(data[position:start], "strict")[0], False)
            yield _Piece(start, end, "\ufffd", True)
            position = end


def _without_mark(data: bytes, encoding: str) -> tuple[str, int]:
    """The codec of the bytes behind a byte order mark, and the length of the mark."""
    for mark, codec in _MARKS.get(encoding, ()):
        if data.startswith(mark):
            return codec, len(mark)
    return encoding, 0


def _byte_of(pieces: list[_Piece], data: bytes, encoding: str, offset: int) -> int:
    """Where the character at `offset` of the decoded text begins."""
    codec, _ = _without_mark(data, encoding)
    for piece in pieces:
        if offset < len(piece.text):
            return piece.start if not offset else piece.start + _width(piece, data, codec, offset)
        offset -= len(piece.text)
    return pieces[-1].end if pieces else 0


def _width(piece: _Piece, data: bytes, codec: str, n_chars: int) -> int:
    """How many bytes the first characters of a piece take."""
    held = data[piece.start : piece.end]
    if codec != "big5hkscs" and piece.text.encode(codec, "replace") == held:
        return len(piece.text[:n_chars].encode(codec))
    # two codes for one character, or one code for two: count what each byte adds
    decoder = codecs.getincrementaldecoder(codec)("strict")
    done = 0
    for width in range(len(held)):
        if done >= n_chars:
            return width
        done += len(decoder.decode(held[width : width + 1]))
    return len(held)
