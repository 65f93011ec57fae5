"""Every project here, built twice in surroundings that differ: the same bytes, file by file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from figures import Figure
from reproducing import HERE, THERE, build
from rocm import rocm_environment
from tiny_wheels import write_plugin

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(sys.platform != "linux", reason="surroundings are made for Linux"),
]

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ROOT / "tests" / "packages"

AS_A_FRONTEND = ("-m", "build", "--no-isolation")
ALL = (*AS_A_FRONTEND, "-Cvariants=all")
BY_THE_TOOL = ("-m", "wheelnext_build", "build")
"""In environments of its own, with what each variant requires."""

Variables = Callable[[Path], Mapping[str, str] | None]


def _nothing(_folder: Path) -> Mapping[str, str]:
    return {}


def _with_plugin(folder: Path) -> Mapping[str, str]:
    """Pip finds the plugin in a folder, beside what it finds anyway."""
    folder.mkdir()
    wheel = write_plugin(folder, PACKAGES / "providers" / "example_blas_provider.py")
    return {"PIP_FIND_LINKS": f"{wheel.parent} {os.environ.get('PIP_FIND_LINKS', '')}".strip()}


def _for_arm(_folder: Path) -> Mapping[str, str]:
    return {
        "CMAKE_TOOLCHAIN_FILE": str(PACKAGES / "cross" / "aarch64.cmake"),
        "_PYTHON_HOST_PLATFORM": "linux-aarch64",
        "SETUPTOOLS_EXT_SUFFIX": ".cpython-311-aarch64-linux-gnu.so",
    }


@dataclass(frozen=True)
class Way:
    """How a project is built that needs more than ``python -m build``.

    ``variables`` are None where what it needs is not here.
    """

    command: tuple[str, ...] = ALL
    programs: tuple[str, ...] = ()
    variables: Variables = _nothing


WAYS = {
    "asks_provider": Way(BY_THE_TOOL, variables=_with_plugin),
    "blas": Way(BY_THE_TOOL, programs=("gfortran",)),
    # One of the variants of these two is there to fail.
    "broken_variant": Way((*AS_A_FRONTEND, "-Cvariant-label=first", "-Cvariant-label=last")),
    "missing_call": Way((*AS_A_FRONTEND, "-Cvariant-label=define")),
    "cross": Way(BY_THE_TOOL, programs=("aarch64-linux-gnu-gcc",), variables=_for_arm),
    "cuda_kernels": Way(programs=("nvcc",)),
    "fortran_kernels": Way(programs=("gfortran",)),
    "hip_kernels": Way(programs=("hipconfig",), variables=rocm_environment),
    "migrated": Way(AS_A_FRONTEND),
    "numpy_abi": Way(BY_THE_TOOL),
    "openmp": Way(BY_THE_TOOL, programs=("gcc", "clang")),
    "paths": Way(programs=("nvcc", "gfortran")),
    "sample_ext": Way(BY_THE_TOOL),
}


def projects() -> list[Path]:
    """The sample, and the packages that the tests build."""
    return [ROOT / "sample_ext", *sorted(path.parent for path in PACKAGES.glob("*/pyproject.toml"))]


@pytest.mark.parametrize("source", projects(), ids=lambda source: source.name)
def test_two_builds_are_equal(source: Path, tmp_path: Path, figure: Figure) -> None:
    """In other folders, with another umask, locale, time zone, order of files, jobs and user."""
    way = WAYS.get(source.name, Way())
    for program in way.programs:
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    variables = way.variables(tmp_path / "needed")
    if variables is None:
        pytest.skip("needs what its compiler comes with")
    if source.name == "migrated":
        source = _migrated(source, tmp_path / "source")
    here, there = (
        build(source, tmp_path, around, environment=variables, command=way.command)
        for around in (HERE, THERE)
    )
    assert any(name.endswith(".tar.gz") for name in here.files)
    assert any(name.endswith(".whl") for name in here.files)
    assert there.differing(here) == []
    figure(f"{len(here.files)} files, by {'this' if THERE.user is None else 'another'} user")


def _migrated(source: Path, folder: Path) -> Path:
    shutil.copytree(source, folder)
    migrate = (sys.executable, "-m", "wheelnext_build", "migrate", "--write", str(folder))
    subprocess.run(migrate, check=True, stdout=subprocess.DEVNULL)
    return folder
