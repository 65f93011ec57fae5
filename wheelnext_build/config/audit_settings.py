"""``[tool.wheelnext-build.audit]``: whether a build checks its wheels, and which code it allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO, cast

from ..errors import BuildError
from ..system.announce import announce
from ..variants.allowance import Allowance
from .model import Mode
from .toml_table import Table

_HINT = "See docs/audit.md; [tool.wheelnext-build.audit] sets the mode and what is allowed."

_BASELINES = {"x86-64-baseline": "x86_64", "aarch64-baseline": "aarch64"}


@dataclass(frozen=True)
class AuditConfig:
    """A project's settings for the audit.

    ``mode``: if a wheel does not keep its promise, the build fails ("error") or warns ("warn");
    "off" checks nothing. ``baselines`` are the levels that the plain wheel may need, by machine.
    ``may_be_identical`` are labels whose wheels may have the same binaries as another wheel.
    """

    mode: Mode = "error"
    baselines: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Allowance, ...] = ()
    may_be_identical: tuple[str, ...] = ()

    def enforce(
        self, title: str, wheel: str, problems: Sequence[str], file: TextIO | None = None
    ) -> None:
        """Raise BuildError for the problems of a wheel, or print them to ``file`` in mode "warn".

        The message starts with ``title`` and then ``wheel``: "the wheel", "the repaired wheel".
        """
        if not problems:
            return
        lines = "\n".join(f"  - {problem}" for problem in problems)
        text = f"{title}: {wheel} breaks the promise of its label:\n{lines}\n{_HINT}"
        if self.mode == "error":
            raise BuildError(text)
        for line in text.splitlines():
            announce(f"warning: {line}", file)


def parse(table: Table) -> AuditConfig:
    """Read the table; mistakes go into the table's report."""
    table.only()
    chosen = {machine: table.string(key) for key, machine in _BASELINES.items()}
    return AuditConfig(
        mode=cast(Mode, table.string("mode")),
        baselines={machine: level for machine, level in chosen.items() if level is not None},
        rules=tuple(rule for entry in table.tables("allow") if (rule := _rule(entry))),
        may_be_identical=table.strings("may-be-identical"),
    )


def _rule(entry: Table) -> Allowance | None:
    entry.only()
    path, reason = entry.string("path"), entry.string("reason")
    symbols, extensions = entry.strings("symbols"), entry.strings("extensions")
    for key, value in (("path", path), ("reason", reason)):
        if key not in entry:
            entry.report.add(entry.path, f"has no {key}", "each rule names files, and says why")
        elif value is not None and not value.strip():
            entry.report.add(entry.at(key), "must not be empty")
    if not path or not reason:
        return None
    return Allowance(path, reason, symbols, extensions)
