"""What can go wrong, one class per kind of mistake.

Every error carries a message that says what is wrong, where, and what to do about it, so that
whoever catches it (a hook, a command) only has to print it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


class WheelnextBuildError(Exception):
    """The root of all errors of this package.

    ``exit_code`` is the status that a command ends with: 1 when the thing checked or built does
    not hold, 2 when the usage or the input is wrong.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def printable(text: str) -> str:
    """The text with escapes for what steers a terminal, turns its lines around, or is no text."""
    return _STEERING.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def escaped(text: str) -> str:
    """JSON or TOML with escapes in its strings for the same, but for those that both escape."""
    return _STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


_LONGEST = 2000
"""Characters of what is said of a file that somebody else wrote."""

_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


class GrammarError(WheelnextBuildError):
    """A label, namespace, feature or value that the format does not allow."""


class RequestError(WheelnextBuildError):
    """A config setting or an option that asks for something that cannot be had."""


class MetadataError(WheelnextBuildError):
    """variant.json or {name}-{version}-variants.json is not what PEP 825 and PEP 850 describe.

    A key or a value that it quotes may be a megabyte long; the message is not.
    """

    def __init__(self, message: str) -> None:
        more = len(message) - _LONGEST
        super().__init__(f"{message[:_LONGEST]}... (and {more} more)" if more > 0 else message)


class WheelError(WheelnextBuildError):
    """A file that is not a sound wheel, or not the kind of wheel that was asked for."""


class ToolchainError(WheelnextBuildError):
    """A compiler is missing, or cannot keep what a variant promises."""


class ProviderError(WheelnextBuildError):
    """A provider's plugin is missing, fails, or gives no answer that a wheel could hold."""


class BuildError(WheelnextBuildError):
    """The build of a variant failed, or did not apply what the variant stands for.

    The message may hold what a compiler said, in its colours.
    """

    exit_code = 1

    def __init__(self, message: str) -> None:
        Exception.__init__(self, message)


class MigrationError(WheelnextBuildError):
    """A project that cannot be switched to this backend as it stands."""

    exit_code = 1


class ReleaseError(WheelnextBuildError):
    """The wheels of a release contradict each other."""

    exit_code = 1


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a configuration: where it is, what is wrong, what to write instead."""

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"\n    {self.hint}" if self.hint else "")


class ConfigurationError(WheelnextBuildError):
    """All mistakes of one configuration in one report.

    ``problems`` lists them in the order in which they stand in the file.
    """

    def __init__(self, problems: Iterable[Problem], source: str = "pyproject.toml") -> None:
        self.problems = tuple(problems)
        self.source = source
        count = len(self.problems)
        head = f"{source} has {count} mistake{'s' if count != 1 else ''} in its variants:"
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in self.problems)]))
