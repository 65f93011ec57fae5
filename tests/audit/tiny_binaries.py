"""Binaries of a few hundred bytes in the formats of macOS and Windows, and static libraries."""

from __future__ import annotations

import struct


def tiny_pe(code: bytes, machine: int = 0x8664) -> bytes:
    """A DLL for x86-64 (0x8664) or Arm (0xAA64) with one section of code, which it enters."""
    dos = b"MZ" + bytes(58) + struct.pack("<I", 64)
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", machine, 1, 0, 0, 0, 240, 0x2022)
    size = (len(code) + 511) // 512 * 512
    optional = struct.pack(
        "<HBBIIIIIQIIHHHHHHIIIIHHQQQQII",
        *(0x20B, 14, 0, size, 0, 0, 0x1000, 0x1000, 0x180000000, 0x1000, 0x200),
        *(6, 0, 0, 0, 6, 0, 0, 0x2000, 0x200, 0, 2, 0x160, 1 << 20, 4096, 1 << 20, 4096, 0, 16),
    )
    optional += bytes(128)
    section = struct.pack(
        "<8sIIIIIIHHI", b".text", len(code), 0x1000, size, 0x200, 0, 0, 0, 0, 0x60000020
    )
    head = dos + coff + optional + section
    return head.ljust(0x200, b"\0") + code.ljust(size, b"\0")


def tiny_macho(code: bytes, machine: int = 0x01000007) -> bytes:
    """A bundle for x86-64 (0x01000007) or Arm (0x0100000C) with a section of code and a symbol."""
    names = b"\0_kernel\0"
    commands = 72 + 80 + 24
    place = 32 + commands
    segment = struct.pack(
        "<II16sQQQQIIII", 0x19, 152, b"__TEXT", 0, 0x4000, 0, place + len(code), 5, 5, 1, 0
    )
    section = struct.pack(
        "<16s16sQQIIIIIIII",
        *(b"__text", b"__TEXT", place, len(code), place, 4, 0, 0, 0x80000400, 0, 0, 0),
    )
    symbols = place + len(code)
    table = struct.pack("<IIIIII", 2, 24, symbols, 1, symbols + 16, len(names))
    header = struct.pack("<IIIIIIII", 0xFEEDFACF, machine, 0, 8, 2, commands, 0, 0)
    symbol = struct.pack("<IBBHQ", 1, 0x0F, 1, 0, place)
    return header + segment + section + table + code + symbol + names


def fat_macho(*parts: tuple[int, bytes]) -> bytes:
    """Several of them in one file, by machine."""
    position = 4096
    head, body = struct.pack(">II", 0xCAFEBABE, len(parts)), b""
    for machine, data in parts:
        head += struct.pack(">IIIII", machine, 3, position + len(body), len(data), 0)
        body += data
    return head.ljust(position, b"\0") + body


def tiny_archive(*members: bytes) -> bytes:
    """A static library."""
    text = b"!<arch>\n"
    for number, data in enumerate(members):
        name = f"m{number}.o/".encode()
        text += struct.pack(
            "16s12s6s6s8s10s2s",
            *(part.ljust(size) for part, size in ((name, 16), (b"0", 12), (b"0", 6), (b"0", 6))),
            *(b"644".ljust(8), str(len(data)).encode().ljust(10), b"`\n"),
        )
        text += data + b"\n" * (len(data) % 2)
    return text
