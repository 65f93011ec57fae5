"""Checks that every reader unpacks the same files from a zip archive, and not too much.

Installers read archives in different ways: by the central directory, or by the local headers one
after the other. An archive is refused if two readers could find different content in it, or if it
unpacks to far more than any valid wheel. Each function returns a description of the problem, or
None if there is none. :mod:`.zip_names` checks the names of members.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import IO

from . import zip_format

MOST_MEMBERS = 1 << 17
"""Most files in a wheel; today's largest wheels have some ten thousand."""

_DIRECTORY_LIMIT = 1 << 24
"""Most bytes of a central directory, or of anything else that is read from an archive at once."""

_BOMB_SIZE, _BOMB_RATIO = 1 << 28, 200
"""A wheel is a bomb if its unpacked size exceeds the first and its compression ratio the second.

Deflate cannot do better than 1 : 1032; code and data in wheels reach 1 : 10.
"""

_BLOCK = 1 << 20
_DESCRIPTOR_SIZES = (12, 16, 20, 24)
"""Bytes of a data descriptor, with or without signature, short or zip64 (APPNOTE 4.3.9)."""
_SIGNED_SIZES = (16, 24)


class Bounded:
    """A file for zipfile or tarfile that limits how much they read at once.

    Without it, they read as many bytes of a directory or a name as the archive claims it to have.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek = stream.seek
        self.tell = stream.tell
        self.seekable = stream.seekable

    def read(self, count: int = -1) -> bytes:
        """Read as from any file; raise ValueError if ``count`` is over the limit."""
        if count > _DIRECTORY_LIMIT:
            raise ValueError(f"a directory or a name in it has more than {_DIRECTORY_LIMIT} bytes")
        return self._stream.read(_DIRECTORY_LIMIT if count < 0 else count)


def size_problem(infos: Sequence[zipfile.ZipInfo], archive_size: int) -> str | None:
    """Return why an archive is too large to be unpacked, or None if it is not."""
    if len(infos) > MOST_MEMBERS:
        return f"has {len(infos)} files, over the {MOST_MEMBERS} allowed"
    total = sum(info.file_size for info in infos)
    if total > _BOMB_SIZE and total > _BOMB_RATIO * archive_size:
        ratio = total // max(archive_size, 1)
        return f"would be unpacked to {total} bytes, {ratio} times its size: not unpacked"
    return None


def check_stream(count: int, offset: int, archive_size: int) -> None:
    """Raise ValueError if an archive without a directory has too many members or bytes.

    ``count`` members, together ``offset`` bytes unpacked, were read so far.
    """
    if count > MOST_MEMBERS:
        raise ValueError(f"it has more than {MOST_MEMBERS} files")
    if offset > _BOMB_SIZE and offset > _BOMB_RATIO * archive_size:
        raise ValueError(f"it would be unpacked to {offset} bytes and more")


def gap_problem(before: zipfile.ZipInfo | None, gap: int) -> str | None:
    """Return how a gap between two members is wrong ("hides" or "lies over"), or None.

    Readers that go from one member to the next could find another member in it. ``before`` is the
    member before the gap, None at the start of the file.
    """
    if gap == 0:
        return None
    if gap < 0:
        return "lies over"
    has_descriptor = before is not None and before.flag_bits & zip_format.DESCRIPTOR
    return None if has_descriptor and gap in _DESCRIPTOR_SIZES else "hides"


def descriptor_problem(info: zipfile.ZipInfo, data: bytes) -> str | None:
    """Return how a member's data descriptor disagrees with the central directory, or None."""
    numbers = data
    if len(data) in _SIGNED_SIZES:
        if not data.startswith(b"PK\7\x08"):
            return f"{len(data)} bytes behind {info.filename} belong to no member"
        numbers = data[4:]
    told = struct.unpack("<LLL" if len(numbers) == _DESCRIPTOR_SIZES[0] else "<LQQ", numbers)
    if told == (info.CRC, info.compress_size, info.file_size):
        return None
    return f"the data descriptor of {info.filename} disagrees with the central directory"


def end_problem(stream: IO[bytes], start: int, count: int, comment: bytes) -> str | None:
    """Return why the end records do not fit a directory of ``count`` members at ``start``, or None.

    Some readers take the directory's position from these records, others expect it to end at them.
    """
    end = stream.seek(0, io.SEEK_END) - zip_format.END.size - len(comment)
    stream.seek(end)
    signature, *disks, here, total, size, offset, _ = zip_format.END.unpack(
        stream.read(zip_format.END.size)
    )
    if signature != b"PK\5\6":
        return "has something behind its end"
    told = [here, total, size, offset]
    true = [count, count, size, offset]
    if end >= zip_format.WIDE_END_SIZE:
        stream.seek(end - zip_format.WIDE_END_SIZE)
        if wide := zip_format.wide_end(stream.read(zip_format.WIDE_END_SIZE)):
            end -= zip_format.WIDE_END_SIZE
            position, *true = wide
            if position != end:
                return "has end records that contradict each other"
    limits = (0xFFFF, 0xFFFF, zip_format.LIMIT32, zip_format.LIMIT32)
    agree = all(
        short in (number, limit) for short, number, limit in zip(told, true, limits, strict=True)
    )
    if any(disks) or not agree or true[:2] != [count, count] or true[3] != start:
        return "has end records that contradict each other"
    return None if start + true[2] == end else "has something between its directory and its end"


def unpacked(stream: IO[bytes], offset: int, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a member's content in pieces; raise ValueError or zlib.error if it is damaged.

    Bytes after the end of deflated data are an error. zipfile ignores them, but readers that go
    from one member to the next may find another member there.
    """
    left, count, checksum = info.compress_size, 0, 0
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if info.compress_type else None
    while left:
        stream.seek(offset)
        packed = stream.read(min(left, _BLOCK))
        if not packed:
            raise ValueError("it is cut short")
        offset, left = offset + len(packed), left - len(packed)
        is_full = False
        while packed or is_full:
            block = inflater.decompress(packed, _BLOCK) if inflater else packed
            packed = inflater.unconsumed_tail if inflater else b""
            is_full = inflater is not None and len(block) == _BLOCK  # there may be more inside
            count, checksum = count + len(block), zlib.crc32(block, checksum)
            if count > info.file_size:
                raise ValueError("it has more bytes than the archive says")
            if inflater and (inflater.unused_data or (inflater.eof and left)):
                raise ValueError("something stands behind the end of its data")
            if block:
                yield block
    if inflater and not inflater.eof:
        raise ValueError("it is cut short")
    if count != info.file_size:
        raise ValueError(f"it has {count} bytes, and the archive says {info.file_size}")
    if checksum != info.CRC:
        raise ValueError("it has another checksum than the archive says")


def header_problem(info: zipfile.ZipInfo, fields: Sequence[int], extra: bytes) -> bool:
    """Return whether a local header disagrees with the central directory.

    ``fields`` are those of :data:`zip_format.LOCAL_HEADER`. If the sizes follow the data, they are
    0 here.
    """
    flags, method, crc, compressed, size = (fields[index] for index in (2, 3, 6, 7, 8))
    if method != info.compress_type or (flags ^ info.flag_bits) & zip_format.UNREADABLE:
        return True
    if zip_format.unicode_name(extra) not in (None, info.orig_filename):
        return True
    if zip_format.LIMIT32 in (compressed, size):
        wide = zip_format.zip64_numbers(extra)
        if len(wide) >= 2:
            size, compressed = wide[:2]
    told = (crc, compressed, size)
    if told == (info.CRC, info.compress_size, info.file_size):
        return False
    # If the numbers follow the data, the header has zeros or zip64's placeholders in their place.
    unknown = all(number in (0, zip_format.LIMIT32) for number in told)
    return not (
        flags & zip_format.DESCRIPTOR and info.flag_bits & zip_format.DESCRIPTOR and unknown
    )
