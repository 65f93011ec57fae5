"""Files that appear whole or not at all, and the folders for them."""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .copying import copy_range
from .errors import WheelError
from .filelock import lock_file

_PREFIX, _SUFFIX = ".wheelnext-", ".part"


def make_folder(folder: Path) -> None:
    """Make a folder for files that are to come; raises WheelError where that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WheelError(f"{folder}: cannot be made a folder: {error.strerror}") from error


def publish(wheel: Path, folder: Path, filename: str = "") -> Path:
    """Put a finished wheel into ``folder``, whole or not at all; returns its path there."""
    make_folder(folder)
    target = folder / (filename or wheel.name)
    with atomic_file(target) as stream, wheel.open("rb") as source:
        copy_range(source, stream, 0, wheel.stat().st_size)
    return target


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """A stream whose content appears at ``path`` whole when the block ends well, else not at all.

    It is written beside ``path``, so that the renaming cannot fail half-way. Raises WheelError
    where the file cannot be written, or ``path`` is a device, a pipe or a folder, which a renaming
    would replace: for root even /dev/null.
    """
    try:
        if path.exists() and not path.is_file():
            raise WheelError(f"{path}: cannot be written: is not a regular file")
        _remove_left(path.parent)
        part, stream = _new_part(path.parent)
        try:
            with stream:
                yield stream
                stream.flush()
                part.chmod(_new_file_mode())
                if os.name == "posix":
                    part.replace(path)  # before its lock is free: it is no left one yet
            if os.name != "posix":
                part.replace(path)  # an open file cannot be renamed there, nor removed
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WheelError(f"{path}: cannot be written: {error.strerror or error}") from error


def _new_part(folder: Path) -> tuple[Path, IO[bytes]]:
    """A file that is written; its lock says that somebody lives who writes it."""
    while True:
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=folder)
        stream = os.fdopen(descriptor, "w+b")
        lock_file(stream, wait=True)
        if os.fstat(descriptor).st_nlink:
            return Path(name), stream
        stream.close()  # taken for a left one before it had its lock


@functools.cache
def _remove_left(folder: Path) -> None:
    """Remove what a process that was killed has left in a folder; once is enough."""
    for part in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with contextlib.suppress(OSError), part.open("r+b") as stream:
            if lock_file(stream, wait=False):
                part.unlink()


def _new_file_mode() -> int:
    # mkstemp makes files for the owner only; what is published has an ordinary file's mode.
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
