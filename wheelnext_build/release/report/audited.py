"""Audit a folder's wheels and return the values that a report needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...audit import REQUIREMENT, is_available
from ...audit.comparison import compared_by_build
from ...audit.verdict import Mark, unused
from ...config.audit_settings import AuditConfig
from ...errors import WheelError
from ...system.text import one_line

if TYPE_CHECKING:
    from ...audit.verdict import Finding, Verdict


@dataclass(frozen=True)
class Remark:
    """A finding of the audit; ``text`` is the line that ``audit`` prints."""

    mark: Mark
    text: str


@dataclass(frozen=True)
class Audited:
    """The audit of one wheel.

    ``needs`` lists the level of each architecture in the wheel, such as ``x86_64 v3``, and what it
    needs beyond any level. ``architectures`` are those of its GPU code.
    """

    holds: bool
    promise: str
    needs: tuple[str, ...]
    architectures: tuple[str, ...]
    binaries: int
    remarks: tuple[Remark, ...]


def unavailable() -> str:
    """Explain why wheels cannot be audited, or return ''."""
    if is_available():
        return ""
    return f"Not audited, because the audit needs: python -m pip install '{REQUIREMENT}'"


@dataclass(frozen=True)
class Audit:
    """The audits of wheels by file name, and the errors of wheels that could not be audited.

    ``notes`` are about the project's rules.
    """

    judged: Mapping[str, Audited]
    failed: Mapping[str, str]
    notes: tuple[str, ...]


NO_AUDIT = Audit({}, {}, ())


def audited(wheels: Sequence[Path], config: AuditConfig) -> Audit:
    """Audit the binaries of all wheels, and compare the wheels of each build with each other."""
    failed: dict[str, str] = {}
    verdicts = compared_by_build(_verdicts(wheels, config, failed))
    notes = [
        f"The rule for {rule.path!r} allows nothing in these wheels: remove it?"
        for rule in (unused(config.rules, verdicts) if verdicts else ())
    ]
    return Audit({item.wheel: _judgement(item) for item in verdicts}, failed, tuple(notes))


def _verdicts(
    wheels: Sequence[Path], config: AuditConfig, failed: dict[str, str]
) -> Iterable[Verdict]:
    from ...audit.wheels import audit_wheels

    try:
        return audit_wheels(wheels, baselines=config.baselines, rules=config.rules)
    except WheelError as error:
        if len(wheels) == 1:
            failed[wheels[0].name] = str(error)
            return []
        # One bad file fails the whole call, so audit each wheel by itself.
        return [item for path in wheels for item in _verdicts([path], config, failed)]


def _judgement(verdict: Verdict) -> Audited:
    return Audited(
        verdict.holds,
        verdict.promise.described,
        verdict.needs,
        verdict.architectures,
        len(verdict.binaries),
        tuple(map(_remark, verdict.findings)),
    )


def _remark(finding: Finding) -> Remark:
    text = one_line(str(finding))
    if finding.allowed:
        text += f" (allowed: {one_line(finding.allowed.reason)})"
    return Remark(finding.mark, text)
