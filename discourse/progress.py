"""How far a long piece of work has come: counts go in; a line that renews itself, or now and then one, goes out."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from discourse.terminal import own_commands, show_hidden

Say = Callable[[str], None]
_RENEWED = 0.2  # seconds between two states of the line on a terminal


def silent(message: str) -> None:
    """Say nothing."""


class Progress:
    """Tells how much of a piece of work is done, how fast it goes and how long it will take.

    Call it with the number of units done and of all. On a terminal one line renews itself and is wiped in the
    end; elsewhere `say` gets a line every `every` seconds; with `say=silent` nothing is told. Work that takes
    less than `every` seconds leaves no line in a log.

    Parameters
    ----------
    name
        What is being done, in few words.
    unit
        What is counted, in the plural.
    say
        Where lines go that are no terminal's.
    stream
        The terminal, if it is one; standard error by default.
    """

    def __init__(
        self,
        name: str,
        unit: str,
        *,
        say: Say = print,
        every: float = 10.0,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._unit, self._say, self._clock = name, unit, say, clock
        self._stream = own_commands(sys.stderr if stream is None else stream)
        self._live = say is not silent and self._stream.isatty()
        self._pause = _RENEWED if self._live else every
        self._start = self._told = clock()
        self._first: int | None = None
        self._width = 0

    def __call__(self, n_done: int, n_all: int) -> None:
        """Note that `n_done` of `n_all` units are done; the first call tells what was done before."""
        now = self._clock()
        if self._first is None:
            self._first, self._start = n_done, now
        if self._say is silent or now - self._told < self._pause:
            return
        self._told = now
        line = self._describe(n_done, n_all, now - self._start)
        if self._live:
            self._show(line)
        else:
            self._say(f"         {line}")

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live and self._width:
            self._show("")
            self._stream.write("\r")
            self._stream.flush()

    def _describe(self, n_done: int, n_all: int, seconds: float) -> str:
        line = f"{self._name}: {n_done:,} of {n_all:,} {self._unit}"
        n_new = n_done - (self._first or 0)
        if n_new <= 0 or seconds <= 0:
            return line
        speed = n_new / seconds
        rate = f"{speed:,.0f} a second" if speed >= 1 else f"{1 / speed:,.0f} s each"
        left = in_words((n_all - n_done) / speed)
        return f"{line}, {rate}, {left} left 剩余"

    def _show(self, line: str) -> None:
        line = show_hidden(line)
        width = sum(2 if ord(char) > 0x2E80 else 1 for char in line)
        self._stream.write(f"\r{line}{' ' * max(0, self._width - width)}")
        self._stream.flush()
        self._width = width


def in_words(seconds: float) -> str:
    """Length of time as a person says it: ``40 s``, ``3 min``, ``2 h 10 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
