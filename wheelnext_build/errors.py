"""Errors of this package, one class for each kind of mistake.

The message of an error says what is wrong, where, and what to do. A hook or a command that catches
it only has to print it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


class WheelnextBuildError(Exception):
    """Base class of all errors of this package.

    ``exit_code`` is the exit status of a command: 1 if the check or the build failed, 2 if the
    usage or the input is wrong.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def printable(text: str) -> str:
    """Return the text with escapes for characters that control a terminal or reorder its lines."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def escaped(text: str) -> str:
    """Return JSON or TOML with escapes in its strings for the characters of :func:`printable`."""
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


_LONGEST = 2000
"""Characters to show of a message about a file from outside."""

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)
"""All characters that control a terminal, reorder its lines, have no width or cannot be encoded,
except tab and newline."""


class GrammarError(WheelnextBuildError):
    """A label, namespace, feature or value that the format does not allow."""


class RequestError(WheelnextBuildError):
    """A config setting or an option that asks for something impossible."""


class MetadataError(WheelnextBuildError):
    """variant.json or {name}-{version}-variants.json does not follow PEP 825 and PEP 850.

    The message is cut, because a quoted key or value may be a megabyte long.
    """

    def __init__(self, message: str) -> None:
        more = len(message) - _LONGEST
        super().__init__(f"{message[:_LONGEST]}... (and {more} more)" if more > 0 else message)


class WheelError(WheelnextBuildError):
    """A file that is not a valid wheel, or not the requested kind of wheel."""


class ToolchainError(WheelnextBuildError):
    """A compiler is missing, or cannot compile what a variant promises."""


class ProviderError(WheelnextBuildError):
    """A provider's plugin is missing, fails, or gives an answer that a wheel cannot hold."""


class BuildError(WheelnextBuildError):
    """The build of a variant failed, or did not use the variant's flags.

    The message may contain a compiler's output with colours, so it is not escaped.
    """

    exit_code = 1

    def __init__(self, message: str) -> None:
        Exception.__init__(self, message)


class MigrationError(WheelnextBuildError):
    """A project that cannot be switched to this backend without other changes."""

    exit_code = 1


class ReleaseError(WheelnextBuildError):
    """The wheels of a release contradict each other."""

    exit_code = 1


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a configuration: its place, the mistake, and what to write instead."""

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"\n    {self.hint}" if self.hint else "")


class ConfigurationError(WheelnextBuildError):
    """All mistakes of one configuration, in one report.

    ``problems`` are in the order of the file.
    """

    def __init__(self, problems: Iterable[Problem], source: str = "pyproject.toml") -> None:
        self.problems = tuple(problems)
        self.source = source
        count = len(self.problems)
        head = f"{source} has {count} mistake{'s' if count != 1 else ''} in its variants:"
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in self.problems)]))
