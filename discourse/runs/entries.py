"""The manifest of a run from anybody comes in; it is refused, in one line, where an entry is not one that we write.

No name in it may lead out of the folder that it is of, on any system: see SECURITY.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from discourse.errors import RunError

_LONGEST_PATH = 4_000
_HEX = re.compile(r"[0-9a-f]{8,64}\Z")
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])[ .]*(\..*)?\Z")
_SECTION = re.compile(r"[a-z_]+(\.[a-z_]+)?\Z")
_MOST_NESTED = 3  # boxes in a setting: a list of lists of words


def check_manifest(manifest: Any, path: Path) -> dict[str, Any]:
    """The manifest, if every entry is of the kind that we write and no name in it leads elsewhere.

    `paths` say where the raw files of the run's owner are, so they may lead out of the folder.
    Raises RunError, in one line.
    """
    if not isinstance(manifest, dict) or "stages" not in manifest:
        raise RunError(f"{path}: is not the manifest of a run; run the study again")
    for key, (is_right, rule) in _ENTRIES.items():
        if key in manifest and not is_right(manifest[key]):
            raise RunError(
                f"{path}: {key!r} must be {rule}, found {_short(manifest[key])}; run the study again"
            )
    missing = [key for key in _NEEDED if key not in manifest]
    if missing:
        raise RunError(
            f"{path}: is not the whole manifest of a run, it lacks {missing[0]!r}; run the study again"
        )
    return manifest


def is_inside(name: Any) -> bool:
    """Whether a name is one of a file below some folder, on every system: no root, drive, ``..`` or device."""
    if not isinstance(name, str) or not _is_path(name):
        return False
    windows = PureWindowsPath(name)
    parts = [*PurePosixPath(name).parts, *windows.parts]
    climbs = ".." in parts or PurePosixPath(name).is_absolute() or windows.drive or windows.root
    return bool(parts) and not climbs


def is_of_run(name: Any) -> bool:
    """Whether a name is one of a file that a run writes: inside its folder, no device of Windows, which would wait."""
    return is_inside(name) and not any(_DEVICES.match(part) for part in PureWindowsPath(name).parts)


def is_portable(name: str) -> bool:
    """Whether every system can have a file or folder of this name: no device, no sign that is not allowed."""
    signs = any(sign in '/\\:*?"<>|' or not sign.isprintable() for sign in name)
    return not (
        signs
        or not name.strip()
        or name in (".", "..")
        or name[-1] in ". "
        or len(name.encode("utf-8", "replace")) > 120
        or _DEVICES.match(name)
    )


def is_remote(name: str) -> bool:
    """Whether a path leads to another machine (``//server/share``): nobody is asked for a password by a manifest."""
    return name.replace("\\", "/").startswith("//")


def _is_path(name: Any) -> bool:
    return (
        isinstance(name, str)
        and 0 < len(name) <= _LONGEST_PATH
        and all(ord(sign) >= 32 and not "\ud800" <= sign <= "\udfff" for sign in name)
        and all(len(part.encode("utf-8")) <= 255 for part in name.split("/"))
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 10_000


def _is_words_of_words(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_text(name) and _is_text(item) for name, item in value.items())


def _is_hashes(value: Any, is_name: Any = is_inside) -> bool:
    return isinstance(value, dict) and all(
        is_name(name) and isinstance(digest, str) and _HEX.match(digest) for name, digest in value.items()
    )


def _is_settings(value: Any) -> bool:
    return isinstance(value, dict) and all(
        _SECTION.match(section) and isinstance(own, dict) and all(_is_value(item) for item in own.values())
        for section, own in value.items()
    )


def _is_value(value: Any, depth: int = _MOST_NESTED) -> bool:
    if isinstance(value, list):
        return depth > 0 and all(_is_value(item, depth - 1) for item in value)
    if isinstance(value, dict):
        return depth > 0 and all(_is_value(item, depth - 1) for item in value.values())
    return value is None or isinstance(value, bool | int | float) or _is_text(value)


def _is_stages(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(record, dict)
        and isinstance(record.get("seconds"), int | float)
        and _is_hashes(record.get("outputs"), is_of_run)
        and _is_hashes(record.get("asked", {}), is_of_run)
        and isinstance(record.get("notes"), list)
        and all(isinstance(note, str) for note in record["notes"])
        for record in value.values()
    )


def _is_paths(value: Any) -> bool:
    return isinstance(value, dict) and {"data", "folder"} <= set(value) and all(map(_is_path, value.values()))


_NEEDED = ("id", "name", "title", "by", "regions", "settings", "paths", "stages")


_ENTRIES: Mapping[str, tuple[Any, str]] = {
    "id": (lambda value: isinstance(value, str) and _HEX.match(value), "a hash"),
    "name": (lambda value: isinstance(value, str) and is_portable(value), "a name that a folder can have"),
    "title": (_is_text, "text"),
    "by": (
        lambda value: isinstance(value, list) and value and all(_is_text(name) for name in value),
        "a list of columns",
    ),
    "regions": (_is_words_of_words, "names of regions"),
    "settings": (_is_settings, "settings by section"),
    "paths": (_is_paths, "paths of files"),
    "stages": (_is_stages, "stages with the hashes of files inside the run folder"),
    "inputs": (_is_hashes, "hashes of files inside the data folder"),
    "lists": (lambda value: _is_hashes(value, is_of_run), "hashes of word lists"),
    "copies": (lambda value: _is_hashes(value, is_of_run), "hashes of files inside the run folder"),
    "versions": (_is_words_of_words, "versions of packages"),
    "metadata_sha256": (lambda value: isinstance(value, str) and _HEX.match(value), "a hash"),
    "codebook_sha256": (lambda value: isinstance(value, str) and _HEX.match(value), "a hash"),
}


def _short(value: Any) -> str:
    return ascii(value)[:80]
