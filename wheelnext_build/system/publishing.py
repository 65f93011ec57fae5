"""Files that appear whole or not at all, and the folders for them."""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..errors import WheelError
from .file_lock import lock_file
from .files import copy_range
from .signals import held_back

_PREFIX, _SUFFIX = ".wheelnext-", ".part"

_TURNS = 100
"""How often a folder may be removed by others while it is being made."""


def make_folder(folder: Path) -> None:
    """Make a folder for files that are to come; raises WheelError where that cannot be done."""
    for turn in range(_TURNS, 0, -1):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            # Another process may remove an empty folder between two steps of pathlib's.
            gone = isinstance(error, FileNotFoundError | FileExistsError) and not folder.exists()
            if turn > 1 and gone and not folder.is_symlink():
                continue
            raise WheelError(f"{folder}: cannot be made a folder: {error.strerror}") from error
        return


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

    It is written in the folder of ``path``, so that it cannot be left half-moved: without a name
    until it is whole (O_TMPFILE of Linux), or under a hidden one where the file system has no such
    files. Raises WheelError where the file cannot be written, or ``path`` is a device, a pipe or a
    folder, which a renaming would replace: for root even /dev/null.
    """
    try:
        if path.exists() and not path.is_file():
            raise WheelError(f"{path}: cannot be written: is not a regular file")
        _remove_left(path.parent)
        with contextlib.ExitStack() as stack:
            with held_back():
                part = _new_part(path.parent)
                stack.enter_context(_removed_on_failure(part))
            with part.stream as stream:
                yield stream
                stream.flush()
                part.path.chmod(_new_file_mode())
                if os.name == "posix":  # before its lock is free: it is no left one yet
                    _put(part, path)
            if os.name != "posix":  # an open file cannot be renamed there, nor removed
                _put(part, path)
    except OSError as error:
        raise WheelError(f"{path}: cannot be written: {error.strerror or error}") from error


@dataclass(frozen=True)
class _Part:
    """A file that is written; its lock says that somebody lives who writes it."""

    stream: IO[bytes]
    path: Path
    """Where it can be opened; that is no name in a folder where it ``is_unnamed``."""
    is_unnamed: bool = False

    def name(self, path: Path) -> None:
        """Give an unnamed file this name; raises FileExistsError where another file has it."""
        # With a descriptor of a folder, which an absolute path needs none of, links are followed.
        os.link(self.path, path, src_dir_fd=self.stream.fileno())

    def replace(self, path: Path) -> None:
        """Put the file in the place of what is at ``path``."""
        if not self.is_unnamed:
            self.path.replace(path)
            return
        named = path.with_name(f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}")
        try:
            self.name(named)
            named.replace(path)
        except BaseException:
            named.unlink(missing_ok=True)
            raise

    def remove(self) -> None:
        if not self.is_unnamed:
            self.path.unlink(missing_ok=True)


def _new_part(folder: Path) -> _Part:
    if hasattr(os, "O_TMPFILE"):
        with contextlib.suppress(OSError):  # or what follows has the same one
            descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
            stream = os.fdopen(descriptor, "w+b")
            with contextlib.suppress(OSError):  # a file system without locks
                lock_file(stream, wait=True)
            path = Path(f"/proc/self/fd/{descriptor}")
            if path.exists():
                return _Part(stream, path, is_unnamed=True)
            stream.close()
    while True:
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=folder)
        stream = os.fdopen(descriptor, "w+b")
        with contextlib.suppress(OSError):  # a file system without locks
            lock_file(stream, wait=True)
        if os.fstat(descriptor).st_nlink:
            return _Part(stream, Path(name))
        stream.close()  # taken for a left one before it had its lock


@contextlib.contextmanager
def _removed_on_failure(part: _Part) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with held_back():
            part.stream.close()
            part.remove()
        raise


def _put(part: _Part, path: Path) -> None:
    if part.is_unnamed:
        with contextlib.suppress(FileExistsError):
            part.name(path)
            return
    part.replace(path)


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
