"""What differs between two binaries: sections of ELF files, and the texts that only one has."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping

_TEXT = re.compile(rb"[\x20-\x7e]{6,}")
_MOST = 4
"""Texts and sections to name."""
_LONGEST = 160

_HEADERS = {1: ("HHIIIIIHHHHHH", "IIIIIIIIII"), 2: ("HHIQQQIHHHHHH", "IIQQQQIIQQ")}
"""The formats of the header after ``e_ident``, and of a section's, by the class (elf(5))."""


def differences(one: bytes, other: bytes) -> list[str]:
    """In words, most telling first; empty where both are the same."""
    if one == other:
        return []
    first, second = sections(one), sections(other)
    names = [name for name in {**first, **second} if first.get(name) != second.get(name)]
    said = []
    if names:
        shown = ", ".join(_section(name, first, second) for name in names[: 2 * _MOST])
        more = f" and {len(names) - 2 * _MOST} more" if len(names) > 2 * _MOST else ""
        said.append(f"sections that differ: {shown}{more}")
    return [*said, *_texts("only in FOLDER's", one, other), *_texts("only built now", other, one)]


def sections(data: bytes) -> Mapping[str, bytes]:
    """The content of each section by name; empty for what is no sound ELF file."""
    try:
        return _sections(data)
    except (struct.error, IndexError, KeyError, ValueError):
        return {}


def _sections(data: bytes) -> dict[str, bytes]:
    if data[:4] != b"\x7fELF":
        return {}
    order = "<" if data[5] == 1 else ">"
    header, entry = (order + form for form in _HEADERS[data[4]])
    fields = struct.unpack_from(header, data, 16)
    offset, size, count, names_at = fields[5], fields[10], fields[11], fields[12]
    entries = [struct.unpack_from(entry, data, offset + size * index) for index in range(count)]
    names = data[entries[names_at][4] :][: entries[names_at][5]]
    found = {}
    for item in entries[1:]:
        name = names[item[0] : names.index(b"\0", item[0])].decode("ascii", "replace")
        no_content = item[1] == 8  # SHT_NOBITS
        found[name] = b"" if no_content else data[item[4] : item[4] + item[5]]
    return found


def _section(name: str, one: Mapping[str, bytes], other: Mapping[str, bytes]) -> str:
    sizes = [str(len(found[name])) if name in found else "none" for found in (one, other)]
    return name if sizes[0] == sizes[1] else f"{name} ({sizes[0]} and {sizes[1]} bytes)"


def _texts(title: str, one: bytes, other: bytes) -> list[str]:
    """The texts in one file that the other lacks; paths are what mostly says why."""
    found = [match[0].decode("ascii") for match in _TEXT.finditer(one)]
    there = {match[0].decode("ascii") for match in _TEXT.finditer(other)}
    lacking = [text for text in dict.fromkeys(found) if text not in there]
    lacking.sort(key=lambda text: "/" not in text)
    return [f"{title}: {text[:_LONGEST]}" for text in lacking[:_MOST]]
