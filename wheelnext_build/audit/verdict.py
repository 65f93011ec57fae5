"""What was found in a wheel, compared with what the wheel promises."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from .cudalibraries import missing_package, too_new_for
from .isa import in_order, level_of
from .needs import Place, Survey
from .promise import BASELINES, Promise
from .rules import Rule

LEAKS = "Built with -march=native? See docs/audit.md#leaks"
_MAX_SHOWN = 3

Kind = Literal[
    "leak",
    "unread",
    "architectures",
    "declared",
    "driver",
    "dependency",
    "nothing-read",
    "no-gain",
    "identical",
]


@dataclass(frozen=True)
class Found:
    """What one binary of a wheel holds. ``path`` is its path in the wheel.

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
    """One thing that is not as promised.

    ``is_error`` findings fail the audit, but for those that a rule allows (``allowed``).
    """

    kind: Kind
    path: str
    text: str
    extension: str = ""
    symbols: tuple[str, ...] = ()
    is_error: bool = True
    allowed: Rule | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


@dataclass(frozen=True)
class Verdict:
    """The judgement of one wheel: what it promised, what was found, and where these differ."""

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
        """The machines that there is code for, of those whose levels are known."""
        return tuple(sorted({item.survey.machine for item in self.binaries} & set(BASELINES)))

    @property
    def digest(self) -> str:
        """A checksum of all binaries and their paths; empty where there are none."""
        checksums = sorted({(found.path, found.checksum) for found in self.binaries})
        return hashlib.sha256(json.dumps(checksums).encode()).hexdigest() if checksums else ""

    @property
    def is_like_plain(self) -> bool:
        """Whether its promise is no other than a plain wheel's, so that both may be alike."""
        return self.promise.is_baseline and self.promise.architectures is None

    def level(self, machine: str) -> str:
        """The lowest level that its code for a machine needs where it runs unasked."""
        return level_of(self.extensions(machine), machine)

    def extensions(self, machine: str) -> frozenset[str]:
        """What that code needs, without what a rule allows."""
        allowed = {(item.path, item.extension) for item in self.findings if item.allowed}
        return frozenset(
            extension
            for found in self.binaries
            if found.survey.machine == machine
            for extension in found.survey.needs
            if (found.path, extension) not in allowed
        )


def judge(
    wheel: str,
    promise: Promise,
    binaries: Sequence[Found],
    rules: Sequence[Rule] = (),
    requires: Collection[str] = (),
) -> Verdict:
    """Compare what the binaries of a wheel hold with what it promises.

    ``requires`` are the normalized names of the distributions that it depends upon.
    """
    findings: list[Finding] = []
    for found in binaries:
        if found.error:
            findings.append(Finding("unread", found.path, found.error))
            continue
        findings += _leaks(found, promise, rules)
        findings += _declared(found, promise, rules)
        findings += _architectures(found, promise, rules)
        findings += _libraries(found, promise, rules)
    findings += _dependencies(binaries, requires)
    has_code = any(item.survey.machine in BASELINES and item.survey.code_size for item in binaries)
    if not promise.is_baseline and not has_code:
        text = (
            f"no machine code in it that could be read, so nothing that needs {promise.described}"
        )
        findings.append(Finding("nothing-read", "", text))
    if promise.architectures is not None and not any(item.architectures for item in binaries):
        wanted = ", ".join(sorted(promise.architectures))
        findings.append(Finding("architectures", "", f"no GPU code in it; it promises {wanted}"))
    return Verdict(wheel, promise, tuple(binaries), tuple(findings))


def _leaks(found: Found, promise: Promise, rules: Sequence[Rule]) -> Iterable[Finding]:
    allowed = promise.extensions.get(found.survey.machine, frozenset())
    for extension in in_order(found.survey.needs.keys() - allowed):
        places = found.survey.needs[extension]
        for rule in rules:
            covered = [item for item in places if rule.covers(found.path, extension, item.function)]
            if covered:
                yield _leak(found, promise, extension, covered, rule)
                places = [item for item in places if item not in covered]
        if places:
            yield _leak(found, promise, extension, places)
    for extension in in_order(found.survey.unsure.keys() - allowed):
        places = found.survey.unsure[extension]
        text = (
            f"{_count(places)} between functions read like {extension}, but nothing leads there: "
            f"data, most likely ({_shown(places)})"
        )
        yield Finding("leak", found.path, text, extension, is_error=False)


def _leak(
    found: Found,
    promise: Promise,
    extension: str,
    places: Sequence[Place],
    rule: Rule | None = None,
) -> Finding:
    text = (
        f"{_count(places)} need{'s' if len(places) == 1 else ''} {extension}, beyond "
        f"{promise.described}: {_shown(places)}. {LEAKS}"
    )
    symbols = tuple(item.function for item in places)
    return Finding("leak", found.path, text, extension, symbols, allowed=rule)


def _declared(found: Found, promise: Promise, rules: Sequence[Rule]) -> Iterable[Finding]:
    for level in found.declared:
        if level > promise.levels["x86_64"]:
            text = (
                f"an ELF note says that it needs x86-64-{level}, beyond {promise.described}; the "
                "loader refuses it on other processors (-z x86-64-...)"
            )
            yield Finding("declared", found.path, text, allowed=_rule_for(found, rules))


def _architectures(found: Found, promise: Promise, rules: Sequence[Rule]) -> Iterable[Finding]:
    if promise.architectures is None or not found.architectures:
        return
    there = set(found.architectures)
    missing, extra = promise.architectures - there, there - promise.architectures
    if not missing and not extra:
        return
    parts = [f"has no {', '.join(sorted(missing))}"] if missing else []
    parts += [f"has {', '.join(sorted(extra))} beyond it"] if extra else []
    wanted = ", ".join(sorted(promise.architectures))
    text = f"GPU code {' and '.join(parts)}; nvidia :: sm_arch promises {wanted}"
    yield Finding("architectures", found.path, text, allowed=_rule_for(found, rules))


def _libraries(found: Found, promise: Promise, rules: Sequence[Rule]) -> Iterable[Finding]:
    """The CUDA runtime that a binary loads needs a driver of at least its own major version."""
    for library in found.needed:
        version = too_new_for(library, promise.cuda)
        if version:
            text = (
                f"loads {library}, which needs a driver for CUDA {version}; nvidia :: "
                f"cuda_version_lower_bound promises {promise.cuda}"
            )
            yield Finding("driver", found.path, text, allowed=_rule_for(found, rules))


def _dependencies(binaries: Sequence[Found], requires: Collection[str]) -> Iterable[Finding]:
    """CUDA's libraries that nothing installs: a note, since the system may well have them."""
    bundled = {PurePosixPath(found.path).name for found in binaries}
    for found in binaries:
        for library in found.needed:
            package = missing_package(library, bundled, requires)
            if package:
                text = (
                    f"loads {library}, which the wheel neither bundles nor requires: it is in "
                    f"{package}"
                )
                yield Finding("dependency", found.path, text, is_error=False)


def _rule_for(found: Found, rules: Sequence[Rule]) -> Rule | None:
    """The rule for a file as a whole, if there is one."""
    whole = (rule for rule in rules if not rule.symbols and not rule.extensions)
    return next((rule for rule in whole if rule.covers(found.path)), None)


def unused(rules: Sequence[Rule], verdicts: Iterable[Verdict]) -> list[Rule]:
    """The rules that allowed nothing in any of the wheels."""
    used = {finding.allowed for verdict in verdicts for finding in verdict.findings}
    return [rule for rule in rules if rule not in used]


def _count(places: Sequence[Place]) -> str:
    return f"{len(places)} function{'s' if len(places) != 1 else ''}"


def _shown(places: Sequence[Place]) -> str:
    more = len(places) - _MAX_SHOWN
    shown = ", ".join(map(str, places[:_MAX_SHOWN]))
    return f"{shown}, and {more} more" if more > 0 else shown
