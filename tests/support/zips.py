"""Wheels for tests, and a reader of zip files that shares no code with what is tested."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

NAME = "pkg-1.0-py3-none-any.whl"
DIST_INFO = "pkg-1.0.dist-info"
TIME = (2022, 11, 9, 12, 37, 20)
FILES = {
    "pkg/__init__.py": b"__version__ = '1.0'\n" * 50,
    "pkg/data.bin": bytes(range(256)) * 8,
    f"{DIST_INFO}/METADATA": b"Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n",
    f"{DIST_INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


def record(files: Mapping[str, bytes], dist_info: str = DIST_INFO) -> bytes:
    """RECORD for these files."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        writer.writerow([name, f"sha256={digest}", len(data)])
    writer.writerow([f"{dist_info}/RECORD", "", ""])
    return text.getvalue().encode()


def unchanged(info: zipfile.ZipInfo) -> int | None:
    """Leave a member's properties, and its compression level, to zipfile."""
    return None


def write_zip(
    stream: IO[bytes],
    files: Mapping[str, bytes],
    change: Callable[[zipfile.ZipInfo], int | None] = unchanged,
) -> None:
    """Write files with zipfile.

    ``change`` may give each of them other properties, and returns its compression level.
    """
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100644 << 16
            level = change(info)
            archive.writestr(info, data, compresslevel=level)


def wheel(
    folder: Path,
    name: str = NAME,
    files: Mapping[str, bytes] = FILES,
    change: Callable[[zipfile.ZipInfo], int | None] = unchanged,
) -> Path:
    """A sound wheel of ``files``, RECORD last."""
    path = folder / name
    with path.open("wb") as stream:
        write_zip(stream, {**files, f"{DIST_INFO}/RECORD": record(files)}, change)
    return path


class Unseekable(io.BytesIO):
    """Makes zipfile write data descriptors, as it does into a pipe."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise io.UnsupportedOperation

    seek = tell  # type: ignore[assignment]


@dataclass(frozen=True)
class Entry:
    """A member, as both its local header and the central directory have it."""

    name: str
    method: int
    dos_time: int
    crc: int
    size: int
    extra: bytes
    comment: bytes
    attributes: int
    raw: bytes

    def content(self) -> bytes:
        data = zlib.decompress(self.raw, -15) if self.method == zipfile.ZIP_DEFLATED else self.raw
        assert (len(data), zlib.crc32(data)) == (self.size, self.crc)
        return data


def walk(path: Path) -> list[Entry]:
    """The members of a zip file; fails where it has a gap, a leftover or a contradiction.

    Local headers stand one behind the other from the first byte to the central directory, which
    lists them in the same order and says the same; the end records close the file. The data of
    members over 16 MB is skipped.
    """
    with path.open("rb") as stream:
        found = []
        while (start := stream.tell(), stream.read(4))[1] == b"PK\3\4":
            found.append(_read_local(stream, start))
        stream.seek(start)
        entries = [_read_central(stream, local) for local in found]
        _read_end(stream, start, len(entries))
        assert not stream.read(1), "something stands behind the end"
    return entries


class Local(NamedTuple):
    """A local header: what the central directory must repeat, and the data behind it."""

    offset: int
    fields: tuple[int, ...]
    name: bytes
    extra: bytes
    raw: bytes


def _read_local(stream: IO[bytes], offset: int) -> Local:
    fields = struct.unpack("<5H3L2H", stream.read(26))
    version, flags, method, time, date, crc, compressed, size, name_length, extra_length = fields
    assert not flags & ~0x800, "no data descriptor, nothing encrypted"
    name = stream.read(name_length)
    wide, extra = _split_zip64(stream.read(extra_length))
    if wide:
        assert (compressed, size, len(wide), version) == (0xFFFFFFFF, 0xFFFFFFFF, 2, 45)
        size, compressed = wide
    if compressed > 1 << 24:
        stream.seek(compressed, 1)
        raw = b""
    else:
        raw = stream.read(compressed)
    repeated = (flags, method, time, date, crc, compressed, size)
    return Local(offset, repeated, name, extra, raw)


def _read_central(stream: IO[bytes], local: Local) -> Entry:
    fields = struct.unpack("<4s6H3L5H2L", stream.read(46))
    signature, _, version, flags, method, time, date, crc, compressed, size = fields[:10]
    name_length, extra_length, comment_length, disk, _, attributes, position = fields[10:]
    assert (signature, disk) == (b"PK\1\2", 0)
    assert stream.read(name_length) == local.name
    wide, extra = _split_zip64(stream.read(extra_length))
    assert extra == local.extra
    comment = stream.read(comment_length)
    if wide:
        assert version == 45
    size = wide.pop(0) if size == 0xFFFFFFFF else size
    compressed = wide.pop(0) if compressed == 0xFFFFFFFF else compressed
    position = wide.pop(0) if position == 0xFFFFFFFF else position
    assert not wide
    assert position == local.offset
    assert (flags, method, time, date, crc, compressed, size) == local.fields
    return Entry(
        name=local.name.decode("utf-8" if flags & 0x800 else "ascii"),
        method=method,
        dos_time=date << 16 | time,
        crc=crc,
        size=size,
        extra=extra,
        comment=comment,
        attributes=attributes,
        raw=local.raw,
    )


def _read_end(stream: IO[bytes], start: int, count: int) -> None:
    size = stream.tell() - start
    signature = stream.read(4)
    if signature == b"PK\6\6":
        rest, _, version, *numbers = struct.unpack("<Q2H2L4Q", stream.read(52))
        assert (rest, version) == (44, 45)
        assert numbers == [0, 0, count, count, size, start]
        assert struct.unpack("<4sLQL", stream.read(20)) == (b"PK\6\7", 0, start + size, 1)
        signature = stream.read(4)
        wide = True
    else:
        wide = False
    assert signature == b"PK\5\6"
    disk, first, here, total, length, position, comment = struct.unpack("<4H2LH", stream.read(18))
    assert (disk, first, comment) == (0, 0, 0)
    assert here == total
    for short, value, limit in (
        (total, count, 0xFFFF),
        (length, size, 0xFFFFFFFF),
        (position, start, 0xFFFFFFFF),
    ):
        assert short == min(value, limit)
        assert wide or value < limit


def _split_zip64(extra: bytes) -> tuple[list[int], bytes]:
    """The numbers of the zip64 field, and the other fields."""
    wide: list[int] = []
    others = b""
    while extra:
        kind, length = struct.unpack("<HH", extra[:4])
        if kind == 1:
            assert not wide
            wide = list(struct.unpack(f"<{length // 8}Q", extra[4 : 4 + length]))
        else:
            others += extra[: 4 + length]
        extra = extra[4 + length :]
    return wide, others


def check_record(entries: list[Entry], dist_info: str = DIST_INFO, *, last: bool = True) -> None:
    """RECORD lists every file with its hash and size, and nothing else.

    With ``last`` it is the last member, and lists them in their order.
    """
    name = f"{dist_info}/RECORD"
    assert not last or entries[-1].name == name
    (found,) = (entry for entry in entries if entry.name == name)
    files = {
        entry.name: entry.content()
        for entry in entries
        if entry is not found and not entry.name.endswith("/")
    }
    listed = list(csv.reader(io.StringIO(found.content().decode(), newline="")))
    expected = list(csv.reader(io.StringIO(record(files, dist_info).decode(), newline="")))
    assert (listed if last else sorted(listed)) == (expected if last else sorted(expected))
