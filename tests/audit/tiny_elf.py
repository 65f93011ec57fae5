"""Shared libraries of a few hundred bytes: one section of code, one function in it."""

from __future__ import annotations

import struct

ADDRESS = 0x1000


def tiny_elf(code: bytes, name: str = "kernel", machine: int = 62) -> bytes:
    """An ELF file for x86-64 (62) or aarch64 (183) whose one function has this machine code."""
    names = b"\0.text\0.symtab\0.strtab\0.shstrtab\0"
    strings = b"\0" + name.encode() + b"\0"
    # A global function in section 1.
    symbols = bytes(24) + struct.pack("<IBBHQQ", 1, 0x12, 0, 1, ADDRESS, len(code))
    parts = [code, symbols, strings, names]
    offsets, position = [], 64
    for part in parts:
        offsets.append(position)
        position += len(part)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        *(b"\x7fELF\2\1\1", 3, machine, 1, 0, 0, position, 0, 64, 0, 0, 64, 5, 4),
    )

    def section(title: bytes, kind: int, flags: int, number: int, *rest: int) -> bytes:
        address = ADDRESS if kind == 1 else 0
        place = (offsets[number], len(parts[number]))
        return struct.pack("<IIQQQQIIQQ", names.index(title), kind, flags, address, *place, *rest)

    table = bytes(64)
    table += section(b".text", 1, 6, 0, 0, 0, 16, 0)
    table += section(b".symtab", 2, 0, 1, 3, 1, 8, 24)
    table += section(b".strtab", 3, 0, 2, 0, 0, 1, 0)
    table += section(b".shstrtab", 3, 0, 3, 0, 0, 1, 0)
    return header + b"".join(parts) + table
