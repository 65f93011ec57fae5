"""Mutated binaries: each is read, or has one error of this project's own."""

from __future__ import annotations

import contextlib
import random
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_fatbin import CUBIN, PTX, entry, fat
from test_hipbundle import bundle, compressed
from tiny_binaries import fat_macho, tiny_archive, tiny_macho, tiny_pe
from tiny_elf import loader_elf, tiny_elf

from wheelnext_build.audit import files
from wheelnext_build.audit.code.survey import survey
from wheelnext_build.audit.formats import gpu_files
from wheelnext_build.audit.formats.binary import Binary, BinaryError, Function, Region
from wheelnext_build.audit.formats.fatbin import architectures as nvidia_architectures
from wheelnext_build.audit.formats.hipbundle import architectures as amd_architectures
from wheelnext_build.audit.formats.unwind import function_ranges

pytestmark = pytest.mark.generated

SECONDS = 5
"""The longest that anyone may take over any of these, which have some hundred bytes."""

AVX = bytes.fromhex("c5fc58c1c462f5b8d1c3")  # vaddps ymm, vfmadd231ps, ret
NEON = bytes.fromhex("20d4224ec0035fd6")  # fadd v0.4s, ret
X86, ARM = 0x01000007, 0x0100000C
SEEDS = {
    "a.so": [
        *(tiny_elf(AVX), tiny_elf(NEON, machine=183)),
        *(loader_elf(AVX), loader_elf(AVX, gnu_hash=False)),
    ],
    "a.pyd": [tiny_pe(AVX), tiny_pe(NEON, 0xAA64)],
    "a.dylib": [
        *(tiny_macho(AVX), tiny_macho(NEON, ARM)),
        fat_macho((X86, tiny_macho(AVX)), (ARM, tiny_macho(NEON, ARM))),
    ],
    "a.a": [tiny_archive(tiny_elf(AVX), tiny_elf(NEON, machine=183), tiny_macho(AVX))],
    "a.fatbin": [fat(entry(CUBIN, 80), entry(PTX, 90))],
    "a.hsaco": [bundle("gfx90a"), tiny_elf(b"", machine=224)],
}
TABLES = struct.pack("<II", 20, 0) + b"\1zR\0\1\x78\x10\1\x1b" + bytes(7)
TABLES += struct.pack("<IIiI", 16, 28, -100, 50) + bytes(4)
GPU_CODE = [
    fat(entry(CUBIN, 80), entry(PTX, 90)) * 2,
    bundle("gfx90a"),
    compressed(bundle("gfx1100")),
]
CASES = [(name, data) for name, seeds in SEEDS.items() for data in seeds]
NUMBERS = [0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
DICE = st.randoms(use_true_random=False)


def mutated(data: bytes, dice: random.Random) -> bytes:
    """A copy with numbers put where numbers may stand, bytes changed, or the end cut off."""
    result = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        index = dice.randrange(min(len(result), dice.choice((64, 512, len(result)))))
        match dice.randrange(5):
            case 0:
                result[index] = dice.randrange(256)
            case 1:
                place = index // 4 * 4
                result[place : place + 4] = struct.pack("<I", dice.choice(NUMBERS))
            case 2:
                place = index // 8 * 8
                number = dice.choice(NUMBERS) << dice.choice((0, 32))
                result[place : place + 8] = struct.pack("<Q", number)
            case 3:
                result[index] ^= 1 << dice.randrange(8)
            case _ if dice.random() < 0.2:
                del result[max(index, 8) :]
    return bytes(result)


def check_file(name: str, data: bytes) -> None:
    """A file of a wheel is read, or has one error, in a time that it is worth."""
    begun = time.monotonic()
    found = files.audit(name, data)
    assert time.monotonic() - begun < SECONDS
    assert found
    for item in found:
        assert item.path.startswith(name)
        assert len(item.error) < 10_000


def check_gpu_code(data: bytes) -> None:
    """A section is read, or refused, as that of either maker."""
    for read in (nvidia_architectures, amd_architectures):
        with contextlib.suppress(BinaryError):
            read([data])


def check_code(machine: str, code: bytes, functions: list[Function]) -> None:
    """Any bytes can be disassembled, whatever a file says of functions in them."""
    region = Region(".text", 0, memoryview(code), functions)
    entries = frozenset(function.start for function in functions)
    assert survey(Binary("ELF", machine, (region,), entries)).code_size == len(code)


def check_tables(table: bytes, address: int) -> None:
    """What they give are addresses."""
    assert all(0 <= start < 2**64 for start, _ in function_ranges(table, address))


@pytest.mark.parametrize(("name", "data"), CASES)
def test_the_seeds_can_be_read(name: str, data: bytes) -> None:
    assert not [found.error for found in files.audit(name, data) if found.error]


@pytest.mark.parametrize("name", SEEDS)
@given(dice=DICE)
def test_mutated_binaries(name: str, dice: random.Random) -> None:
    check_file(name, mutated(dice.choice(SEEDS[name]), dice))


@given(dice=DICE)
def test_mutated_gpu_code(dice: random.Random) -> None:
    for seed in GPU_CODE:
        check_gpu_code(mutated(seed, dice))


@given(st.binary(max_size=200))
def test_any_bytes_of_a_gpu_file(rest: bytes) -> None:
    for path, magic in (("a.fatbin", b"\x50\xed\x55\xba"), ("a.cubin", b"\x7fELF"), ("a.ptx", b"")):
        with contextlib.suppress(BinaryError):
            gpu_files.read(path, magic + rest)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@given(st.binary(max_size=120), st.lists(st.tuples(st.integers(0, 130), st.integers(0, 130))))
def test_any_bytes_as_code(machine: str, code: bytes, known: list[tuple[int, int]]) -> None:
    functions = [Function(start, end, "f" if start % 2 else "") for start, end in known]
    check_code(machine, code, functions)


@given(st.binary(max_size=160), st.integers(0, 2**64 - 1), DICE)
def test_any_tables_for_unwinding(data: bytes, address: int, dice: random.Random) -> None:
    for table in (data, mutated(TABLES, dice) + data):
        check_tables(table, address)


def test_a_processor_that_nobody_knows_in_a_fat_file() -> None:
    data = fat_macho((X86, tiny_macho(AVX)), (0x7F, tiny_macho(b"", 0x7F)))
    assert [found.path for found in files.audit("a.dylib", data)] == [
        "a.dylib (x86_64)",
        "a.dylib (127)",
    ]
