"""Find the tables that an ELF file's loader uses, for files without a table of sections.

The loader finds them by PT_DYNAMIC. Source: System V ABI, chapter 5, "Dynamic Linking"; DT_GNU_HASH
is documented in GNU binutils and in glibc's elf/dl-lookup.c.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace

from .binary import BinaryError
from .elf_file import (
    DYNAMIC,
    DYNAMIC_SEGMENT,
    DYNSYM,
    NOTE,
    NOTE_SEGMENT,
    REL,
    RELA,
    RELR,
    STRTAB,
    ElfFile,
    Section,
    Segment,
    records,
)
from .elf_tables import dynamic_entries

_PLT_SIZE, _HASH, _STRINGS, _SYMBOLS, _STRINGS_SIZE = 2, 4, 5, 6, 10
_PLT_KIND, _PLT, _GNU_HASH = 20, 23, 0x6FFFFEF5
_RELOCATIONS = ((RELA, (7, 8)), (REL, (17, 18)), (RELR, (36, 35)))
"""Tags of the dynamic table. Each kind of relocations has two: for the address and for the size."""


def completed(file: ElfFile) -> ElfFile:
    """Return a file with the tables that its loader uses among its sections, if they are missing.

    Raises BinaryError if they do not lie in the file.
    """
    added: list[Section] = []
    if not file.has_section_table:
        notes = (part for part in file.segments if part.type == NOTE_SEGMENT)
        added += [_section(part, NOTE) for part in notes]
    dynamic = next((part for part in file.segments if part.type == DYNAMIC_SEGMENT), None)
    if dynamic is not None and all(part.type != DYNAMIC for part in file.sections):
        added += _dynamic(file, _section(dynamic, DYNAMIC), len(file.sections) + len(added))
    return replace(file, sections=(*file.sections, *added)) if added else file


def _section(segment: Segment, kind: int) -> Section:
    place = (segment.address, segment.offset, segment.size)
    return Section("of a segment", kind, 0, *place, alignment=segment.alignment)


def _dynamic(file: ElfFile, table: Section, index: int) -> Iterator[Section]:
    """Yield the tables that the dynamic table points to: first the strings, at ``index``."""
    values: dict[int, int] = {}
    for tag, value in dynamic_entries(file, table):
        values.setdefault(tag, value)
    yield _mapped(file, STRTAB, values.get(_STRINGS, 0), values.get(_STRINGS_SIZE, 0))
    yield replace(table, link=index)
    if _SYMBOLS in values:
        size = _symbol_count(file, values) * file.layout.symbol.size
        yield replace(_mapped(file, DYNSYM, values[_SYMBOLS], size), link=index)
    plt_kind = RELA if values.get(_PLT_KIND, 7 if file.layout.is_64 else 17) == 7 else REL
    for kind, (address, length) in (*_RELOCATIONS, (plt_kind, (_PLT, _PLT_SIZE))):
        yield _mapped(file, kind, values.get(address, 0), values.get(length, 0))


def _mapped(file: ElfFile, kind: int, address: int, size: int) -> Section:
    if size == 0:
        return Section("of the loader", kind, 0, address, 0, 0)
    offset, available = file.located(address)
    if size > available:
        raise BinaryError(f"a table of the loader at 0x{address:x} lies outside the segments")
    return Section("of the loader", kind, 0, address, offset, size)


def _symbol_count(file: ElfFile, values: Mapping[int, int]) -> int:
    """Return the number of symbols, which only the tables for looking them up contain."""
    try:
        if _HASH in values:
            _, count = file.layout.pair.unpack(file.at(values[_HASH], 8))
            return int(count)
        if _GNU_HASH in values:
            return _in_gnu_hash(file, values[_GNU_HASH])
    except struct.error:
        raise BinaryError("the table for looking up symbols lies outside the segments") from None
    return 0


def _in_gnu_hash(file: ElfFile, address: int) -> int:
    """Return the number of symbols by the chain that ends last.

    The buckets have the first symbol of each chain; the chains follow the buckets. The last value
    of a chain is odd. Symbols before ``first`` are in no chain.
    """
    content = file.at(address, len(file.data))
    layout = file.layout
    buckets, first = layout.pair.unpack_from(content)
    bloom, _ = layout.pair.unpack_from(content, 8)
    start = 16 + bloom * layout.word
    chains = start + 4 * buckets
    last = max((number for (number,) in records(layout.number, content[start:chains])), default=0)
    if last < first:
        return int(first)
    for number, (value,) in enumerate(
        records(layout.number, content[chains + 4 * (last - first) :])
    ):
        if value & 1:
            return int(last + number + 1)
    raise BinaryError("the table for looking up symbols has no end")
