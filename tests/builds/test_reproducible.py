"""The same input gives the same bytes, wherever, by whomever and in whatever order it is built."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import EPOCH, Project, command, needs_x86_64
from reproducing import HERE, THERE, build

pytestmark = [
    pytest.mark.build,
    needs_x86_64,
    pytest.mark.skipif(sys.platform != "linux", reason="surroundings are made for Linux"),
]

PACKAGES = Path(__file__).parent.parent / "packages"
NEEDS = {"paths": ("nvcc", "gfortran")}


@pytest.mark.parametrize("name", ["paths", "bundles"])
def test_releases_from_two_places_are_equal(name: str, tmp_path: Path) -> None:
    for program in NEEDS.get(name, ()):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    here = build(PACKAGES / name, tmp_path, HERE)
    assert len(here.files) > 2
    assert build(PACKAGES / name, tmp_path, THERE).differing(here) == []


@pytest.mark.skipif(sys.prefix == sys.base_prefix, reason="needs a virtual environment")
def test_temporary_folders_inside_of_the_environment(project: Callable[[str], Project]) -> None:
    source = project("targets_scope")
    source.edit("kernels.c", "int ", "const char *where = __FILE__;\nint ")
    # Which is in the environment then, as its headers are.
    source.edit(
        "CMakeLists.txt", "add_library(kernels", "include_directories(.)\nadd_library(kernels"
    )
    with tempfile.TemporaryDirectory(dir=sys.prefix, prefix="temporary-") as base:
        inside = {"TMPDIR": base}
        here = build(source.folder, Path(base), HERE, environment=inside)
        there = build(source.folder, Path(base), THERE, environment=inside)
        assert there.differing(here) == []


@pytest.fixture
def checked(project: Callable[[str], Project]) -> Project:
    """A release that was built in the project's folder."""
    built = project("targets_scope")
    built.edit("kernels.c", "int ", "const char *where = __FILE__;\nint ")
    tool(built, "build", "--no-isolation", "--outdir", built.dist, built.folder)
    return built


def tool(project: Project, *arguments: str | Path, status: int = 0) -> str:
    run = (sys.executable, "-m", "wheelnext_build", *arguments)
    return command(*run, cwd=project.folder, env=EPOCH, status=status).output


def test_a_second_build_elsewhere_is_equal(checked: Project) -> None:
    rebuilt = ("check", "--rebuild", "--no-isolation", "--json", checked.dist, checked.folder)
    answer = json.loads(tool(checked, *rebuilt))
    assert answer["holds"]
    assert {item["state"] for item in answer["files"]} == {"equal"}
    assert len(answer["files"]) == len(checked.files())


def test_what_differs_is_shown(checked: Project) -> None:
    checked.edit("kernels.c", "const char *where", "const char *elsewhere")
    rebuilt = ("check", "--rebuild", "--no-isolation", checked.dist, checked.folder)
    said = tool(checked, *rebuilt, status=1)
    assert "Traceback" not in said
    assert ".so" in said
    assert "differs: " in said


def test_mistakes(checked: Project, tmp_path: Path) -> None:
    assert "need --rebuild" in tool(checked, "check", checked.dist, checked.folder, status=2)
    missing = tool(checked, "check", "--rebuild", tmp_path / "nothing", checked.folder, status=2)
    assert "nothing" in missing
