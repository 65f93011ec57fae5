"""Read ELF files: headers, sections and segments of both classes (32, 64 bits) and byte orders.

Files may be malicious: every part must lie in the file, and all parts of a kind together must not
be larger than the file. This limits the time and memory for reading by the size of the file.
Source: System V ABI, chapters 4 and 5.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from .binary import BinaryError, cut

OBJECT = 1
"""The type of a file that is not linked yet (ET_REL)."""

EXECUTABLE_SECTION, EXECUTABLE_SEGMENT = 4, 1
"""Flags."""

SYMTAB, STRTAB, RELA, DYNAMIC, NOTE, NOBITS, REL, DYNSYM = 2, 3, 4, 6, 7, 8, 9, 11
SYMTAB_INDEXES, RELR = 18, 19
"""Types of sections."""

LOAD_SEGMENT, DYNAMIC_SEGMENT, NOTE_SEGMENT = 1, 2, 4
"""Types of segments."""

EXTENDED = 0xFFFF
"""Stands for a number that does not fit into 16 bits and is written elsewhere."""

_IDENTITY = 16
"""Bytes before the fields of the header."""

_NAMES_RATIO = 4
"""Limit of the length of all names, in lengths of their table; names may overlap: "foo" may be the
end of "a_foo"."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the file with one purpose; ``type`` is the purpose and the meaning of ``link``.

    ``size`` is the size in memory: a section of the type NOBITS has no bytes in the file.
    """

    name: str
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int = 0
    info: int = 0
    alignment: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the file that the loader maps or reads; ``size`` is the size in the file."""

    type: int
    flags: int
    offset: int
    address: int
    size: int
    alignment: int


Part = TypeVar("Part", Section, Segment)


class Layout:
    """The layout of a file's records, which depends on its class and byte order."""

    def __init__(self, order: str, *, is_64: bool) -> None:
        self.is_64 = is_64
        self.word = 8 if is_64 else 4
        wide, signed = ("Q", "q") if is_64 else ("I", "i")
        self.header = struct.Struct(f"{order}HHI{wide * 3}I6H")
        self.section = struct.Struct(f"{order}II{wide * 4}II{wide * 2}")
        self.segment = struct.Struct(f"{order}II{wide * 6}" if is_64 else f"{order}8I")
        self.symbol = struct.Struct(f"{order}IBBHQQ" if is_64 else f"{order}IIIBBH")
        self.dynamic = struct.Struct(f"{order}{wide * 2}")
        self.rela = struct.Struct(f"{order}{wide * 2}{signed}")
        self.rel = struct.Struct(f"{order}{wide * 2}")
        self.address = struct.Struct(f"{order}{wide}")
        self.number = struct.Struct(f"{order}I")
        self.pair = struct.Struct(f"{order}II")
        self.note = struct.Struct(f"{order}III")
        self.relocation_type = 0xFFFFFFFF if is_64 else 0xFF


def records(layout: struct.Struct, content: memoryview) -> Iterator[tuple[int, ...]]:
    """Yield all whole records in some bytes."""
    return layout.iter_unpack(content[: len(content) // layout.size * layout.size])


class Names:
    """The names in a table of strings, by their place in it."""

    def __init__(self, data: bytes, start: int, size: int) -> None:
        self._data, self._start, self._end = data, start, start + size
        self._left = _NAMES_RATIO * size
        self._known: dict[int, str] = {} if size else {0: ""}

    def __getitem__(self, place: int) -> str:
        known = self._known.get(place)
        if known is not None:
            return known
        start = self._start + place
        end = self._data.find(b"\0", start, self._end)
        if end < 0:
            raise BinaryError(f"a name at byte {place} of its table reaches beyond the table")
        self._left -= end - start
        if self._left < 0:
            raise BinaryError("names lie over each other")
        name = self._data[start:end].decode(errors="backslashreplace")
        self._known[place] = name
        return name


@dataclass(frozen=True)
class ElfFile:
    """An ELF file. ``sections`` are those of its own table if ``has_section_table``."""

    type: int
    machine: int
    has_section_table: bool
    sections: tuple[Section, ...]
    segments: tuple[Segment, ...]
    layout: Layout = field(repr=False)
    data: bytes = field(repr=False)

    def content(self, part: Section | Segment) -> memoryview:
        """Return the bytes of a section or segment; raises BinaryError if the file is shorter."""
        if isinstance(part, Segment):
            return cut(memoryview(self.data), part.offset, part.size, "a segment")
        size = 0 if part.type == NOBITS else part.size
        return cut(memoryview(self.data), part.offset if size else 0, size, f"section {part.name}")

    def contents(self, parts: Iterable[Part], what: str) -> Iterator[tuple[Part, memoryview]]:
        """Yield parts with their bytes; raises BinaryError if these exceed the file's size."""
        left = len(self.data)
        for part in parts:
            content = self.content(part)
            left -= len(content)
            if left < 0:
                raise BinaryError(f"{what} lie over each other")
            yield part, content

    def first(self, kind: int) -> Section | None:
        """Return the first section of a type."""
        return next((part for part in self.sections if part.type == kind), None)

    def names(self, index: int) -> Names:
        """Return the names in the section with this index."""
        if index >= len(self.sections):
            raise BinaryError(f"section {index}, which should have names, does not exist")
        part = self.sections[index]
        return Names(self.data, part.offset, len(self.content(part)))

    def located(self, address: int) -> tuple[int, int]:
        """Return where in the file an address is loaded from, and the bytes to the segment's end.

        Both are 0 if no segment has it.
        """
        index = bisect_right(self._load_addresses, address) - 1
        if index < 0:
            return 0, 0
        segment = self._loads[index]
        start = address - segment.address
        left = len(self.content(segment)) - start
        return (segment.offset + start, left) if left > 0 else (0, 0)

    def at(self, address: int, size: int) -> memoryview:
        """Return the bytes that are loaded to an address: fewer if the segment ends, or none."""
        offset, left = self.located(address)
        return memoryview(self.data)[offset : offset + min(size, left)]

    @cached_property
    def _loads(self) -> list[Segment]:
        loads = (part for part in self.segments if part.type == LOAD_SEGMENT and part.size)
        return sorted(loads, key=lambda part: part.address)

    @cached_property
    def _load_addresses(self) -> list[int]:
        return [part.address for part in self._loads]


def read_elf(data: bytes) -> ElfFile:
    """Read the headers of an ELF file; raises BinaryError if they are damaged."""
    if len(data) < _IDENTITY or not data.startswith(b"\x7fELF"):
        raise BinaryError("cannot be read as an ELF file: it is no more than its first bytes")
    if data[4] not in (1, 2) or data[5] not in (1, 2):
        text = f"class {data[4]} and byte order {data[5]} are unknown"
        raise BinaryError(f"cannot be read as an ELF file: {text}")
    layout = Layout("<" if data[5] == 1 else ">", is_64=data[4] == 2)
    header = layout.header.unpack(
        cut(memoryview(data), _IDENTITY, layout.header.size, "the header")
    )
    kind, machine, _, _, segments_at, sections_at, _, _, *numbers = header
    segment_size, segment_count, section_size, section_count, names_index = numbers
    sections: tuple[Section, ...] = ()
    if sections_at:
        place = (sections_at, section_size, section_count)
        sections = _sections(data, layout, place, names_index)
    if segment_count == EXTENDED and sections:
        segment_count = sections[0].info
    segments = tuple(_segments(data, layout, (segments_at, segment_size, segment_count)))
    return ElfFile(kind, machine, bool(sections), sections, segments, layout, data)


_Place = tuple[int, int, int]
"""The place of a table of headers: its offset, the size of each, their number."""


def _headers(
    data: bytes, layout: struct.Struct, place: _Place, what: str
) -> Iterator[tuple[int, ...]]:
    offset, size, count = place
    if count and size != layout.size:
        raise BinaryError(f"the headers of its {what} have {size} bytes each, not {layout.size}")
    return layout.iter_unpack(
        cut(memoryview(data), offset, layout.size * count, f"the table of its {what}")
    )


def _sections(data: bytes, layout: Layout, place: _Place, names_index: int) -> tuple[Section, ...]:
    offset, size, count = place
    if count == 0 or names_index == EXTENDED:
        (first,) = _headers(data, layout.section, (offset, size, 1), "sections")
        count = count or first[5]
        names_index = first[6] if names_index == EXTENDED else names_index
    headers = list(_headers(data, layout.section, (offset, size, count), "sections"))
    parts = [Section("", *header[1:9]) for header in headers]
    if not parts:
        return ()
    if names_index >= count:
        raise BinaryError(f"section {names_index}, which should have names, does not exist")
    strings = parts[names_index]
    cut(memoryview(data), strings.offset, strings.size, "the table of sections' names")
    names = Names(data, strings.offset, strings.size)
    return tuple(
        replace(part, name=names[header[0]]) for part, header in zip(parts, headers, strict=True)
    )


def _segments(data: bytes, layout: Layout, place: _Place) -> Iterator[Segment]:
    for header in _headers(data, layout.segment, place, "segments"):
        if layout.is_64:
            kind, flags, offset, address, _, size, _, alignment = header
        else:
            kind, offset, address, _, size, _, flags, alignment = header
        yield Segment(kind, flags, offset, address, size, alignment)
