"""Find the architectures of AMD's code objects in the offload bundles of a binary.

Clang documents both layouts. A bundle (ClangOffloadBundler, "Bundled Code Object Layout") has a
magic, the number of its entries, and for each of them offset, size, the length of an ID, and the
ID, such as ``hipv4-amdgcn-amd-amdhsa--gfx90a:xnack+``. A compressed one (CompressedOffloadBundle)
has another magic, version, method, sizes, a hash, and the bundle.
"""

from __future__ import annotations

import re
import struct
import sys
import zlib
from collections.abc import Iterable, Iterator

from .binary import BinaryError

BUNDLE_MAGIC = b"__CLANG_OFFLOAD_BUNDLE__"
COMPRESSED = b"CCOB"
_BEGIN = re.compile(b"|".join((BUNDLE_MAGIC, COMPRESSED)))
_COUNT = struct.Struct("<Q")
_ENTRY = struct.Struct("<QQQ")
_VERSION_AND_METHOD = struct.Struct("<4xHH")
_SIZES = {2: struct.Struct("<8xII8x"), 3: struct.Struct("<8xQQ8x")}
"""By version: the sizes of the whole and of the bundle. (The first version, of early Clang 18, does
not record where it ends.)"""
_ZLIB, _ZSTD = 0, 1
_ALIGNMENT = 8
_MOST = 1 << 10
_LONGEST_NAME = 1 << 10
_TABLE = 1 << 16
"""Limits: entries of a bundle, bytes of a name in it, and bytes of their table. Code objects
themselves are not read."""

UNKNOWN = "gfx?"
"""Stands for the architectures of a bundle that cannot be unpacked without backports.zstd."""

_TARGET = re.compile(r"hip(?:v4)?-\w+-amd-amdhsa-\w*-?(gfx[^:]+|amdgcnspirv)(?::.*)?")


def architectures(sections: Iterable[bytes]) -> list[str]:
    """Return the architectures as values of gfx_arch (``gfx90a``), without features (``xnack+``).

    Raises BinaryError if a section is damaged or has an unknown layout.
    """
    return sorted({name for section in sections for name in _section(section)})


def _section(data: bytes) -> Iterator[str]:
    position = 0
    while match := _BEGIN.search(data, position):
        position = start = match.start()
        if start % _ALIGNMENT:
            position += 1
        elif match[0] == COMPRESSED:
            position, table = _uncompressed(data, start)
            if table is None:
                yield UNKNOWN
            else:
                yield from (name for name, _ in _entries(table, 0, whole=False) if name)
        else:
            found = list(_entries(data, start))
            position = max((end for _, end in found), default=start + len(BUNDLE_MAGIC))
            yield from (name for name, _ in found if name)


def _entries(data: bytes, start: int, *, whole: bool = True) -> Iterator[tuple[str, int]]:
    """Yield architecture and end of each code object for a GPU.

    For other entries, yield '' and the position after the entry in the table. ``whole`` says that
    ``data`` has the code objects, too, not only the table.
    """
    try:
        position = start + len(BUNDLE_MAGIC)
        (count,) = _COUNT.unpack_from(data, position)
        position += _COUNT.size
        if not data.startswith(BUNDLE_MAGIC, start) or count > _MOST:
            raise _damaged(start)
        for _ in range(count):
            offset, size, length = _ENTRY.unpack_from(data, position)
            position += _ENTRY.size
            if length > _LONGEST_NAME:
                raise _damaged(start)
            name = data[position : position + length].decode()
            position += length
            end = start + offset + size
            if position > len(data) or (whole and end > len(data)):
                raise _damaged(start)
            match = _TARGET.fullmatch(name) if size else None
            yield (match[1], end) if match else ("", position)
    except (struct.error, UnicodeDecodeError):
        raise _damaged(start) from None


def _uncompressed(data: bytes, start: int) -> tuple[int, bytes | None]:
    """Return where a compressed bundle ends, and its unpacked start with the table of its entries.

    The latter is None if the package for unpacking it is not installed.
    """
    view = memoryview(data)[start:]
    if len(view) < _VERSION_AND_METHOD.size:
        raise _damaged(start)
    version, method = _VERSION_AND_METHOD.unpack_from(view)
    header = _SIZES.get(version)
    if header is None or method not in (_ZLIB, _ZSTD):
        raise BinaryError(f"GPU code at byte {start} of its section is compressed in a newer way")
    if len(view) < header.size:
        raise _damaged(start)
    total, _ = header.unpack_from(view)
    if not header.size < total <= len(view):
        raise _damaged(start)
    packed = view[header.size : total]
    return start + total, _inflated(packed, start) if method == _ZLIB else _zstd(packed, start)


def _inflated(packed: memoryview, start: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, _TABLE)
    except zlib.error:
        raise _damaged(start) from None


def _zstd(packed: memoryview, start: int) -> bytes | None:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        try:
            from backports import zstd
        except ImportError:
            return None
    try:
        table: bytes = zstd.ZstdDecompressor().decompress(packed, _TABLE)
    except zstd.ZstdError:
        raise _damaged(start) from None
    return table


def _damaged(start: int) -> BinaryError:
    return BinaryError(f"GPU code at byte {start} of its section is damaged, or is newer")
