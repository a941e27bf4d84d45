"""A folder comes in; for as long as the context lasts no other process may write into it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from discourse.errors import RunError, write_error

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_BEHIND = 1 << 20  # where Windows locks: behind the words, so that they can be read
_HELD: set[Path] = set()  # by this process, so that one command may call another


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Keep other processes out of `folder`, which need not exist yet, or raise RunError, in one line.

    The lock is a file ``.<name>.lock`` beside the folder, or ``.lock`` inside it where its parent is read-only.
    It names process, machine and start. The operating system lets go of it when its process ends, however it
    ends, so that none is left behind on the same machine; where a file system knows no such locks, the number
    of the process is looked up. A lock of another machine is respected until somebody deletes it.
    """
    path = _place(folder.resolve())
    if path in _HELD:
        yield
        return
    descriptor = _acquire(path, folder)
    _HELD.add(path)
    try:
        yield
    finally:
        _HELD.discard(path)
        _release(path, descriptor)


def is_locked_here(folder: Path) -> bool:
    """Whether this very process keeps others out of `folder`."""
    return _place(folder.resolve()) in _HELD


def _place(folder: Path) -> Path:
    beside = folder.with_name(f".{folder.name}.lock")
    try:
        if not beside.parent.is_dir():
            beside.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(folder, error) from error
    return beside if os.access(beside.parent, os.W_OK) or not folder.is_dir() else folder / ".lock"


def _acquire(path: Path, folder: Path) -> int:
    while True:
        try:
            flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # a pipe would wait
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o644)
        except OSError as error:
            raise write_error(folder, error) from error
        try:
            _refuse_linked(descriptor, path)
            _refuse_held(descriptor, path, folder)
            if _is_same(descriptor, path):  # else its owner removed it in between
                _write_owner(descriptor, folder)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _refuse_linked(descriptor: int, path: Path) -> None:
    """Raise where the lock is another file, too, which would be written over."""
    about = os.fstat(descriptor)
    if about.st_nlink > 1 or not stat.S_ISREG(about.st_mode):
        raise RunError(f"{path}: is no lock but a link to another file, or a device; delete it")


def _refuse_held(descriptor: int, path: Path, folder: Path) -> None:
    """Raise unless the lock is ours now."""
    is_certain, is_held = _lock(descriptor)
    owner = _read_owner(descriptor)
    if is_held:
        raise RunError(
            f"{folder}: {_name(owner)} is writing it; wait until it is done, or choose another --out"
        )
    if owner and owner["host"] != socket.gethostname():
        raise RunError(
            f"{folder}: {_name(owner)} on another machine is writing it, or was ended while it did; "
            f"if that process is no more, delete {path} and give the command again"
        )
    if owner and not is_certain and _is_alive(owner["pid"]):
        raise RunError(
            f"{folder}: {_name(owner)} seems to be writing it; wait until it is done, or delete {path} "
            "if that process is another program"
        )


def _lock(descriptor: int) -> tuple[bool, bool]:
    """Lock the open file: whether the system can tell, and whether another process has the lock."""
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, _BEHIND, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return True, True
    except OSError:  # a file system without locks
        return False, False
    return True, False


def _is_same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _read_owner(descriptor: int) -> dict[str, Any] | None:
    """Who wrote the lock; None where nobody did, or was ended in the middle of it."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        owner = json.loads(os.read(descriptor, 4096))
        return {"pid": int(owner["pid"]), "host": str(owner["host"]), "start": str(owner["start"])}
    except (ValueError, TypeError, KeyError):
        return None


def _write_owner(descriptor: int, folder: Path) -> None:
    start = time.strftime("%Y-%m-%d %H:%M:%S")  # for a person; nothing is decided by it
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "start": start}
    try:
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps(owner).encode("utf-8"))
    except OSError as error:
        raise write_error(folder, error) from error


def _name(owner: dict[str, Any] | None) -> str:
    if owner is None:
        return "another process"
    host = "".join(sign for sign in owner["host"] if sign.isprintable())[:80]
    start = "".join(sign for sign in owner["start"] if sign.isprintable())[:30]
    return f"process {owner['pid']} on {host}, begun {start},"


def _is_alive(pid: int) -> bool:
    if pid == os.getpid():
        return False
    if sys.platform == "win32":  # there the question would end the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _release(path: Path, descriptor: int) -> None:
    if (
        sys.platform == "win32"
    ):  # which removes no file that is open, and none that another process has opened
        os.close(descriptor)
        with contextlib.suppress(OSError):
            path.unlink()
        return
    with contextlib.suppress(OSError):
        if _is_same(descriptor, path):
            path.unlink()
    os.close(descriptor)
