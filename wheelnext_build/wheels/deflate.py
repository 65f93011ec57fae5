"""Compress long files in pieces, on several threads, to one deflate stream.

A piece's compressed bytes depend only on the piece and the 32 KiB before it, so the number of
threads makes no difference. If the package ``deflate`` is installed, libdeflate compresses, in a
quarter of zlib's time and to the same size; if not, zlib does.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from .deflate_join import WINDOW, JoinError, open_ended

Libdeflate = Callable[[bytes, int], bytes | bytearray]
"""Function that compresses bytes at a level to a complete deflate stream."""

PIECE = 1 << 20

_LEVEL = 5
"""libdeflate's level whose results are closest to those of zlib's default level, 6."""

_STORED_LIMIT = (1 << 16) - 1
_SAMPLE = 1 << 12
_SAMPLES = 4


_PLATFORMS = (
    *("manylinux_2_17_x86_64", "manylinux_2_17_aarch64"),
    *("musllinux_1_2_x86_64", "musllinux_1_2_aarch64"),
    *("macosx_11_0_arm64", "win_amd64", "win_arm64", "win32"),
)
_WHEELS = {
    *(f"cp311-abi3-{platform}" for platform in (*_PLATFORMS, "macosx_10_9_x86_64")),
    *(f"cp314-cp314t-{platform}" for platform in (*_PLATFORMS, "macosx_10_15_x86_64")),
}
"""Tags of the wheels of deflate 0.9. A requirement's markers cannot express them: they cannot ask
for the C library, a free-threaded Python, or a 32-bit Python on a 64-bit machine."""


def find_libdeflate() -> Libdeflate | None:
    """Return libdeflate's compressor, or None if the package ``deflate`` is not installed."""
    try:
        from deflate import deflate_compress
    except ImportError:
        return None
    found: Libdeflate = deflate_compress
    return found


COMPRESSOR = find_libdeflate()
"""Compressor for pieces; if it is None, zlib compresses them."""


def requirements() -> list[str]:
    """Return the requirement of libdeflate; none if it is installed or has no wheel for here."""
    from packaging.tags import sys_tags

    return [] if COMPRESSOR or _WHEELS.isdisjoint(map(str, sys_tags())) else ["deflate>=0.9"]


@dataclass(frozen=True)
class Piece:
    """A part of a file; ``window`` is the data before it that its stream may refer to.

    ``is_plain``: the piece is a whole file, and is compressed as zipfile does it.
    """

    content: bytes
    window: bytes = b""
    is_last: bool = True
    is_plain: bool = True

    def deflated(self) -> bytes:
        """Return the piece's part of the file's deflate stream, in whole bytes."""
        if self.is_plain:
            return self._deflated_by_zlib()
        if not _shrinks(self.content):
            return _stored(self.content, is_last=self.is_last)
        if COMPRESSOR is not None:
            stream = COMPRESSOR(self.content, _LEVEL)
            if self.is_last:
                return bytes(stream)
            try:
                return open_ended(stream, self.content)
            except JoinError:  # zlib compresses it instead
                pass
        return self._deflated_by_zlib()

    def _deflated_by_zlib(self) -> bytes:
        compressor = zlib.compressobj(
            zlib.Z_DEFAULT_COMPRESSION,
            zlib.DEFLATED,
            -zlib.MAX_WBITS,
            zlib.DEF_MEM_LEVEL,
            zlib.Z_DEFAULT_STRATEGY,
            self.window,
        )
        end = zlib.Z_FINISH if self.is_last else zlib.Z_SYNC_FLUSH
        return compressor.compress(self.content) + compressor.flush(end)


def pieces(source: IO[bytes], plain: int = 0, size: int = PIECE) -> Iterator[Piece]:
    """Yield the pieces of a file, at least one, of ``size`` bytes each.

    If the file is one piece of up to ``plain`` bytes, it is compressed as zipfile does it.
    """
    content, window = source.read(size), b""
    while True:
        following = source.read(size)
        is_plain = not following and not window and len(content) <= plain
        yield Piece(content, window, is_last=not following, is_plain=is_plain)
        if not following:
            return
        content, window = following, content[-WINDOW:]


def _shrinks(content: bytes) -> bool:
    """Return whether samples get smaller; data such as compressed device code does not."""
    if len(content) < 2 * _SAMPLE * _SAMPLES:
        return True
    distance = (len(content) - _SAMPLE) // (_SAMPLES - 1)
    starts = [number * distance for number in range(_SAMPLES)]
    sample = b"".join(content[start : start + _SAMPLE] for start in starts)
    return len(zlib.compress(sample, 1)) < 0.99 * len(sample)


def _stored(content: bytes, *, is_last: bool) -> bytes:
    """Return the content in stored (uncompressed) blocks."""
    parts = []
    for start in range(0, len(content), _STORED_LIMIT):
        block = content[start : start + _STORED_LIMIT]
        final = is_last and start + len(block) == len(content)
        length = len(block)
        parts += [
            bytes([final]),
            length.to_bytes(2, "little"),
            (length ^ 0xFFFF).to_bytes(2, "little"),
            block,
        ]
    return b"".join(parts)
