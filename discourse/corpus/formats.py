"""The name and bytes of a file come in, its format goes out, by what it is and not by what it is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from discourse.corpus import archives, records
from discourse.corpus.readers import Content, is_word, is_workbook, read_docx, read_markdown, read_text
from discourse.corpus.readers_html import read_html, read_mhtml
from discourse.corpus.readers_pdf import read_pdf
from discourse.errors import SourceError

Reader = Callable[[bytes, int], Content]
_READERS: Mapping[str, Reader] = {
    ".txt": read_text,
    ".text": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".shtml": read_html,
    ".xhtml": read_html,
    ".mht": read_mhtml,
    ".mhtml": read_mhtml,
    ".docx": read_docx,
    ".pdf": read_pdf,
}
_OFFICE = (".docx", ".pdf", ".doc", ".wps")
# Formats that hold texts but are not read, and what to do about it.
_UNREAD = {
    ".doc": "open it in Word or WPS and save it as .docx",
    ".wps": "open it in WPS and save it as .docx",
    ".rtf": "open it in Word and save it as .docx",
    ".odt": "open it in Word or LibreOffice and save it as .docx",
    ".docm": "macros are refused: save it as .docx",
    ".xlsm": "macros are refused: save it as .xlsx",
    ".xlsb": "open it in Excel and save it as .xlsx",
    ".ods": "open it in LibreOffice and save it as .xlsx",
    ".ppt": "save its text as .docx or .txt",
    ".pptx": "save its text as .docx or .txt",
    ".ofd": "open it in a viewer and save it as PDF",
    ".caj": "open it in CAJViewer and save it as PDF",
    ".epub": "save its text as .txt or .html",
    ".rar": "unpack it, or pack it as .zip",
    ".7z": "unpack it, or pack it as .zip",
}
# What stands beside texts without being one: settings, code, pictures, the parts of a saved page.
_ASIDE = frozenset(
    ".toml .ini .cfg .yaml .yml .py .ipynb .r .rproj .css .js .map .png .jpg .jpeg .gif .svg .webp .bmp .ico .tif "
    ".tiff .woff .woff2 .ttf .otf .eot .mp3 .mp4 .lnk .url .db .bak .tmp .part .crdownload .log .sha256 .md5".split()
)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_MARKUP = re.compile(
    rb"(?i)\A(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|meta|body)\b", re.DOTALL
)


def is_left_aside(name: str) -> bool:
    """Whether a file is none of the user's texts: hidden, a README, settings, a picture, a lock file of Word."""
    path = PurePosixPath(name.replace("\\", "/"))
    hidden = any(part.startswith((".", "__MACOSX")) and part not in (".", "..") for part in path.parts)
    lock = path.name.startswith("~$") or path.name.lower() in ("thumbs.db", "desktop.ini")
    return hidden or lock or path.stem.upper().startswith("README") or path.suffix.lower() in _ASIDE


def find_format(name: str, data: bytes) -> str:
    """Which way to read a file: ``archive``, ``table``, ``office``, ``text``, or ``""`` for no way."""
    lower = name.lower()
    suffix = PurePosixPath(lower).suffix
    if lower.endswith(archives.SUFFIXES) and not is_word(data):
        return "archive"
    if suffix in records.SUFFIXES:
        return "table"
    if suffix in _OFFICE:
        return "office"
    return "text" if suffix in _READERS else ""


def read_content(data: bytes, name: str, max_bytes: int) -> Content:
    """Text of a file by the reader of its format. Raises SourceError with the reason where there is none."""
    suffix = PurePosixPath(name.lower()).suffix
    reader = _reader_of(data, suffix)
    try:
        return reader(data, max_bytes)
    except SourceError:
        raise
    except (
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        RecursionError,
        MemoryError,
    ) as error:
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise SourceError(f"is damaged ({reason}); open it and save it again") from error


def _reader_of(data: bytes, suffix: str) -> Reader:
    """Reader by what the bytes say first, since many a .doc is a page or a .docx by another name."""
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return read_pdf
    if is_word(data):
        return read_docx
    if suffix in _UNREAD and _MARKUP.match(data[:4096]):
        return read_html
    if data.startswith(_OLD_OFFICE):
        raise SourceError("is an old or locked Office file; open it in Word or WPS and save it as .docx")
    if data.startswith(b"{\\rtf"):
        raise SourceError("is an RTF file; open it in Word and save it as .docx")
    if is_workbook(data) and suffix not in _UNREAD:
        raise SourceError("is an Excel workbook by another name; call it .xlsx")
    if suffix in _UNREAD:
        raise SourceError(f"{suffix} files are not read; {_UNREAD[suffix]}")
    if suffix not in _READERS:
        raise SourceError(
            f"{suffix or 'files without a suffix'} cannot be read; save the text as .txt, .docx or .pdf"
        )
    return _READERS[suffix]
