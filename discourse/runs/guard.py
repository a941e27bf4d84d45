"""A run folder from anybody comes in; it is refused, in one line, where opening it could do harm.

Limits are of what a file of so many bytes may unpack to, and far above what our own files do: see SECURITY.md.
"""

from __future__ import annotations

import json
import os
import stat
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from discourse.errors import RunError
from discourse.runs.footer import Chunk, read_chunks

LARGEST_JSON = 32_000_000  # bytes; a manifest of 100,000 raw files has 16 million
_MOST_ENTRIES = 200_000  # files in a run folder
_DEEPEST = 30  # folders in folders
_MOST_PACKED = 2_000  # files in a workbook or in a file of arrays
_MOST_COLUMNS = 5_000
_FREE_ROWS, _MOST_ROWS = (
    100_000,
    2,
)  # of a table whatever its size; of a byte beyond (ours take three bytes a row)
_FREE_BYTES, _MOST_RATIO = 100_000_000, 200  # what arrays and texts may unpack to
_OUR_CODECS = {0, 1}  # as they are, and Snappy, which cannot swell more than some twenty times


def refuse_links(folder: Path) -> None:
    """Raise RunError unless all that lies in `folder` are plain files and folders of its own.

    Through a link a file of another folder would be read, sent on or written over; a pipe never ends.
    """
    n_entries, waiting = 0, [folder]
    while waiting:
        for entry in _entries(waiting.pop(), folder):
            n_entries += 1
            mode = entry.stat(follow_symlinks=False).st_mode
            if n_entries > _MOST_ENTRIES:
                raise RunError(
                    f"{folder}: holds more than {_MOST_ENTRIES:,} files, which no run has; look at it"
                )
            if stat.S_ISDIR(mode) and not _is_junction(entry):
                if len(Path(entry.path).parts) > len(folder.parts) + _DEEPEST:
                    raise RunError(f"{folder}: holds folders in folders, deeper than any run; look at it")
                waiting.append(Path(entry.path))
            elif not stat.S_ISREG(mode):
                name = os.path.relpath(entry.path, folder)
                raise RunError(
                    f"{folder}: {name!r} is a link or a device; a run folder holds plain files only; "
                    "put a copy of the file in its place, or delete it"
                )


def read_bounded_json(path: Path) -> Any:
    """JSON of a file that may come from anybody.

    Raises ValueError where it is too large, nested too deep, or no JSON; OSError where it cannot be read.
    """
    with open(path, "rb") as file:
        data = file.read(LARGEST_JSON + 1)
    if len(data) > LARGEST_JSON:
        raise ValueError(f"more than {LARGEST_JSON:,} bytes")
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None


def guard_table(path: Path) -> None:
    """Raise ValueError where a Parquet file would unpack out of proportion, or holds tables in cells."""
    n_bytes, chunks = path.stat().st_size, read_chunks(path)
    if odd_codecs := {chunk.codec for chunk in chunks} - _OUR_CODECS:
        raise ValueError(f"is packed in a way that we do not use ({min(odd_codecs)})")
    with pq.ParquetFile(path) as file:
        n_rows, n_columns, schema = file.metadata.num_rows, file.metadata.num_columns, file.schema_arrow
    n_rows = max(n_rows, _count_rows(chunks))
    if n_columns > _MOST_COLUMNS or n_rows > max(_FREE_ROWS, _MOST_ROWS * n_bytes):
        raise ValueError(f"{n_rows:,} rows and {n_columns:,} columns in {n_bytes:,} bytes")
    if odd := [field.name for field in schema if not _is_flat(field.type)]:
        raise ValueError(f"column {odd[0]!r} holds neither words nor numbers")
    limit = max(_FREE_BYTES, _MOST_RATIO * n_bytes)
    words = [field.name for field in schema if _is_words(field.type)]
    longest = max((chunk.n_bytes for chunk in chunks if chunk.name in words), default=0)
    if sum(chunk.n_bytes for chunk in chunks) > limit:
        raise ValueError(f"unpacks to more than {limit:,} bytes")
    if n_rows * longest > limit:  # no value is longer than its chunk, so all may be well
        _guard_words(path, words, limit)


def _count_rows(chunks: Iterable[Chunk]) -> int:
    """The most rows that a column has, by what its row groups say and by the values that it says it has."""
    counted: Counter[str] = Counter()
    for chunk in chunks:
        counted[chunk.name] += max(chunk.n_values, chunk.n_rows)
    return max(counted.values(), default=0)


def guard_zip(path: Path) -> None:
    """Raise ValueError where the files packed in one would unpack out of proportion, or are encrypted."""
    with zipfile.ZipFile(path) as archive:
        sizes = [info.file_size for info in archive.infolist()]
        if any(info.flag_bits & 1 for info in archive.infolist()):
            raise ValueError("is encrypted")
        if len(sizes) > _MOST_PACKED or len(set(archive.namelist())) < len(sizes):
            raise ValueError("holds more files than any of ours, or two of one name")
    if sum(sizes) > max(_FREE_BYTES, _MOST_RATIO * path.stat().st_size):
        raise ValueError("unpacks out of proportion")


def guard_arrays(path: Path) -> None:
    """Raise ValueError where an array of an .npz file claims more than the file holds, or holds objects."""
    guard_zip(path)
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            with archive.open(info) as file:
                version = np.lib.format.read_magic(file)
                read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
                    version, np.lib.format.read_array_header_2_0
                )
                shape, _, dtype = read(file)
                n_claimed = dtype.itemsize
                for length in shape:
                    n_claimed *= int(length)
                if dtype.kind not in "fiuU" or not 0 <= n_claimed <= info.file_size:
                    raise ValueError(f"{info.filename} is no plain array of its size")


def _entries(folder: Path, root: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError as error:
        raise RunError(f"{root}: cannot be opened ({error.strerror}); check its permissions") from error


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Windows' links to folders, which are no symbolic links."""
    attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    return bool(attributes & getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0x400))


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _is_flat(kind: pa.DataType) -> bool:
    of = kind.value_type if pa.types.is_dictionary(kind) else kind
    of_numbers = pa.types.is_integer(of) or pa.types.is_floating(of) or pa.types.is_boolean(of)
    return of_numbers or pa.types.is_null(of) or _is_words(of)


def _is_words(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _guard_words(path: Path, words: list[str], limit: int) -> None:
    """Add up what the words take when each stands in its row; read as dictionaries they stand there once."""
    n_bytes = 0
    with pq.ParquetFile(path, read_dictionary=words) as file:
        for number in range(file.num_row_groups):
            for column in file.read_row_group(number, columns=words).columns:
                n_bytes += sum(_spread_bytes(chunk) for chunk in column.chunks)
                if n_bytes > limit:
                    raise ValueError(f"its words take more than {limit:,} bytes")


def _spread_bytes(chunk: pa.Array) -> int:
    if not pa.types.is_dictionary(chunk.type):
        return int(chunk.nbytes)
    lengths = pc.binary_length(chunk.dictionary)
    return int(pc.sum(pc.take(lengths, chunk.indices)).as_py() or 0)
