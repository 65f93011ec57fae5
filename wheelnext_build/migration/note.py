"""Notes of a migration: what the maintainer must check, with files and lines."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SourcePlace:
    """A line of one of the project's files; ``line`` is None if only the file is known.

    ``what`` is the text of that line, if it helps.
    """

    file: str
    line: int | None = None
    what: str = ""

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.what}" if self.what else where


@dataclass(frozen=True)
class Note:
    """Something that the maintainer must check, and its places."""

    text: str
    places: tuple[SourcePlace, ...] = ()

    def shortened(self, most: int) -> str:
        """Return the text and up to ``most`` of the places, each in a line."""
        rest = len(self.places) - most
        more = [f"and {rest} more: --json lists all"] if rest > 0 else []
        return "\n    ".join([self.text, *map(str, self.places[:most]), *more])
