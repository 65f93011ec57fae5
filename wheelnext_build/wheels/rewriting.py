"""Rewrite wheels: copy members unchanged, add new ones, and update RECORD.

Members are copied without decompressing them, so changing a wheel's metadata is fast.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import IO

from ..errors import WheelError
from . import zip_format
from .reader import Member, WheelReader
from .record import is_signature, record_row, record_text


class WheelRewriter:
    """Writer of a wheel of copied and new members; the archive has no gaps and no leftovers."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._written: list[zipfile.ZipInfo] = []

    def copy(self, reader: WheelReader, member: Member) -> None:
        """Copy a member without recompressing it."""
        self._header(member.info, member.info.compress_size, member.info.file_size, member.info.CRC)
        reader.copy(member, self._stream)

    def write(
        self,
        name: str,
        data: bytes,
        like: zipfile.ZipInfo,
        level: int = zlib.Z_DEFAULT_COMPRESSION,
    ) -> None:
        """Add ``data`` as a member with the time and the mode of ``like``.

        It is deflated at ``level`` of zlib, or stored if that is 0.
        """
        info = zipfile.ZipInfo(name, like.date_time)
        info.create_system = like.create_system
        info.external_attr = like.external_attr
        info.compress_type = zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED
        content = _deflated(data, level) if level else data
        self._header(info, len(content), len(data), zlib.crc32(data))
        self._stream.write(content)

    def finish(self) -> None:
        """Write the central directory."""
        start = self._stream.tell()
        for info in self._written:
            self._stream.write(zip_format.central_entry(info))
        self._stream.write(
            zip_format.end_records(len(self._written), start, self._stream.tell() - start)
        )

    def _header(self, like: zipfile.ZipInfo, compressed: int, size: int, crc: int) -> None:
        info = zipfile.ZipInfo(like.filename, like.date_time)
        info.create_system, info.external_attr = like.create_system, like.external_attr
        info.internal_attr, info.comment = like.internal_attr, like.comment
        info.compress_type = like.compress_type
        info.extra = zip_format.without_zip64(like.extra)
        info.compress_size, info.file_size, info.CRC = compressed, size, crc
        info.header_offset = self._stream.tell()
        self._written.append(info)
        self._stream.write(zip_format.local_header(info))


def rewrite(
    reader: WheelReader,
    stream: IO[bytes],
    *,
    add: Mapping[str, bytes] | None = None,
    drop: frozenset[str] = frozenset(),
) -> None:
    """Write a copy of the wheel with members added or dropped, and an updated RECORD.

    Members that stay are copied raw and keep their order and their line in RECORD. New ones follow
    them, but come before RECORD if it was last. They get the time and the mode of the wheel's
    RECORD, which follows SOURCE_DATE_EPOCH if the wheel was built with it. A signature of the old
    RECORD is left out. A member that is added and dropped again leaves no trace.
    """
    added = dict(add or {})
    record_name = f"{reader.dist_info}/RECORD"
    old = next((member for member in reader.members() if member.name == record_name), None)
    if old is None:
        raise WheelError(f"{reader.path}: {record_name} is missing")
    leaving = drop | added.keys()
    staying = [
        member
        for member in reader.members()
        if member.name not in leaving and not is_signature(member.name)
    ]
    record = _record_text(reader, staying, added)
    writer = WheelRewriter(stream)
    if last := staying[-1] is old:
        staying.pop()
    for member in staying:
        if member is old:
            writer.write(record_name, record, old.info, _level(reader, old))
        else:
            writer.copy(reader, member)
    for name, data in added.items():
        writer.write(name, data, old.info)
    if last:
        writer.write(record_name, record, old.info, _level(reader, old))
    writer.finish()


def _record_text(
    reader: WheelReader, staying: Sequence[Member], added: Mapping[str, bytes]
) -> bytes:
    """Return RECORD with unchanged lines for members that stay, and new lines for added ones.

    Raises WheelError if it has no line for a file.
    """
    record_name = f"{reader.dist_info}/RECORD"
    rows = reader.record()
    lines = reader.read(record_name).decode().splitlines(keepends=True)
    if len(rows) != len(lines):  # empty lines, or a name with a line end in it
        lines = [record_text([row]) for row in rows]
    listed = {row[0] for row in rows}
    names = {member.name for member in staying}
    for name in (member.name for member in staying):
        if name not in listed and name != record_name and not name.endswith("/"):
            raise WheelError(f"{reader.path}: {name} is not in RECORD")
    kept = [line for line, row in zip(lines, rows, strict=True) if row[0] in names]
    if record_name not in listed:
        kept.append(record_text([[record_name, "", ""]]))
    new = [record_text([record_row(name, data)]) for name, data in added.items()]
    if kept[-1].startswith(record_name):
        return "".join((*kept[:-1], *new, kept[-1])).encode()
    end = "" if kept[-1].endswith("\n") else "\n"
    return "".join((*kept, end if new else "", *new)).encode()


_QUICKLY_COMPRESSED = 1 << 20
"""Below this many bytes, trying all levels takes too little time to matter."""


def _level(reader: WheelReader, member: Member) -> int:
    """Return zlib's level that gives a member's compressed data; zlib's default if none does."""
    if member.info.compress_type == zipfile.ZIP_STORED:
        return 0
    data = reader.read(member.name)
    raw = io.BytesIO()
    reader.copy(member, raw)
    levels = [zlib.Z_DEFAULT_COMPRESSION]
    if len(data) < _QUICKLY_COMPRESSED:
        levels += range(9, 0, -1)
    found = (level for level in levels if _deflated(data, level) == raw.getvalue())
    return next(found, zlib.Z_DEFAULT_COMPRESSION)


def _deflated(data: bytes, level: int) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()
