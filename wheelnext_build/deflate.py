"""Compression of long files in pieces that several threads can work on, as one deflate stream.

A piece's bytes follow from the piece and the 32 KiB before it alone, so that it makes no difference
how many threads there are. libdeflate does it where the package ``deflate`` is installed, in a
quarter of zlib's time and to the same size; zlib does where it is not.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from .deflatejoin import WINDOW, JoinError, open_ended

Libdeflate = Callable[[bytes, int], bytes | bytearray]
"""A whole deflate stream of some bytes at a level."""

SMALL = 1 << 18
"""Files of no more bytes are compressed as zipfile does it, by zlib and whole."""

PIECE = 1 << 20

_LEVEL = 5
"""libdeflate's level whose results are closest to those of zlib's default level, 6."""

_STORED_LIMIT = (1 << 16) - 1
_SAMPLE = 1 << 12
_SAMPLES = 4


def _find_libdeflate() -> Libdeflate | None:
    try:
        from deflate import deflate_compress
    except ImportError:
        return None
    return deflate_compress


_libdeflate = _find_libdeflate()


def engine() -> str:
    """The name of the library that compresses long files here."""
    return "zlib" if _libdeflate is None else "libdeflate"


def deflated(content: bytes) -> bytes:
    """The deflate stream that zipfile writes for ``content``."""
    compressor = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


@dataclass(frozen=True)
class Piece:
    """A part of a file; ``window`` is what stands before it, as far as it may refer back."""

    content: bytes
    window: bytes
    is_last: bool

    def deflated(self) -> bytes:
        """Its part of the file's deflate stream: whole bytes, to put behind the piece before."""
        if not _shrinks(self.content):
            return _stored(self.content, is_last=self.is_last)
        if _libdeflate is not None:
            stream = _libdeflate(self.content, _LEVEL)
            if self.is_last:
                return bytes(stream)
            try:
                return open_ended(stream, self.content)
            except JoinError:  # zlib is always right
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


def pieces(first: bytes, source: IO[bytes]) -> Iterator[Piece]:
    """The pieces of a file whose beginning ``first`` was read; the rest is in ``source``."""
    content, window = first, b""
    while True:
        following = source.read(PIECE)
        yield Piece(content, window, is_last=not following)
        if not following:
            return
        content, window = following, content[-WINDOW:]


def _shrinks(content: bytes) -> bool:
    """Whether samples of it get smaller: compressed device code does not, and need not be tried."""
    if len(content) < 2 * _SAMPLE * _SAMPLES:
        return True
    distance = (len(content) - _SAMPLE) // (_SAMPLES - 1)
    starts = [number * distance for number in range(_SAMPLES)]
    sample = b"".join(content[start : start + _SAMPLE] for start in starts)
    return len(zlib.compress(sample, 1)) < 0.99 * len(sample)


def _stored(content: bytes, *, is_last: bool) -> bytes:
    """Blocks that hold their bytes as they are."""
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
