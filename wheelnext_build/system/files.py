"""Files that are read or copied, by the system where it can.

A file system that shares blocks between files need not copy at all, and none has to bring the bytes
into this process.
"""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import IO

from ..errors import RequestError

_BLOCK = 1 << 20

_WORTHWHILE = 1 << 18
"""What is shorter is sooner written together with what stands around it."""

_CANNOT = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF}
"""The system cannot copy between these files; it may well be possible to read and write."""


def copy_range(source: IO[bytes], target: IO[bytes], offset: int, length: int) -> None:
    """Write ``length`` bytes of ``source``, from ``offset`` on, to where ``target`` stands.

    Raises EOFError where ``source`` ends before that, and OSError.
    """
    copied = _copy_by_system(source, target, offset, length) if length >= _WORTHWHILE else 0
    source.seek(offset + copied)
    left = length - copied
    while left:
        block = source.read(min(_BLOCK, left))
        if not block:
            raise EOFError(f"ends {left} bytes too soon")
        target.write(block)
        left -= len(block)


def _copy_by_system(source: IO[bytes], target: IO[bytes], offset: int, length: int) -> int:
    """Copy as much as the system can; returns how many bytes that were."""
    try:
        descriptors = source.fileno(), target.fileno()
    except io.UnsupportedOperation:  # one of them is in memory
        return 0
    if not hasattr(os, "copy_file_range"):
        return 0
    start = target.tell()
    target.flush()
    copied = 0
    try:
        while copied < length:
            done = os.copy_file_range(
                *(*descriptors, length - copied),
                offset_src=offset + copied,
                offset_dst=start + copied,
            )
            if not done:
                break
            copied += done
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    target.seek(start + copied)
    return copied


def read_input(path: Path) -> bytes:
    """The content of a file; raises OSError where it cannot be read.

    Raises RequestError for a pipe, which would wait for its writer, and a device, without end.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise RequestError(f"{path}: is not a regular file")
    return path.read_bytes()
