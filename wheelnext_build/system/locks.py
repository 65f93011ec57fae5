"""Locks on folders: one process at a time builds in a folder, or writes to it.

The system releases the locks of a process that ends, also of a killed one.
"""

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
"""Name of the locked file in a build folder."""


@contextlib.contextmanager
def build_folder(folder: Path, waiting: str = "") -> Iterator[None]:
    """Hold a build folder, which is created if it does not exist.

    If another process holds it, print ``waiting`` and wait. Raises BuildError if the folder cannot
    be created or locked.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / LOCK).open("a+b")
    except OSError as error:
        raise BuildError(f"{folder}: cannot be created and locked: {error.strerror}") from None
    with stream:
        if not _lock_file(stream, wait=False):
            if waiting:
                announce(waiting, file=sys.stderr)
            _lock_file(stream, wait=True)
        yield


@contextlib.contextmanager
def free_build_folder(folder: Path) -> Iterator[bool]:
    """Hold a build folder if no other process does; yields whether this process holds it.

    The folder is created if it does not exist; its parents are not.
    """
    with contextlib.ExitStack() as stack:
        is_held = False
        with contextlib.suppress(OSError):
            folder.mkdir(exist_ok=True)
            stream = stack.enter_context((folder / LOCK).open("a+b"))
            # The previous holder may have deleted the folder after this process opened the lock.
            is_held = _lock_file(stream, wait=False) and (folder / LOCK).exists()
        yield is_held


def _lock_file(stream: IO[bytes], *, wait: bool) -> bool:
    """Lock an open file until it is closed; return whether that succeeded."""
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


@contextlib.contextmanager
def wheel_folders(*folders: Path) -> Iterator[None]:
    """Hold folders of wheels; if another command holds one, print that and wait.

    Folders that do not exist are skipped. The lock is on the folder itself, so that there is no
    lock file among the wheels. Windows and some network file systems have no such locks; there,
    this function does not wait.
    """
    with contextlib.ExitStack() as stack:
        # Sorted, because two processes with different orders could wait for each other.
        for folder in sorted({path.resolve() for path in folders}):
            if sys.platform == "win32" or not folder.is_dir():
                continue
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            stack.callback(os.close, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                announce(
                    f"{folder}: waiting for another command that writes here",
                    sys.stderr,
                )
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            except OSError:  # a file system without locks
                continue
        yield
