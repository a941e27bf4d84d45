"""Bytes of one file come in, the text that a reader of its format sees comes out: plain text, Markdown, Word."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from discourse.corpus.archives import guard_zip, read_part
from discourse.corpus.encodings import decode_text
from discourse.errors import SourceError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_BODY = "word/document.xml"
_MAX_CELL = 40
_MACROS = ("vbaproject.bin", "vbadata.xml")
# Deleted text, the second copy of a drawing, notes of the editor: not what a reader sees.
_UNSEEN = {
    f"{_W}del",
    f"{_W}moveFrom",
    f"{_MC}Fallback",
    f"{_W}instrText",
    f"{_W}sectPr",
    f"{_W}pPr",
    f"{_W}rPr",
}
# No search goes beyond the next sign that begins one of its own: a line of a million brackets is read as any other.
_TARGET = r"\((?:[^()\n]|\([^()\n]*\))*+\)"
_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n.*?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_MARKDOWN: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"!\[[^\[\]\n]*\]" + _TARGET), ""),
    (re.compile(r"(?<!\\)\[([^\[\]\n]+)\](?=\((?:https?:|/|\.|#|mailto:))" + _TARGET), r"\1"),
    (re.compile(r"(?m)^[ \t]{0,3}#{1,6}[ \t]+(.*)$"), lambda found: _heading(found[1])),
    (re.compile(r"(?m)^[ \t]{0,3}(?:>[ \t]?)+"), ""),
    (re.compile(r"(?m)^[ \t]*[-*+][ \t]+(?=\S)"), ""),
    (re.compile(r"(?m)^[ \t]*(?:[-*_][ \t]*){3,}$"), ""),
    (re.compile(r"(\*\*|__)(?=\S)([^*_\n]*?\S)\1(?![*_])"), r"\2"),
)


@dataclass(frozen=True)
class Content:
    """What a file says: its text, how it was decoded, and what a person should know of the reading.

    encoding: the codec that gave the text, or the format (``docx``, ``pdf``); n_lost: places where bytes
    could not be decoded; remarks: one sentence each, for the column `remarks` of `sources`.
    """

    text: str
    encoding: str
    n_lost: int = 0
    remarks: tuple[str, ...] = field(default=())


def read_text(data: bytes, max_bytes: int) -> Content:
    """Plain text, decoded on evidence, otherwise untouched."""
    decoded = decode_text(data)
    return Content(decoded.text, decoded.encoding, decoded.n_lost)


def read_markdown(data: bytes, max_bytes: int) -> Content:
    """Markdown without its marks: headings, emphasis, quotes and links lose their signs and keep their words.

    A lone ``**`` stays, since texts write ``**区`` where a name was.
    """
    content = read_text(data, max_bytes)
    head, end, tail = _FRONT.sub("", content.text).rpartition("-->")
    text = _COMMENT.sub("", head + end) + tail  # behind the last end no comment ends
    for pattern, words in _MARKDOWN:
        text = pattern.sub(words, text)
    return Content(text, content.encoding, content.n_lost)


def _heading(words: str) -> str:
    """Words of a heading without the signs that may close it."""
    words = words.rstrip(" \t")
    bare = words.rstrip("#")
    return bare.rstrip(" \t") if bare[-1:] in (" ", "\t") else words


def read_docx(data: bytes, max_bytes: int) -> Content:
    """Paragraphs of a Word file, those of its tables and text boxes included, one line each.

    Left out are deleted text, headers, footers, notes and comments. Raises SourceError for macros, entity
    declarations, and files that are damaged or unpack out of proportion.
    """
    archive = guard_zip(data, max_bytes)
    names = archive.namelist()
    refuse_macros(names)
    if _BODY not in names:
        raise SourceError("holds no Word document; open it in Word and save it as .docx")
    body = parse_xml(read_part(archive, _BODY, max_bytes)).find(f"{_W}body")
    lines = [] if body is None else list(_docx_lines(body))
    remarks = tuple(_docx_remarks(names, lines))
    return Content("\n".join(lines), "docx", remarks=remarks)


def parse_xml(data: bytes) -> etree._Element:
    """Root of an XML part; a document type, which is what entity bombs are made of, is refused."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise SourceError("declares XML entities, which no word processor writes; it is not read")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceError(f"is damaged ({str(error).splitlines()[0][:80]}); save it again") from error
    if root.getroottree().docinfo.doctype:
        raise SourceError("declares an XML document type, which no word processor writes; it is not read")
    return root


def refuse_macros(names: list[str]) -> None:
    """Raise SourceError where an office file carries a program."""
    if any(name.lower().rsplit("/", 1)[-1] in _MACROS for name in names):
        raise SourceError("holds macros; save it without them, as .docx or .xlsx")


def is_word(data: bytes) -> bool:
    """Whether the bytes are a zip archive that holds a Word document."""
    return data.startswith(b"PK") and _BODY.encode() in data and _lists(data, _BODY)


def is_workbook(data: bytes) -> bool:
    """Whether the bytes are a zip archive that holds an Excel workbook."""
    return data.startswith(b"PK") and b"xl/workbook.xml" in data and _lists(data, "xl/workbook.xml")


def _lists(data: bytes, name: str) -> bool:
    import io

    try:
        return name in zipfile.ZipFile(io.BytesIO(data)).namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def _docx_lines(body: etree._Element) -> Iterator[str]:
    """Lines of a document: paragraphs, and rows of short cells as one line with tabs."""
    for node in body.iter(f"{_W}p", f"{_W}tr"):
        row = next(node.iterancestors(f"{_W}tr"), None)
        if next(node.iterancestors(f"{_MC}Fallback"), None) is not None:
            continue
        if node.tag == f"{_W}p" and (row is None or not _is_data_row(row)):
            yield "".join(_runs(node))
        elif node.tag == f"{_W}tr" and _is_data_row(node):
            yield "\t".join("".join(_runs(p)) for cell in node.iter(f"{_W}tc") for p in cell.iter(f"{_W}p"))


def _is_data_row(row: etree._Element) -> bool:
    """Whether a row of a table holds words and figures; a table that lays out a page holds paragraphs."""
    cells = [list(cell.iter(f"{_W}p")) for cell in row.iter(f"{_W}tc")]
    return len(cells) > 1 and all(len(c) == 1 and len("".join(_runs(c[0]))) <= _MAX_CELL for c in cells)


def _runs(paragraph: etree._Element) -> Iterator[str]:
    """Text of a paragraph; paragraphs inside it (of a text box) speak for themselves."""
    stack = list(reversed(paragraph))
    while stack:
        node = stack.pop()
        if node.tag in _UNSEEN or node.tag == f"{_W}p":
            continue
        if node.tag == f"{_W}t":
            yield node.text or ""
        elif node.tag == f"{_W}tab":
            yield "\t"
        elif node.tag in (f"{_W}br", f"{_W}cr"):
            yield "\n"
        elif node.tag == f"{_W}noBreakHyphen":
            yield "-"
        else:
            stack.extend(reversed(node))


def _docx_remarks(names: list[str], lines: list[str]) -> Iterator[str]:
    n_pictures = sum(name.startswith("word/media/") for name in names)
    if n_pictures and sum(map(len, lines)) < 200 * n_pictures:
        yield f"holds {n_pictures} pictures and little text: words in pictures are not read"
