"""What tests of several modules need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import figures
import full_set
import pytest
from figures import Figure
from hypothesis import settings

# A busy machine is no mistake, so there are no deadlines. Continuous integration tries the same
# cases each time; `pytest --hypothesis-profile search` looks for new ones, long.
settings.register_profile("wheelnext", deadline=None, derandomize="CI" in os.environ)
settings.register_profile("search", deadline=None, max_examples=5000)
settings.register_profile("torture", deadline=None, max_examples=10_000)
settings.load_profile("wheelnext")

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "tests" / "packages"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


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
    return lambda text: record_property(figures.PROPERTY, text)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path, _, name = item.nodeid.partition("::")
        if full_set.has(Path(path).name, name):
            item.add_marker(pytest.mark.full)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", action="store_true", help="end with what was measured, by file")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.getoption("--figures"):
        figures.show(terminalreporter)
