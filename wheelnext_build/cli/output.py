"""Printing for people and for programs; rich draws tables if it is installed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..errors import escaped, printable

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

    Subparsers = _SubParsersAction[ArgumentParser]
    """Type of the object that argparse's add_subparsers returns."""


def emit_json(obj: object) -> None:
    """Print JSON to standard output; a command prints nothing else there."""
    text = json.dumps(obj, indent=2, ensure_ascii=False)
    # These characters occur in strings only; JSON itself does not escape them.
    print(escaped(text))


def say(text: str) -> None:
    """Print a line, with escapes for characters that control a terminal."""
    print(printable(text))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table: with rich on a terminal, as aligned plain text otherwise.

    Plain text is never wrapped or cut, so that file names can be searched for. If all columns have
    an empty name, there is no line of names.
    """
    cells = [tuple(printable(str(cell)) for cell in row) for row in rows]
    title = printable(title)
    if not (sys.stdout.isatty() and _rich_table(title, columns, cells)):
        print(plain_table(title, columns, cells))


def plain_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as aligned text; cells may have several lines."""
    head = [tuple(columns)] if any(columns) else []
    split = [[cell.split("\n") for cell in row] for row in (*head, *rows)]
    lines = [
        [cell[index] if index < len(cell) else "" for cell in row]
        for row in split
        for index in range(max(map(len, row)))
    ]
    widths = [
        max((len(line[column]) for line in lines), default=0) for column in range(len(columns))
    ]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([title, *(f"  {line}".rstrip() for line in text)])


def _rich_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bool:
    """Print with rich; return False if it is not installed."""
    # Imported here because the hooks must not need rich, and commands start faster without it.
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return False
    drawn = Table(title=title, title_justify="left", show_header=any(columns))
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        # Text keeps brackets in a file name from being read as markup.
        drawn.add_row(*(Text(cell) for cell in row))
    Console().print(drawn)
    return True
