"""CUDA variants: the code that each wheel holds, and compilers that cannot keep a promise."""

from __future__ import annotations

import os
import shutil
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from builds_tools import Outcome, Project, evaluate, extension_of

pytestmark = pytest.mark.build

needs_nvcc = pytest.mark.skipif(shutil.which("nvcc") is None, reason="needs nvcc")
needs_scripts = pytest.mark.skipif(sys.platform == "win32", reason="the fake nvcc is a script")

LABELS = ["cu13.0_sm80", "cu13.0_sm90_ptx90"]


def images(binary: bytes) -> set[tuple[str, int]]:
    """What the fat binaries in an ELF file hold: PTX (kind 1) and cubins (kind 2)."""
    found = set()
    start = -1
    magic = struct.pack("<I", 0xBA55ED50)
    while (start := binary.find(magic, start + 1)) >= 0:
        header, size = struct.unpack_from("<HQ", binary, start + 6)
        position = start + header
        while position < start + header + size:
            kind, header_size, payload = struct.unpack_from("<HxxIQ", binary, position)
            (architecture,) = struct.unpack_from("<I", binary, position + 28)
            found.add(({1: "ptx", 2: "cubin"}[kind], architecture))
            position += header_size + payload
    return found


@pytest.fixture(scope="module")
def release(shared_project: Callable[[str], Project]) -> tuple[Project, Outcome]:
    project = shared_project("cuda_kernels")
    return project, project.build({"variants": "all"})


@needs_nvcc
def test_each_wheel_holds_what_its_label_says(release: tuple[Project, Outcome]) -> None:
    project, _ = release
    assert project.labels() == ["", *LABELS]
    assert images(extension_of(project.wheel(LABELS[0]))) == {("cubin", 80)}
    assert images(extension_of(project.wheel(LABELS[1]))) == {("cubin", 90), ("ptx", 90)}


@needs_nvcc
def test_the_compiler_is_asked_once_and_common_files_are_compiled_once(
    release: tuple[Project, Outcome],
) -> None:
    _, outcome = release
    assert outcome.output.count("The CUDA compiler identification is") == 1
    assert outcome.compiled("module.c") == 1
    assert outcome.compiled("kernels.cu") == 3


@needs_nvcc
def test_wheels_can_be_imported_without_a_gpu(release: tuple[Project, Outcome]) -> None:
    project, _ = release
    # -1 without a GPU, and on one that the code is not for.
    assert evaluate(project.wheel(LABELS[0]), "cuda_kernels.twice(21)") in ("-1", "21", "42")


@needs_nvcc
def test_project_scope(project: Callable[[str], Project]) -> None:
    built = project("cuda_kernels")
    built.edit("pyproject.toml", '"targets"', '"project"')
    built.build({"variant-label": LABELS[1]})
    assert images(extension_of(built.wheel(LABELS[1]))) == {("cubin", 90), ("ptx", 90)}


def fake_nvcc(folder: Path, release: str, *, otherwise: str = "") -> Path:
    """An nvcc that says it is of another release, and hands all else to a real one."""
    folder.mkdir()
    path = folder / "nvcc"
    version = f"Cuda compilation tools, release {release}, V{release}.1"
    path.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = --version ]; then echo "{version}"; exit; fi\n'
        f'exec "{otherwise or "false"}" "$@"\n'
    )
    path.chmod(0o755)
    return path


@needs_scripts
@pytest.mark.parametrize("hook", ["get_requires_for_build_wheel", "build_wheel"])
def test_a_configured_compiler_of_another_release_is_refused(
    project: Callable[[str], Project], tmp_path: Path, hook: str
) -> None:
    built = project("cuda_kernels")
    built.dist.mkdir()
    nvcc = fake_nvcc(tmp_path / "bin", "12.4")
    arguments = [str(built.dist)] if hook == "build_wheel" else []
    settings = {"variants": "all"}
    outcome = built.call(hook, *arguments, settings, env={"CUDACXX": str(nvcc)}, status=2)
    assert "promises to run on drivers of CUDA 13.0" in outcome.output
    assert f"CUDA 12.4 ({nvcc}, from CUDACXX)" in outcome.output
    assert "Set CUDACXX to a toolkit that fits" in outcome.output
    assert built.files() == []


@needs_nvcc
@needs_scripts
@pytest.mark.skipif(not Path("/usr/local/cuda/bin/nvcc").is_file(), reason="needs two toolkits")
def test_the_plain_wheel_may_have_another_compiler(
    project: Callable[[str], Project], tmp_path: Path
) -> None:
    # What CMake picks by itself does not fit the variants: they are compiled with the next one.
    built = project("cuda_kernels")
    nvcc = shutil.which("nvcc")
    assert nvcc is not None
    path = os.pathsep.join(
        [str(fake_nvcc(tmp_path / "bin", "12.4", otherwise=nvcc).parent), os.environ["PATH"]]
    )
    built.build({"variants": "all"}, env={"PATH": path})
    assert images(extension_of(built.wheel(LABELS[0]))) == {("cubin", 80)}
