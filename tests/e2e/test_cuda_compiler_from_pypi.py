"""Where there is no CUDA compiler, an isolated build installs one."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="builds for x86-64 Linux"
    ),
]

# An in-tree backend on top of ours, for which a compiler that is not on PATH is not there either.
BACKEND = """
from pathlib import Path

import wheelnext_build.building.environment.cuda
from wheelnext_build import build_wheel, get_requires_for_build_wheel

wheelnext_build.building.environment.cuda.USUAL_NVCC = Path("no such file")
"""


def without_nvcc(path: str) -> str:
    """PATH without the folders that have an nvcc, but with what else a build needs."""
    folders = [folder for folder in path.split(os.pathsep) if not Path(folder, "nvcc").exists()]
    for tool in ("cc", "c++", "sh"):
        if shutil.which(tool, path=os.pathsep.join(folders)) is None:
            pytest.skip(f"{tool} and nvcc are in one folder")
    return os.pathsep.join(folders)


def test_an_isolated_build_brings_its_own_compiler(
    package: Callable[[str], Path], run: Any, python: str, tmp_path: Path
) -> None:
    folder, out = package("cuda_kernels"), tmp_path / "dist"
    (folder / "without_cuda.py").write_text(BACKEND)
    pyproject = folder / "pyproject.toml"
    ours = 'build-backend = "wheelnext_build"'
    in_tree = 'build-backend = "without_cuda"\nbackend-path = ["."]'
    assert ours in pyproject.read_text()
    pyproject.write_text(pyproject.read_text().replace(ours, in_tree))
    env = {"PATH": without_nvcc(os.environ["PATH"]), "CUDACXX": "", "CMAKE_ARGS": ""}
    settings = ["-Cvariant-label=*", "--outdir", out]
    result = run(python, "-m", "build", "--wheel", *settings, folder, env=env)
    said = result.stdout + result.stderr
    for name in ("nvcc", "crt", "runtime", "cccl"):
        assert f"nvidia-cuda-{name}==13.0" in said
    assert "nvidia-nvvm==13.0" in said
    (compiler,) = {
        line.split()[-3] for line in said.splitlines() if "Check for working CUDA compiler" in line
    }
    assert "/nvidia/cu13/bin/nvcc" in compiler
    assert {path.name.split("-")[-1] for path in out.iterdir()} == {
        "cu13.0_sm80.whl",
        "cu13.0_sm90_ptx90.whl",
    }
    for path in out.iterdir():
        with zipfile.ZipFile(path) as wheel:
            assert wheel.testzip() is None
