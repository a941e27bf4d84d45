"""Find, decode and hash raw texts: a folder or file in, the table `sources` out; nothing is altered."""

from __future__ import annotations

import codecs
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from discourse.contracts import check
from discourse.errors import SourceError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# One byte in a thousand: a broken download keeps its text, a file in another encoding is refused.
_LOST_SHARE = 0.001
# Chinese prose of either script holds at least 5 % of these; Big5 or Latin read as GB18030 nearly none.
_COMMON = frozenset("的一是在和了不有人这這为為以大中国國，。、：；")
_COMMON_SHARE = 0.02


def read_sources(path: str | Path) -> pd.DataFrame:
    """Raw texts of one file, or of all files of a folder and its subfolders.

    Taken are .txt and .md; left aside are hidden files and folders and files called README. A source's id
    is its path below the folder without the suffix; the suffix stays where two files would share an id.
    Encodings: UTF-8 with or without BOM, UTF-16 or UTF-32 with BOM, GB18030 (so GBK and GB2312). A UTF-8 file
    with at most one broken byte in a thousand is read, each loss shown as U+FFFD and counted in `encoding`.

    Returns
    -------
    pandas.DataFrame
        `sources`: source_id, path (POSIX, relative), sha256 of the bytes, encoding, n_chars, text; by path.

    Raises
    ------
    SourceError
        No such path, no text in the folder, an empty file, or bytes in no known encoding.

    """
    root = Path(path)
    files = _find_files(root)
    base = root if root.is_dir() else root.parent
    names = {file: file.relative_to(base).as_posix() for file in files}
    rows = [_read_source(file, names[file], source_id) for file, source_id in _source_ids(names).items()]
    return check(pd.DataFrame(rows).sort_values("path", ignore_index=True), "sources")


def _find_files(root: Path) -> list[Path]:
    if not root.exists():
        raise SourceError(
            f"{root}: no such file or folder; give the path of a text file or of a folder of texts."
        )
    if root.is_file():
        if root.suffix.lower() not in _READERS:
            raise SourceError(
                f"{root}: only {_suffixes()} files are read, found {root.suffix or 'no suffix'}."
            )
        return [root]
    files = sorted(
        file for file in root.rglob("*") if file.is_file() and _is_text_file(file.relative_to(root))
    )
    if not files:
        raise SourceError(
            f"{root}: the folder holds no {_suffixes()} files; put the texts there, one file a text."
        )
    return files


def _suffixes() -> str:
    return " or ".join(_READERS)


def _is_text_file(relative: Path) -> bool:
    hidden = any(part.startswith(".") for part in relative.parts)
    return (
        not hidden and relative.suffix.lower() in _READERS and not relative.stem.upper().startswith("README")
    )


def _source_ids(names: Mapping[Path, str]) -> dict[Path, str]:
    """Name without suffix, or with it where two files would collide."""
    stems = {file: name[: -len(file.suffix)] for file, name in names.items()}
    n_claims = Counter([*stems.values(), *names.values()])
    return {file: stem if n_claims[stem] == 1 else names[file] for file, stem in stems.items()}


def _read_source(file: Path, name: str, source_id: str) -> dict[str, object]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{name}: cannot be read ({error.strerror}); check that the file may be opened."
        ) from error
    text, encoding = _READERS[file.suffix.lower()](data, name)
    if not text.strip("\ufeff\u200b \t\r\n\u3000\xa0\f\v"):
        raise SourceError(f"{name}: the file is empty; remove it or put its text back.")
    digest = hashlib.sha256(data).hexdigest()
    return dict(
        source_id=source_id, path=name, sha256=digest, encoding=encoding, n_chars=len(text), text=text
    )


def decode_text(data: bytes, name: str) -> tuple[str, str]:
    """Text and encoding of the bytes of a file called `name`; SourceError where no encoding fits."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decode_with_bom(data, encoding, name)
    if b"\0" in data:
        raise SourceError(f"{name}: holds zero bytes, so it is no text file; save it as plain text in UTF-8.")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decode_damaged(data, name)


def _decode_with_bom(data: bytes, encoding: str, name: str) -> tuple[str, str]:
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        rule = f"{name}: begins as {encoding} but breaks at byte {error.start}"
        raise SourceError(f"{rule}; save it again as plain text in UTF-8.") from error


def _decode_damaged(data: bytes, name: str) -> tuple[str, str]:
    """Try UTF-8 that lost a byte or two before GB18030, which would read it as other characters."""
    text = data.decode("utf-8", errors="replace")
    n_lost = text.count("\ufffd")
    if n_lost <= max(1, _LOST_SHARE * len(data)) and any("\u4e00" <= char <= "\u9fff" for char in text):
        return text, f"utf-8, {n_lost} broken"
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{name}: is neither UTF-8 nor GB18030 (breaks at byte {error.start}); save it again as UTF-8."
        ) from error
    if not _reads_like_chinese(text):
        raise SourceError(
            f"{name}: reads as Chinese neither in UTF-8 nor in GB18030; save it again as UTF-8."
        )
    return text, "gb18030"


def _reads_like_chinese(text: str) -> bool:
    wide = [char for char in text if not char.isascii()]
    return sum(char in _COMMON for char in wide) >= _COMMON_SHARE * len(wide)


# A further format is one more line: suffix -> function from bytes and name to text and encoding.
_READERS: Mapping[str, Callable[[bytes, str], tuple[str, str]]] = {".txt": decode_text, ".md": decode_text}
