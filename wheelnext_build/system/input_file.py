"""Files that a command is told to read."""

from __future__ import annotations

from pathlib import Path

from ..errors import RequestError


def read_input(path: Path) -> bytes:
    """The content of a file; raises OSError where it cannot be read.

    Raises RequestError for a pipe, which would wait for its writer, and a device, without end.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise RequestError(f"{path}: is not a regular file")
    return path.read_bytes()
