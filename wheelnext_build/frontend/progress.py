"""The state of a running build: the step of each wheel, and the log of a failure."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from ..system.announce import WheelNews, is_several_trees, split_label

_NINJA = re.compile(r"^\[(\d+)/(\d+)\] ")
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_STEPS = {
    "*** Configuring CMake": "configuring",
    "*** Building project": "compiling",
    "*** Installing project": "installing",
    "*** Making": "packing",
}
"""First words of the lines by which scikit-build-core announces its steps."""

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
ENDED = "not finished"
"""State of a wheel that was not finished because another one failed."""


@dataclass
class Row:
    """One file to build: its state, its step and, if it is done, its name and seconds."""

    title: str
    state: str = WAITING
    step: str = ""
    filename: str = ""
    started: float = 0.0
    seconds: float = 0.0
    log: list[str] = field(default_factory=list, repr=False)

    @property
    def elapsed(self) -> float:
        """Return the seconds since the start, or the total if it has ended."""
        return time.monotonic() - self.started if self.state == RUNNING else self.seconds


class Tracker:
    """The rows of a build, updated from the backend's output line by line.

    ``section`` is put before the titles of wheels if one label is built several times.
    """

    def __init__(self, titles: list[str]) -> None:
        self.rows = [Row(title) for title in titles]
        self.current: Row | None = None
        self.section = ""
        self._several_trees = False

    def start(self, title: str, step: str = "") -> Row:
        """Mark the row with this title as running, and return it."""
        row = self._row(title)
        if row is None:
            row = Row(title)
            self.rows.append(row)
        row.state, row.step, row.started = RUNNING, step, time.monotonic()
        self.current = row
        return row

    def finish(self, filename: str, title: str = "") -> None:
        """Mark the row with this title, or the current one, as done."""
        row = self._row(title) if title else self.current
        if row is not None:
            row.state, row.step, row.seconds = DONE, "", row.elapsed
            row.filename = filename
            self.current = None

    def fail(self, title: str = "") -> None:
        """Mark the row with this title as failed; without a title, all rows that are running.

        A finished wheel fails if it cannot be published; its log does not say why.
        """
        done = self._row(title) if title else None
        if done is not None and done.state == DONE:
            done.state, done.filename = FAILED, ""
            done.log.clear()
        is_known = not title and any(row.title.startswith(self.section) for row in self.failed())
        for row in self.rows:
            if row.state == RUNNING and title in ("", row.title):
                row.state, row.seconds = ENDED if is_known else FAILED, row.elapsed
                row.step = "" if is_known else row.step
        self.current = None

    def failed(self) -> list[Row]:
        """Return the rows that failed."""
        return [row for row in self.rows if row.state == FAILED]

    def begin(self, section: str = "") -> None:
        """Start another build: the next lines are its output."""
        self.section, self._several_trees, self.current = section, False, None

    def feed(self, line: str) -> bool:
        """Read a line of output; return whether a row began or ended with it."""
        line = _ESCAPE.sub("", line.rstrip())
        if news := WheelNews.parse(line):
            self._take(news)
            return True
        if is_several_trees(line):
            self._several_trees = True
        row = self.current
        if self._several_trees:
            label, line = split_label(line)
            row = self._row(self._title(label)) if label else None
        if row is not None and row.state == RUNNING:
            _follow(row, line)
        return False

    def _take(self, news: WheelNews) -> None:
        title = self._title(news.title)
        if news.state == "done":
            self.finish(news.filename, title)
        elif news.state == "failed":
            self.fail(title)
        else:
            self.start(title)

    def _title(self, label: str) -> str:
        return f"{self.section} {label}".lstrip()

    def _row(self, title: str) -> Row | None:
        return next((row for row in self.rows if row.title == title), None)


def _follow(row: Row, line: str) -> None:
    row.log.append(line)
    for prefix, step in _STEPS.items():
        if line.startswith(prefix):
            row.step = step
    if match := _NINJA.match(line):
        row.step = f"compiling {match[1]}/{match[2]}"
