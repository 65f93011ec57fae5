"""Read static libraries: the members of an ``ar`` archive in the format of System V or BSD."""

from __future__ import annotations

from collections.abc import Iterator

from .binary import BinaryError

_HEADER = 60
_LONGEST_NAME = 1 << 10


def members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each member; raises BinaryError if the archive is damaged."""
    position, names = 8, b""
    while position < len(data):
        header = data[position : position + _HEADER]
        if len(header) < _HEADER or header[58:] != b"`\n":
            raise BinaryError(f"not a sound archive: no header of a member at byte {position}")
        try:
            size = int(header[48:58])
        except ValueError:
            raise BinaryError(f"not a sound archive: no size at byte {position + 48}") from None
        start = position + _HEADER
        if size < 0 or start + size > len(data):
            raise BinaryError(f"not a sound archive: the member at byte {position} is cut short")
        name, content = header[:16].rstrip(), data[start : start + size]
        position = start + size + size % 2
        if name == b"//":
            names = content
        elif name not in (b"/", b"/SYM64/") and not name.startswith(b"__.SYMDEF"):
            if name.startswith(b"#1/"):
                length = _number(name[3:])
                name, content = content[:length].rstrip(b"\0"), content[length:]
                if name.startswith(b"__.SYMDEF"):
                    continue
            elif name[:1] == b"/" and names:
                start = _number(name[1:])
                end = names.find(b"/\n", start, start + _LONGEST_NAME)
                name = names[start : end if end >= 0 else start + _LONGEST_NAME]
            yield name.rstrip(b"/").decode(errors="replace"), content


def _number(text: bytes) -> int:
    return int(text) if text.isdigit() else 0
