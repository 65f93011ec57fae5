"""ELF files as compilers write them, and damaged ones: each failure says what is wrong."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_binaries import tiny_macho, tiny_pe
from tiny_elf import ADDRESS, loader_elf, tiny_elf

from wheelnext_build.audit import files, requirements
from wheelnext_build.audit.formats import elf
from wheelnext_build.audit.formats.binary import Binary, BinaryError

SOURCE = """
static int twice(int x) { return 2 * x; }
static int half(int x) { return x / 2; }
int (*const table[])(int) = {twice, half};
int run(int which, int x) { return table[which](x); }
"""
AVX = bytes.fromhex("c5fc58c1c3")
CODE = 0x200
"""Where loader_elf has its code."""


def compiled(folder: Path, *options: str, compiler: str = "gcc", source: str = SOURCE) -> bytes:
    if shutil.which(compiler) is None or sys.platform != "linux":
        pytest.skip(f"needs {compiler} for ELF files")
    path = folder / ("seed.s" if source.startswith(".") else "seed.c")
    path.write_text(source)
    command = [compiler, *options, path.name, "-o", "seed.out"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode:
        pytest.skip(f"{compiler} cannot do this here: {result.stderr}")
    return (folder / "seed.out").read_bytes()


def starts(binary: Binary) -> dict[str, int]:
    """The functions with names, and where each begins."""
    return {item.name: item.start for part in binary.regions for item in part.known if item.name}


def without_sections(data: bytes) -> bytes:
    """A 64-bit file whose table of sections was removed."""
    result = bytearray(data)
    result[0x28:0x30], result[0x3A:0x40] = bytes(8), bytes(6)
    return bytes(result)


SHARED = ("-shared", "-fPIC", "-O1", "-g0", "-nostdlib")


@pytest.mark.parametrize("options", [(), ("-s",), ("-Wl,--emit-relocs",), ("-m32",)])
def test_a_library(options: tuple[str, ...], tmp_path: Path) -> None:
    binary = elf.read(compiled(tmp_path, *SHARED, *options))
    assert "run" in starts(binary)
    assert ".text" in [part.name for part in binary.regions]


@pytest.mark.parametrize("options", [(), ("-mbig-endian",)], ids=["little", "big"])
def test_both_byte_orders(options: tuple[str, ...], tmp_path: Path) -> None:
    data = compiled(tmp_path, *SHARED, *options, compiler="aarch64-linux-gnu-gcc")
    binary = elf.read(data)
    functions = starts(binary)
    assert data[5] == (2 if options else 1)
    assert binary.machine == "aarch64"
    assert {functions["twice"], functions["half"]} <= binary.pointers


@pytest.mark.parametrize("style", ["sysv", "gnu", "both"])
def test_a_library_whose_table_of_sections_was_removed(style: str, tmp_path: Path) -> None:
    options = ["-shared", "-fPIC", "-O1", f"-Wl,--hash-style={style}", "-Wl,--no-as-needed", "-lm"]
    data = compiled(tmp_path, *options)
    whole, bare = elf.read(data), elf.read(without_sections(data))
    assert whole.needed == bare.needed
    assert any(name.startswith("libm.so") for name in bare.needed)
    assert whole.pointers == bare.pointers
    assert starts(bare)["run"] == starts(whole)["run"]
    assert [part.name for part in bare.regions] == ["segment"]


def test_pointers_in_packed_relocations(tmp_path: Path) -> None:
    plain = elf.read(compiled(tmp_path, *SHARED))
    packed = elf.read(compiled(tmp_path, *SHARED, "-Wl,-z,pack-relative-relocs"))
    for binary in (plain, packed):
        functions = starts(binary)
        assert binary.pointers == {functions["twice"], functions["half"]}


def test_an_object_with_more_sections_than_its_header_can_count(tmp_path: Path) -> None:
    lines = (
        f'.section .text.f{number},"ax"\n.type f{number}, %function\nf{number}: nop\n'
        for number in range(65_300)
    )
    binary = elf.read(compiled(tmp_path, "-c", source="".join(lines)))
    last = binary.regions[-1]
    assert last.name == ".text.f65299"
    assert [item.name for item in last.known] == ["f65299"]


@pytest.mark.parametrize("gnu_hash", [True, False])
def test_what_the_loader_reads(gnu_hash: bool) -> None:
    binary = elf.read(loader_elf(AVX, gnu_hash=gnu_hash))
    assert binary.needed == ("libm.so.6",)
    assert binary.declared == ("v1", "v3")
    assert binary.pointers == {CODE, CODE + 1}
    assert starts(binary) == {"kernel": CODE}
    (found,) = files.audit("a.so", loader_elf(AVX, gnu_hash=gnu_hash))
    assert [place.function for place in found.survey.needs["AVX"]] == ["kernel"]


def changed(data: bytes, place: int, layout: str, *values: int | bytes) -> bytes:
    result = bytearray(data)
    struct.pack_into(f"<{layout}", result, place, *values)
    return bytes(result)


TINY, LOADED = tiny_elf(AVX), loader_elf(AVX)
HEADERS = len(TINY) - 5 * 64
"""Where tiny_elf has its headers of sections: none, code, symbols and two tables of strings."""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (TINY[:15], "no more than its first bytes"),
        (TINY[:40], "the header reaches beyond the end"),
        (TINY[:-1], "the table of its sections reaches beyond the end"),
        (LOADED[:200], "the table of its segments reaches beyond the end"),
        (LOADED[:-1], "a segment reaches beyond the end"),
        (changed(TINY, 4, "B", 3), "class 3 and byte order 1 are unknown"),
        (changed(TINY, 5, "B", 0), "class 2 and byte order 0 are unknown"),
        (changed(TINY, 0x3A, "H", 40), "sections have 40 bytes each, not 64"),
        (changed(TINY, 0x3C, "H", 0xFFFE), "the table of its sections reaches beyond the end"),
        (changed(TINY, 0x28, "Q", 2**64 - 1), "the table of its sections reaches beyond the end"),
        (changed(TINY, 0x3E, "H", 5), "section 5, which should have names, does not exist"),
        (changed(TINY, HEADERS + 64, "I", 999), "a name at byte 999 of its table"),
        (changed(TINY, HEADERS + 64 + 24, "Q", 2**63), "section .text reaches beyond the end"),
        (changed(TINY, HEADERS + 128 + 40, "I", 77), "section 77, which should have names"),
        (changed(LOADED, 0x36, "H", 10), "segments have 10 bytes each, not 56"),
        (changed(LOADED, 0x600 + 16 * 3 + 8, "Q", 0x9999), "a table of the loader at 0x9999"),
        (changed(LOADED, 0x600 + 16 * 4 + 8, "Q", 0x9999), "looking up symbols lies outside"),
        (changed(LOADED, 0x480, "I", 2**31), "looking up symbols"),
        (changed(LOADED, 0x518, "Q", 0x9990), "a relocation at 0x9990 lies outside"),
        (changed(LOADED, 0x540, "I", 2**31), "a note reaches beyond the end"),
        (changed(LOADED, 0x554, "I", 2**31), "a property reaches beyond the end"),
    ],
)
def test_damage_is_told(data: bytes, message: str) -> None:
    with pytest.raises(BinaryError, match=message):
        elf.read(data)


def test_no_library_that_was_cut_short_is_read(tmp_path: Path) -> None:
    data = compiled(tmp_path, *SHARED)
    for size in range(0, len(data), 61):
        with pytest.raises(BinaryError):
            elf.read(data[:size])


def _sections(kind: int, name: bytes, count: int, size: int) -> bytes:
    """A file with sections of one type that all have the same zero bytes."""
    names = b"\0" + name + b"\0"
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        *(b"\x7fELF\2\1\1", 3, 62, 1, 0, 0, 64, 0, 64, 0, 0, 64, count + 1, 0),
    )
    place = 64 + 64 * (count + 1)
    end = place + len(names)
    table = struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, place, len(names), 0, 0, 0, 0)
    table += struct.pack("<IIQQQQIIQQ", 1, kind, 4, ADDRESS, end, size, 0, 0, 0, 0) * count
    return header + table + names + bytes(size)


@pytest.mark.parametrize(
    ("kind", "name", "what"),
    [
        (1, b".text", "parts of its code"),
        (1, b".nv_fatbin", "parts of its code"),
        (4, b".plt", "tables of relocations"),
        (7, b".plt", "notes"),
    ],
)
def test_parts_that_lie_over_each_other(kind: int, name: bytes, what: str) -> None:
    start = time.process_time()
    with pytest.raises(BinaryError, match=f"{what} lie over each other"):
        elf.read(_sections(kind, name, 60_000, 1_000_000))
    assert time.process_time() - start < 5


def test_packed_relocations_of_more_places_than_the_file_has() -> None:
    """Each word of a table can stand for 63 relocations, and for the same ones as another."""
    words = struct.pack("<QQ", 0x520, 2**64 - 1) * 1000
    data = changed(LOADED, 0x600 + 16 * 7 + 8, "Q", len(LOADED))
    data = changed(data, 0x600 + 16 * 8 + 8, "Q", len(words))
    size = len(data) + len(words)
    data = changed(data, 64 + 32, "QQ", size, size) + words
    with pytest.raises(BinaryError, match="more relocations than words"):
        elf.read(data)


def test_names_that_lie_over_each_other() -> None:
    count = 40_000
    strings = b"x" * 1_000_000 + b"\0"
    symbols = b"".join(struct.pack("<IBBHQQ", place, 2, 0, 1, 0, 1) for place in range(count))
    data = tiny_elf(b"\xc3", strings.decode())
    place = len(data)
    data = changed(data, place - 3 * 64 + 24, "QQ", place, len(symbols)) + symbols
    start = time.process_time()
    with pytest.raises(BinaryError, match="names lie over each other"):
        elf.read(data)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("data", "kind"), [(tiny_pe(AVX), "a PE file"), (tiny_macho(AVX), "a Mach-O file")]
)
def test_other_formats_need_lief_and_say_so(
    data: bytes, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pe", "macho"):
        monkeypatch.delitem(sys.modules, f"wheelnext_build.audit.formats.{name}", raising=False)
        monkeypatch.delattr(f"wheelnext_build.audit.formats.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "lief", None)
    (found,) = files.audit("a.pyd", data)
    assert found.error == f"reading {kind} needs lief: install wheelnext-build[audit]"
    assert not files.audit("a.so", TINY)[0].error


def test_elf_files_are_read_without_lief(tmp_path: Path) -> None:
    (tmp_path / "a.so").write_bytes(LOADED)
    code = (
        "import sys; from wheelnext_build.audit import files; "
        "assert not files.audit('a.so', open(sys.argv[1], 'rb').read())[0].error; "
        "sys.exit('lief' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "a.so"], check=True)


@pytest.mark.parametrize(
    ("system", "machine", "packages"),
    [
        ("linux", "x86_64", ["iced-x86"]),
        ("linux", "aarch64", ["capstone"]),
        ("linux", "riscv64", []),
        ("darwin", "aarch64", ["lief", "capstone"]),
        ("win32", "x86_64", ["lief", "iced-x86"]),
    ],
)
def test_only_other_formats_need_lief(system: str, machine: str, packages: list[str]) -> None:
    assert [item.partition(">=")[0] for item in requirements(system, machine)] == packages
