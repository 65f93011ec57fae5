"""Lines about where a build is; the command line's progress display reads them."""

from __future__ import annotations

import sys
import threading
from typing import TextIO

PREFIX = "*** wheelnext-build "
ERROR = f"{PREFIX}error: "
"""Before the last thing that a hook says when it fails."""


_turn = threading.Lock()


def say(text: str, file: TextIO | None = None) -> None:
    """Print whole lines, whatever other threads say: print() writes line ends by themselves."""
    with _turn:
        print(text, file=file or sys.stdout, flush=True)


def announce(text: str, file: TextIO | None = None) -> None:
    """Print one line about the build."""
    say(f"{PREFIX}{text}", file)


def labelled(title: str, line: str) -> str:
    """A line of output of one of several wheels that are built at the same time."""
    return f"{title} | {line}"
