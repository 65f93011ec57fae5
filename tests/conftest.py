"""What tests of several modules need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A busy machine is no mistake, so there are no deadlines. Continuous integration tries the same
# cases each time; `pytest --hypothesis-profile search` looks for new ones, long.
settings.register_profile("wheelnext", deadline=None, derandomize="CI" in os.environ)
settings.register_profile("search", deadline=None, max_examples=5000)
settings.register_profile("torture", deadline=None, max_examples=10_000)
settings.load_profile("wheelnext")

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "tests" / "packages"

FIGURE = "figure"

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Figure = Callable[[str], None]


@pytest.fixture
def package(tmp_path: Path) -> Callable[[str], Path]:
    """Copies one of tests/packages to a fresh folder, whose path it returns."""

    def copy(name: str) -> Path:
        target = tmp_path / name
        shutil.copytree(PACKAGES / name, target)
        return target

    return copy


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs a command and returns what it printed; fails the test, with the output, where it fails.

    ``status`` is the exit status that is expected, ``env`` is added to the environment.
    """

    def run(
        *command: str | Path,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        status: int = 0,
    ) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != status:
            pytest.fail(
                f"{' '.join(map(str, command))} ended with {result.returncode}, not {status}:\n"
                f"{result.stdout}\n{result.stderr}"
            )
        return result

    return run


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter of the test environment, into which this project is installed."""
    return sys.executable


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Keeps a line about what a long test has measured, for the end of a run with ``--figures``."""
    return lambda text: record_property(FIGURE, text)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", action="store_true", help="end with what was measured, by file")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print a table in Markdown: the tests of each file, their time, and what they measured."""
    if not config.getoption("--figures"):
        return
    tests: dict[str, int] = {}
    seconds: dict[str, float] = {}
    figures: dict[str, list[str]] = {}
    for report in (item for items in terminalreporter.stats.values() for item in items):
        if not isinstance(report, pytest.TestReport):
            continue
        name, _, test = report.nodeid.partition("::")
        seconds[name] = seconds.get(name, 0.0) + report.duration
        if report.when == "call" and report.passed:
            tests[name] = tests.get(name, 0) + 1
            found = [value for key, value in report.user_properties if key == FIGURE]
            figures.setdefault(name, []).extend(f"{test}: {value}" for value in found)
    terminalreporter.section("figures")
    terminalreporter.write_line("| file | tests | seconds |\n|---|---|---|")
    for name in sorted(tests):
        terminalreporter.write_line(f"| `{name}` | {tests[name]} | {seconds[name]:.0f} |")
    for name in sorted(tests):
        for line in figures[name]:
            terminalreporter.write_line(f"{name}::{line}")
