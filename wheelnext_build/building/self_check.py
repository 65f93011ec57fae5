"""The audit of a build's own wheels, before they are published."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .. import audit
from ..config.audit_settings import AuditConfig
from ..config.build_target import HOST_PLATFORM, BuildTarget
from ..errors import BuildError, ToolchainError
from ..system.announce import announce
from ..variants.variant import Variant
from ..wheels.name import WheelName

if TYPE_CHECKING:
    from ..audit.comparison import Gist
    from ..audit.verdict import Found

KnownFiles = dict[tuple[str, str], "list[Found]"]
"""Results of the audit by a file's name in the wheel and the SHA-256 of its content."""

_ZSTD = "backports.zstd>=1"
"""Reads GPU code that AMD's compilers have compressed; part of Python since 3.14."""


def requirements(
    config: AuditConfig, target: BuildTarget, variants: Iterable[Variant] = ()
) -> list[str]:
    """Return the requirements of auditing these wheels for ``target``."""
    if config.mode == "off":
        return []
    system = target.environment.get("sys_platform", sys.platform)
    found = audit.requirements(system, target.machine)
    needs_zstd = any(variant.values("amd", "gfx_arch") for variant in variants)
    return [*found, _ZSTD] if needs_zstd and sys.version_info < (3, 14) else found


def check_installed(
    config: AuditConfig, target: BuildTarget, variants: Iterable[Variant] = ()
) -> None:
    """Raise ToolchainError if one of these packages is missing, before anything is compiled."""
    for requirement in requirements(config, target, variants):
        name = requirement.partition(">=")[0]
        if not _is_installed(name.replace("-", "_")):
            raise ToolchainError(
                f"the audit of built wheels needs {name}: install wheelnext-build[audit], or set "
                'mode = "off" in [tool.wheelnext-build.audit]'
            )


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the parent package is missing, too
        return False


def _foreign() -> str:
    """Return a probable reason why installed packages do not run here, or an empty string."""
    if HOST_PLATFORM not in os.environ:
        return ""
    return (
        f". {HOST_PLATFORM} is set, so pip and uv install packages for that machine: install what "
        "the build needs without it, and build with --no-isolation; or use 'wheelnext-build build'"
    )


@dataclass(frozen=True)
class AuditedWheel:
    """The part of one wheel's audit that is needed to compare the wheels of the build.

    ``is_special`` says that the wheel must differ from the others. ``used_rules`` are the indices
    of rules that allowed something. ``files`` are the results by name and content.
    """

    gist: Gist
    is_special: bool
    used_rules: frozenset[int]
    files: KnownFiles

    @property
    def title(self) -> str:
        return self.gist.wheel


@dataclass(frozen=True)
class SelfCheck:
    """Audits the wheels of one build."""

    config: AuditConfig

    def audited(  # noqa: PLR0913
        self,
        wheel: Path,
        variant: Variant | None,
        title: str,
        *,
        differs: bool,
        jobs: int = 0,
        known_files: KnownFiles | None = None,
    ) -> AuditedWheel | None:
        """Audit a finished wheel that is not stamped yet; None if the audit is off.

        ``differs`` says that its compilers got other arguments than the plain wheel's. If the wheel
        breaks the promise of ``variant``, raises BuildError, or prints warnings if the project asks
        for these.
        """
        if self.config.mode == "off":
            return None
        files = dict(known_files or {})
        try:
            from ..audit.comparison import Gist
            from ..audit.promise import promise_of
            from ..audit.wheels import audit_wheel

            promise = promise_of(WheelName.parse(wheel.name), variant, self.config.baselines)
            rules = self.config.rules
            verdict = audit_wheel(wheel, promise, rules=rules, jobs=jobs, known=files)
        except ImportError as error:
            raise BuildError(f"{title}: the audit cannot be loaded: {error}{_foreign()}") from None
        self.config.enforce(title, "the wheel", [str(finding) for finding in verdict.errors])
        allowed = {finding.allowed for finding in verdict.findings}
        may_be_alike = verdict.is_like_plain or title in self.config.may_be_identical
        return AuditedWheel(
            Gist.of(verdict, title),
            differs and not may_be_alike,
            frozenset(number for number, rule in enumerate(rules) if rule in allowed),
            files,
        )


def judged_together(config: AuditConfig, wheels: Sequence[AuditedWheel]) -> dict[str, str]:
    """Return errors from comparing the wheels, by title; print notes.

    It is an error if a wheel must differ from the others but has the same binaries as another one.
    The plain wheel never gets this error, whatever the order in which the wheels were finished.
    """
    errors: dict[str, str] = {}
    for own in wheels:
        twin = _twin(own, wheels)
        if twin:
            problem = (
                f"its binaries are those of {twin}, byte for byte: the flags of {own.title} "
                "change nothing in them (may-be-identical allows it)"
            )
            try:
                config.enforce(own.title, "the wheel", [problem])
            except BuildError as error:
                errors[own.title] = str(error)
    kept = [wheel for wheel in wheels if wheel.title not in errors]
    used = {number for wheel in wheels for number in wheel.used_rules}
    for number, rule in enumerate(config.rules if wheels else ()):
        if number not in used:
            announce(
                f"warning: the audit's rule for {rule.path!r} allowed nothing: remove it from "
                "pyproject.toml, or correct its patterns"
            )
    gists = [wheel.gist for wheel in kept]
    for gist in gists:
        if text := gist.buys_nothing(gists):
            announce(f"note: {gist.wheel}: {text}")
    return errors


def _twin(own: AuditedWheel, wheels: Sequence[AuditedWheel]) -> str:
    """Return the title of a wheel with the same binaries; empty if the wheel may be like others.

    Of two wheels that both must differ, the first one is not an error.
    """
    if not own.is_special or not own.gist.digest:
        return ""
    for other in wheels:
        is_alike = other is not own and other.gist.digest == own.gist.digest
        if is_alike and not (other.is_special and wheels.index(own) < wheels.index(other)):
            return other.title
    return ""
