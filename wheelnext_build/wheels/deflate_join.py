"""Deflate streams that end themselves, made parts of one longer stream (RFC 1951).

libdeflate compresses a buffer into a whole stream, whose last block says that it is the last. For
more to follow, that one bit must be found. The header of a block lies at any bit, right behind the
block before it, so the blocks are walked: each is given to zlib as if it were the last of a stream,
and where zlib stops, the next one begins. That reads everything back once, and so proves it.
"""

from __future__ import annotations

import zlib

WINDOW = 1 << 15
"""How many bytes back a stream may refer to."""

SYNC = b"\0\0\xff\xff"
"""The length of an empty stored block, which brings a stream to the next byte."""

_STEP = 1 << 13

_STATIC = (0b010, 10)
_DYNAMIC = (0x6BFF90000000000081C104, 91)
"""Two empty blocks, as numbers and their bits: one with the fixed codes, and one that has codes of
its own, which is just what it takes to get an odd number of bits."""


class JoinError(ValueError):
    """A stream is not what it was said to hold."""


def open_ended(stream: bytes | bytearray, content: bytes) -> bytes:
    """The stream of ``content`` with no last block, up to a whole byte: another may follow it.

    Raises JoinError where ``stream`` does not hold ``content``.
    """
    view = memoryview(stream)
    start = end = position = 0
    while -(-end // 8) < len(view):
        start = end
        end, block = _read_block(view, start, content[max(0, position - WINDOW) : position])
        if block != content[position : position + len(block)]:
            raise JoinError(f"not what was compressed, from byte {position} on")
        position += len(block)
    if position != len(content):
        raise JoinError(f"holds {position} bytes of {len(content)}")
    opened = bytearray(view)
    opened[start // 8] &= ~(1 << start % 8)
    if end % 8:
        opened[-1] &= (1 << end % 8) - 1
    # Three zero bits are the header of a stored block, which then goes on at the next byte.
    if -end % 8 < 3:
        opened.append(0)
    return bytes(opened + SYNC)


def _read_block(stream: memoryview, start: int, window: bytes) -> tuple[int, bytes]:
    """The bit behind the block that begins at bit ``start``, and the block's content."""
    decoder = zlib.decompressobj(-zlib.MAX_WBITS, zdict=window)
    try:
        parts = [decoder.decompress(_head(stream[start // 8], start % 8))]
        position = start // 8 + 1
        while not decoder.eof:
            begin, before = position, decoder.copy()
            fed = stream[begin : begin + _STEP]
            if not fed:
                raise JoinError("cut short")
            parts.append(decoder.decompress(fed))
            position += len(fed)
        last = position - len(decoder.unused_data) - 1
        before.decompress(stream[begin:last])
    except zlib.error as error:
        raise JoinError(str(error)) from error
    return 8 * last + _bits_read(before, stream[last]), b"".join(parts)


def _head(byte: int, bit: int) -> bytes:
    """What a decoder must read for the block at ``bit`` of ``byte`` to be the last, and next.

    Decoders begin at whole bytes: empty blocks stand in for the bits before it.
    """
    value, bits = _DYNAMIC if bit % 2 else (0, 0)
    while bits % 8 != bit:
        value |= _STATIC[0] << bits
        bits += _STATIC[1]
    value |= (byte >> bit | 1) << bits
    return value.to_bytes((bits + 8 - bit) // 8, "little")


def _bits_read(decoder: zlib._Decompress, byte: int) -> int:
    """How many bits of ``byte``, the last one that it reads, a decoder needs to see the end."""
    # Bits behind the end may have any value. The last bit of the code that is the end may not: with
    # the other value, the code stands for some content, is part of a longer one, or has no meaning.
    expected = decoder.copy().decompress(bytes([byte]))
    for bit in range(7, -1, -1):
        attempt = decoder.copy()
        try:
            content = attempt.decompress(bytes([byte ^ 1 << bit]))
        except zlib.error:
            return bit + 1
        if content != expected or not attempt.eof:
            return bit + 1
    raise JoinError("ends at no bit")
