"""The same input gives the same bytes, wherever, by whomever and in whatever order it is built."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import EPOCH, Project, command, needs_x86_64
from reproducing import HERE, THERE, Release, build

pytestmark = [
    pytest.mark.build,
    needs_x86_64,
    pytest.mark.skipif(sys.platform != "linux", reason="surroundings are made for Linux"),
]

PACKAGES = Path(__file__).parent.parent / "packages"
PROGRAMS = (("CXX", "c++"), ("Fortran", "gfortran"), ("CUDA", "nvcc"))


@pytest.mark.parametrize("name", ["paths", "bundles"])
def test_releases_from_two_places_are_equal(name: str, tmp_path: Path) -> None:
    here = build(PACKAGES / name, tmp_path, HERE)
    assert len(here.files) > 2
    if name == "paths":
        assert languages(here) == {lang for lang, program in PROGRAMS if shutil.which(program)}
    assert build(PACKAGES / name, tmp_path, THERE).differing(here) == []


def test_scikit_build_cores_setting_fixes_dates_alone(tmp_path: Path) -> None:
    command = ("-m", "build", "--no-isolation", "-Cvariants=all", "-Cwheel.reproducible=true")
    without = {"SOURCE_DATE_EPOCH": None}
    here, there = (
        build(PACKAGES / "bundles", tmp_path, around, environment=without, command=command)
        for around in (HERE, THERE)
    )
    assert len(here.files) > 2
    assert there.differing(here) == []


@pytest.mark.skipif(not shutil.which("gfortran"), reason="needs gfortran")
@pytest.mark.xfail(reason="gfortran maps paths in debugging information only (GCC 12)")
def test_what_fortran_writes_of_its_own_name(tmp_path: Path) -> None:
    """In I/O statements and ``__FILE__``; docs/reliability.md says so."""
    named = ("-Cvariant-label=x86_64_v3", "-Ccmake.define.NAMES_ITSELF=ON")
    command = ("-m", "build", "--no-isolation", "--wheel", *named)
    here = build(PACKAGES / "paths", tmp_path, HERE, command=command)
    there = build(PACKAGES / "paths", tmp_path, THERE, command=command)
    assert len(here.files) == 1
    assert there.differing(here) == []


def languages(release: Release) -> set[str]:
    """Those that a wheel has a library in, beside C."""
    (wheel,) = (data for name, data in release.files.items() if "v3" in name)
    names = zipfile.ZipFile(io.BytesIO(wheel)).namelist()
    return {lang for lang, _ in PROGRAMS if f"paths/libin_{lang}.so" in names}


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
    pattern = r"^differs: .*-x86_64_v3\.whl: (.*\.so): content differs$"
    assert re.findall(pattern, said, re.MULTILINE)
    assert ("hint: install diffoscope" in said) == (shutil.which("diffoscope") is None)


def test_mistakes(checked: Project, tmp_path: Path) -> None:
    assert "need --rebuild" in tool(checked, "check", checked.dist, checked.folder, status=2)
    missing = tool(checked, "check", "--rebuild", tmp_path / "nothing", checked.folder, status=2)
    assert "nothing" in missing
