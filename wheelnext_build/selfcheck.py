"""A build's look at its own wheels: each is audited before it is published."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from .announce import announce
from .auditconfig import AuditConfig
from .errors import BuildError, ToolchainError
from .variant import Variant
from .wheelfile import WheelName

if TYPE_CHECKING:
    from .audit.verdict import Verdict

_READER = "lief>=0.16"
_DISASSEMBLERS = {"x86_64": "iced-x86>=1.17", "aarch64": "capstone>=5"}
"""What reading code for a machine needs installed."""

HINT = "See docs/audit.md; [tool.wheelnext-build.audit] says what is allowed, and mode."


def requirements(config: AuditConfig, machine: str) -> list[str]:
    """What to install for the audit of wheels for ``machine``."""
    if config.mode == "off":
        return []
    return [_READER, *([_DISASSEMBLERS[machine]] if machine in _DISASSEMBLERS else [])]


def check_installed(config: AuditConfig, machine: str) -> None:
    """Raise ToolchainError, before anything is compiled, where that is not installed."""
    for requirement in requirements(config, machine):
        name = requirement.partition(">=")[0]
        if find_spec(name.replace("-", "_")) is None:
            raise ToolchainError(
                f"the audit of built wheels needs {name}: install wheelnext-build[audit], or set "
                'mode = "off" in [tool.wheelnext-build.audit]'
            )


def load(config: AuditConfig, tree: Path) -> None:
    """Load what the audit needs as soon as compilers run in a tree, and not before.

    Until then everything waits for the first of them. What is missing is said when it is needed.
    """
    if config.mode == "off":
        return
    while not (tree / ".ninja_log").is_file():
        time.sleep(0.2)
    with contextlib.suppress(ImportError):
        from .audit import elf, wheels, x86survey  # noqa: F401


@dataclass(frozen=True)
class SelfCheck:
    """Audits the wheels of one request; ``ledger`` is a folder that all of its workers share."""

    config: AuditConfig
    ledger: Path

    def check(
        self, wheel: Path, variant: Variant | None, title: str, *, differs: bool, jobs: int = 0
    ) -> None:
        """Audit a finished wheel that is still plain and stands for ``variant``.

        ``differs`` says that its compilers were called with other arguments than the plain wheel's.
        Raises BuildError where it does not hold what the variant promises; where the project asks
        for warnings only, they are printed.
        """
        if self.config.mode == "off":
            return
        from .audit.promise import promise_of
        from .audit.wheels import audit_wheel

        promise = promise_of(WheelName.parse(wheel.name), variant, self.config.baselines)
        verdict = audit_wheel(wheel, promise, rules=self.config.rules, jobs=jobs)
        self._note_rules(verdict)
        problems = [str(finding) for finding in verdict.errors]
        may_be_alike = verdict.is_like_plain or title in self.config.may_be_identical
        is_special = differs and not may_be_alike
        twin = self._twin(verdict, title, is_special=is_special)
        if twin:
            problems.append(
                f"its binaries are those of {twin}, byte for byte: the flags of {title} change "
                "nothing in them (may-be-identical allows it)"
            )
        if not problems:
            return
        lines = "\n".join(f"  - {problem}" for problem in problems)
        text = f"{title}: the wheel does not hold what its label says:\n{lines}\n{HINT}"
        if self.config.mode == "error":
            raise BuildError(text)
        for line in text.splitlines():
            announce(f"warning: {line}")

    def warn_of_unused_rules(self) -> None:
        """Say which rules allowed nothing in any of the wheels that were checked."""
        if self.config.mode == "off" or not self.ledger.is_dir():
            return
        for number, rule in enumerate(self.config.rules):
            if not (self.ledger / f"rule.{number}").exists():
                announce(
                    f"warning: the audit's rule for {rule.path!r} allowed nothing: remove it from "
                    "pyproject.toml, or correct its patterns"
                )

    def _note_rules(self, verdict: Verdict) -> None:
        used = {finding.allowed for finding in verdict.findings}
        self.ledger.mkdir(exist_ok=True)
        for number, rule in enumerate(self.config.rules):
            if rule in used:
                (self.ledger / f"rule.{number}").touch()

    def _twin(self, verdict: Verdict, title: str, *, is_special: bool) -> str:
        """The title of another wheel of this request with the same binaries, where one is special.

        Entries are written before they are looked for: of two wheels that are checked at the same
        time, at least one sees the other.
        """
        digest = verdict.digest
        if not digest:
            return ""
        own = self.ledger / f"{digest}.{title}"
        own.write_text("special" if is_special else "", encoding="utf-8")
        for other in self.ledger.glob(f"{digest}.*"):
            if other != own and (is_special or other.read_text(encoding="utf-8")):
                return other.name.removeprefix(f"{digest}.")
        return ""
