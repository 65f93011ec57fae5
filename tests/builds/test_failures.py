"""A variant that cannot be built: what is said, and what is left."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable

import pytest
from builds_tools import Project, command

pytestmark = pytest.mark.build

COMPILERS_WORD = "this source is not for the broken kind"

IN_ORDER = {"variants": "all", "build.tool-args": "-j2"}
"""All wheels, one after the other: a build tool that is told its jobs shares no pool."""


def check_clean(built: Project, labels: list[str], output: str) -> None:
    """Nothing but whole wheels of these labels is there, and no traceback was shown."""
    assert "Traceback" not in output
    assert built.labels() == labels
    for path in built.dist.iterdir():
        assert path.suffix == ".whl"
        assert not path.name.startswith(".")
        assert zipfile.ZipFile(path).testzip() is None


def test_the_wheels_before_stay_and_the_error_names_the_variant(
    project: Callable[[str], Project],
) -> None:
    built = project("broken_variant")
    output = built.build(IN_ORDER, status=1).output
    assert COMPILERS_WORD in output
    assert "wheelnext-build error: broken: the build failed" in output
    assert "2 of 4 wheels were built; 1 more were not tried" in output
    check_clean(built, ["", "first"], output)


def test_of_trees_at_once_the_failed_one_shows_its_own_log(
    project: Callable[[str], Project],
) -> None:
    built = project("broken_variant")
    output = built.build({"variants": "all"}, env={"WHEELNEXT_KEEP_GOING": "1"}, status=1).output
    lines = output.splitlines()
    assert any(line.startswith("broken | ") and COMPILERS_WORD in line for line in lines)
    (start,) = (number for number, line in enumerate(lines) if line.endswith(" broken: failed"))
    log = lines[start + 1 : lines.index("", start)]
    assert any(COMPILERS_WORD in line for line in log)
    assert not any(line.startswith("first | ") for line in log)
    check_clean(built, ["", "first", "last"], output)


def test_keep_going(project: Callable[[str], Project]) -> None:
    built = project("broken_variant")
    env = {"WHEELNEXT_KEEP_GOING": "1"}
    output = built.build({"variants": "all"}, env=env, status=1).output
    assert COMPILERS_WORD in output
    assert "3 of 4 wheels were built" in output
    check_clean(built, ["", "first", "last"], output)


def test_an_older_wheel_of_the_same_name_stays(project: Callable[[str], Project]) -> None:
    built = project("broken_variant")
    built.build({"variant-label": "last"})
    before = built.wheel("last").read_bytes()
    built.edit("kind.c", "KIND == 2", "KIND == 3")
    output = built.build({"variant-label": "last"}, status=1).output
    check_clean(built, ["last"], output)
    assert built.wheel("last").read_bytes() == before


FALLBACK = """
[[tool.scikit-build.overrides]]
if.failed = true
wheel.cmake = false
"""


def test_a_variant_never_falls_back_to_a_wheel_without_its_code(
    project: Callable[[str], Project],
) -> None:
    built = project("broken_variant")
    pyproject = built.folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + FALLBACK)
    output = built.build(IN_ORDER, status=1).output
    assert "wheelnext-build error: broken: " in output
    check_clean(built, ["", "first"], output)


def test_mistakes_are_found_before_anything_is_built(project: Callable[[str], Project]) -> None:
    built = project("broken_variant")
    built.edit("pyproject.toml", '"first", "broken", "last"]\n\n[tool', '"Fir st"]\n\n[tool')
    output = built.build({"variants": "all"}, status=2).output
    assert "pyproject.toml has" in output
    assert "tool.wheelnext-build" in output
    check_clean(built, [], output)


def test_the_frontend_shows_the_error(project: Callable[[str], Project]) -> None:
    built = project("broken_variant")
    frontend = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", built.dist]
    output = command(*frontend, "-Cvariant-label=broken", built.folder, status=1).output
    assert COMPILERS_WORD in output
    assert "wheelnext-build error: broken: the build failed" in output
    check_clean(built, [], output)


@pytest.mark.parametrize("installer", ["pip", "uv"])
@pytest.mark.parametrize("python", [(), ("--python", sys.executable)], ids=["this", "named"])
def test_a_requirement_that_cannot_be_installed_is_shown(
    project: Callable[[str], Project], installer: str, python: tuple[str, ...]
) -> None:
    built = project("broken_variant")
    built.edit("pyproject.toml", "requires = [", 'requires = ["no-such-requirement", ')
    build = (sys.executable, "-m", "wheelnext_build", "build", "--installer", installer, *python)
    nowhere = {"PIP_NO_INDEX": "1", "UV_NO_INDEX": "1"}
    output = command(*build, "--outdir", built.dist, built.folder, env=nowhere, status=1).output
    built.dist.mkdir()  # it was not made for nothing
    (error,) = (line for line in output.splitlines() if line.startswith("wheelnext-build: "))
    assert error.lower().startswith("wheelnext-build: error: ")
    assert "no-such-requirement" in output
    assert output.endswith("sdist failed: its build environment could not be made\n")
    check_clean(built, [], output)


WITHOUT_UV = """
import sys
sys.modules["uv"] = None
from wheelnext_build.cli.main import main
sys.exit(main(["build", "--installer", "uv", *sys.argv[1:]]))
"""


def test_uv_that_is_not_there_is_named(project: Callable[[str], Project]) -> None:
    built = project("broken_variant")
    build = (sys.executable, "-c", WITHOUT_UV, "--outdir", built.dist, built.folder)
    output = command(*build, env={"PATH": "", "UV": ""}, status=2).output
    built.dist.mkdir()
    assert "wheelnext-build: --installer uv: uv is not installed: pip install uv" in output
    check_clean(built, [], output)


def test_flags_need_a_build_with_cmake(project: Callable[[str], Project]) -> None:
    built = project("broken_variant")
    pyproject = built.folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + "\n[tool.scikit-build]\nwheel.cmake = false\n")
    output = built.build(IN_ORDER, status=1).output
    assert "first: the variant's flags reached no target" in output
    assert "the project must be built with CMake" in output
    check_clean(built, [""], output)
