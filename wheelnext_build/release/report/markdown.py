"""The report as Markdown, which GitHub shows in the summary of a job.

Text from file names and file contents cannot become markup: names are in code spans, and all other
text is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .page import Bar, Block, Cell, Folded, Line, Listing, Paragraph, Section, Table, Text

_SIGNS = {"good": "✅", "bad": "❌", "warn": "⚠️"}

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$]|:(?=//)|(?<=www)\.)")
"""Characters that could be markup in the middle of a line, or make a link of an address."""

_TICKS = re.compile(r"`+")
_BAR = 20
"""The longest bar, in characters."""


def render(page: Section) -> str:
    """Return the whole page; equal pages give the same text."""
    return "\n\n".join(_blocks([page], 1)) + "\n"


def escaped(text: str) -> str:
    """Return text on one line in which no character is markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Return a code span. Pipes have a backslash, which tables need even in code."""
    line = " ".join(text.split()).replace("|", "\\|")
    fence = "`" * (max(map(len, _TICKS.findall(line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def _blocks(blocks: Iterable[Block], level: int) -> Iterator[str]:
    for block in blocks:
        match block:
            case Paragraph():
                yield _line(block.line)
            case Listing():
                yield ", ".join(map(_line, block.titles)) + ":"
                yield "\n".join(f"- {_line(item)}" for item in block.items)
            case Table():
                yield f"**{escaped(block.caption)}**"
                yield _table(block)
            case Folded():
                # GitHub reads Markdown within HTML only after an empty line.
                yield f"<details><summary>{block.title}</summary>"
                yield from _blocks(block.blocks, level)
                yield "</details>"
            case Section():
                yield f"{'#' * level} {escaped(block.title)}"
                yield from _blocks(block.blocks, level + 1)


def _table(table: Table) -> str:
    lines = [map(_part, table.columns), ["---"] * len(table.columns)]
    lines += [map(_cell, row) for row in table.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(cell: Cell) -> str:
    return "<br>".join(map(_line, cell))


def _line(line: Line) -> str:
    return " ".join(map(_part, line))


def _part(part: Text | Bar) -> str:
    if isinstance(part, Bar):
        return "█" * max(1, round(_BAR * part.share))
    text = code(part.text) if part.style == "code" else escaped(part.text)
    if part.style == "strong":
        text = f"**{text}**"
    return f"{_SIGNS[part.sign]} {text}" if part.sign else text
