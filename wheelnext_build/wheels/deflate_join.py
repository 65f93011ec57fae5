"""Turn complete deflate streams into parts of one longer stream (RFC 1951).

libdeflate compresses a buffer into a complete stream: a bit in the last block's header marks it as
the last. To let another block follow, that bit must be found and cleared. A block's header can
begin at any bit, directly after the block before it, so all blocks are read in order: zlib gets
each as if it were the last of a stream, and the next block begins where zlib stops. This
decompresses everything once, and so also verifies it.
"""

from __future__ import annotations

import zlib

WINDOW = 1 << 15
"""How many bytes back a stream can refer."""

SYNC = b"\0\0\xff\xff"
"""The length fields of an empty stored block, which aligns a stream to whole bytes."""

_STEP = 1 << 13

_STATIC = (0b010, 10)
_DYNAMIC = (0x6BFF90000000000081C104, 91)
"""Two empty blocks, each as a value and its number of bits: one with the fixed codes, and one with
codes of its own, which has an odd number of bits."""


class JoinError(ValueError):
    """A stream does not contain the expected content."""


def open_ended(stream: bytes | bytearray, content: bytes) -> bytes:
    """Return ``stream`` without its end mark, in whole bytes, so that another can follow it.

    Raises JoinError if ``stream`` does not contain ``content``.
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
    # Three zero bits are the header of a stored block, which continues at the next byte.
    if -end % 8 < 3:
        opened.append(0)
    return bytes(opened + SYNC)


def _read_block(stream: memoryview, start: int, window: bytes) -> tuple[int, bytes]:
    """Return the position of the bit after the block at bit ``start``, and the block's content."""
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
    """Return bytes that make a decoder read the block at ``bit`` of ``byte`` next, as the last.

    Decoders begin at whole bytes, so empty blocks replace the bits before ``bit``.
    """
    value, bits = _DYNAMIC if bit % 2 else (0, 0)
    while bits % 8 != bit:
        value |= _STATIC[0] << bits
        bits += _STATIC[1]
    value |= (byte >> bit | 1) << bits
    return value.to_bytes((bits + 8 - bit) // 8, "little")


def _bits_read(decoder: zlib._Decompress, byte: int) -> int:
    """Return how many bits of ``byte``, its last one, a decoder needs to recognise the end."""
    # Bits after the end may have any value. The last bit of the end code may not: with the other
    # value, the code stands for some content, is part of a longer code, or is invalid.
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
