"""Build trees of several wheels: none has a file in it that was made for another one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping

import pytest
from builds_tools import Project, evaluate, label_of, members, needs_x86_64
from drop_in import LEVELS, TARGETS, Case

pytestmark = [pytest.mark.build, needs_x86_64]

INSTALLS_FOLDERS = """
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/data/of-${WHEELNEXT_VARIANT_LABEL}.txt" "configured")
add_custom_command(OUTPUT made.stamp
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_CURRENT_BINARY_DIR}/data/made"
  COMMAND "${CMAKE_COMMAND}" -E touch "${CMAKE_CURRENT_BINARY_DIR}/data/made/by-command.txt"
  COMMAND "${CMAKE_COMMAND}" -E touch made.stamp)
add_custom_target(made ALL DEPENDS made.stamp)
install(DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/data" DESTINATION drop_in COMPONENT python)
"""


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="shared tree"),
        pytest.param({"build.tool-args": "-j2"}, id="one tree"),
        pytest.param({"build-dir": "build"}, id="kept tree"),
        pytest.param({"cmake.args": "-GUnix Makefiles"}, id="make"),
    ],
)
def test_a_folder_of_the_build_tree_is_installed_without_another_wheels_files(
    project: Callable[[str], Project], settings: Mapping[str, str | list[str]]
) -> None:
    if "cmake.args" in settings and shutil.which("make") is None:
        pytest.skip("needs make")
    case = Case("folders", TARGETS)
    built = case.prepare(project("drop_in"))
    with (built.folder / "CMakeLists.txt").open("a") as stream:
        stream.write(INSTALLS_FOLDERS)
    for number in range(2 if "build-dir" in settings else 1):
        output = built.build({**settings, "variants": "all"})
        found = {
            label_of(wheel): [name for name in members(wheel) if "/data/" in name]
            for wheel in built.dist.iterdir()
        }
        assert found == {
            label: [f"drop_in/data/{name}" for name in ("made/by-command.txt", f"of-{label}.txt")]
            for label in LEVELS
        }
        levels = {
            label: evaluate(built.wheel(label), "drop_in.level()[0]") for label in built.labels()
        }
        assert levels == LEVELS
        built.clear()
        if "cmake.args" not in settings:
            assert output.compiled("module.c") == (1 if number == 0 else 0)


FORTRAN = """
enable_language(Fortran)
set(CMAKE_Fortran_MODULE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/modules")
add_library(shapes OBJECT shapes.f90)
install(DIRECTORY "${CMAKE_Fortran_MODULE_DIRECTORY}" DESTINATION drop_in COMPONENT python)
"""


def test_fortrans_modules_are_in_every_wheel(project: Callable[[str], Project]) -> None:
    if shutil.which("gfortran") is None:
        pytest.skip("needs gfortran")
    files = {"shapes.f90": "module shapes\n  integer :: corners = 4\nend module\n"}
    built = Case("modules", TARGETS, files=files).prepare(project("drop_in"))
    with (built.folder / "CMakeLists.txt").open("a") as stream:
        stream.write(FORTRAN)
    built.build({"variants": "all"}, env={"FC": "gfortran"})
    assert built.labels() == sorted(LEVELS)
    for label in LEVELS:
        assert "drop_in/modules/shapes.mod" in members(built.wheel(label))


FETCHES = """
include(FetchContent)
FetchContent_Declare(dependency URL "${CMAKE_CURRENT_SOURCE_DIR}/dependency")
FetchContent_MakeAvailable(dependency)
"""

DEPENDENCY = """
cmake_minimum_required(VERSION 3.21...4.0)
project(dependency LANGUAGES C)
add_library(dependency STATIC dependency.c)
install(DIRECTORY include DESTINATION drop_in COMPONENT python)
"""


def test_folders_of_fetched_sources_are_installed_and_nothing_is_built_twice(
    project: Callable[[str], Project],
) -> None:
    files = {
        "dependency/CMakeLists.txt": DEPENDENCY,
        "dependency/dependency.c": "int dependency(void) { return 1; }",
        "dependency/include/dependency.h": "int dependency(void);",
    }
    built = Case("fetched", TARGETS, files=files).prepare(project("drop_in"))
    with (built.folder / "CMakeLists.txt").open("a") as stream:
        stream.write(FETCHES)
    output = built.build({"variants": "all"})
    assert built.labels() == sorted(LEVELS)
    for label in LEVELS:
        assert "drop_in/include/dependency.h" in members(built.wheel(label))
    assert output.compiled("dependency.c") == 1
    assert sum("Linking C static library" in line for line in output.output.splitlines()) == 1


GENERATES_SOURCE = """
[[tool.scikit-build.generate]]
path = "generated.h"
location = "source"
template = '#define GENERATED "common"'

[[tool.scikit-build.overrides]]
if.env.WHEELNEXT_VARIANT_LABEL = "(.*)_v3"
generate = [{ path = "generated.h", location = "source", template = '#define GENERATED "v3"' }]

[tool.scikit-build]
cmake.define.CMAKE_C_FLAGS = "-DHAS_GENERATED"
"""


@pytest.mark.parametrize("scope", ["", TARGETS], ids=["project", "targets"])
def test_a_generated_source_file_is_the_wheels_own(
    project: Callable[[str], Project], scope: str
) -> None:
    built = Case("sources", GENERATES_SOURCE + scope).prepare(project("drop_in"))
    output = built.build({"variants": "all"}).output
    found = {label: evaluate(built.wheel(label), "drop_in.level()") for label in LEVELS}
    assert found == {
        "": "(1, 'common')",
        "x86_64_v3": "(3, 'v3')",
        "x86_64_v4": "(4, 'common')",
    }
    assert "wrote into the source folder" not in output


FORCED = """
[tool.scikit-build]
build-dir = "build"

[tool.scikit-build.wheel.force-include]
"build/seen.txt" = "drop_in/again.txt"
"""


def test_no_variant_takes_a_file_of_another_builds_folder(
    project: Callable[[str], Project],
) -> None:
    built = Case("forced", FORCED).prepare(project("drop_in"))
    built.build()
    assert "drop_in/again.txt" in members(built.wheel())
    built.clear()
    output = built.build({"variants": "all"}, status=2).output
    assert "takes 'build/seen.txt' out of the build folder" in output
    assert built.files() == []
