"""Reading and copying of files; the system copies if it can.

Then the bytes do not pass through this process, and some file systems share the blocks instead of
copying them.
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
"""Fewer bytes are faster to write together with their neighbours in the buffer."""

_CANNOT = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF}
"""Errors after which reading and writing may still work: the system cannot copy these files."""


def copy_range(source: IO[bytes], target: IO[bytes], offset: int, length: int) -> None:
    """Write ``length`` bytes of ``source``, from ``offset`` on, at the position of ``target``.

    Raises EOFError if ``source`` is too short, and OSError.
    """
    copied = _copy_by_system(source, target, offset, length) if length >= _WORTHWHILE else 0
    source.seek(offset + copied)
    left = length - copied
    while left:
        block = source.read(min(_BLOCK, left))
        if not block:
            raise EOFError(f"ends {left} bytes too early")
        target.write(block)
        left -= len(block)


def _copy_by_system(source: IO[bytes], target: IO[bytes], offset: int, length: int) -> int:
    """Copy as many bytes as the system can; return their number."""
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
    """Return the content of a file; raises OSError if it cannot be read.

    Raises RequestError for a pipe or a device, which may never end.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise RequestError(f"{path}: is not a regular file")
    return path.read_bytes()
