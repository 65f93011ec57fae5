"""Write and read the records of a zip archive (APPNOTE 4.3)."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator

LOCAL_HEADER = struct.Struct("<4s5H3L2H")
"""Signature; version, flags, method, time, date; checksum, compressed size, size; lengths of the
name and the extra field, which follow."""

_CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
"""Signature; number of this disk and of the directory's, members here and in all, size and offset
of the directory, length of the comment, which follows."""

_END64 = struct.Struct("<4sQ2H2L4Q")
_END64_LOCATOR = struct.Struct("<4sLQL")
WIDE_END_SIZE = _END64.size + _END64_LOCATOR.size
"""Bytes of the zip64 records before the end record."""

UNREADABLE = 0x2061
"""Flags of members that cannot be read: encrypted (two flags), a patch to another file, or with a
masked header (APPNOTE 4.4.4)."""

DESCRIPTOR = 0x08
"""Flag of a member whose checksum and sizes follow its data."""

UTF8_NAME = 0x800
"""Flag of a name in UTF-8; without it, names are in code page 437."""

_ZIP64_EXTRA = 0x0001
_UNICODE_NAME_EXTRA = 0x7075
_ZIP64_VERSION = 45
_LIMIT16 = 0xFFFF

LIMIT32 = 0xFFFFFFFF
"""Sizes and offsets of at least this number are in a zip64 field; this number marks their place."""


def without_zip64(extra: bytes) -> bytes:
    """Return an extra field without its zip64 part, which depends on the member's position."""
    return b"".join(part for kind, part in _extra_parts(extra) if kind != _ZIP64_EXTRA)


def zip64_numbers(extra: bytes) -> tuple[int, ...]:
    """Return the numbers of an extra field's zip64 part; none if there is no such part."""
    for kind, part in _extra_parts(extra):
        if kind == _ZIP64_EXTRA:
            return struct.unpack_from(f"<{(len(part) - 4) // 8}Q", part, 4)
    return ()


def unicode_name(extra: bytes) -> str | None:
    """Return the name that some readers use instead of a member's own (APPNOTE 4.6.9), or None."""
    for kind, part in _extra_parts(extra):
        if kind == _UNICODE_NAME_EXTRA:
            # It follows a version and the checksum of the name that it replaces.
            return part[9:].decode(errors="replace")
    return None


def _extra_parts(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the parts of an extra field, with their kinds; each part includes its header."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        yield kind, extra[position : position + 4 + length]
        position += 4 + length


def wide_end(records: bytes) -> tuple[int, ...] | None:
    """Return the numbers in zip64's end records, or None if ``records`` are something else.

    They are the records' offset, members here and in all, size and offset of the directory.
    """
    signature, _, _, _, _, _, *numbers = _END64.unpack_from(records)
    locator, _, position, _ = _END64_LOCATOR.unpack_from(records, _END64.size)
    if (signature, locator) != (b"PK\6\6", b"PK\6\7"):
        return None
    return (position, *numbers)


def _name_and_flags(info: zipfile.ZipInfo) -> tuple[bytes, int]:
    try:
        return info.filename.encode("ascii"), 0
    except UnicodeEncodeError:
        return info.filename.encode("utf-8"), UTF8_NAME


def _dos_time(info: zipfile.ZipInfo) -> tuple[int, int]:
    year, month, day, hour, minute, second = info.date_time
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day


def local_header(info: zipfile.ZipInfo, *, wide: bool = False) -> bytes:
    """Return a member's local header; it contains the sizes, so no data descriptor follows.

    ``wide`` reserves space for sizes of 4 GiB and more, even if they are smaller now.
    """
    name, flags = _name_and_flags(info)
    sizes = (info.compress_size, info.file_size)
    extra, version = info.extra, 20
    if wide or max(sizes) >= LIMIT32:
        extra = struct.pack("<HHQQ", _ZIP64_EXTRA, 16, info.file_size, info.compress_size) + extra
        sizes, version = (LIMIT32, LIMIT32), _ZIP64_VERSION
    fields = (version, flags, info.compress_type, *_dos_time(info), info.CRC, *sizes)
    return LOCAL_HEADER.pack(b"PK\3\4", *fields, len(name), len(extra)) + name + extra


def central_entry(info: zipfile.ZipInfo) -> bytes:
    """Return a member's entry in the central directory."""
    name, flags = _name_and_flags(info)
    # The zip64 field has size, compressed size and offset in this order, and only those that
    # overflow. Both sizes are written if one overflows, as the local header requires.
    wide: list[int] = []
    sizes, offset, version = (info.compress_size, info.file_size), info.header_offset, 20
    if max(sizes) >= LIMIT32:
        wide += [info.file_size, info.compress_size]
        sizes = (LIMIT32, LIMIT32)
    if offset >= LIMIT32:
        wide.append(offset)
        offset = LIMIT32
    extra = info.extra
    if wide:
        version = _ZIP64_VERSION
        extra = struct.pack(f"<HH{len(wide)}Q", _ZIP64_EXTRA, 8 * len(wide), *wide) + extra
    made_by = info.create_system << 8 | version
    fields = (made_by, version, flags, info.compress_type, *_dos_time(info), info.CRC, *sizes)
    lengths = (len(name), len(extra), len(info.comment), 0)
    attributes = (info.internal_attr, info.external_attr)
    entry = _CENTRAL.pack(b"PK\1\2", *fields, *lengths, *attributes, offset)
    return entry + name + extra + info.comment


def end_records(count: int, start: int, size: int) -> bytes:
    """Return the end records of the central directory, with the zip64 ones if numbers overflow."""
    records = b""
    if count >= _LIMIT16 or start >= LIMIT32 or size >= LIMIT32:
        version = (_ZIP64_VERSION, _ZIP64_VERSION)
        records += _END64.pack(
            b"PK\6\6", _END64.size - 12, *version, 0, 0, count, count, size, start
        )
        records += _END64_LOCATOR.pack(b"PK\6\7", 0, start + size, 1)
    count, size, start = min(count, _LIMIT16), min(size, LIMIT32), min(start, LIMIT32)
    return records + END.pack(b"PK\5\6", 0, 0, count, count, size, start, 0)
