"""A release for Arm, built on x86-64: audited, chosen by uv and select, run by a Python for Arm."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import Project, command, needs_x86_64

pytestmark = [
    pytest.mark.build,
    needs_x86_64,
    pytest.mark.skipif(sys.platform != "linux", reason="cross-compiles for Linux"),
    pytest.mark.skipif(
        shutil.which("aarch64-linux-gnu-gcc") is None, reason="needs aarch64-linux-gnu-gcc"
    ),
    pytest.mark.skipif(
        not os.environ.get("WHEELNEXT_BUILD_WHEELHOUSE"), reason="builds with this project's wheel"
    ),
]

ARM_PYTHON = "cpython-311-aarch64-linux-gnu"
SYSTEM = os.environ.get("WHEELNEXT_BUILD_AARCH64_ROOT", "")
runs_arm = pytest.mark.skipif(
    not (SYSTEM and shutil.which("qemu-aarch64")),
    reason="needs qemu-aarch64 and the root folder of an Arm system (WHEELNEXT_BUILD_AARCH64_ROOT)",
)


def for_arm(folder: Path) -> dict[str, str]:
    return {
        "CMAKE_TOOLCHAIN_FILE": str(folder / "aarch64.cmake"),
        "_PYTHON_HOST_PLATFORM": "linux-aarch64",
        "SETUPTOOLS_EXT_SUFFIX": f".{ARM_PYTHON}.so",
    }


def tool(*arguments: str | Path, env: dict[str, str] | None = None, status: int = 0) -> str:
    return command(
        sys.executable, "-m", "wheelnext_build", *arguments, env=env, status=status
    ).output


@pytest.fixture(scope="module")
def release(shared_project: Callable[[str], Project]) -> Project:
    """The release, by the command that brings an environment of this machine."""
    built = shared_project("cross")
    tool("build", "--wheel", "--outdir", built.dist, built.folder, env=for_arm(built.folder))
    tool("index", built.dist)
    return built


def run_on(processor: str, wheel: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """What the wheel says when an Arm's Python imports it on that processor."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return subprocess.run(
        [
            *("qemu-aarch64", "-L", SYSTEM, "-cpu", processor),
            *("-E", f"PYTHONPATH={folder}", f"{SYSTEM}/usr/bin/python3.11"),
            *("-c", "import cross; print(cross.compiled_for(), cross.counted(5))"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_targets_variants_in_one_call(release: Project) -> None:
    wheels = sorted(path.name.partition("-linux_")[2] for path in release.dist.glob("*.whl"))
    assert wheels == ["aarch64-aarch64_8.2a.whl", "aarch64.whl"]


def test_the_audit_tells_them_apart(release: Project) -> None:
    said = tool("audit", *release.dist.glob("*.whl"))
    # GCC's functions for atomics have the instruction, too, and ask the processor before.
    assert "the plain wheel: the baseline  aarch64 8a in 1 binary" in said
    assert "aarch64 8.1a in 1 binary" in said


def test_a_plain_wheel_that_needs_more_is_refused(project: Callable[[str], Project]) -> None:
    built = project("cross")
    fault = "target_compile_options(kernels PRIVATE -march=armv8.2-a)"
    built.edit("CMakeLists.txt", "wheelnext_target", f"{fault}\nwheelnext_target")
    said = tool(
        "build",
        "--wheel",
        "--outdir",
        built.dist,
        built.folder,
        env=for_arm(built.folder),
        status=1,
    )
    assert "plain: the wheel breaks the promise of its label" in said
    assert "beyond the plain wheel: the baseline: counted (0x" in said
    assert built.files() == []


@runs_arm
@pytest.mark.parametrize(
    ("label", "processor", "answer"),
    [
        ("", "cortex-a53", "baseline 5"),
        ("", "cortex-a76", "baseline 5"),
        ("aarch64_8.2a", "cortex-a76", "atomics 5"),
        ("aarch64_8.2a", "cortex-a53", None),
    ],
)
def test_they_run_where_they_may(
    release: Project, label: str, processor: str, answer: str | None, tmp_path: Path
) -> None:
    result = run_on(processor, release.wheel(label), tmp_path)
    if answer is None:  # an instruction that this processor does not have
        assert result.returncode in (132, -4)
    else:
        assert result.stdout.strip() == answer, result.stderr


def test_select_supposes_an_arm(release: Project) -> None:
    assert "chosen  cross-1.0-" in tool("select", release.dist, "--aarch64-version", "8.2a")
    for version, label in (("8.2a", "-aarch64_8.2a.whl"), ("8.1a", "linux_aarch64.whl")):
        said = tool("select", release.dist, "--aarch64-version", version)
        (chosen,) = [line for line in said.splitlines() if "chosen" in line]
        assert chosen.split()[1].endswith(label)


def test_uv_supposes_armv8_of_a_platform_that_is_named(release: Project, tmp_path: Path) -> None:
    install = ("uv", "pip", "install", "--preview-features", "wheel-variants", "--no-cache")
    where = ("--no-index", "--find-links", release.dist, "--target", tmp_path)
    platform = ("--python-platform", "aarch64-unknown-linux-gnu")
    command(*install, *where, *platform, "cross")
    (module,) = tmp_path.glob("cross/*.so")
    with zipfile.ZipFile(release.wheel()) as archive:
        assert module.read_bytes() == archive.read(f"cross/{module.name}")


def test_an_environment_for_the_target_is_told(project: Callable[[str], Project]) -> None:
    """build has pip install what Arm would run: the audit says so, and what to do."""
    built = project("cross")
    build = ("-m", "build", "--wheel", "-C", "variants=all", "--outdir", built.dist, built.folder)
    said = command(sys.executable, *build, env=for_arm(built.folder), status=1).output
    assert "the audit cannot be loaded" in said
    assert "'wheelnext-build build'" in said
    assert "Traceback" not in said
