"""The architectures of GPU code, as NVIDIA's own tool lists them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from wheelnext_build.audit import files

KERNEL = 'extern "C" __global__ void scale(float *x) { x[threadIdx.x] *= 2.0f; }\n'
ARCHITECTURES = ("80", "90", "90a", "100f", "120")


def cuobjdump() -> str | None:
    installed = Path(sysconfig.get_path("purelib"), "nvidia", "cu13", "bin", "cuobjdump")
    return str(installed) if installed.is_file() else shutil.which("cuobjdump")


pytestmark = [
    pytest.mark.audit,
    pytest.mark.skipif(shutil.which("nvcc") is None, reason="needs nvcc"),
    pytest.mark.skipif(cuobjdump() is None, reason="needs cuobjdump"),
]


def listed(binary: Path) -> set[str]:
    """What cuobjdump says is in a file, as sm_arch has it."""
    found = set()
    for option, kind in (("--list-elf", "real"), ("--list-ptx", "virtual")):
        command = [str(cuobjdump()), option, str(binary)]
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        found |= {f"{name}_{kind}" for name in re.findall(r"\.sm_(\w+)\.(?:cubin|ptx)", output)}
    return found


@pytest.mark.parametrize("mode", ["none", "speed", "balance", "size"])
def test_it_lists_what_cuobjdump_lists(mode: str, tmp_path: Path) -> None:
    source, target = tmp_path / "kernel.cu", tmp_path / "kernel.so"
    source.write_text(KERNEL)
    wanted = [f"-gencode=arch=compute_{name},code=sm_{name}" for name in ARCHITECTURES]
    wanted += [f"-gencode=arch=compute_{name},code=compute_{name}" for name in ("90", "100f")]
    command = ["nvcc", "-shared", "-Xcompiler=-fPIC", f"-Xfatbin=--compress-mode={mode}", *wanted]
    subprocess.run([*command, str(source), "-o", str(target)], check=True)
    (found,) = files.audit("kernel.so", target.read_bytes())
    expected = {f"{name}_real" for name in ARCHITECTURES} | {"90_virtual", "100f_virtual"}
    assert set(found.architectures) == expected
    # cuobjdump names a cubin of a family by its architecture alone.
    assert {name.replace("f_", "_") for name in expected} == {
        name.replace("f_", "_") for name in listed(target)
    }


@pytest.mark.parametrize("name", ["75", "80", "90", "100", "120"])
def test_cubins_and_ptx_as_files_of_their_own(name: str, tmp_path: Path) -> None:
    (tmp_path / "kernel.cu").write_text(KERNEL)
    for kind, option in (("cubin", f"sm_{name}"), ("ptx", f"compute_{name}")):
        command = ["nvcc", f"-{kind}", f"-arch={option}", "kernel.cu"]
        subprocess.run(command, cwd=tmp_path, check=True)
    for kind, number in (("cubin", f"{name}_real"), ("ptx", f"{name}_virtual")):
        path = tmp_path / f"kernel.{kind}"
        assert files.is_binary(path.name, path.read_bytes()[: files.MAGIC_SIZE])
        (found,) = files.audit(path.name, path.read_bytes())
        assert found.architectures == (number,)
        assert not found.error


def test_a_fat_binary_as_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "kernel.cu").write_text(KERNEL)
    wanted = "-gencode=arch=compute_90a,code=[sm_90a,compute_90a]"
    subprocess.run(["nvcc", "-fatbin", wanted, "kernel.cu"], cwd=tmp_path, check=True)
    (found,) = files.audit("kernel.fatbin", (tmp_path / "kernel.fatbin").read_bytes())
    assert found.architectures == ("90a_real", "90a_virtual")
