"""Characters to draw come in; a font of this machine that has all of them goes out, or the package to install.

Reads the tables `name` and `cmap` of OpenType files (ISO/IEC 14496-22) and nothing else of them.
"""

from __future__ import annotations

import os
import re
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from discourse.errors import SettingError

FAMILIES = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC", "PingFang SC",
    "Microsoft YaHei", "Hiragino Sans GB", "Heiti SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Droid Sans Fallback", "SimHei", "DengXian", "Noto Serif CJK SC", "Songti SC", "SimSun",
)  # fmt: skip
_ENDINGS = {".ttf", ".otf", ".ttc", ".otc"}
_HINT = re.compile(
    r"cjk|han|sc\b|gb|hei|song|kai|ming|yahei|simsun|deng|pingfang|hiragino|wqy|droid|fallback|unifont", re.I
)
_TABLES = 12  # bytes before the directory of tables


@dataclass(frozen=True)
class Face:
    """One face of a font file: its family name and where it stands in the file."""

    path: Path
    family: str
    offset: int


def find_faces(
    characters: Iterable[str], *, font: Path | None = None, folders: Sequence[Path] | None = None
) -> list[Face]:
    """Faces that together have all `characters`, the one to prefer first; most often it is alone.

    font: a file to use before any other. folders: where to look; default the font folders of the system. The
    first face has every Chinese character, so that no sentence is set in two styles.

    Raises SettingError where a character is in no font, naming it and the package to install.
    """
    needed = {c for c in characters if not c.isspace() and c.isprintable()}
    named = list(read_faces(font)) if font is not None else []
    if font is not None and not named:
        raise SettingError(f"--font {font}: is no OpenType font (.ttf, .otf, .ttc); name such a file")
    chosen: list[Face] = []
    missing, nowhere = set(needed), set(needed)
    for face in _preferred(named, [] if named else list_fonts(folders)):
        has = characters_of(face)
        found = {c for c in missing if has(ord(c))}
        nowhere -= found
        if found and (chosen or not any(is_chinese(c) for c in missing - found)):
            chosen.append(face)
            missing -= found
        if not missing and chosen:
            return chosen
    raise SettingError(_refusal(nowhere or missing, font))


def is_chinese(character: str) -> bool:
    """Whether a Chinese font must have it: Han characters, Chinese and full-width punctuation."""
    code = ord(character)
    return 0x2E80 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0xFF00 <= code <= 0xFFEF or code >= 0x20000


def list_fonts(folders: Sequence[Path] | None = None) -> list[Path]:
    """Font files below the folders (default: those of the system), in the order of their names."""
    found = {
        path
        for folder in (font_folders() if folders is None else folders)
        for path in _walk(folder)
        if path.suffix.lower() in _ENDINGS
    }
    return sorted(found)


def font_folders() -> list[Path]:
    """Where Windows, macOS and others (the folders of the XDG base directories and of fontconfig) keep fonts."""
    home = Path.home()
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA", str(home / "AppData" / "Local")))
        return [
            Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts",
            local / "Microsoft" / "Windows" / "Fonts",
        ]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"]
    data = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    own = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return [*(Path(name) / "fonts" for name in data.split(":") if name), own / "fonts", home / ".fonts"]


def read_faces(path: Path) -> Iterator[Face]:
    """Faces of a font file; none where it is not a font."""
    try:
        with open(path, "rb") as file:
            head = file.read(12)
            if head[:4] == b"ttcf":
                (n_faces,) = struct.unpack(">L", head[8:12])
                offsets = struct.unpack(f">{n_faces}L", file.read(4 * n_faces))
            elif head[:4] in (b"\0\1\0\0", b"OTTO", b"true"):
                offsets = (0,)
            else:
                return
        for offset in offsets:
            yield Face(path, _family(_table(path, offset, b"name")), offset)
    except (OSError, struct.error, IndexError, KeyError):
        return


def characters_of(face: Face) -> Callable[[int], bool]:
    """A function that says whether the face has a glyph for a code point."""
    try:
        segments, groups = _read_cmap(_table(face.path, face.offset, b"cmap"))
    except (OSError, struct.error, IndexError, KeyError):
        return lambda code: False

    def has(code: int) -> bool:
        if any(start <= code <= end for start, end in groups):
            return True
        return any(start <= code <= end and glyph(code) for start, end, glyph in segments)

    return has


def _preferred(named: list[Face], files: Sequence[Path]) -> Iterator[Face]:
    """Faces of the families that we know, in their order, then those whose file sounds Chinese, then all others."""
    yield from named
    likely = [path for path in files if _HINT.search(path.stem)]
    faces = [face for path in likely for face in read_faces(path)]
    known = sorted(
        (f for f in faces if f.family in FAMILIES), key=lambda f: (FAMILIES.index(f.family), _is_styled(f))
    )
    yield from known
    yield from (face for face in faces if face not in known)
    yield from (face for path in files if path not in set(likely) for face in read_faces(path))


def _is_styled(face: Face) -> bool:
    return bool(re.search(r"bold|black|light|thin|medium|italic|demi", face.path.stem, re.I))


def _walk(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        yield from (Path(root) / name for name in names)


def _table(path: Path, offset: int, tag: bytes) -> bytes:
    """One table of a face; KeyError where it has none."""
    with open(path, "rb") as file:
        file.seek(offset)
        (n_tables,) = struct.unpack(">4xH", file.read(6))
        file.seek(offset + _TABLES)
        directory = file.read(16 * n_tables)
        for place in range(n_tables):
            name, _, start, length = struct.unpack(">4sLLL", directory[16 * place : 16 * place + 16])
            if name == tag:
                file.seek(start)
                return file.read(length)
    raise KeyError(tag)


def _family(table: bytes) -> str:
    """English family name: the typographic one (16), else the plain one (1)."""
    n_records, storage = struct.unpack(">2xHH", table[:6])
    names: dict[tuple[int, bool], str] = {}
    for place in range(n_records):
        platform, _, language, kind, length, start = struct.unpack(
            ">6H", table[6 + 12 * place : 18 + 12 * place]
        )
        if platform == 3 and kind in (1, 16):
            text = table[storage + start : storage + start + length].decode("utf-16-be", "replace")
            names.setdefault((kind, language == 0x409), text)
    order = [(16, True), (1, True), (16, False), (1, False)]
    return next((names[key] for key in order if key in names), "")


Segment = tuple[int, int, Callable[[int], int]]


def _read_cmap(table: bytes) -> tuple[list[Segment], list[tuple[int, int]]]:
    """Segments of format 4 and groups of format 12, of the Unicode tables."""
    (n_tables,) = struct.unpack(">2xH", table[:4])
    segments: list[Segment] = []
    groups: list[tuple[int, int]] = []
    for place in range(n_tables):
        platform, encoding, start = struct.unpack(">HHL", table[4 + 8 * place : 12 + 8 * place])
        if platform not in (0, 3) or (platform == 3 and encoding not in (1, 10)):
            continue
        (form,) = struct.unpack(">H", table[start : start + 2])
        if form == 4 and not segments:
            segments = _segments(table[start:])
        elif form == 12 and not groups:
            (n_groups,) = struct.unpack(">L", table[start + 12 : start + 16])
            numbers = struct.unpack(f">{3 * n_groups}L", table[start + 16 : start + 16 + 12 * n_groups])
            groups = list(zip(numbers[0::3], numbers[1::3], strict=True))
    return segments, groups


def _segments(table: bytes) -> list[Segment]:
    (double,) = struct.unpack(">6xH", table[:8])
    n = double // 2

    def numbers(start: int, kind: str) -> tuple[int, ...]:
        return struct.unpack(f">{n}{kind}", table[start : start + 2 * n])

    ends, starts = numbers(14, "H"), numbers(16 + 2 * n, "H")
    deltas, offsets = numbers(16 + 4 * n, "H"), numbers(16 + 6 * n, "H")

    def glyph(place: int) -> Callable[[int], int]:
        if not offsets[place]:
            return lambda code: (code + deltas[place]) & 0xFFFF
        base = 16 + 6 * n + 2 * place + offsets[place]

        def look_up(code: int) -> int:
            at = base + 2 * (code - starts[place])
            (found,) = struct.unpack(">H", table[at : at + 2])
            return int(found and (found + deltas[place]) & 0xFFFF)

        return look_up

    return [(starts[i], ends[i], glyph(i)) for i in range(n)]


def _refusal(missing: Iterable[str], font: Path | None) -> str:
    shown = sorted(missing)
    few = "".join(shown[:12]) + ("…" if len(shown) > 12 else "")
    where = f"--font {font}" if font is not None else "no font of this machine"
    has = "lacks" if font is not None else "has"
    return (
        f"{where} {has} {few!r} ({len(shown)} characters), and PNG and PDF would show boxes. Install a Chinese font "
        "(Debian, Ubuntu: fonts-noto-cjk; Fedora: google-noto-sans-cjk-fonts; Arch: noto-fonts-cjk; Windows and "
        "macOS bring one), or name a font file with --font FILE, or ask for --format svg, which needs none"
    )
