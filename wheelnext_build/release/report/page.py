"""The values that a report's page is made of.

:mod:`.layout` makes them of a release; :mod:`.html` and :mod:`.markdown` only render them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sign = Literal["", "good", "warn", "bad"]


@dataclass(frozen=True)
class Text:
    """A piece of text; ``sign`` puts a mark in front of it and colours it."""

    text: str
    style: Literal["", "code", "strong", "small"] = ""
    sign: Sign = ""


@dataclass(frozen=True)
class Bar:
    """A bar of a chart; ``share`` is between 0 and 1, ``text`` describes it."""

    share: float
    text: str
    is_plain: bool


Line = tuple[Text | Bar, ...]
Cell = tuple[Line, ...]


@dataclass(frozen=True)
class Paragraph:
    """A line of text; ``kind`` is a CSS class."""

    line: Line
    kind: str = ""


@dataclass(frozen=True)
class Listing:
    """A list below its title lines; ``kind`` is a CSS class."""

    titles: Cell
    items: tuple[Line, ...]
    kind: str


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row is its header, ``kind`` is a CSS class.

    A wide table scrolls by itself; others stand side by side if there is room.
    """

    caption: str
    columns: Line
    rows: tuple[tuple[Cell, ...], ...]
    kind: str
    is_wide: bool = True


@dataclass(frozen=True)
class Folded:
    """Blocks to show on demand."""

    title: str
    blocks: tuple[Block, ...]
    is_open: bool = False


@dataclass(frozen=True)
class Section:
    """Blocks below a heading. The page is a section of releases, which are sections again."""

    title: str
    blocks: tuple[Block, ...]


Block = Paragraph | Listing | Table | Folded | Section
