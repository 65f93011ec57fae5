"""A build's look at its own wheels: each is audited before it is published."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.audit_settings import AuditConfig
from ..config.build_target import HOST_PLATFORM
from ..errors import BuildError, ToolchainError
from ..system.announce import announce
from ..system.publishing import atomic_file
from ..variants.variant import Variant
from ..wheels.name import WheelName

if TYPE_CHECKING:
    from ..audit.comparison import Gist
    from ..audit.verdict import Verdict

_READER = "lief>=0.16"
_DISASSEMBLERS = {"x86_64": "iced-x86>=1.17", "aarch64": "capstone>=5"}
"""What reading code for a machine needs installed."""

_ZSTD = "backports.zstd>=1"
"""How compilers of AMD's compress GPU code; Python has it from 3.14 on."""

_ENTRY = ".wheel.json"


def requirements(config: AuditConfig, machine: str, variants: Iterable[Variant] = ()) -> list[str]:
    """What to install for the audit of these wheels for ``machine``."""
    if config.mode == "off":
        return []
    found = [_READER, *([_DISASSEMBLERS[machine]] if machine in _DISASSEMBLERS else [])]
    needs_zstd = any(variant.values("amd", "gfx_arch") for variant in variants)
    return [*found, _ZSTD] if needs_zstd and sys.version_info < (3, 14) else found


def check_installed(config: AuditConfig, machine: str, variants: Iterable[Variant] = ()) -> None:
    """Raise ToolchainError, before anything is compiled, where that is not installed."""
    for requirement in requirements(config, machine, variants):
        name = requirement.partition(">=")[0]
        if not _is_installed(name.replace("-", "_")):
            raise ToolchainError(
                f"the audit of built wheels needs {name}: install wheelnext-build[audit], or set "
                'mode = "off" in [tool.wheelnext-build.audit]'
            )


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it would be in
        return False


def load(config: AuditConfig, tree: Path) -> None:
    """Load what the audit needs as soon as compilers run in a tree, and not before.

    Until then everything waits for the first of them. What is missing is said when it is needed.
    """
    if config.mode == "off":
        return
    while not (tree / ".ninja_log").is_file():
        time.sleep(0.2)
    with contextlib.suppress(ImportError):
        from ..audit.code import x86_survey  # noqa: F401


def _foreign() -> str:
    """Why what is installed may not run here, where that can be guessed."""
    if HOST_PLATFORM not in os.environ:
        return ""
    return (
        f". {HOST_PLATFORM} is set, so pip and uv install packages for that machine: install what "
        "the build needs without it, and build with --no-isolation; or use 'wheelnext-build build'"
    )


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
        try:
            from ..audit.comparison import Gist
            from ..audit.promise import promise_of
            from ..audit.wheels import audit_wheel

            promise = promise_of(WheelName.parse(wheel.name), variant, self.config.baselines)
            verdict = audit_wheel(wheel, promise, rules=self.config.rules, jobs=jobs)
        except ImportError as error:
            raise BuildError(f"{title}: the audit cannot be loaded: {error}{_foreign()}") from None
        self._note_rules(verdict)
        problems = [str(finding) for finding in verdict.errors]
        may_be_alike = verdict.is_like_plain or title in self.config.may_be_identical
        is_special = differs and not may_be_alike
        twin = self._twin(Gist.of(verdict, title), is_special=is_special)
        if twin:
            # Of wheels that are built at the same time, the plain one may be the last to be ready.
            changeless = title if is_special else twin
            problems.append(
                f"its binaries are those of {twin}, byte for byte: the flags of {changeless} "
                "change nothing in them (may-be-identical allows it)"
            )
        self.config.enforce(title, "the wheel", problems)

    def summarize(self) -> None:
        """Say, after the last wheel, what only all of them together show.

        That is which rules allowed nothing in any of them, and which variants buy nothing.
        """
        if self.config.mode == "off" or not self.ledger.is_dir():
            return
        for number, rule in enumerate(self.config.rules):
            if not (self.ledger / f"rule.{number}").exists():
                announce(
                    f"warning: the audit's rule for {rule.path!r} allowed nothing: remove it from "
                    "pyproject.toml, or correct its patterns"
                )
        gists = [gist for gist, _ in self._entries()]
        for gist in gists:
            text = gist.buys_nothing(gists)
            if text:
                announce(f"note: {gist.wheel}: {text}")

    def _note_rules(self, verdict: Verdict) -> None:
        used = {finding.allowed for finding in verdict.findings}
        self.ledger.mkdir(exist_ok=True)
        for number, rule in enumerate(self.config.rules):
            if rule in used:
                (self.ledger / f"rule.{number}").touch()

    def _twin(self, own: Gist, *, is_special: bool) -> str:
        """The title of another wheel of this request with the same binaries, where one is special.

        Entries are written before they are looked for: of two wheels that are checked at the same
        time, at least one sees the other.
        """
        content = json.dumps({"special": is_special, "gist": own.as_mapping()})
        with atomic_file(self.ledger / f"{own.wheel}{_ENTRY}") as stream:
            stream.write(content.encode())
        for other, other_is_special in self._entries():
            is_alike = other.digest == own.digest and other.wheel != own.wheel
            if own.digest and is_alike and (is_special or other_is_special):
                return other.wheel
        return ""

    def _entries(self) -> list[tuple[Gist, bool]]:
        """The wheels that were looked at so far, and whether each is special."""
        from ..audit.comparison import Gist

        found = []
        for path in sorted(self.ledger.glob(f"*{_ENTRY}")):
            entry = json.loads(path.read_text(encoding="utf-8"))
            found.append((Gist(**entry["gist"]), entry["special"]))
        return found
