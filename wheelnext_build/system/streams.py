"""Standard streams that are closed, full, or know few characters."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path


def prepare() -> None:
    """Have this process print to whatever its streams are.

    A descriptor that is closed would be given to the next file that is opened, and compilers would
    then print into that. What a stream's encoding lacks is printed as escapes.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nobody = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as Python
            setattr(sys, name, nobody)
        elif isinstance(stream, io.TextIOWrapper) and _refuses(stream):
            stream.reconfigure(errors="backslashreplace")


def _refuses(stream: io.TextIOWrapper) -> bool:
    """Whether there is text that cannot be printed."""
    if stream.errors == "surrogateescape":
        return stream.encoding.lower().replace("-", "") != "utf8"
    return stream.errors == "strict"


def finish() -> OSError | None:
    """Write what is left for standard output; returns the error where that is not possible.

    Python must not complain once more when it ends.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return error
    return None
