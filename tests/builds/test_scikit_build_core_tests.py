"""scikit-build-core's own tests have the same results with these hooks as with its own.

They are in its sdist. Modules that import the hooks are run, twice. Tests that need an isolated
environment are left out: they call the backend that a sample's pyproject.toml names.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import replaced_hooks
import sdists
from builds_tools import clean_environment

pytestmark = pytest.mark.build

CLEAN_EXITS = {
    "test_force_include_missing_sdist_source_errors",
    "test_force_include_missing_wheel_source_errors",
    "test_force_include_unresolvable_through_sdist_errors",
}
"""Tests that expect an exception from a hook, which is a message and an exit status here."""

OWN_SETTING = {"test_prepare_metadata_for_build_wheel_variant"}
"""A test of scikit-build-core's experimental ``variant-label``, which is a setting of ours."""

LEAST = 350
"""Tests that must have run, or this one would compare too little."""


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    archive = sdists.fetch("scikit-build-core", version("scikit-build-core"), folder)
    (folder / "unpacked").mkdir()
    return sdists.unpack(archive, folder / "unpacked")


@pytest.fixture(scope="module")
def python(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the requirements of those tests."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run(
        ["uv", "venv", "--quiet", "--python", sys.executable, folder],
        check=True,
    )
    found = folder / "bin" / "python"
    group = f"{suite / 'pyproject.toml'}:test"
    installing = ["uv", "pip", "install", "--quiet", "--python", found, "--group", group]
    pinned = f"scikit-build-core=={version('scikit-build-core')}"
    subprocess.run([*installing, "wheelnext-build", pinned, "cmake", "ninja"], check=True)
    return found


def results(python: Path, suite: Path, report: Path, *options: str) -> dict[str, str]:
    """Run the tests of modules that import the hooks; return each result by the test's name."""
    imports = re.compile(r"^(from|import) scikit_build_core\.build\b", re.MULTILINE)
    modules = sorted((suite / "tests").glob("test_*.py"))
    files = [path for path in modules if imports.search(path.read_text())]
    support = str(Path(replaced_hooks.__file__).parent)
    command = [python, "-m", "pytest", "-q", "-m", "not isolated and not network", *options]
    variables = {
        name: text for name, text in clean_environment().items() if not name.startswith("PYTEST")
    }
    ended = subprocess.run(
        [*command, f"--junitxml={report}", *files],
        cwd=suite,
        env={**variables, "PYTHONPATH": support},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode in (0, 1), ended.stdout
    if options:
        assert re.search(r"replaced [1-9]\d hooks", ended.stdout)
    found = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        states = {child.tag for child in case}
        failed = bool(states & {"failure", "error"})
        name = f"{case.get('classname')}::{case.get('name')}"
        found[name] = "failed" if failed else "skipped" if "skipped" in states else "passed"
    return found


def test_same_results_as_with_its_own_hooks(python: Path, suite: Path, tmp_path: Path) -> None:
    theirs = results(python, suite, tmp_path / "theirs.xml")
    ours = results(python, suite, tmp_path / "ours.xml", "-p", "replaced_hooks")
    assert sum(state == "passed" for state in theirs.values()) >= LEAST
    assert ours.keys() == theirs.keys()
    differing = {name.rpartition("::")[2] for name in ours if ours[name] != theirs[name]}
    assert differing == CLEAN_EXITS | OWN_SETTING
