"""Binaries that are made to keep whoever reads them busy for hours, each of a few megabytes."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Mapping, Sequence

from tiny_binaries import fat_macho, tiny_archive, tiny_macho

ADDRESS = 0x1000
AVX = bytes.fromhex("c5fc58c0")


def _elf(code: bytes, functions: Sequence[tuple[int, int]], size: int = 0, count: int = 0) -> bytes:
    """An ELF file for x86-64; ``functions`` are start and size, counted from the code's beginning.

    ``count`` further sections have the first ``size`` bytes of the same code.
    """
    names = b"\0.text\0.symtab\0.strtab\0"
    symbols = bytes(24) + b"".join(
        struct.pack("<IBBHQQ", 0, 0x12, 0, 1, ADDRESS + start, length)
        for start, length in functions
    )
    ends = [64 + len(code), 64 + len(code) + len(symbols)]
    place = ends[1] + len(names)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        *(b"\x7fELF\2\1\1", 3, 62, 1, 0, 0, place, 0, 64, 0, 0, 64, count + 4, count + 3),
    )

    def section(title: bytes, *fields: int) -> bytes:
        return struct.pack("<IIQQQQIIQQ", names.index(title), *fields)

    table = bytes(64)
    table += section(b".text", 1, 6, ADDRESS, 64, len(code), 0, 0, 16, 0)
    table += section(b".text", 1, 6, ADDRESS, 64, size, 0, 0, 16, 0) * count
    table += section(b".symtab", 2, 0, 0, ends[0], len(symbols), count + 3, 1, 8, 24)
    table += section(b".strtab", 3, 0, 0, ends[1], len(names), 0, 0, 1, 0)
    return header + code + symbols + names + table


def _branches() -> bytes:
    code = AVX + b"\x74\0" * (1 << 20)
    return _elf(code, [(0, len(code))])


def _scattered() -> bytes:
    """Branches to anywhere, each followed."""
    count, chance = 1 << 19, random.Random(1)  # noqa: S311
    targets = (chance.randrange(count) for _ in range(count))
    code = AVX + b"".join(
        b"\x0f\x84" + struct.pack("<i", 6 * (target - number - 1))
        for number, target in enumerate(targets)
    )
    return _elf(code, [(0, len(code))])


def _gaps() -> bytes:
    """Functions of a byte, and behind each one code that only the next function calls."""
    code = b"\xc3" + AVX + b"\x90" * 3 + b"\xe8" + struct.pack("<i", -12) + b"\x90" * 3
    starts = range(0, 50_000 * 16, 16)
    functions = [place for start in starts for place in ((start, 1), (start + 8, 8))]
    return _elf(code * 50_000, functions)


def _overlapping() -> bytes:
    return _elf((AVX + b"\x90" * 12) * (1 << 16), [], 1 << 20, 1000)


def _sections() -> bytes:
    return _elf(b"\xc3" * 50_000, [(start, 1) for start in range(50_000)], 1, 40_000)


def _names() -> bytes:
    """A static library whose members have the rest of a long table for their names."""
    table = tiny_archive(b"x" * (8 << 20)).replace(b"m0.o/", b"//   ", 1)
    return table + tiny_archive(b"")[8:].replace(b"m0.o/", b"/0   ") * 50_000


def _slices() -> bytes:
    """Several parts of a fat file that are the same bytes."""
    part = tiny_macho(AVX * (1 << 18))
    data = bytearray(fat_macho(*[(0x01000007, b"")] * 20))
    for number in range(20):
        struct.pack_into(">II", data, 8 + 20 * number + 8, len(data), len(part))
    return bytes(data) + part


def _bundles() -> bytes:
    """Bundles of AMD's GPU code, in each a name of about as many bytes as follow."""
    count = 1 << 17
    rest = (56 * (count - number - 1) & 0x7F7F7F7F for number in range(count))
    return b"".join(
        b"__CLANG_OFFLOAD_BUNDLE__" + struct.pack("<QQQQ", 1, 0, 0, size) for size in rest
    )


BINARIES: Mapping[str, Callable[[], bytes]] = {
    "branches": _branches,
    "branches to anywhere": _scattered,
    "gaps": _gaps,
    "sections that overlap": _overlapping,
    "sections": _sections,
    "names": _names,
    "slices that overlap": _slices,
    "bundles": _bundles,
}
