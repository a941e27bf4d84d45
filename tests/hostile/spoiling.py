# ruff: noqa: E501
"""Ways to spoil a run folder: each takes the folder, and a file of the user's outside it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

Spoil = Callable[[Path, Path], object]


def change_manifest(run: Path, change: Callable[[dict], object]) -> None:
    """Change the manifest as a stranger would: any entry, and no hash that gives it away."""
    path = run / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def write_npz(path: Path, arrays: dict[str, bytes]) -> None:
    """An .npz file of the bytes given."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in arrays.items():
            archive.writestr(f"{name}.npy", data)


def npy(array: np.ndarray) -> bytes:
    """The bytes of an array file, objects pickled."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def in_bytes(name: str, data: bytes) -> Spoil:
    """A file of other bytes."""
    return lambda run, outside: (run / name).write_bytes(data)
