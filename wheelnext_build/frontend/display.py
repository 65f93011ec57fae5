"""The display of a running build: a live table on a terminal, lines anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from .progress import DONE, RUNNING, WAITING, Tracker


class Display(Protocol):
    """Shows the state of a Tracker."""

    def update(self, tracker: Tracker, *, changed: bool) -> None:
        """Show the tracker after a line of output; ``changed`` if a row began or ended."""


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
    """Show a live table if the stream is a terminal and rich is installed, else plain lines."""
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
