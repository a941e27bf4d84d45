"""A command comes in; when somebody ends it, it puts things away and says so, and when he insists, it ends at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

_WORDS = "interrupted 已中断: what was finished is kept; the same command goes on from there"
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # Ctrl-C; what machines send; a terminal that was closed


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Let Ctrl-C, and the signals by which machines end a process, leave a block as an error would, in one line.

    What is under way in another thread, a model say, is awaited; a second signal awaits nothing. The exit code is
    128 and the number of the signal. Signals that are ignored (``nohup``) stay ignored.
    """
    told: list[int] = []

    def end(number: int, frame: Any) -> NoReturn:
        told.append(number)
        if len(told) > 1:
            with suppress(OSError):
                os.write(2, f"{_WORDS}\n".encode())
            os._exit(128 + number)
        raise KeyboardInterrupt

    before = _set_handlers(end)
    try:
        yield
    except BaseException:
        if not told:
            raise
        print(_WORDS, file=sys.stderr)
        raise SystemExit(128 + told[0]) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _set_handlers(end: Any) -> dict[int, Any]:
    if threading.current_thread() is not threading.main_thread():
        return {}
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    usual = (signal.SIG_DFL, signal.default_int_handler)
    return {number: signal.signal(number, end) for number in numbers if signal.getsignal(number) in usual}
