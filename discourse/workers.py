"""Batches of work come in, their results go out in the same order, from this process or from several fresh ones."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from discourse.errors import RunError

Batch = TypeVar("Batch")
Result = TypeVar("Result")
_AHEAD = 2  # batches a process that wait for it, or wait to be taken: bounds the memory
_work: list[Callable[[Any], Any]] = []  # of a worker process: what it does with every batch


def count_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def open_workers(
    make: Callable[[], Callable[[Batch], Result]], n_workers: int
) -> Iterator[Callable[[Iterable[Batch]], Iterator[Result]]]:
    """Give a function that maps batches to results, in order, whatever the number of workers.

    make: called once in each process; what it returns is called with every batch. With more than one worker
    the processes are fresh ones (spawned, not forked), so `make`, batches and results must be picklable. Few
    batches are under way at a time. Raises RunError where a worker is ended from outside.
    """
    if n_workers <= 1:
        work = make()
        yield lambda batches: map(work, batches)
        return
    fresh = multiprocessing.get_context("spawn")  # forking is unsafe beside the threads of libraries
    pool = ProcessPoolExecutor(n_workers, mp_context=fresh, initializer=_begin, initargs=(make,))
    try:
        yield lambda batches: _map(pool, _do, batches, n_workers * _AHEAD)
    except BrokenProcessPool:
        raise RunError(
            "a worker process was ended from outside, often for want of memory; "
            "what was finished is kept, the same command goes on from there"
        ) from None
    except (KeyboardInterrupt, SystemExit):
        for child in multiprocessing.active_children():  # nobody waits for what they are at
            child.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def map_threads(
    work: Callable[[Batch], Result], batches: Iterable[Batch], n_threads: int
) -> Iterator[Result]:
    """Map batches to results, in order, in threads of this process: for work on arrays, which threads share.

    No more than `n_threads` batches are under way at a time, which bounds the memory.
    """
    if n_threads <= 1:
        yield from map(work, batches)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        yield from _map(pool, work, batches, n_threads)


def _map(pool: Executor, work: Callable[[Any], Any], batches: Iterable[Any], n_ahead: int) -> Iterator[Any]:
    waiting: deque[Future[Any]] = deque()
    for batch in batches:
        waiting.append(pool.submit(work, batch))
        if len(waiting) >= n_ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Start processes that Ctrl-C passes by, even before `_begin`: the parent, which it reaches too, ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _get_up() -> None:
    """Do nothing."""


def _begin(make: Callable[[], Callable[[Any], Any]]) -> None:
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent ends its workers
    _work[:] = [make()]


def _do(batch: Any) -> Any:
    return _work[0](batch)


def _die_with_parent() -> None:
    """A killed command must not leave workers behind."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
