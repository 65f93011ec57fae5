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
from .signals import cleaned_up, held_back
from .temporary import remove_empty

if sys.platform != "win32":
    import fcntl


@contextlib.contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Hold a folder that is written to, together with others who only add files to it.

    The folder is created if it does not exist, and removed again if it stays empty. Raises
    WheelError if it cannot be created.
    """
    with _made(folder, alone=False):
        yield


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
def _made(folder: Path, *, alone: bool) -> Iterator[None]:
    made: list[Path] = []
    with cleaned_up(_remove_empty, made):
        while True:
            with contextlib.ExitStack() as stack:
                with held_back():
                    made += [path for path in _missing(folder) if path not in made]
                    make_folder(folder)
                    descriptor = _opened(folder)
                    if descriptor is not None:
                        stack.callback(os.close, descriptor)
                if descriptor is not None:
                    _lock(descriptor, folder, alone=alone)
                # It may have been removed by whoever made it, and left it empty.
                if descriptor is None or os.fstat(descriptor).st_nlink:
                    yield
                    return


def _missing(folder: Path) -> list[Path]:
    """The folder and those that it is to be in, as far as they are not there, innermost first."""
    return [path for path in (folder, *folder.parents) if not _is_folder(path)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long
        return False


def _opened(folder: Path) -> int | None:
    if sys.platform == "win32":
        return None
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None


def _lock(descriptor: int, folder: Path, *, alone: bool) -> None:
    """Wait for the lock."""
    if sys.platform == "win32":
        return
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    if not _try(descriptor, kind):
        announce(f"{folder}: another command is at work there: waiting for it", sys.stderr)
        fcntl.flock(descriptor, kind)


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


def _remove_empty(folders: list[Path]) -> None:
    """Remove folders that were made for nothing, unless another process holds the first, too."""
    folders = list(filter(_is_folder, folders))
    if not folders:
        return
    with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
        if sys.platform != "win32" and (descriptor := _opened(folders[0])) is not None:
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove_empty(*folders)
