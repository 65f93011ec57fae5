"""AMD variants: GPU code that a real ROCm compiles, on a machine without any GPU."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import Outcome, Project, evaluate, extension_of, needs_x86_64
from rocm import rocm_environment

from wheelnext_build.audit.wheels import audit_wheels

pytestmark = [
    pytest.mark.build,
    needs_x86_64,
    pytest.mark.skipif(shutil.which("hipconfig") is None, reason="needs ROCm's hipcc"),
]

LABELS = ["gfx1030_gfx906_x86_64_v3", "gfx90a"]


@pytest.fixture(scope="module")
def rocm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which CMake finds ROCm."""
    found = rocm_environment(tmp_path_factory.mktemp("rocm"))
    if found is None:
        pytest.skip("needs the development files of HIP")
    return found


@pytest.fixture(scope="module")
def release(
    shared_project: Callable[[str], Project], rocm: dict[str, str]
) -> tuple[Project, Outcome]:
    project = shared_project("hip_kernels")
    return project, project.build({"variants": "all"}, env=rocm)


def architectures(wheel: Path) -> set[str]:
    found = re.findall(rb"hipv4-amdgcn-amd-amdhsa--(gfx\w+)", extension_of(wheel))
    return {name.decode() for name in found}


def test_each_wheel_holds_what_its_label_says(release: tuple[Project, Outcome]) -> None:
    """The build's own audit has compared them already."""
    project, _ = release
    assert project.labels() == ["", *LABELS]
    assert architectures(project.wheel(LABELS[0])) == {"gfx1030", "gfx906"}
    assert architectures(project.wheel(LABELS[1])) == {"gfx90a"}


def test_wheels_can_be_imported_and_know_their_flags(release: tuple[Project, Outcome]) -> None:
    project, _ = release
    factors = [evaluate(project.wheel(label), "hip_kernels.factor()") for label in project.labels()]
    assert factors == ["2", "2", "3"]
    assert evaluate(project.wheel(), "hip_kernels.squares()") == "14"


def test_the_processors_level_reaches_the_host_code(release: tuple[Project, Outcome]) -> None:
    project, outcome = release
    assert outcome.compiled("module.cpp") == 1
    wheels = [project.wheel(label) for label in project.labels()]
    plain, v3, gfx90a = audit_wheels(wheels)
    assert [item.level("x86_64") for item in (plain, v3, gfx90a)] == ["v1", "v3", "v1"]
    assert [v3.architectures, gfx90a.architectures] == [("gfx1030", "gfx906"), ("gfx90a",)]


def test_the_whole_project_and_the_rocm_that_a_variant_promises(
    project: Callable[[str], Project], rocm: dict[str, str]
) -> None:
    built = project("hip_kernels")
    built.edit("pyproject.toml", '"targets"', '"project"')
    first = 'axes.amd.gfx_arch = ["gfx90a"]'
    built.edit("pyproject.toml", first, f'{first}\naxes.amd.rocm_version = ["99.0", "98.1"]')
    settings = {"variant-label": "gfx90a_rocm98.1"}
    said = built.build(settings, env=rocm, status=1).output
    assert re.search(r"gfx90a_rocm98\.1 is for ROCm 98\.1, but the HIP\s+compiler is of ROCm", said)
    assert not list(built.dist.glob("*.whl"))
    settings = {"variant-label": LABELS[0], "build.verbose": "true"}
    output = built.build(settings, env=rocm).output
    (compiled,) = (line for line in output.splitlines() if "-c " in line and "kernels.hip" in line)
    assert "-Xarch_host -march=x86-64-v3" in compiled
    assert architectures(built.wheel(LABELS[0])) == {"gfx1030", "gfx906"}


def test_a_project_without_hip_makes_no_wheel_for_amd(project: Callable[[str], Project]) -> None:
    built = project("hip_kernels")
    (built.folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.21...4.0)\nproject(hip_kernels LANGUAGES CXX)\n"
        "install(CODE [[message(STATUS nothing)]])\n"
    )
    built.edit("pyproject.toml", '"targets"', '"project"')
    said = built.build({"variant-label": "gfx90a"}, status=1).output
    assert "flags reached no target" in said
    assert "HIP for gfx_arch" in said
    # Whoever says that the project knows better is believed, until there is a wheel to look at.
    better = 'no-flags = true\ndefine.GPU_TARGETS = "gfx90a"'
    built.edit("pyproject.toml", 'hip-flags = ["-DFACTOR=3"]', better)
    said = built.build({"variant-label": "gfx90a"}, status=1).output
    assert "no GPU code in it; it promises gfx90a" in said
