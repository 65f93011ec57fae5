"""Standard streams that are closed, full, or unable to encode some characters."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path


def prepare() -> None:
    """Make printing to the standard streams safe.

    Closed descriptors are connected to the null device: otherwise, the next opened file would get
    the number, and compilers would print into that file. Characters that a stream cannot encode
    are printed as escapes.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            null = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open until the end
            setattr(sys, name, null)
        elif isinstance(stream, io.TextIOWrapper) and _refuses(stream):
            stream.reconfigure(errors="backslashreplace")


def _refuses(stream: io.TextIOWrapper) -> bool:
    """Return whether the stream raises errors for some text."""
    if stream.errors == "surrogateescape":
        return stream.encoding.lower().replace("-", "") != "utf8"
    return stream.errors == "strict"


def finish() -> OSError | None:
    """Flush standard output; return the error if that fails.

    After an error the stream goes to the null device, so that Python does not report the error
    again at its end.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return error
    return None
