"""flags-scope = "project": the whole build, configure checks included, has the variant's flags."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import Project, evaluate, needs_x86_64

from wheelnext_build.audit.wheels import audit_wheels

pytestmark = [pytest.mark.build, needs_x86_64]

# (check for SSE4.2, check for AVX2, AVX2 in the sources) of each wheel.
CHECKS = {"": "(0, 0, 0)", "x86_64_v2": "(1, 0, 0)", "x86_64_v3": "(1, 1, 1)"}


def checks(project: Project) -> dict[str, str]:
    return {
        label: evaluate(project.wheel(label), "project_scope.checks()")
        for label in project.labels()
    }


def other_cmake() -> Path | None:
    """A CMake on PATH that is not this environment's."""
    ours = Path(sys.prefix).resolve()
    for folder in os.get_exec_path():
        found = shutil.which("cmake", path=folder)
        if found and ours not in Path(folder).resolve().parents:
            return Path(found)
    return None


def test_flags_survive_a_project_that_sets_its_own(project: Callable[[str], Project]) -> None:
    built = project("project_scope")
    built.build({"variants": "all"})
    assert checks(built) == CHECKS


def test_flags_of_the_environment_stay(project: Callable[[str], Project]) -> None:
    built = project("project_scope")
    built.edit("CMakeLists.txt", 'set(CMAKE_C_FLAGS "-O2 -Wall")', "")
    settings = {"variant-label": "x86_64_v3", "build.verbose": "true"}
    output = built.build(settings, env={"CFLAGS": "-O1 -mno-avx2"}).output
    (line,) = (line for line in output.splitlines() if "-o CMakeFiles/_core" in line)
    # The variant's flags have the last word.
    assert line.index("-O1") < line.index("-march=x86-64-v3")


def test_makefiles(project: Callable[[str], Project]) -> None:
    if shutil.which("make") is None:
        pytest.skip("needs make")
    built = project("project_scope")
    output = built.build({"variants": "all"}, env={"CMAKE_GENERATOR": "Unix Makefiles"}).output
    assert "with Unix Makefiles" in output
    assert checks(built) == CHECKS


def test_makefiles_share_a_tree(project: Callable[[str], Project]) -> None:
    if shutil.which("make") is None:
        pytest.skip("needs make")
    built = project("targets_scope")
    outcome = built.build({"variants": "all"}, env={"CMAKE_GENERATOR": "Unix Makefiles"})
    assert outcome.compiled("common.c") == 1
    levels = [evaluate(built.wheel(label), "targets_scope.level()") for label in built.labels()]
    assert levels == ["(1, 1)", "(1, 1)", "(1, 1)", "(3, 1)", "(4, 1)"]


def test_another_cmake(project: Callable[[str], Project]) -> None:
    cmake = other_cmake()
    if cmake is None:
        pytest.skip("there is one CMake here")
    for name in ("project_scope", "targets_scope"):
        built = project(name)
        built.build({"variants": "all"}, env={"CMAKE_EXECUTABLE": str(cmake)})
        if name == "project_scope":
            assert checks(built) == CHECKS
        else:
            assert evaluate(built.wheel("x86_64_v4"), f"{name}.level()") == "(4, 1)"
        built.clear()


@pytest.mark.parametrize("compiler", ["clang", "gcc"])
def test_compilers(project: Callable[[str], Project], compiler: str) -> None:
    path = shutil.which(compiler)
    if path is None:
        pytest.skip(f"needs {compiler}")
    built = project("project_scope")
    output = built.build({"variants": "all"}, env={"CC": path}).output
    assert f"The C compiler identification is {'GNU' if compiler == 'gcc' else 'Clang'}" in output
    assert checks(built) == CHECKS


@pytest.mark.parametrize("scope", ["project", "targets"])
def test_fortran(project: Callable[[str], Project], scope: str) -> None:
    if shutil.which("gfortran") is None:
        pytest.skip("needs gfortran")
    built = project("fortran_kernels")
    if scope == "targets":
        key = '[tool.wheelnext-build]\nflags-scope = "targets"\n\n'
        built.edit("pyproject.toml", "[variant.providers", f"{key}[variant.providers")
        call = "find_package(WheelnextBuild REQUIRED)\nwheelnext_target_variant(_core)\ninstall("
        built.edit("CMakeLists.txt", "install(", call)
    built.build({"variants": "all"}, env={"FC": "gfortran"})
    kinds = [evaluate(built.wheel(label), "fortran_kernels.kind()") for label in built.labels()]
    assert dict(zip(built.labels(), kinds, strict=True)) == {"": "0", "five": "5", "x86_64_v3": "0"}
    assert evaluate(built.wheel(), "fortran_kernels.added()") == "11.0"
    verdicts = audit_wheels([built.wheel(label) for label in built.labels()])
    assert [verdict.level("x86_64") for verdict in verdicts] == ["v1", "v1", "v3"]
    assert [verdict.holds for verdict in verdicts] == [True, True, True]


DEFINE = """[tool.scikit-build.cmake.define]
CMAKE_PROJECT_INCLUDE = "after_project.cmake"

"""


@pytest.mark.parametrize("way", ["pyproject.toml", "cmake.define.", "skbuild.cmake.define."])
def test_the_projects_own_project_include(project: Callable[[str], Project], way: str) -> None:
    built = project("project_scope")
    include = built.folder / "after_project.cmake"
    include.write_text('message(STATUS "included by the project: ${PROJECT_NAME}")\n')
    settings: dict[str, str | list[str]] = {"variants": "all"}
    if way == "pyproject.toml":
        built.edit("pyproject.toml", "[[tool", DEFINE + "[[tool")
    else:
        settings[f"{way}CMAKE_PROJECT_INCLUDE"] = str(include)
    output = built.build(settings).output
    assert output.count("included by the project: project_scope") == 3
    assert checks(built) == CHECKS


def test_a_project_include_that_hides_ours_is_an_error(project: Callable[[str], Project]) -> None:
    built = project("project_scope")
    include = built.folder / "after_project.cmake"
    include.write_text("")
    hidden = {"CMAKE_ARGS": f"-DCMAKE_PROJECT_INCLUDE={include}"}
    output = built.build({"variant-label": "x86_64_v3"}, env=hidden, status=1).output
    assert "x86_64_v3: the variant's flags reached no target" in output
    assert "CMAKE_PROJECT_INCLUDE must not be set in CMAKE_ARGS" in output
    assert built.files() == []


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param('axes.nvidia.sm_arch = ["90_real"]', id="CUDA code in a project without CUDA"),
        pytest.param(
            'axes.x86_64.level = ["v3"]\nlabel = "v3"', id="flags in a project without languages"
        ),
    ],
)
def test_flags_for_a_language_that_is_not_enabled_are_an_error(
    project: Callable[[str], Project], properties: str
) -> None:
    built = project("project_scope")
    built.edit("pyproject.toml", 'axes.x86_64.level = ["v2", "v3"]', properties)
    if "x86_64" in properties:
        (built.folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.20...4.0)\nproject(none LANGUAGES NONE)\n"
        )
    fake = built.folder / "nvcc"
    fake.write_text("#!/bin/sh\necho 'Cuda compilation tools, release 13.0, V13.0.88'\n")
    fake.chmod(0o755)
    output = built.build({"variant-label": "*"}, env={"CUDACXX": str(fake)}, status=1).output
    assert "the variant's flags reached no target" in output
    assert "must enable a language that they are for" in output
    assert built.labels() == []
