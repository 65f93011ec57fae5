"""Projects to build."""

from __future__ import annotations

import shutil
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import Project

PACKAGES = Path(__file__).parent.parent / "packages"


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Project]:
    """Copies one of tests/packages to a fresh folder."""
    return lambda name: copy(name, tmp_path)


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Project]:
    """The same for a project that several tests of a module only look at."""
    return lambda name: copy(name, tmp_path_factory.mktemp(name))


def copy(name: str, folder: Path) -> Project:
    shutil.copytree(PACKAGES / name, folder / name)
    return Project(folder / name, folder / "dist")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """An environment to install into."""
    folder = tmp_path / "target"
    venv.create(folder, symlinks=sys.platform != "win32")
    return folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
