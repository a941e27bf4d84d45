"""Find, read and hash raw texts: a folder, file or archive in, the table `sources` out; nothing is altered."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

import pandas as pd

from discourse.contracts import CONTRACTS, check
from discourse.corpus import archives, tables
from discourse.corpus.archives import Budget
from discourse.corpus.faults import list_faults, note_faults, shorten
from discourse.corpus.finding import find_files, relative_name
from discourse.corpus.formats import find_format, is_left_aside, read_content
from discourse.corpus.given import join_about
from discourse.corpus.naming import name_sources
from discourse.corpus.segmented import is_segmented
from discourse.errors import SourceError
from discourse.workers import open_workers

Progress = Callable[[int, int], None]
# Tables, archives, Word files and PDFs hold many texts, or pictures: they may be so many times larger than one text.
_MANY = 100
_FILES, _WORTH_A_WORKER = (
    50,
    2000,
)  # files that are read at a time; files that make another process worth its start
_BLANK = "\ufeff\u200b \t\r\n\u3000\xa0\f\v"


@dataclass(frozen=True)
class _Source:
    """One row of `sources` before it has its id."""

    path: str
    member: str | None = None
    row: int | None = None
    sha256: str | None = None
    encoding: str | None = None
    n_lost: int = 0
    is_segmented: bool = False
    given: str | None = None
    remarks: str | None = None
    error: str | None = None
    text: str = ""
    about: Sequence[tuple[str, Mapping[str, str]]] = ()


@dataclass(frozen=True)
class _Limits:
    """What the user set: longest text in bytes, and the column of tables that holds the text."""

    text_bytes: int
    text_column: str


def read_sources(
    path: str | Path,
    *,
    text_column: str = "",
    max_megabytes: int = 20,
    strict: bool = False,
    n_workers: int = 1,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Raw texts of one file, or of all files of a folder, its subfolders and its archives.

    Read are .txt, .md, .html, .mhtml, .docx, .pdf (text layer); tables whose rows are texts (.csv, .tsv, .xlsx,
    .xls, .json, .jsonl, .parquet); zip and tar archives of all these, nested up to three deep. A table about
    files (a column `file`, no text) is joined to them by their names; hidden files, README, settings, pictures
    and what belongs to a saved page are left aside. Any other file, and any that cannot be read, is listed with
    its reason in `error`, has no text, and stops nothing.

    Parameters
    ----------
    path
        A folder, a file or an archive.
    text_column
        Column of tables that holds the text; without it, one that is named as text (``text``, ``content``, 正文).
    max_megabytes
        Longest single text; a table, an archive, a Word file or a PDF may be and unpack to a hundred times that.
    strict
        One file that cannot be read is an error.
    n_workers
        Processes that read; the table is the same for any number.
    progress
        Called with the number of files read and of all files.

    Returns
    -------
    pandas.DataFrame
        `sources`, by path: source_id (the path without suffix; with it where two would share an id; rows of a
        table and files of an archive as if it were a folder), path (of the file on disk, POSIX, relative),
        member (path inside an archive), row (from 1), sha256 (of the file on disk), encoding (the codec that
        gave the text, or the format), n_chars, n_lost (places where bytes could not be decoded, shown as
        U+FFFD), is_segmented (words parted by blanks already), given (JSON: what a table's columns say of the
        text), remarks, error, text. Offsets of `edits` count the characters of `text`.

    Raises
    ------
    SourceError
        No such path, no text in the folder, no file that can be read; with `strict`, one that cannot.

    """
    root = Path(path)
    files, faults = find_files(root)
    base = root if root.is_dir() else root.parent
    limits = _Limits(max_megabytes * 1_000_000, text_column)
    sources = [_Source(relative_name(folder, base), error=reason) for folder, reason in faults]
    batches = [files[i : i + _FILES] for i in range(0, len(files), _FILES)]
    with open_workers(
        partial(_Reader, base, limits), min(n_workers, 1 + len(files) // _WORTH_A_WORKER)
    ) as read:
        n_read = 0
        for batch, found in zip(batches, read(batches), strict=True):
            sources += found
            n_read += len(batch)
            if progress is not None:
                progress(n_read, len(files))
    about = [(source.path, *row) for source in sources for row in source.about]
    sources = [source for source in sources if not source.about]
    if not sources:
        raise SourceError(f"{root}: the folder holds no texts, only tables about files; put the texts there.")
    sources.sort(key=lambda source: (source.path, source.member or "", source.row or 0))
    table, unmatched = join_about(_tabulate(sources), about)
    _require_texts(table, strict)
    for note in [*note_faults(table), *unmatched]:
        warnings.warn(note, stacklevel=2)
    return check(table, "sources")


class _Reader:
    """What a process does with some files."""

    def __init__(self, base: Path, limits: _Limits) -> None:
        self._base, self._limits = base, limits

    def __call__(self, files: Sequence[Path]) -> list[_Source]:
        return [
            source
            for file in files
            for source in _read_file(file, relative_name(file, self._base), self._limits)
        ]


def _read_file(file: Path, name: str, limits: _Limits) -> list[_Source]:
    """All texts of one file on disk."""
    digest = None
    try:
        many = find_format(name, b"") in ("table", "archive", "office")
        limit = limits.text_bytes * (_MANY if many else 1)
        with open(file, "rb") as stream:
            n_bytes = os.fstat(stream.fileno()).st_size
            data = stream.read(n_bytes) if n_bytes <= limit else b""  # though it grows meanwhile
            digest = _hash(data, stream, n_bytes - len(data))
        _check_size(n_bytes, limit)
        found = _read_bytes(data, name, limits, Budget(limits.text_bytes * _MANY))
        return [replace(source, path=name, sha256=digest) for source in found]
    except SourceError as error:
        return [_Source(name, sha256=digest, error=str(error))]
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error}); check that the file may be opened"
        return [_Source(name, sha256=digest, error=reason)]


def _hash(data: bytes, stream: IO[bytes], n_more: int) -> str:
    """sha256 of what was read of a file and of the bytes that it had beyond."""
    digest = hashlib.sha256(data)
    while n_more > 0 and (part := stream.read(min(n_more, 1 << 20))):
        digest.update(part)
        n_more -= len(part)
    return digest.hexdigest()


def _check_size(n_bytes: int, limit: int) -> None:
    if n_bytes > limit:
        raise SourceError(
            f"has {n_bytes / 1e6:,.0f} MB, more than {limit / 1e6:,.0f}; "
            "split it, or raise [corpus.sources] max_megabytes"
        )


def _read_bytes(data: bytes, name: str, limits: _Limits, budget: Budget) -> Iterator[_Source]:
    """Texts of the bytes of a file called `name`, whatever its format."""
    form = find_format(name, data)
    if form == "archive":
        yield from _read_archive(data, limits, budget)
    elif form == "table":
        yield from _read_table(data, PurePosixPath(name).suffix.lower(), limits, budget)
    else:
        content = read_content(data, name, budget.n_bytes)
        _check_size(len(content.text), limits.text_bytes)
        _refuse_empty(content.text)
        remarks = "; ".join(content.remarks) or None
        yield _Source(
            "",
            encoding=content.encoding,
            n_lost=content.n_lost,
            is_segmented=is_segmented(content.text),
            remarks=remarks,
            text=content.text,
        )


def _refuse_empty(text: str) -> None:
    if not text.strip(_BLANK):
        raise SourceError("the file is empty; remove it or put its text back")


def _read_table(data: bytes, suffix: str, limits: _Limits, budget: Budget) -> Iterator[_Source]:
    table = tables.read_table(data, suffix, budget, limits.text_column)
    if table.about and not table.rows:
        yield _Source("", about=table.about)
    alone = len(table.rows) == 1
    remarks = "; ".join(table.remarks) or None
    for row in table.rows:
        too_long = (
            f"has more than {limits.text_bytes:,} characters in this row"
            if len(row.text) > limits.text_bytes
            else ""
        )
        error = row.error or too_long or None
        given = json.dumps(dict(row.fields), ensure_ascii=False, sort_keys=True) if row.fields else None
        source = _Source(
            "",
            row=None if alone else row.number,
            encoding=table.encoding,
            n_lost=row.text.count("\ufffd") if table.n_lost else 0,
            is_segmented=row.is_segmented or is_segmented(row.text),
            given=given,
            remarks=remarks,
            text=row.text,
        )
        yield replace(source, error=error, text="", encoding=None) if error else source


def _read_archive(data: bytes, limits: _Limits, budget: Budget) -> Iterator[_Source]:
    inner = replace(budget, depth=budget.depth - 1)
    if inner.depth < 0:
        raise SourceError("is an archive in an archive in an archive in an archive; unpack it yourself")
    n_members = 0
    for member in archives.read_archive(data, inner, lambda name: not is_left_aside(name)):
        n_members += 1
        name = _printable(member.path)
        try:
            if member.error:
                raise SourceError(member.error)
            found = list(_read_bytes(member.data, name, limits, inner))
        except SourceError as error:
            found = [_Source("", error=str(error))]
        for source in found:
            yield replace(source, member=name if source.member is None else f"{name}/{source.member}")
    budget.spent = inner.spent
    if not n_members:
        raise SourceError("is an archive without texts; remove it")


def _printable(name: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in name.replace("\\", "/"))


def _require_texts(sources: pd.DataFrame, strict: bool) -> None:
    """Raise where no text is left, or where one is lacking and `strict` is meant."""
    faults = list_faults(sources)
    if faults and (strict or len(faults) == len(sources)):
        raise SourceError(shorten(faults))


def _tabulate(sources: Sequence[_Source]) -> pd.DataFrame:
    ids = name_sources(sources)
    rows = pd.DataFrame([vars(source) for source in sources]).assign(
        source_id=ids, n_chars=[len(source.text) for source in sources]
    )
    kinds = {name: "str" for name in ("member", "sha256", "encoding", "given", "remarks", "error")}
    columns = list(CONTRACTS["sources"].columns)
    return rows.astype({**kinds, "row": "Int64", "n_lost": "int64", "n_chars": "int64"})[columns]
