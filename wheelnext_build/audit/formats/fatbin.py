"""Find the architectures of every cubin and every PTX in the fat binaries of a binary.

The layout is nvcc's own and is not documented. The parts used here were found in the output of CUDA
12 and 13; the tests compare the results with cuobjdump. A fat binary is a header of 16 bytes
(magic, version, size of the header, size of the rest) and entries. An entry is a header of 64 bytes
or more, which has all that is needed here, and a payload, which may be compressed and is not read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from .binary import BinaryError

FATBIN_MAGIC = b"\x50\xed\x55\xba"
_FILE = struct.Struct("<IHHQ")
_ENTRY = struct.Struct("<HHIQIIHHIIIQ")
_ENTRY_SIZE = 64

_PTX, _CUBIN = 1, 2
_KINDS = {_PTX: "virtual", _CUBIN: "real"}
_ARCHITECTURE_SPECIFIC, _FAMILY_SPECIFIC = 1 << 20, 1 << 21
_OLDEST, _NEWEST = 10, 999


def architectures(sections: Iterable[bytes]) -> list[str]:
    """Return the architectures as values of sm_arch (``90_real``, ``90a_virtual``), lowest first.

    Raises BinaryError if a section is damaged or has an unknown layout.
    """
    found = {item for section in sections for item in _section(section)}
    return [f"{number}{suffix}_{kind}" for number, suffix, kind in sorted(found)]


def _section(data: bytes) -> Iterator[tuple[int, str, str]]:
    position = 0
    while (position := _next(data, position)) >= 0:
        _, version, header, size = _FILE.unpack_from(data, position)
        start = position + header
        if version != 1 or header < _FILE.size or start + size > len(data):
            raise BinaryError(f"GPU code at byte {position} of its section is damaged, or is newer")
        yield from _entries(data, start, start + size)
        position = start + size


def _next(data: bytes, position: int) -> int:
    """Return where the next fat binary begins, or -1. Fat binaries are aligned to 8 bytes."""
    while True:
        position = data.find(FATBIN_MAGIC, position)
        if position < 0 or position + _FILE.size > len(data):
            return -1
        if position % 8 == 0:
            return position
        position += 1


def _entries(data: bytes, position: int, end: int) -> Iterator[tuple[int, str, str]]:
    while position + _ENTRY_SIZE <= end:
        kind, _, header, size, _, _, _, _, number, _, _, flags = _ENTRY.unpack_from(data, position)
        after = position + header + size
        if header < _ENTRY_SIZE or after > end:
            raise BinaryError(f"GPU code: the entry at byte {position} of its section is damaged")
        if kind in _KINDS:
            if not _OLDEST <= number <= _NEWEST:
                raise BinaryError(f"GPU code: {number} is no architecture")
            suffix = "a" if flags & _ARCHITECTURE_SPECIFIC else ""
            suffix = "f" if flags & _FAMILY_SPECIFIC else suffix
            yield number, suffix, _KINDS[kind]
        position = after
