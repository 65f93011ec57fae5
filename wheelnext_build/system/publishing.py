"""Files that appear whole or not at all, and the folders for them."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ..errors import WheelError
from .files import copy_range
from .signals import held_back


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, unless they exist; raises WheelError if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WheelError(f"{folder}: cannot be made a folder: {error.strerror}") from error


@contextlib.contextmanager
def output_folder(folder: Path) -> Iterator[None]:
    """Create a folder for the files of the block, as :func:`make_folder` does.

    If no file comes, the folders that were created are removed again.
    """
    created = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    try:
        make_folder(folder)
        yield
    finally:
        for path in created:
            with contextlib.suppress(OSError):
                path.rmdir()


def publish(wheel: Path, folder: Path, filename: str = "") -> Path:
    """Put a finished wheel into ``folder``, whole or not at all; returns its path there."""
    make_folder(folder)
    target = folder / (filename or wheel.name)
    with atomic_file(target) as stream, wheel.open("rb") as source:
        copy_range(source, stream, 0, wheel.stat().st_size)
    return target


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a stream; its content replaces ``path`` at the end of the block, unless that fails.

    It is written in the folder of ``path``: without a name if the system can (O_TMPFILE of Linux),
    so that SIGKILL leaves nothing, else under a hidden name. Raises WheelError if the file cannot
    be written, or if ``path`` is a device, a pipe or a folder: for root, even /dev/null would be
    replaced.
    """
    hidden = path.parent / f".wheelnext-{secrets.token_hex(8)}.part"
    try:
        if path.exists() and not path.is_file():
            raise WheelError(f"{path}: cannot be written: is not a regular file")
        try:
            with _unnamed_file(path.parent) or hidden.open("x+b") as stream:
                yield stream
                stream.flush()
                if not hidden.exists():
                    # A descriptor has Python follow the link; the absolute path does not use it.
                    descriptor = stream.fileno()
                    os.link(f"/proc/self/fd/{descriptor}", hidden, src_dir_fd=descriptor)
            hidden.replace(path)  # Windows can rename closed files only
        except BaseException:
            with held_back():
                hidden.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WheelError(f"{path}: cannot be written: {error.strerror or error}") from error


def _unnamed_file(folder: Path) -> IO[bytes] | None:
    """Open a new file without a name; returns None if the system or the file system has none."""
    if not hasattr(os, "O_TMPFILE") or not Path("/proc/self/fd").exists():
        return None
    try:
        return os.fdopen(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666), "w+b")
    except OSError:  # a named file has the same error, or none
        return None
