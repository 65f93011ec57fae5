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
        raise WheelError(f"{folder}: the folder cannot be created: {error.strerror}") from error


@contextlib.contextmanager
def output_folder(folder: Path) -> Iterator[None]:
    """Create a folder for the files of the block, as :func:`make_folder` does.

    If the block writes no file, the created folders are removed again.
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
    """Copy a finished wheel to ``folder``, whole or not at all; return the path of the copy."""
    make_folder(folder)
    target = folder / (filename or wheel.name)
    with atomic_file(target) as stream, wheel.open("rb") as source:
        copy_range(source, stream, 0, wheel.stat().st_size)
    return target


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a stream; its content replaces ``path`` at the end of the block.

    If the block fails, ``path`` stays as it was. The new file is in the folder of ``path``. On
    Linux it has no name until it is whole (O_TMPFILE), so that SIGKILL leaves nothing; elsewhere it
    has a hidden name. Raises WheelError if the file cannot be written, or if ``path`` is a device,
    a pipe or a folder: root could replace even /dev/null.
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
                    # With src_dir_fd, Python follows the link. The path is absolute, so that the
                    # system ignores the descriptor.
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
    """Open a new file without a name; return None if the file system does not support that."""
    if not hasattr(os, "O_TMPFILE") or not Path("/proc/self/fd").exists():
        return None
    try:
        return os.fdopen(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666), "w+b")
    except OSError:  # not supported; any other error comes again for the named file
        return None
