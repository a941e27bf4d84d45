"""A saved web page comes in, its main text goes out: title, byline and body, one line a block."""

from __future__ import annotations

import email
import email.policy
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree, html

from discourse.corpus.encodings import decode_text
from discourse.corpus.readers import Content
from discourse.errors import SourceError

_DROPPED = frozenset(
    "script style noscript template nav footer aside select option button iframe svg math object embed input "
    "textarea head map audio video canvas".split()
)
_BLOCKS = frozenset(
    "address article blockquote body br center dd div dl dt fieldset figcaption figure form h1 h2 h3 h4 h5 h6 header "
    "hr html li main ol p pre section table tbody thead tr ul".split()
)
_HEADINGS = ("h1", "h2", "h3")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_WIDE = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”‘’—…]"
_WRAP = re.compile(rf"(?<={_WIDE})[ \t]*\r?\n[ \t\r\n]*(?={_WIDE})")
_SENTENCE = re.compile(r"[，。；！？]|、.*、")
_BYLINE = re.compile(r"\d{4}\s*[-年/.]\s*\d{1,2}|来源|來源|作者|记者|发布|發布")
_BODY_SHARE = 0.8  # the smallest element that holds this much of the page's sentences is its main text
_LINK_SHARE = 0.7  # a line that is mostly links leads elsewhere
_MAX_BYLINES, _MAX_BYLINE = 12, 90


@dataclass(frozen=True)
class _Line:
    """One block of text, the element that it stands in, and how many of its characters are links."""

    text: str
    node: etree._Element
    n_linked: int

    @property
    def leads_away(self) -> bool:
        return self.n_linked >= _LINK_SHARE * len(self.text)

    @property
    def weight(self) -> int:
        """Characters that speak for a main text: those of sentences outside links."""
        if len(self.text) < 15 or self.leads_away or not _SENTENCE.search(self.text):
            return 0
        return len(self.text) - self.n_linked


def read_html(data: bytes, max_bytes: int) -> Content:
    """Main text of a web page: the smallest element that holds the bulk of its sentences, under title and byline.

    The encoding is decided on evidence, whatever the page declares. Scripts, styles, menus, hidden elements and
    lines of links are left out. Raises SourceError where the page holds no text.
    """
    decoded = decode_text(data)
    lines = list(_lines(_parse(decoded.text)))
    if not lines:
        raise SourceError(
            "holds no text: the page is filled by scripts; save it from a browser, or copy its text"
        )
    first, last = _main_span(lines)
    body = [line.text for line in lines[first:last] if not line.leads_away]
    text = "\n".join([*_heading(lines, first), *body])
    return Content(text, decoded.encoding, decoded.n_lost)


def read_mhtml(data: bytes, max_bytes: int) -> Content:
    """Main text of a page that a browser saved as one .mht or .mhtml file."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    for part in message.walk():
        payload = part.get_payload(decode=True)
        if part.get_content_type() == "text/html" and isinstance(payload, bytes):
            return read_html(payload, max_bytes)
    raise SourceError("holds no web page; save the page from a browser again, as .html")


def _parse(text: str) -> etree._Element:
    parser = html.HTMLParser(
        encoding="utf-8", huge_tree=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise SourceError(
            f"is no web page ({str(error).splitlines()[0][:80]}); save it again, or as .txt"
        ) from error
    if any("depth" in entry.message for entry in parser.error_log):  # the parser would leave the rest out
        raise SourceError("is nested deeper than any page; copy its text into a .txt file")
    body = root.find("body")
    return root if body is None else body


def _lines(body: etree._Element) -> Iterator[_Line]:
    """Blocks of text in the order of the page."""
    pieces: list[tuple[str, bool]] = []
    n_links = 0
    place = body
    walker = etree.iterwalk(body, events=("start", "end"))
    for event, node in walker:
        is_block, dropped = node.tag in _BLOCKS, node.tag in _DROPPED or _is_hidden(node)
        if is_block:
            yield from _flush(pieces, place)
            place = node if event == "start" and node.tag != "br" else _block_above(node)
        if node.tag == "a" and not dropped:
            n_links += 1 if event == "start" else -1
        if event == "start" and dropped:
            walker.skip_subtree()
        elif event == "start" and node.text:
            pieces.append((("\t" if node.tag in ("td", "th") else "") + node.text, n_links > 0))
        if event == "end" and node.tail and node is not body:
            pieces.append((node.tail, n_links > 0))
    yield from _flush(pieces, place)


def _block_above(node: etree._Element) -> etree._Element:
    above = node.getparent()
    return node if above is None else above


def _flush(pieces: list[tuple[str, bool]], place: etree._Element) -> Iterator[_Line]:
    text = _tidy("".join(piece for piece, _ in pieces))
    if text:
        n_linked = sum(len(_tidy(piece)) for piece, linked in pieces if linked)
        yield _Line(text, place, n_linked)
    pieces.clear()


def _tidy(text: str) -> str:
    """Blanks as a browser shows them; a line end in the source between Chinese characters is no blank."""
    return re.sub(r"[ \t\r\n\f]+", " ", _WRAP.sub("", text)).strip(" \xa0\u3000\u200b\ufeff")


def _is_hidden(node: etree._Element) -> bool:
    return "hidden" in node.attrib or bool(_HIDDEN.search(node.get("style", "")))


def _main_span(lines: Sequence[_Line]) -> tuple[int, int]:
    """First and last line of the main text."""
    weights: Counter[etree._Element] = Counter()
    for line in lines:
        if line.weight:
            for node in (line.node, *line.node.iterancestors()):
                weights[node] += line.weight
    total = sum(line.weight for line in lines)
    if not total:
        return 0, len(lines)
    held = [node for node, weight in weights.items() if weight >= _BODY_SHARE * total]
    main = max(held, key=lambda node: sum(1 for _ in node.iterancestors()))
    inside = [i for i, line in enumerate(lines) if line.node is main or main in line.node.iterancestors()]
    return inside[0], inside[-1] + 1


def _heading(lines: Sequence[_Line], first: int) -> list[str]:
    """Title and byline above the main text: from the last heading on, or the byline alone."""
    near = range(max(0, first - _MAX_BYLINES), first)
    titles = [i for i in near if _is_heading(lines[i])]
    start = titles[-1] if titles else next((i for i in near if _is_byline(lines[i])), first)
    return [line.text for line in lines[start:first] if not line.leads_away and len(line.text) <= _MAX_BYLINE]


def _is_heading(line: _Line) -> bool:
    if line.leads_away or len(line.text) < 4:
        return False
    if line.node.tag in _HEADINGS:
        return True
    root = line.node.getroottree()
    title = _tidy(root.findtext(".//title") or "")
    return len(line.text) >= 6 and line.text in title


def _is_byline(line: _Line) -> bool:
    return not line.leads_away and len(line.text) <= _MAX_BYLINE and _BYLINE.search(line.text) is not None
