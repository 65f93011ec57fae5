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


def loader_elf(code: bytes, *, gnu_hash: bool = True) -> bytes:
    """A library for x86-64 without a table of sections, as the loader sees it.

    Its function "kernel" has the code, it needs "libm.so.6" and x86-64-v3, and pointers to the code
    are in a table of relocations with addends and in a packed one.
    """
    strings = b"\0kernel\0libm.so.6\0"
    place = {"code": 0x200, "strings": 0x400, "symbols": 0x440, "hash": 0x480}
    place |= {"rela": 0x500, "relr": 0x518, "data": 0x520, "note": 0x540, "dynamic": 0x600}
    symbols = bytes(24) + struct.pack("<IBBHQQ", 1, 0x12, 0, 1, place["code"], len(code))
    hashes = struct.pack("<4IQ", 1, 1, 1, 0, 0) + struct.pack("<II", 1, 0x1F | 1)
    if not gnu_hash:
        hashes = struct.pack("<5I", 1, 2, 1, 0, 0)
    properties = struct.pack("<III4x", 0xC0008002, 4, 0b101)
    note = struct.pack("<III4s", 4, len(properties), 5, b"GNU\0") + properties
    entries = [(1, 8), (5, place["strings"]), (10, len(strings)), (6, place["symbols"])]
    entries += [(0x6FFFFEF5 if gnu_hash else 4, place["hash"])]
    entries += [(7, place["rela"]), (8, 24), (36, place["relr"]), (35, 8), (0, 0)]
    dynamic = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    parts = {
        "code": code,
        "strings": strings,
        "symbols": symbols,
        "hash": hashes,
        "rela": struct.pack("<QQq", place["data"] + 8, 8, place["code"] + 1),
        "relr": struct.pack("<Q", place["data"]),
        "data": struct.pack("<QQ", place["code"], 0),
        "note": note,
        "dynamic": dynamic,
    }
    size = place["dynamic"] + len(dynamic)
    segments = [(1, 5, 0, size), (2, 6, place["dynamic"], len(dynamic))]
    segments += [(4, 4, place["note"], len(note))]
    data = bytearray(size)
    data[:64] = struct.pack(
        "<16sHHIQQQIHHHHHH",
        *(b"\x7fELF\2\1\1", 3, 62, 1, 0, 64, 0, 0, 64, 56, len(segments), 0, 0, 0),
    )
    for number, (kind, flags, start, length) in enumerate(segments):
        header = struct.pack("<IIQQQQQQ", kind, flags, start, start, start, length, length, 8)
        data[64 + 56 * number : 120 + 56 * number] = header
    for name, content in parts.items():
        data[place[name] : place[name] + len(content)] = content
    return bytes(data)
