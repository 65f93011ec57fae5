"""Instructions that a project allows beyond a variant's promise, by file and symbol."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Allowance:
    """One ``[[tool.wheelnext-build.audit.allow]]``: shell patterns and a reason.

    ``path`` matches the file's path in the wheel, ``symbols`` the names of functions, and
    ``extensions`` the instruction set extensions that they use. If empty, they match everything.
    """

    path: str
    reason: str
    symbols: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()

    def covers(self, path: str, extension: str = "", symbol: str = "") -> bool:
        """Return whether the function ``symbol`` of a file may use ``extension``."""
        return (
            fnmatchcase(path, self.path)
            and (not self.extensions or _any(extension, self.extensions))
            and (not self.symbols or _any(symbol, self.symbols))
        )

    def covers_file(self, path: str) -> bool:
        """Return whether everything in a file is allowed."""
        return not self.symbols and not self.extensions and self.covers(path)


def _any(text: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(text.upper(), pattern.upper()) for pattern in patterns)
