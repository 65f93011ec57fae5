"""The audit's word against an emulated processor that lacks the extension."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import pytest
from corpus import Program, programs

from wheelnext_build.audit import files
from wheelnext_build.variants.instruction_sets import extensions_up_to

pytestmark = [
    pytest.mark.audit,
    pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="runs x86-64 code"),
    pytest.mark.skipif(shutil.which("qemu-x86_64") is None, reason="needs qemu-user"),
]

NEHALEM = extensions_up_to("v2")
SIGILL = 4

EMULATED = {
    "SSE3": "pni",
    "SSSE3": "ssse3",
    "SSE4.1": "sse4.1",
    "SSE4.2": "sse4.2",
    "POPCNT": "popcnt",
    "AVX": "avx",
    "AVX2": "avx2",
    "FMA": "fma",
    "F16C": "f16c",
    "BMI2": "bmi2",
    "MOVBE": "movbe",
    "AES": "aes",
    "PCLMULQDQ": "pclmulqdq",
    "RDRAND": "rdrand",
    "ADX": "adx",
}
"""What qemu can do without, by its name there."""


def compiled(program: Program, folder: Path) -> Path:
    if shutil.which(program.compiler) is None:
        pytest.skip(f"needs {program.compiler}")
    source, target = folder / "program.cpp", folder / "program"
    source.write_text(program.source)
    strip = ["-s"] if program.strip else []
    command = [program.compiler, *program.options, *strip, str(source), "-o", str(target)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unrecognized" in result.stderr or "unknown argument" in result.stderr:
        pytest.skip(f"{program.compiler} does not know {program.options}")
    assert result.returncode == 0, result.stderr
    return target


def dies(binary: Path, processor: str) -> bool:
    """Whether a program dies of SIGILL on an emulated processor; fails where it ends otherwise."""
    command = ["qemu-x86_64", "-cpu", processor, binary]
    result = subprocess.run(command, capture_output=True, check=False)
    assert result.returncode in (0, -SIGILL, 128 + SIGILL), result.stderr
    return result.returncode != 0


@pytest.mark.parametrize("program", [pytest.param(item, id=item.name) for item in programs()])
def test_it_needs_more_exactly_where_processors_die(program: Program, tmp_path: Path) -> None:
    binary = compiled(program, tmp_path)
    (found,) = files.audit("program", binary.read_bytes())
    assert not found.error
    needs = set(found.survey.needs)
    assert dies(binary, "Nehalem") == bool(needs - NEHALEM), needs
    if program.needs in EMULATED:
        # Compilers may find another way to do what an intrinsic function stands for.
        without = f"max,-{EMULATED[program.needs]}"
        assert dies(binary, without) == (program.needs in needs), needs
    if program.is_literal:
        assert program.needs in needs
    if not program.needs:
        assert not needs
