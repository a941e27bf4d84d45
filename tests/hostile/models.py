# ruff: noqa: E501
"""Topic models that a stranger has changed."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.hostile.spoiling import Spoil, in_bytes, npy, write_npz


def _arrays(**new: np.ndarray | bytes) -> Spoil:
    """The model with some of its arrays replaced."""

    def spoil(run: Path, outside: Path) -> None:
        with zipfile.ZipFile(run / "model.npz") as archive:
            held = {name.removesuffix(".npy"): archive.read(name) for name in archive.namelist()}
        for name, array in new.items():
            held[name] = array if isinstance(array, bytes) else npy(array)
        write_npz(run / "model.npz", held)

    return spoil


def _header(shape: str, dtype: str = "<f8") -> bytes:
    words = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(words).to_bytes(2, "little") + words.encode() + b"\0" * 64


class Bomb:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch pickle-was-run",)


def _climbing_zip(run: Path, outside: Path) -> None:
    with zipfile.ZipFile(run / "model.npz", "a") as archive:
        archive.writestr("../../home/secret.txt", b"overwritten")
        archive.writestr("/tmp/evil.npy", b"overwritten")


def _entries(change: Callable[[zipfile.ZipFile], object]) -> Spoil:
    """The model with the directory of its archive changed."""

    def spoil(run: Path, outside: Path) -> None:
        with zipfile.ZipFile(run / "model.npz", "a") as archive:
            change(archive)
            archive.comment = b"changed"  # so that the directory is written again

    return spoil


def _claim(size: int) -> Callable[[zipfile.ZipFile], object]:
    """All entries say that they unpack to so many bytes; beyond 4 GB in the fields of ZIP64."""

    def change(archive: zipfile.ZipFile) -> None:
        for info in archive.infolist():
            info.file_size = size

    return change


def _repeat(archive: zipfile.ZipFile) -> None:
    """Twenty thousand entries that all lead to the same bytes."""
    archive.filelist.extend([archive.filelist[0]] * 20_000)


def _elsewhere(archive: zipfile.ZipFile) -> None:
    for info in archive.infolist():
        info.header_offset = 2**33


MODELS: dict[str, Spoil] = {
    "a model of terabytes by ZIP64": _entries(_claim(2**42)),
    "a model whose entries say that they are empty": _entries(_claim(0)),
    "a model of entries that share their bytes": _entries(_repeat),
    "a model whose entries lie behind the end": _entries(_elsewhere),
    "a model turned round": _arrays(phi=np.asfortranarray(np.ones((2, 3))), theta=np.asfortranarray(np.ones((3, 2)))),
    "a model of structs": _arrays(theta=np.zeros(3, dtype=[("a", "<f8"), ("b", "O")][:1])),
    "a model of dates": _arrays(alpha=np.zeros(2, dtype="datetime64[s]")),
    "a model of arrays in an array": _arrays(theta=_header("(2,)", "(100000000,)<f8")),
    "a model of complex numbers": _arrays(phi=np.ones((2, 3), dtype=complex)),
    "a model whose header is endless": _arrays(theta=b"\x93NUMPY\x02\x00" + (2**31).to_bytes(4, "little") + b" " * 1000),
    "a model of unknown version": _arrays(theta=b"\x93NUMPY\x09\x00" + b" " * 200),
    "a model nested as no array is": _arrays(theta=_header("(" * 40 + ")" * 40)),
    "a model that is a pickle": _arrays(phi=np.array([Bomb()], dtype=object)),
    "a model file that is a pickle": in_bytes("model.npz", b"\x80\x04c__builtin__\neval\n(S'1'\ntR."),
    "a model of a billion rows": _arrays(theta=_header("(1000000000, 1000)")),
    "a model of negative size": _arrays(theta=_header("(-5, 10)")),
    "a model whose words are a terabyte": _arrays(vocabulary=_header("(1,)", "<U250000000000")),
    "a model of other shape": _arrays(phi=np.ones((1, 1))),
    "a model that is not a number": _arrays(phi=np.full((2, 3), np.nan)),
    "a model whose array is code": _arrays(alpha=_header("__import__('os').system('touch evil')")),
    "a model that swells": _arrays(theta=_header("(37500000,)") + bytes(300_000_000)),
    "facts of a model that are a list": in_bytes("model.json", b"[]"),
    "facts of a model nested too deep": in_bytes("model.json", b'{"eta":' + b"[" * 100_000),
    "a model with names that climb": _climbing_zip,
    "a model of endless shape": _arrays(theta=_header("(9223372036854775807, 9223372036854775807)")),
    "a model of a hundred dimensions": _arrays(theta=_header("(" + "1, " * 100 + ")")),
}  # fmt: skip
