"""Files that appear whole or not at all, and the folders for them."""

from __future__ import annotations

import contextlib
import filecmp
import functools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .copying import copy_range
from .errors import BuildError, WheelError
from .filelock import lock_file
from .knownfiles import Known, identity

_PREFIX, _SUFFIX = ".wheelnext-", ".part"


def make_folder(folder: Path) -> None:
    """Make a folder for files that are to come; raises WheelError where that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WheelError(f"{folder}: cannot be made a folder: {error.strerror}") from error


def publish(wheel: Path, folder: Path, filename: str = "", known: Known | None = None) -> Path:
    """Put a finished wheel into ``folder``, whole or not at all; returns its path there.

    ``known`` is as in :func:`atomic_file`.
    """
    make_folder(folder)
    target = folder / (filename or wheel.name)
    with atomic_file(target, known) as stream, wheel.open("rb") as source:
        copy_range(source, stream, 0, wheel.stat().st_size)
    return target


@contextlib.contextmanager
def atomic_file(path: Path, known: Known | None = None) -> Iterator[IO[bytes]]:
    """A stream whose content appears at ``path`` whole when the block ends well, else not at all.

    It is written beside ``path``, so that the renaming cannot fail half-way. Raises WheelError
    where the file cannot be written, or ``path`` is a device, a pipe or a folder, which a renaming
    would replace: for root even /dev/null.

    ``known`` is what was in the folder when a build began. Raises BuildError where another one has
    written a file of this name since then, with another content: a release is not mixed of two.
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
                if os.name == "posix":  # before its lock is free: it is no left one yet
                    _put(part, path, known)
            if os.name != "posix":  # an open file cannot be renamed there, nor removed
                _put(part, path, known)
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


def _put(part: Path, path: Path, known: Known | None) -> None:
    with _turn(path.parent) if known is not None else contextlib.nullcontext():
        if known is not None and path.exists() and identity(path) != known.get(path.name):
            if not filecmp.cmp(part, path, shallow=False):
                raise BuildError(
                    f"{path}: another build has written it since this one began, or is at work "
                    "there, and it has another content: have only one build at a time write it"
                )
            part.unlink()
            return
        part.replace(path)


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Have one process at a time look at a file in a folder and replace it."""
    if os.name != "posix":  # a file that is open cannot be removed
        yield
        return
    path = folder / f"{_PREFIX}turn{_SUFFIX}"
    while True:
        with path.open("a+b") as stream:
            lock_file(stream, wait=True)
            if os.fstat(stream.fileno()).st_nlink:
                try:
                    yield
                finally:
                    path.unlink()
                return


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
