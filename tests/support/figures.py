"""What long tests have measured: by each test, and in a table at the end of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Figure = Callable[[str], None]
"""The fixture of that name: keeps a line."""

PROPERTY = "figure"


def show(terminalreporter: Any) -> None:
    """Print a table in Markdown, the tests of each file and their time; then their lines."""
    tests: dict[str, int] = {}
    seconds: dict[str, float] = {}
    lines: list[str] = []
    for report in (item for items in terminalreporter.stats.values() for item in items):
        if not isinstance(report, pytest.TestReport):
            continue
        name = report.nodeid.partition("::")[0]
        seconds[name] = seconds.get(name, 0.0) + report.duration
        if report.when == "call" and report.passed:
            tests[name] = tests.get(name, 0) + 1
            found = (value for key, value in report.user_properties if key == PROPERTY)
            lines += [f"{report.nodeid}: {value}" for value in found]
    terminalreporter.section("figures")
    terminalreporter.write_line("| file | tests | seconds |\n|---|---|---|")
    for name in sorted(tests):
        terminalreporter.write_line(f"| `{name}` | {tests[name]} | {seconds[name]:.0f} |")
    for line in sorted(lines):
        terminalreporter.write_line(line)
