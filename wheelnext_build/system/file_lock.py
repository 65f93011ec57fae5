"""A folder that one process at a time may use."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ..errors import BuildError
from .announce import announce

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK = "lock"
"""The name of the file in the folder that is locked."""

_TURNS = 100
"""How often a folder may be removed by others while it is being locked."""


@contextlib.contextmanager
def locked(folder: Path, waiting: str = "") -> Iterator[None]:
    """Hold the folder, which is made where it is not there; waits while another process does.

    ``waiting`` is said where it has to.
    """
    with try_locked(folder, wait=True, waiting=waiting):
        yield


@contextlib.contextmanager
def try_locked(folder: Path, *, wait: bool, waiting: str = "") -> Iterator[bool]:
    """Hold the folder's lock; yields whether it was to be had.

    The system lets go of it when the process ends, however that comes about. A folder that whoever
    had the lock has removed is made anew; those above it are where it is waited for.
    """
    while True:
        with _opened(folder, parents=wait) as stream:
            is_mine = lock_file(stream, wait=False)
            if not is_mine and wait:
                if waiting:
                    announce(waiting, file=sys.stderr)
                is_mine = lock_file(stream, wait=True)
            if os.fstat(stream.fileno()).st_nlink:
                yield is_mine
                return


def _opened(folder: Path, *, parents: bool) -> IO[bytes]:
    """The file to lock. Another process may remove the folder between any two steps."""
    turns = _TURNS
    while True:
        turns -= 1
        try:
            folder.mkdir(parents=parents, exist_ok=True)
            return (folder / LOCK).open("a+b")
        except OSError as error:
            # Where it goes between two steps of pathlib's, it is both there and no folder.
            if turns and isinstance(error, FileNotFoundError | FileExistsError):
                continue
            raise BuildError(f"{folder}: cannot be made and locked: {error.strerror}") from None


def lock_file(stream: IO[bytes], *, wait: bool) -> bool:
    """Hold an open file's lock until it is closed; returns whether it was to be had."""
    try:
        if sys.platform == "win32":
            while True:
                with contextlib.suppress(OSError):
                    msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
                    return True
                if not wait:
                    return False
                time.sleep(0.2)
        fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True
