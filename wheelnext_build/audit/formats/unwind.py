"""Find where functions begin and end, by the tables for unwinding exceptions.

Compilers write them for each function on x86-64 and aarch64, and they stay in stripped files.
Source: LSB Core, "Exception Frames"; DWARF 5, 6.4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_ABSOLUTE, _PC_RELATIVE = 0x00, 0x10
_SIGNED = {0x00: "<q", 0x02: "<h", 0x03: "<i", 0x04: "<q", 0x0A: "<h", 0x0B: "<i", 0x0C: "<q"}
"""The lower half of a pointer's encoding -> a format of struct. All are read as signed: sums are
taken modulo 2**64."""

_WIDTHS = {"R": 1, "L": 1, "P": 1, "S": 0, "B": 0}
"""Letters of an augmentation, and the number of bytes for each; a pointer follows that of P."""


def function_ranges(data: bytes, address: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each function in the .eh_frame section ``data`` at ``address``.

    Stop at the first entry that cannot be read: these tables only help to find more functions.
    """
    encodings: dict[int, int] = {}
    position, size = 0, len(data)
    while position + 8 <= size:
        (length,) = struct.unpack_from("<I", data, position)
        start = position + 4
        if length == 0xFFFFFFFF:
            if start + 8 > size:
                return
            (length,) = struct.unpack_from("<Q", data, start)
            start += 8
        end = start + length
        if length < 4 or end > size:
            # A terminator of 4 zero bytes: linkers leave these between tables that they join.
            if length == 0:
                position += 4
                continue
            return
        (identifier,) = struct.unpack_from("<I", data, start)
        if identifier == 0:
            encodings[position] = _pointer_encoding(data[start + 4 : end])
        else:
            encoding = encodings.get(start - identifier, -1)
            found = _range(data, start + 4, end, encoding, address)
            if found is not None:
                yield found
        position = end


def _range(
    data: bytes, position: int, end: int, encoding: int, address: int
) -> tuple[int, int] | None:
    form = _SIGNED.get(encoding & 0x0F)
    if encoding < 0 or form is None or encoding & 0x70 not in (_ABSOLUTE, _PC_RELATIVE):
        return None
    width = struct.calcsize(form)
    if position + 2 * width > end:
        return None
    first, count = struct.unpack_from(form + form[1], data, position)
    if encoding & 0x70 == _PC_RELATIVE:
        first += address + position
    first &= 2**64 - 1
    count &= 2 ** (8 * width) - 1
    return (first, first + count) if count else None


def _pointer_encoding(cie: bytes) -> int:
    """Return the encoding of addresses in the entries of a common information entry, or -1."""
    end = cie.find(b"\0", 1)
    augmentation = cie[1:end].decode("latin-1") if end > 0 else "?"
    if not augmentation.startswith("z"):
        return -1 if augmentation else _ABSOLUTE
    # Alignment of code and of data, and the return address's register, a byte in version 1.
    position = _skip_leb128(cie, end + 1, 2 if cie[0] == 1 else 3) + (cie[0] == 1)
    position = _skip_leb128(cie, position, 1)
    for letter in augmentation[1:]:
        if letter not in _WIDTHS or position >= len(cie):
            return -1
        if letter == "R":
            return cie[position]
        position += _WIDTHS[letter]
        if letter == "P":
            form = _SIGNED.get(cie[position - 1] & 0x0F)
            position += struct.calcsize(form) if form else len(cie)
    return _ABSOLUTE


def _skip_leb128(data: bytes, position: int, count: int) -> int:
    for _ in range(count):
        while position < len(data) and data[position] & 0x80:
            position += 1
        position += 1
    return position
