"""Characters that mean another: entities of web pages, invisible marks, radicals in place of characters."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping

from discourse.corpus.aligned import AlignedText, Change

_ENTITY = re.compile(r"&(?:amp;)*(?:#[xX][0-9A-Fa-f]{2,6}|#\d{2,7}|[A-Za-z]{2,8}\d{0,2});|&nbsp(?![A-Za-z;])")
# Zero width, joiners, directions, soft hyphens, byte order marks; control characters that end no line.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u206a-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]+"
)
_COMPATIBLE = re.compile("[\u2e80-\u2fd5\uf900-\ufaff\U0002f800-\U0002fa1f]")
_PRIVATE = re.compile("[\ue000-\uf8ff]")


def read_entities(text: AlignedText) -> AlignedText:
    """Read ``&nbsp;``, ``&#23450;``, ``&ldquo;``, also escaped twice; blanks become plain ones."""
    return text.replace(_entities(text.text), "html_entity")


def drop_invisible(text: AlignedText) -> AlignedText:
    """Leave out what is neither seen nor read."""
    return text.delete([match.span() for match in _INVISIBLE.finditer(text.text)], "invisible")


def unify_characters(text: AlignedText, radicals: Mapping[str, str]) -> AlignedText:
    """Replace Kangxi radicals and compatibility characters (``⼯``, ``⻓``) by the characters that they look like.

    radicals: those that Unicode itself does not equate, ``⻓`` -> ``长``.
    """
    pairs = (
        (match, radicals.get(match[0], unicodedata.normalize("NFKC", match[0])))
        for match in _COMPATIBLE.finditer(text.text)
    )
    return text.replace([Change(*m.span(), after) for m, after in pairs if after != m[0]], "compatibility")


def read_private(text: AlignedText, glyphs: Mapping[str, str]) -> AlignedText:
    """Replace characters of the private area whose sign is known: bullets of symbol fonts, blanks of old GBK."""
    pairs = ((match, glyphs.get(match[0])) for match in _PRIVATE.finditer(text.text))
    return text.replace([Change(*m.span(), after) for m, after in pairs if after is not None], "private_use")


def _entities(text: str) -> Iterator[Change]:
    for match in _ENTITY.finditer(text):
        after, before = match[0], ""
        while after != before:
            after, before = html.unescape(after), after
        if after != match[0]:
            yield Change(*match.span(), _INVISIBLE.sub("", after).replace("\xa0", " "))
