"""Lines that a build prints about its progress: writing and parsing them.

``wheelnext-build build`` shows the progress of a hook by these lines.
"""

from __future__ import annotations

import re
import sys
import threading
from dataclasses import dataclass
from typing import Literal, Self, TextIO

PREFIX = "*** wheelnext-build "
ERROR = f"{PREFIX}error: "
"""Prefix of the last message of a failed hook."""

State = Literal["building", "failed", "done"]

_WHEEL_NEWS = re.compile(
    re.escape(PREFIX)
    + r"\((?P<number>\d+)/(?P<total>\d+)\) (?P<title>\S+): "
    + r"(?:(?P<state>building|failed)|done in (?P<seconds>\d+\.\d+) s, (?P<filename>.+))$"
)
_SEVERAL_TREES = re.compile(re.escape(PREFIX) + r"\d+ build trees, ")
_LABELLED = re.compile(r"(\S+) \| (.*)$")

_turn = threading.Lock()


@dataclass(frozen=True)
class WheelNews:
    """Progress of one wheel of a request: it is being built, has failed or is done.

    ``number`` counts from 1 to ``total``, the number of wheels in the request. ``title`` is the
    variant's label or ``plain``. ``seconds`` and ``filename`` are set if the wheel is done.
    """

    number: int
    total: int
    title: str
    state: State
    seconds: float = 0.0
    filename: str = ""

    def __str__(self) -> str:
        text = f"({self.number}/{self.total}) {self.title}: {self.state}"
        return f"{text} in {self.seconds:.1f} s, {self.filename}" if self.filename else text

    @classmethod
    def parse(cls, line: str) -> Self | None:
        """Parse a line of :func:`announce` about a wheel; return None for any other line."""
        match = _WHEEL_NEWS.match(line)
        if match is None:
            return None
        number, total, title = int(match["number"]), int(match["total"]), match["title"]
        if match["state"] == "building":
            return cls(number, total, title, "building")
        if match["state"] == "failed":
            return cls(number, total, title, "failed")
        return cls(number, total, title, "done", float(match["seconds"]), match["filename"])


def several_trees(trees: int, compilers: int) -> str:
    """Return the announcement after which each output line of a wheel starts with its label."""
    return f"{trees} build trees, {compilers} compilers at most"


def is_several_trees(line: str) -> bool:
    """Return whether a line is an announcement of :func:`several_trees`."""
    return _SEVERAL_TREES.match(line) is not None


def labelled(title: str, line: str) -> str:
    """Return an output line with the title of its wheel, for wheels that are built in parallel."""
    return f"{title} | {line}"


def split_label(line: str) -> tuple[str, str]:
    """Return the title and the text of a :func:`labelled` line; ``("", line)`` for any other."""
    match = _LABELLED.match(line)
    return (match[1], match[2]) if match else ("", line)


def say(text: str, file: TextIO | None = None) -> None:
    """Print whole lines from any thread; print() alone writes the line end separately."""
    with _turn:
        print(text, file=file or sys.stdout, flush=True)


def announce(text: object, file: TextIO | None = None) -> None:
    """Print one line about the build."""
    say(f"{PREFIX}{text}", file)
