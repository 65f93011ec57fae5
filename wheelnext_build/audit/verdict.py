"""The result of an audit: the content of a wheel, and where it breaks the wheel's promise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..variants.allowance import Allowance
from ..variants.instruction_sets import beyond_levels, level_of
from .code.needs import Survey
from .promise import BASELINES, Promise

FindingKind = Literal[
    "leak",
    "unread",
    "machine",
    "architectures",
    "declared",
    "driver",
    "dependency",
    "nothing-read",
    "no-gain",
    "identical",
]

Mark = Literal["error", "note", "allowed"]


@dataclass(frozen=True)
class Found:
    """The content of one binary of a wheel. ``path`` is its path in the wheel.

    ``architectures`` are the GPU architectures of its device code. ``error`` says why it could not
    be read.
    """

    path: str
    format: str = ""
    survey: Survey = field(default_factory=lambda: Survey(""))
    architectures: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    checksum: str = ""
    error: str = ""


@dataclass(frozen=True)
class Finding:
    """One problem, or a note.

    Findings with ``is_error`` fail the audit, unless a rule allows them (``allowed``).
    """

    kind: FindingKind
    path: str
    text: str
    extension: str = ""
    symbols: tuple[str, ...] = ()
    is_error: bool = True
    allowed: Allowance | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text

    @property
    def mark(self) -> Mark:
        """The finding's weight in the report."""
        if self.allowed:
            return "allowed"
        return "error" if self.is_error else "note"


@dataclass(frozen=True)
class Verdict:
    """The judgement of one wheel: its promise, its content, and where these differ."""

    wheel: str
    promise: Promise
    binaries: tuple[Found, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(item for item in self.findings if item.is_error and item.allowed is None)

    @property
    def holds(self) -> bool:
        return not self.errors

    @property
    def machines(self) -> tuple[str, ...]:
        """The machines that the wheel has code for, if their levels are known."""
        return tuple(sorted({item.survey.machine for item in self.binaries} & set(BASELINES)))

    @property
    def needs(self) -> tuple[str, ...]:
        """For each machine, the level and extensions in no level: ``x86_64 v3 + AVX512_BF16``."""
        return tuple(
            " + ".join(
                [
                    f"{machine} {self.level(machine)}",
                    *beyond_levels(self.extensions(machine), machine),
                ]
            )
            for machine in self.machines
        )

    @property
    def architectures(self) -> tuple[str, ...]:
        """The GPU architectures that the wheel has code for."""
        return tuple(sorted({name for item in self.binaries for name in item.architectures}))

    @property
    def digest(self) -> str:
        """A checksum of all binaries and their paths; empty if there are none."""
        checksums = sorted({(found.path, found.checksum) for found in self.binaries})
        return hashlib.sha256(json.dumps(checksums).encode()).hexdigest() if checksums else ""

    @property
    def is_like_plain(self) -> bool:
        """Whether the promise is the same as a plain wheel's, so that both may be alike."""
        return self.promise.is_baseline and self.promise.architectures is None

    def level(self, machine: str) -> str:
        """Return the lowest level with the extensions that its code for a machine needs."""
        return level_of(self.extensions(machine), machine)

    def extensions(self, machine: str) -> frozenset[str]:
        """Return the extensions that its code for a machine needs, except those a rule allows."""
        allowed = {(item.path, item.extension) for item in self.findings if item.allowed}
        return frozenset(
            extension
            for found in self.binaries
            if found.survey.machine == machine
            for extension in found.survey.needs
            if (found.path, extension) not in allowed
        )


def unused(rules: Sequence[Allowance], verdicts: Iterable[Verdict]) -> list[Allowance]:
    """Return the rules that allowed nothing in any of the wheels."""
    used = {finding.allowed for verdict in verdicts for finding in verdict.findings}
    return [rule for rule in rules if rule not in used]
