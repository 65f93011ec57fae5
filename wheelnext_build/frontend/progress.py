"""What a person sees of a running build: which wheel is at what step, and the log of a failure."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TextIO

_JOB = re.compile(
    r"\*\*\* wheelnext-build \(\d+/\d+\) (\S+): (building|failed|done in \S+ s, (.+))$"
)
_AT_ONCE = re.compile(r"\*\*\* wheelnext-build \d+ build trees, ")
_LABELLED = re.compile(r"(\S+) \| (.*)$")
_NINJA = re.compile(r"^\[(\d+)/(\d+)\] ")
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_STEPS = {
    "*** Configuring CMake": "configuring",
    "*** Building project": "compiling",
    "*** Installing project": "installing",
    "*** Making": "packing",
}
"""How scikit-build-core announces its steps."""

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
ENDED = "not finished"
"""Of what was given up because another one failed."""


@dataclass
class Row:
    """One file to be built: its state, its step, and, once done, its name and its seconds."""

    title: str
    state: str = WAITING
    step: str = ""
    filename: str = ""
    started: float = 0.0
    seconds: float = 0.0
    log: list[str] = field(default_factory=list, repr=False)

    @property
    def elapsed(self) -> float:
        """Seconds so far."""
        return time.monotonic() - self.started if self.state == RUNNING else self.seconds


class Tracker:
    """Follows the backend's output, line by line; knows nothing of how it is shown.

    ``section`` stands before the titles of wheels where one label is built several times.
    """

    def __init__(self, titles: list[str]) -> None:
        self.rows = [Row(title) for title in titles]
        self.current: Row | None = None
        self.section = ""
        self._at_once = False

    def start(self, title: str, step: str = "") -> Row:
        """The row of that title runs now."""
        row = self._row(title)
        if row is None:
            row = Row(title)
            self.rows.append(row)
        row.state, row.step, row.started = RUNNING, step, time.monotonic()
        self.current = row
        return row

    def finish(self, filename: str, title: str = "") -> None:
        """The row of that title, or the current one, is done."""
        row = self._row(title) if title else self.current
        if row is not None:
            row.state, row.step, row.seconds = DONE, "", row.elapsed
            row.filename = filename
            self.current = None

    def fail(self, title: str = "") -> None:
        """The row of that title failed; without one, the build did, and with it all that run."""
        is_known = not title and any(row.title.startswith(self.section) for row in self.failed())
        for row in self.rows:
            if row.state == RUNNING and title in ("", row.title):
                row.state, row.seconds = ENDED if is_known else FAILED, row.elapsed
                row.step = "" if is_known else row.step
        self.current = None

    def failed(self) -> list[Row]:
        """The rows that failed."""
        return [row for row in self.rows if row.state == FAILED]

    def begin(self, section: str = "") -> None:
        """Another build begins: what follows is its output."""
        self.section, self._at_once, self.current = section, False, None

    def feed(self, line: str) -> bool:
        """Take in a line of output; returns whether a row began or ended with it."""
        line = _ESCAPE.sub("", line.rstrip())
        if match := _JOB.match(line):
            title = f"{self.section} {match[1]}".lstrip()
            if match[3]:
                self.finish(match[3], title)
            elif match[2] == "failed":
                self.fail(title)
            else:
                self.start(title)
            return True
        if _AT_ONCE.match(line):
            self._at_once = True
        row = self.current
        if self._at_once:
            match = _LABELLED.match(line)
            row = self._row(f"{self.section} {match[1]}".lstrip()) if match else None
            line = match[2] if match else line
        if row is not None and row.state == RUNNING:
            _follow(row, line)
        return False

    def _row(self, title: str) -> Row | None:
        return next((row for row in self.rows if row.title == title), None)


def _follow(row: Row, line: str) -> None:
    row.log.append(line)
    for prefix, step in _STEPS.items():
        if line.startswith(prefix):
            row.step = step
    if match := _NINJA.match(line):
        row.step = f"compiling {match[1]}/{match[2]}"


class Display(Protocol):
    """How a Tracker's state is shown."""

    def update(self, tracker: Tracker, *, changed: bool) -> None:
        """The tracker took in a line; ``changed`` where a row began or ended."""


class Lines:
    """One line when a file begins and one when it is done: for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown: dict[str, str] = {}

    def update(self, tracker: Tracker, *, changed: bool) -> None:
        if not changed:
            return
        for row in tracker.rows:
            if row.state != self._shown.get(row.title, WAITING):
                self._shown[row.title] = row.state
                ending = f" in {row.seconds:.1f} s: {row.filename}" if row.state == DONE else ""
                text = "building" if row.state == RUNNING else row.state
                print(f"{row.title}: {text}{ending}", file=self._stream, flush=True)


@contextmanager
def display(stream: TextIO = sys.stderr) -> Iterator[Display]:
    """A live table on a terminal where rich is installed, else plain lines."""
    if stream.isatty():
        try:
            from . import live
        except ModuleNotFoundError:
            pass
        else:
            with live.table(stream) as shown:
                yield shown
            return
    yield Lines(stream)
