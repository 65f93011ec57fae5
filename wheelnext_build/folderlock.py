"""Folders of wheels that several commands want at once.

Builds only add files, which appear whole: they share a folder. What reads all of it to change or to
index it has it for itself, and waits for builds that write there.

The lock is on the folder (``flock``), so that no file of ours is among the wheels. Where the system
has no such lock, as Windows and some network file systems, nobody waits.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from .announce import announce
from .publishing import make_folder
from .scratch import to_the_end

if sys.platform != "win32":
    import fcntl


@contextlib.contextmanager
def shared(folder: Path) -> Iterator[bool]:
    """Hold a folder that is written to, together with others who only add files to it.

    Yields whether there are such others. The folder is made where it is not there, and removed
    again where it stays empty. Raises WheelError where it cannot be made.
    """
    with _made(folder, alone=False) as others:
        yield others


@contextlib.contextmanager
def alone(*folders: Path, made: Path | None = None) -> Iterator[None]:
    """Hold folders for this process alone, those that are there; ``made`` is made."""
    with contextlib.ExitStack() as stack:
        # In one order, or two processes could wait for each other.
        for folder in sorted({path.resolve() for path in (*folders, *([made] if made else []))}):
            if made is not None and folder == made.resolve():
                stack.enter_context(_made(made, alone=True))
            elif (descriptor := _opened(folder)) is not None:
                stack.callback(os.close, descriptor)
                _lock(descriptor, folder, alone=True)
        yield


@contextlib.contextmanager
def _made(folder: Path, *, alone: bool) -> Iterator[bool]:
    missing, others = _missing(folder), False
    with contextlib.ExitStack() as stack:
        while True:
            make_folder(folder)
            descriptor = _opened(folder)
            if descriptor is None:
                break
            others = _lock(descriptor, folder, alone=alone)
            if os.fstat(descriptor).st_nlink:
                stack.callback(os.close, descriptor)
                break
            os.close(descriptor)  # removed by whoever made it, and left it empty
        if missing:
            stack.callback(to_the_end, _remove_empty, missing, descriptor)
        yield others


def _missing(folder: Path) -> list[Path]:
    """The folder and those that it is to be in, as far as they are not there, innermost first."""
    return [path for path in (folder, *folder.parents) if not path.is_dir()]


def _opened(folder: Path) -> int | None:
    if sys.platform == "win32":
        return None
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None


def _lock(descriptor: int, folder: Path, *, alone: bool) -> bool:
    """Wait for the lock; returns whether it is shared with others now."""
    if sys.platform == "win32":
        return False
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    if _try(descriptor, fcntl.LOCK_EX):
        # Who shares lets go of the one lock before it takes the other: somebody may come between.
        if alone or _try(descriptor, kind):
            return False
    elif not alone and _try(descriptor, kind):
        return True
    announce(f"{folder}: another command is at work there: waiting for it", sys.stderr)
    fcntl.flock(descriptor, kind)
    return False


def _try(descriptor: int, kind: int) -> bool:
    """Whether the lock was to be had at once, or this file system has none."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _remove_empty(folders: list[Path], descriptor: int | None) -> None:
    """Remove folders that were made for nothing, unless another process holds the first, too."""
    with contextlib.suppress(OSError):
        if descriptor is not None and sys.platform != "win32":
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for folder in folders:
            folder.rmdir()
