"""The progress of a build as a table that changes in place; needs rich."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from .progress import DONE, FAILED, RUNNING, Row, Tracker

_STYLES = {DONE: ("✓", "green"), FAILED: ("✗", "red")}


class LiveTable:
    """A table with a row for each file: a mark, its title, its step and its seconds."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._tracker: Tracker | None = None
        self._spinner = Spinner("dots", style="cyan")

    def update(self, tracker: Tracker, *, changed: bool) -> None:
        self._tracker = tracker
        if changed:
            self._live.refresh()

    def __rich__(self) -> Table:
        # Live calls it at every refresh, so the seconds go on between lines of output.
        table = Table.grid(padding=(0, 2))
        for row in self._tracker.rows if self._tracker else ():
            table.add_row(*self._cells(row))
        return table

    def _cells(self, row: Row) -> tuple[Spinner | Text, ...]:
        mark, style = _STYLES.get(row.state, (" ", "dim"))
        first: Spinner | Text = Text(mark, style)
        if row.state == RUNNING:
            first, style = self._spinner, "bold"
        seconds = f"{row.elapsed:.1f} s" if row.started else ""
        detail = row.filename or row.step or row.state
        return first, Text(row.title, style), Text(seconds, justify="right"), Text(detail, "dim")


@contextmanager
def table(stream: TextIO) -> Iterator[LiveTable]:
    """Show a LiveTable on a terminal until the block ends; its last state stays."""
    live = Live(console=Console(file=stream), refresh_per_second=8)
    shown = LiveTable(live)
    live.update(shown)
    with live:
        yield shown
