"""The bytes of a zip or tar archive come in, its files go out one by one; nothing is ever written to disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, cast

from discourse.corpus.encodings import decode_text
from discourse.errors import SourceError

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
# Texts deflate 2 to 10 times and XML of an office file up to 50 times; a bomb a thousand times.
_MAX_RATIO, _RATIO_FREE_BYTES = 200, 10_000_000
_MAX_MEMBERS = 200_000
_UTF8_NAME, _ENCRYPTED = 0x800, 0x1
# What the standard library raises on archives that are not what they say.
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    KeyError,
    ValueError,
    RuntimeError,
)


@dataclass
class Budget:
    """How many bytes may still be unpacked, and how deep archives may lie in archives."""

    n_bytes: int
    depth: int = 3
    spent: int = field(default=0)

    def spend(self, n_bytes: int) -> None:
        """Count bytes as unpacked. Raises SourceError once there are too many."""
        self.spent += n_bytes
        if self.spent > self.n_bytes:
            raise SourceError(
                f"unpacks to more than {self.n_bytes / 1e6:,.0f} MB; unpack it yourself and look at it"
            )


@dataclass(frozen=True)
class Member:
    """One file of an archive: its path inside, and its bytes or the reason why they are not read."""

    path: str
    data: bytes = b""
    error: str = ""


def read_archive(data: bytes, budget: Budget, wanted: Callable[[str], bool]) -> Iterator[Member]:
    """Files of an archive whose path is `wanted`, in the order of their paths.

    A path that climbs out, a link, an encrypted file and a file that unpacks out of all proportion come
    without bytes and with the reason.

    Raises
    ------
    SourceError
        The archive is damaged or its files unpack to more than the budget.

    """
    try:
        if zipfile.is_zipfile(io.BytesIO(data)):
            yield from _read_zip(data, budget, wanted)
        else:
            yield from _read_tar(data, budget, wanted)
    except _DAMAGE as error:
        raise SourceError(f"is a damaged archive ({_reason(error)}); pack or download it again") from error


def guard_zip(data: bytes, max_bytes: int) -> zipfile.ZipFile:
    """An office file as the zip archive that it is, its declared sizes checked before anything is unpacked.

    Raises SourceError where it is no zip archive or would unpack out of proportion.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGE as error:
        raise SourceError(f"is damaged ({_reason(error)}); save or download it again") from error
    infos = archive.infolist()
    if sum(info.file_size for info in infos) > max_bytes or any(_is_bomb(info) for info in infos):
        raise SourceError("unpacks out of all proportion to its size (a zip bomb?); save its text as .txt")
    return archive


def read_part(archive: zipfile.ZipFile, name: str, max_bytes: int) -> bytes:
    """One file of a zip archive, read no further than `max_bytes`. Raises SourceError where it lies about its size."""
    try:
        with archive.open(name) as file:
            data = file.read(max_bytes + 1)
    except _DAMAGE as error:
        raise SourceError(f"is damaged ({_reason(error)}); save or download it again") from error
    if len(data) > max_bytes:
        raise SourceError(f"unpacks to more than {max_bytes / 1e6:,.0f} MB; save its text as .txt")
    return data


def _read_zip(data: bytes, budget: Budget, wanted: Callable[[str], bool]) -> Iterator[Member]:
    archive = zipfile.ZipFile(io.BytesIO(data))
    files = (info for info in archive.infolist() if info.filename and not info.is_dir())  # some have no name
    named = [(_zip_name(info), info) for info in files]
    _check_count(len(named))
    for name, info in sorted(named, key=lambda pair: pair[0]):
        if not wanted(name):
            continue
        if reason := _refusal(name) or _zip_refusal(info):
            yield Member(name, error=reason)
            continue
        budget.spend(info.file_size)
        try:
            yield Member(name, read_part(archive, info.filename, info.file_size))
        except SourceError as error:
            yield Member(name, error=str(error))


def _read_tar(data: bytes, budget: Budget, wanted: Callable[[str], bool]) -> Iterator[Member]:
    """Read a tar archive as a stream, so that a compressed bomb is met before it has gone off."""
    members: list[Member] = []
    with tarfile.open(fileobj=cast(IO[bytes], _Limited(_unpacked(data), budget)), mode="r|") as archive:
        for info in archive:
            _check_count(len(members))
            if info.isdir() or not wanted(info.name):
                continue
            link = "" if info.isreg() else "is a link or a device, not a file; it is never followed"
            reason = _refusal(info.name) or link
            file = None if reason else archive.extractfile(info)
            members.append(
                Member(info.name, error=reason) if file is None else Member(info.name, file.read())
            )
    yield from sorted(members, key=lambda member: member.path)


def _unpacked(data: bytes) -> io.BufferedIOBase:
    stream = io.BytesIO(data)
    if data.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=stream)
    if data.startswith(b"BZh"):
        return bz2.BZ2File(stream)
    return lzma.LZMAFile(stream) if data.startswith(b"\xfd7zXZ") else stream


class _Limited:
    """A stream that spends the budget as it is read."""

    def __init__(self, stream: io.BufferedIOBase, budget: Budget) -> None:
        self.stream, self.budget = stream, budget

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self.budget.spend(len(data))
        return data


def _refusal(name: str) -> str:
    """Why a path is not taken, or nothing."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in (path.parts or ("",))[0]:
        return "has a path that climbs out of the archive; it is not read"
    return ""


def _zip_refusal(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted; unpack it with its password first"
    return (
        "unpacks out of all proportion to its size (a zip bomb?); unpack it yourself"
        if _is_bomb(info)
        else ""
    )


def _is_bomb(info: zipfile.ZipInfo) -> bool:
    return info.file_size > _RATIO_FREE_BYTES and info.file_size > _MAX_RATIO * max(1, info.compress_size)


def _check_count(n_members: int) -> None:
    if n_members > _MAX_MEMBERS:
        raise SourceError(f"holds more than {_MAX_MEMBERS:,} files; unpack it and take the texts")


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Name of a file; Chinese Windows writes GBK where the standard means code page 437."""
    if info.flag_bits & _UTF8_NAME or info.filename.isascii():
        return info.filename
    try:
        return decode_text(info.filename.encode("cp437")).text
    except (UnicodeEncodeError, SourceError):
        return info.filename


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0][:80] if str(error) else type(error).__name__
