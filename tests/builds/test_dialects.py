"""Which compiler speaks which dialect, asked of the CMake function that decides it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from wheelnext_build.building.trees.cmake_files import module_folder
from wheelnext_build.variants.effects import DIALECTS

pytestmark = pytest.mark.build


@pytest.mark.parametrize(
    ("compiler", "expected"),
    [
        (("GNU", "12.2.0", "GNU"), "gnu"),
        (("GNU", "10.2.1", "GNU"), "gnu-legacy"),  # manylinux2014
        (("Clang", "14.0.6", "GNU"), "gnu"),
        (("Clang", "11.1.0", "GNU"), "gnu-legacy"),
        (("Clang", "17.0.6", "MSVC"), "clang-cl"),
        (("IntelLLVM", "2025.0", "MSVC"), "clang-cl"),
        (("IntelLLVM", "2025.0", "GNU"), "gnu"),
        (("AppleClang", "12.0.0", "GNU"), "gnu-legacy"),
        (("AppleClang", "17.0.0", "GNU"), "gnu"),
        (("LLVMFlang", "20.1", "GNU"), "gnu"),
        (("MSVC", "19.44", "MSVC"), "msvc"),
        (("NVHPC", "25.1", "GNU"), ""),
    ],
)
def test_compilers_and_their_dialects(
    tmp_path: Path,
    run: Callable[..., object],
    compiler: tuple[str, str, str],
    expected: str,
) -> None:
    name, version, frontend = compiler
    script = tmp_path / "ask.cmake"
    script.write_text(
        f'include("{(module_folder() / "WheelnextBuildFlags.cmake").as_posix()}")\n'
        f'set(CMAKE_CXX_COMPILER_ID "{name}")\n'
        f'set(CMAKE_CXX_COMPILER_VERSION "{version}")\n'
        f'set(CMAKE_CXX_COMPILER_FRONTEND_VARIANT "{frontend}")\n'
        "_wheelnext_dialect(CXX dialect)\n"
        f'if(NOT dialect STREQUAL "{expected}")\n'
        '  message(FATAL_ERROR "it is ${dialect}")\n'
        "endif()\n"
    )
    run("cmake", "-P", script)
    assert expected in (*DIALECTS, "")
