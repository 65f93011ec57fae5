"""Trees that share nothing are built at once, from one pool of jobs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import Project, needs_x86_64

pytestmark = [
    pytest.mark.build,
    needs_x86_64,
    pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the pool is a named pipe"),
]

SOURCES = 5

COMPILER = """\
#!/bin/sh
case "$*" in
*part*.c*)
  echo "+ $*" >> "{log}"
  sleep 0.3
  "{real}" "$@"
  status=$?
  echo "- $*" >> "{log}"
  exit $status;;
esac
exec "{real}" "$@"
"""


@pytest.fixture
def watched(project: Callable[[str], Project]) -> Project:
    """Project-wide flags, three wheels, several files each, and a compiler that keeps a log."""
    real = shutil.which("gcc")
    if real is None:
        pytest.skip("needs gcc")
    built = project("project_scope")
    names = [f"part{number}.c" for number in range(SOURCES)]
    for name in names:
        (built.folder / name).write_text(f"int {name[:-2]}(void) {{ return 1; }}\n")
    built.edit("CMakeLists.txt", "WITH_SOABI module.c", f"WITH_SOABI module.c {' '.join(names)}")
    compiler = built.folder / "watched-cc"
    compiler.write_text(COMPILER.format(log=built.folder / "log", real=real))
    compiler.chmod(0o755)
    return built


def most_at_once(log: Path) -> int:
    running = most = 0
    for line in log.read_text().splitlines():
        running += 1 if line.startswith("+") else -1
        most = max(most, running)
    return most


@pytest.mark.parametrize("jobs", [1, 2, 3, 8])
def test_never_more_compilers_than_jobs(watched: Project, jobs: int) -> None:
    env = {"CC": str(watched.folder / "watched-cc"), "CMAKE_BUILD_PARALLEL_LEVEL": str(jobs)}
    output = watched.build({"variants": "all"}, env=env).output
    assert f"3 build trees, {jobs} compilers at most" in output
    assert watched.labels() == ["", "x86_64_v2", "x86_64_v3"]
    most = most_at_once(watched.folder / "log")
    assert most <= jobs
    assert most >= min(jobs, 2)


def test_lines_carry_their_label(watched: Project) -> None:
    output = watched.build({"variants": "all"}).output
    lines = [line for line in output.splitlines() if "Building C object" in line]
    assert len(lines) == 3 * (SOURCES + 1)
    for label in ("plain", "x86_64_v2", "x86_64_v3"):
        assert sum(line.startswith(f"{label} | ") for line in lines) == SOURCES + 1


@pytest.mark.parametrize(
    ("settings", "env"),
    [
        ({"build.tool-args": "-j2"}, {}),
        ({}, {"CMAKE_GENERATOR": "Unix Makefiles"}),
        ({"cmake.args": "-GUnix Makefiles"}, {}),
        ({}, {"MAKEFLAGS": "-j --jobserver-auth=3,4"}),
    ],
)
def test_one_after_the_other_where_there_can_be_no_pool(
    project: Callable[[str], Project], settings: dict[str, str], env: dict[str, str]
) -> None:
    if ("Makefiles" in str((settings, env))) and shutil.which("make") is None:
        pytest.skip("needs make")
    built = project("project_scope")
    output = built.build({"variants": "all", **settings}, env=env).output
    assert "compilers at most" not in output
    assert built.labels() == ["", "x86_64_v2", "x86_64_v3"]


def test_an_old_make_inside_of_the_build_is_not_disturbed(watched: Project) -> None:
    """Before 4.4 it ends with an error when it is told of a pool that is a named pipe."""
    if shutil.which("make") is None:
        pytest.skip("needs make")
    (watched.folder / "Makefile").write_text("all:\n\t@echo made by make\n")
    watched.edit(
        "CMakeLists.txt",
        "install(TARGETS",
        'add_custom_target(inner ALL COMMAND make -C "${CMAKE_SOURCE_DIR}")\ninstall(TARGETS',
    )
    output = watched.build({"variants": "all"}).output
    assert output.count("made by make") == 3


def test_what_is_written_beside_the_sources_is_told(project: Callable[[str], Project]) -> None:
    built = project("project_scope")
    write = 'file(WRITE "${CMAKE_SOURCE_DIR}/generated.h" "#define A 1\\n")\ninstall(TARGETS'
    built.edit("CMakeLists.txt", "install(TARGETS", write)
    output = built.build({"variants": "all"}).output
    assert "wrote into the source folder: generated.h." in output
    built.edit("pyproject.toml", "[[tool.wheelnext-build.matrix]]", SEPARATE)
    output = built.build({"variants": "all"}).output
    assert "wrote into the source folder" not in output
    assert "compilers at most" not in output


SEPARATE = """\
[tool.wheelnext-build]
parallel-trees = false

[[tool.wheelnext-build.matrix]]"""


def test_wheels_of_a_shared_tree_compile_only_what_differs(
    project: Callable[[str], Project],
) -> None:
    output = project("targets_scope").build({"variants": "all"})
    assert "build trees, " not in output.output
    assert output.compiled("common.c") == 1
    assert output.compiled("kernels.c") == 4  # null has the plain wheel's


def test_a_header_that_is_made_in_a_shared_tree_is_common(
    project: Callable[[str], Project],
) -> None:
    output = project("shared_cache").build({"variants": "all"})
    assert "build trees, " not in output.output
    assert output.compiled("common.cpp") == 1
