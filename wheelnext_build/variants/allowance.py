"""What a project allows its binaries beyond their promise: by file and symbol, with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Allowance:
    """One ``[[tool.wheelnext-build.audit.allow]]``: patterns as of the shell, and why.

    ``path`` is matched with the file's path in the wheel, ``symbols`` with the functions' names,
    ``extensions`` with what they need. Empty ones match everything.
    """

    path: str
    reason: str
    symbols: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()

    def covers(self, path: str, extension: str = "", symbol: str = "") -> bool:
        """Whether it allows the function of that file the extension."""
        return (
            fnmatchcase(path, self.path)
            and (not self.extensions or _any(extension, self.extensions))
            and (not self.symbols or _any(symbol, self.symbols))
        )

    def covers_file(self, path: str) -> bool:
        """Whether it allows all that is in a file."""
        return not self.symbols and not self.extensions and self.covers(path)


def _any(text: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(text.upper(), pattern.upper()) for pattern in patterns)
