"""A raw file that has changed comes in, with what the run stores of it; the first byte that differs goes out.

The run stores texts, not bytes. Of a plain text file the bytes follow from the text and its encoding, and the
recorded hash tells whether they do; of other formats the text is compared.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from discourse.runs.changes import first_difference, show_change

_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def name_byte(path: Path, before: pd.DataFrame | None, now: pd.DataFrame, digest: str) -> str:
    """Where a raw file differs from what the run was made from.

    before, now: its rows of `sources` in the run and as it is read now; digest: sha256 that it had.
    """
    if before is None or not len(before):
        return "the run's sources do not hold it"
    data = path.read_bytes()
    if len(before) == 1:
        known = _bytes_of(str(before["text"].iloc[0]), before["encoding"].iloc[0], digest)
        if known is not None:
            place = first_difference(data, known)
            return f"byte {place} is {_show(data, place)} instead of {_show(known, place)}"
    return _in_texts(before, now)


def name_text(sources: pd.DataFrame) -> str:
    """First stored text that cannot have come from the file whose hash stands beside it.

    Only plain text files can tell; where most of them do not give their hash, none is named.
    """
    alone = sources[
        ~sources["path"].duplicated(keep=False) & sources["member"].isna() & sources["sha256"].notna()
    ]
    rows = zip(*(alone[name].tolist() for name in ("source_id", "text", "encoding", "sha256")), strict=True)
    wrong = [name for name, text, encoding, digest in rows if _bytes_of(text, encoding, digest) is None]
    if not wrong or 2 * len(wrong) > len(alone):
        return "which text cannot be told"
    return f"row source_id={wrong[0]!r}: its text is not that of the file whose sha256 stands beside it"


def _bytes_of(text: str, encoding: object, digest: str) -> bytes | None:
    """Bytes of a text file, if they have the digest."""
    for data in _encoded(text, encoding):
        if hashlib.sha256(data).hexdigest() == digest:
            return data
    return None


def _encoded(text: str, encoding: object) -> Iterator[bytes]:
    try:
        codec = codecs.lookup(str(encoding)).name
        yield text.encode(codec)
        if codec in ("utf-16", "utf-32"):  # a byte order mark told the order
            for order, mark in zip(
                ("le", "be"), _MARKS[:2] if codec == "utf-16" else _MARKS[2:], strict=True
            ):
                yield mark + text.encode(f"{codec}-{order}")
    except (LookupError, UnicodeError):
        return


def _in_texts(before: pd.DataFrame, now: pd.DataFrame) -> str:
    texts, found = (table.set_index("source_id") for table in (before, now))
    for source_id in texts.index:
        if source_id not in found.index:
            return f"text {source_id!r} is gone"
        value, other = found.loc[source_id], texts.loc[source_id]
        if value["text"] != other["text"]:
            if pd.notna(value["error"]):
                return f"text {source_id!r} {value['error']}"
            return f"text {source_id!r}: {show_change(value['text'], other['text'])}"
    new = [source_id for source_id in found.index if source_id not in texts.index]
    return f"text {new[0]!r} is new" if new else "its bytes, not the text that is read from them"


def _show(data: bytes, place: int) -> str:
    return f"0x{data[place]:02x}" if place < len(data) else "the end"
