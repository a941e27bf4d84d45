"""Words come in; the same words go out as wide as a terminal's column, and such as no terminal obeys.

What a file name, a cell or a setting from anybody holds is shown, never done: a terminal would let it change
colours, titles and lines that stand there already, or turn the direction of reading (CVE-2021-42574).
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

# Controls but the tab and the end of a line; signs that turn, join or hide others; halves of characters; tags.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f]"
)
_TURNS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def display_width(text: str) -> int:
    """Columns of a terminal that `text` takes (Unicode Standard Annex 11: wide and full-width take two)."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Fill `text` with blanks up to `width` columns; `right`: the blanks stand before it."""
    blanks = " " * max(0, width - display_width(text))
    return blanks + text if right else text + blanks


def show_hidden(text: str) -> str:
    r"""Write signs that a terminal would obey or hide as JSON does (``\u001b``); JSON stays the same JSON."""
    return _HIDDEN.sub(_escape, text)


def stop_turns(text: str) -> str:
    """Show signs that turn the direction of reading as U+FFFD: behind one a page would show words backwards."""
    return _TURNS.sub("\ufffd", text)


class PlainStream:
    """A stream of text for people in which nothing is a command to the terminal; all else is the stream itself."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the words as `show_hidden` has them."""
        self._stream.write(show_hidden(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write one after the other."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def plain_streams() -> Iterator[None]:
    """While the block lasts, what is printed and what is told as an error goes through `PlainStream`."""
    before = {name: getattr(sys, name) for name in ("stdout", "stderr")}
    ours = {name: PlainStream(stream) for name, stream in before.items() if stream is not None}
    for name, stream in ours.items():
        setattr(sys, name, stream)
    try:
        yield
    finally:
        for name, stream in ours.items():
            if getattr(sys, name) is stream:  # click takes it where a pipe ends
                setattr(sys, name, before[name])


def own_commands(stream: TextIO) -> TextIO:
    """The stream behind a `PlainStream`, for a line of our own that renews itself."""
    return stream._stream if isinstance(stream, PlainStream) else stream


def _escape(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
