"""A PDF comes in, the paragraphs of its text layer go out; a page that is a picture is named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import pypdfium2 as pdfium
from pypdfium2 import raw

from discourse.corpus.readers import Content
from discourse.errors import SourceError

_MAX_PAGES = 5_000
_PAGE_NUMBER = re.compile(
    r"[\s\-–—―·•.~第]*\d{1,4}(?:\s*[/／]\s*\d{1,4})?[\s\-–—―·•.~页頁]*|[-—]\s*[ivxlc]{1,6}\s*[-—]"
)
_N_EDGE = 3  # lines of a page that may be its head, and as many its foot
_HEAD_SHARE, _MIN_HEADS = 0.4, 3  # a running head stands on so many pages, at least on three


_Char = tuple[str, float, float, float]  # character, left, right and lower edge


@dataclass(frozen=True)
class _Line:
    """One printed line: its text, its page, its box and the size of its type, all in points."""

    text: str
    page: int
    left: float
    right: float
    bottom: float
    size: float


def read_pdf(data: bytes, max_bytes: int) -> Content:
    """Paragraphs of a PDF, one line each: printed lines are joined again by their margins and indents.

    Page numbers and running heads are left out and named in the remarks, as are pages without text.

    Raises
    ------
    SourceError
        The file is damaged, locked by a password, or has no text layer.

    """
    if b"%PDF-" not in data[:1024]:
        raise SourceError(
            "is called .pdf and is none; give it the suffix of what it is, or download it again"
        )
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        reason = "is locked by a password" if "password" in str(error).lower() else "is a damaged PDF"
        raise SourceError(f"{reason}; open it in a viewer and save it again") from error
    try:
        if len(document) > _MAX_PAGES:
            raise SourceError(f"has {len(document):,} pages, more than {_MAX_PAGES:,}; split it")
        pages, pictures = _read_pages(document)
    except pdfium.PdfiumError as error:
        raise SourceError(f"is a damaged PDF ({error}); open it in a viewer and save it again") from error
    finally:
        document.close()
    if not any(pages):
        raise SourceError(
            f"has no text layer: its {len(pages)} pages are pictures; run OCR on it, or find its text"
        )
    kept, heads = _drop_heads(pages)
    remarks = [f"page {page + 1} of {len(pages)} is a picture without text" for page in pictures]
    remarks += [f"running head left out of {n} pages: {head}" for head, n in heads]
    return Content("\n".join(_paragraphs(kept)), "pdf", remarks=tuple(remarks))


def _read_pages(document: pdfium.PdfDocument) -> tuple[list[list[_Line]], list[int]]:
    """Lines of every page, and the pages that show something but hold no text."""
    pages, pictures = [], []
    for number in range(len(document)):
        page = document[number]
        lines = list(_page_lines(page, number))
        if not lines and next(iter(page.get_objects(max_depth=2)), None) is not None:
            pictures.append(number)
        pages.append(lines)
        page.close()
    return pages, pictures


def _page_lines(page: pdfium.PdfPage, number: int) -> Iterator[_Line]:
    text_page = page.get_textpage()
    chars: list[_Char] = []
    for i in range(text_page.count_chars()):
        code = raw.FPDFText_GetUnicode(text_page, i)
        if code in (10, 13):
            yield from _line(chars, number, text_page, i)
            chars = []
        elif code not in (0, 0xFFFE, 0xFFFF):
            left, bottom, right, _ = text_page.get_charbox(i)
            chars.append((chr(code), left, right, bottom))
    yield from _line(chars, number, text_page, text_page.count_chars())
    text_page.close()


def _line(chars: Sequence[_Char], page: int, text_page: pdfium.PdfTextPage, end: int) -> Iterator[_Line]:
    inked = [char for char in chars if not char[0].isspace()]
    if inked:
        text = _join_surrogates("".join(char[0] for char in chars)).strip()
        size = raw.FPDFText_GetFontSize(text_page, max(0, end - 1 - len(chars) // 2))
        yield _Line(
            text, page, inked[0][1], max(c[2] for c in inked), median(c[3] for c in inked), max(size, 1.0)
        )


def _join_surrogates(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _drop_heads(pages: Sequence[Sequence[_Line]]) -> tuple[list[_Line], list[tuple[str, int]]]:
    """Lines without page numbers and running heads, and the heads with the number of their pages."""
    edges = [_edge_lines(page) for page in pages]
    counts = Counter(edge for page in edges for edge in {_masked(line.text) for line in page})
    least = max(_MIN_HEADS, _HEAD_SHARE * len(pages))
    heads = {edge for edge, n in counts.items() if n >= least and len(edge) <= 60}
    dropped = {
        id(line)
        for page in edges
        for line in page
        if _masked(line.text) in heads or _PAGE_NUMBER.fullmatch(line.text)
    }
    kept = [line for page in pages for line in page if id(line) not in dropped]
    named = sorted(head for head in heads if not _PAGE_NUMBER.fullmatch(head.replace("#", "1")))
    return kept, [(head, counts[head]) for head in named]


def _edge_lines(page: Sequence[_Line]) -> list[_Line]:
    """The lines nearest to the upper and lower edge of a page, wherever its stream has them."""
    ranked = sorted(page, key=lambda line: line.bottom)
    return ranked if len(ranked) <= 2 * _N_EDGE else ranked[:_N_EDGE] + ranked[-_N_EDGE:]


def _masked(text: str) -> str:
    return re.sub(r"\d+", "#", re.sub(r"\s+", "", text))


def _paragraphs(lines: Sequence[_Line]) -> Iterator[str]:
    if not lines:
        return
    left, right, gap = _margins(lines)
    text = lines[0].text
    for before, line in pairwise(lines):
        if _goes_on(before, line, left, right, gap):
            latin = before.text[-1:].isascii() and line.text[:1].isascii() and before.text[-1:].isalnum()
            text += (" " if latin else "") + line.text
        else:
            yield text
            text = line.text
    yield text


def _margins(lines: Sequence[_Line]) -> tuple[float, float, float]:
    """Left edge of most lines, right edge that full lines reach, usual distance of two lines."""
    left = Counter(round(line.left) for line in lines).most_common(1)[0][0]
    rights = sorted(line.right for line in lines)
    gaps = [a.bottom - b.bottom for a, b in pairwise(lines) if a.page == b.page and a.bottom > b.bottom]
    return float(left), rights[int(0.9 * (len(rights) - 1))], median(gaps) if gaps else 0.0


def _goes_on(before: _Line, line: _Line, left: float, right: float, gap: float) -> bool:
    """Whether a printed line continues the paragraph of the line before: full, not indented, not set apart."""
    size = before.size
    is_full = before.right >= right - 1.6 * size
    is_flush = line.left <= left + 0.7 * size
    same_type = abs(line.size - size) <= 0.08 * size
    is_near = line.page != before.page or before.bottom - line.bottom <= 1.35 * gap
    return is_full and is_flush and same_type and is_near
