"""Write a zip archive with several threads; their number does not change the bytes.

Members are read in pieces, hashed as they are read, compressed by a pool of threads, and written in
the order in which they were added. Each member's sizes are in its local header, as zipfile writes
it; for a long member, they are filled in after its last piece.
"""

from __future__ import annotations

import contextlib
import hashlib
import warnings
import zipfile
import zlib
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..errors import WheelError
from ..system import processes
from . import zip_format
from .deflate import Piece, pieces

_MAX_THREADS = 16
"""With so many threads, memory in use stays below 100 MB. More would not help: reading and hashing,
which one thread does, limit the speed before that."""

_QUEUED = 4
"""Number of pieces that wait for a thread, so that no thread waits for a piece."""

_PLAIN = 4 << 20
"""This many bytes of a wheel, in files of one piece, are compressed as zipfile does it. Most wheels
have no more, and so are the same as without this writer."""

_SMALL = 1 << 16
"""Files of up to this many bytes are compressed as zipfile does it in any wheel: that is fast."""

_TINY = 1 << 14
"""Up to this many bytes, compressing is faster than passing the piece to another thread."""


@dataclass(frozen=True)
class Written:
    """A member's name, hash and size, for RECORD."""

    name: str
    sha256: bytes
    size: int


@dataclass(frozen=True)
class _Part:
    """A piece of a member that is still to be written.

    ``is_wide``: the member's header has space for sizes of 4 GiB and more.
    """

    info: zipfile.ZipInfo
    compressed: Future[bytes]
    is_first: bool
    is_last: bool
    is_wide: bool


class Archive:
    """Writer of a zip archive of deflated members to a new file at ``path``.

    It has the methods of zipfile.ZipFile that scikit-build-core's WheelWriter calls. In the end
    either :meth:`close` or :meth:`abort` must be called; both end all threads and close the file.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        threads = min(threads or processes.processor_count(), _MAX_THREADS)
        self._path = path
        self._stream = path.open("wb")
        self._pool = ThreadPoolExecutor(threads, "wheelnext-build-packing")
        self._limit = threads + _QUEUED
        self._parts: deque[_Part] = deque()
        self._size = 0
        self._infos: list[zipfile.ZipInfo] = []
        self._names: set[str] = set()
        self._written: list[Written] = []

    def written(self) -> list[Written]:
        """Return the members added so far, in order."""
        return list(self._written)

    def writestr(self, info: zipfile.ZipInfo, data: bytes) -> None:
        """Add a member with ``data`` as its content."""
        self._add(info, [Piece(data)], len(data))

    def write(self, info: zipfile.ZipInfo, source: IO[bytes], size: int) -> None:
        """Add a member with the content of ``source``, about ``size`` bytes."""
        plain = max(_SMALL, _PLAIN - self._size)
        self._add(info, pieces(source, plain), size)

    def close(self) -> None:
        """Write the remaining pieces and the central directory."""
        self._write_parts(0)
        start = self._stream.tell()
        for info in self._infos:
            self._stream.write(zip_format.central_entry(info))
        size = self._stream.tell() - start
        self._stream.write(zip_format.end_records(len(self._infos), start, size))
        self._stream.close()
        self._pool.shutdown()

    def abort(self) -> None:
        """Stop, and delete the file."""
        self._pool.shutdown(cancel_futures=True)
        with contextlib.suppress(OSError):  # a full disk, say, which was reported already
            self._stream.close()
        self._path.unlink(missing_ok=True)

    def _add(self, info: zipfile.ZipInfo, parts: Iterable[Piece], size: int) -> None:
        if info.filename in self._names:
            warnings.warn(f"Duplicate name: {info.filename!r}", stacklevel=3)
        self._names.add(info.filename)
        info.CRC = info.file_size = info.compress_size = 0
        digest = hashlib.sha256()
        is_first = True
        is_wide = size + size // 20 >= zip_format.LIMIT32
        for piece in parts:
            digest.update(piece.content)
            info.CRC = zlib.crc32(piece.content, info.CRC)
            info.file_size += len(piece.content)
            compressed = self._compress(piece)
            self._parts.append(_Part(info, compressed, is_first, piece.is_last, is_wide))
            self._write_parts(self._limit)
            is_first = False
        self._size += info.file_size
        self._infos.append(info)
        self._written.append(Written(info.filename, digest.digest(), info.file_size))

    def _compress(self, piece: Piece) -> Future[bytes]:
        if len(piece.content) > _TINY:
            return self._pool.submit(piece.deflated)
        done: Future[bytes] = Future()
        done.set_result(piece.deflated())
        return done

    def _write_parts(self, limit: int) -> None:
        """Write the oldest parts until no more than ``limit`` are left."""
        while len(self._parts) > limit:
            self._write_part(self._parts.popleft())

    def _write_part(self, part: _Part) -> None:
        data = part.compressed.result()
        info = part.info
        info.compress_size += len(data)
        if part.is_first:
            info.header_offset = self._stream.tell()
            self._stream.write(zip_format.local_header(info, wide=part.is_wide))
        self._stream.write(data)
        if part.is_last and not part.is_first:
            self._write_header_again(info, is_wide=part.is_wide)

    def _write_header_again(self, info: zipfile.ZipInfo, *, is_wide: bool) -> None:
        """Write a long member's local header again, now that its sizes are known."""
        end = self._stream.tell()
        header = zip_format.local_header(info, wide=is_wide)
        if end - info.header_offset != len(header) + info.compress_size:
            raise WheelError(f"{info.filename}: grew to 4 GiB while it was packed; build again")
        self._stream.seek(info.header_offset)
        self._stream.write(header)
        self._stream.seek(end)
