"""Cross-compilation, and pins on scikit-build-core, after the switch of the backend."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable

import pytest
from builds_tools import Project, command, needs_x86_64
from drop_in import MINIMUM, Case, with_scikit_build_core

pytestmark = [pytest.mark.build, needs_x86_64]

CROSS = """
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
"""

AARCH64 = """
[[tool.wheelnext-build.matrix]]
axes.aarch64.version = ["8.2a"]
"""


@pytest.mark.parametrize("way", ["CMAKE_TOOLCHAIN_FILE", "CMAKE_ARGS"])
def test_cross_compilation_gives_the_targets_variants(
    project: Callable[[str], Project], way: str
) -> None:
    if shutil.which("aarch64-linux-gnu-gcc") is None:
        pytest.skip("needs aarch64-linux-gnu-gcc")
    file = "{}/toolchain.cmake"
    environment = {
        way: file if way == "CMAKE_TOOLCHAIN_FILE" else f"-DCMAKE_TOOLCHAIN_FILE={file}",
        "_PYTHON_HOST_PLATFORM": "linux-aarch64",
        "SETUPTOOLS_EXT_SUFFIX": ".cpython-311-aarch64-linux-gnu.so",
    }
    files = {"toolchain.cmake": CROSS}
    ours = Case("cross", AARCH64, files=files, environment=environment).prepare(project("drop_in"))
    theirs = with_scikit_build_core(ours)
    theirs.build({"build.verbose": "true"})
    (plain,) = theirs.dist.iterdir()
    assert plain.name.endswith("linux_aarch64.whl")
    output = ours.build({"variants": "all", "build.verbose": "true"}).output
    assert ours.labels() == ["", "aarch64_8.2a"]
    assert ours.wheel().read_bytes() == plain.read_bytes()
    assert "-march=armv8.2-a" in output
    assert "-march=x86-64" not in output


HOUSE = pytest.mark.skipif(
    not os.environ.get("WHEELNEXT_BUILD_WHEELHOUSE"), reason="builds with this project's wheel"
)


@HOUSE
@pytest.mark.parametrize("pin", [">=0.10", "~=1.1", "<1"])
def test_a_pin_on_scikit_build_core_stays_or_the_installer_says_that_it_cannot(
    project: Callable[[str], Project], pin: str
) -> None:
    edits = {'"wheelnext-build"]': f'"wheelnext-build", "scikit-build-core{pin}"]'}
    minimum = (
        "" if pin == "<1" else '[tool.scikit-build]\nminimum-version = "build-system.requires"'
    )
    built = Case("pin", minimum, edits=edits).prepare(project("drop_in"))
    building = ("-m", "build", "--wheel", "--installer", "uv", "--outdir", built.dist)
    status = 1 if pin == "<1" else 0
    output = command(sys.executable, *building, built.folder, status=status).output
    if pin == "<1":
        assert "wheelnext-build" in output
        assert "scikit-build-core<1" in output
    else:
        assert built.labels() == [""]


def test_minimum_version_needs_the_pin_to_stay(project: Callable[[str], Project]) -> None:
    built = Case("no pin", MINIMUM).prepare(project("drop_in"))
    for settings, status in (({}, 7), ({"variants": "all"}, 2)):
        output = built.build(settings, status=status).output
        assert "scikit-build-core needs a min version in build-system.requires" in output
        assert built.files() == []
