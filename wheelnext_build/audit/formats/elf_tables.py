"""Read the tables of an ELF file: symbols, relocations, notes, and the libraries that it needs.

Sources: System V ABI, chapters 4 and 5; "Linux Extensions to gABI", 2.1 (properties).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from .binary import BinaryError
from .elf_file import (
    DYNAMIC,
    DYNSYM,
    EXTENDED,
    NOTE,
    REL,
    RELA,
    RELR,
    SYMTAB,
    SYMTAB_INDEXES,
    ElfFile,
    Section,
    records,
)

_RESERVED = 0xFF00
"""From here on, the index of a section stands for something else, such as an absolute value."""

_NEEDED = 1
"""The tag of a library in the dynamic table."""

_PROPERTIES = 5
"""The type of a note with GNU's properties."""


class Symbol(NamedTuple):
    """A symbol. ``section`` is the index of its section, -1 if it has none."""

    name: str
    type: int
    section: int
    value: int
    size: int


class Relocation(NamedTuple):
    """A place that the loader fills in; for ``RELR``, ``type`` is that of the table."""

    address: int
    type: int
    addend: int


def symbols(file: ElfFile, types: Collection[int]) -> Iterator[Symbol]:
    """Yield the defined symbols of the given types, those for the loader first."""
    for kind in (DYNSYM, SYMTAB):
        table = file.first(kind)
        if table is not None:
            yield from _symbols(file, table, types)


def _symbols(file: ElfFile, table: Section, types: Collection[int]) -> Iterator[Symbol]:
    names, is_64 = file.names(table.link), file.layout.is_64
    extended: list[int] | None = None
    for index, record in enumerate(records(file.layout.symbol, file.content(table))):
        if is_64:
            name, info, _, section, value, size = record
        else:
            name, value, size, info, _, section = record
        if section == 0 or info & 0xF not in types:
            continue
        if section == EXTENDED:
            extended = _extended(file, table) if extended is None else extended
            if index >= len(extended):
                raise BinaryError("the table of symbols' sections is too short")
            section = extended[index]
        elif section >= _RESERVED:
            section = -1
        yield Symbol(names[name], info & 0xF, section, value, size)


def _extended(file: ElfFile, table: Section) -> list[int]:
    """Return the section of each symbol, for a file of more than 65,000 sections."""
    for part in file.sections:
        if part.type == SYMTAB_INDEXES and file.sections[part.link : part.link + 1] == (table,):
            return [index for (index,) in records(file.layout.number, file.content(part))]
    return []


def relocations(file: ElfFile, types: Collection[int]) -> Iterator[Relocation]:
    """Yield the relocations of the given types, and those of RELR, which has no types.

    If a table has no addends, they are read from the places to fill in.
    """
    layout, mask = file.layout, file.layout.relocation_type
    tables = (part for part in file.sections if part.type in (RELA, REL, RELR))
    for part, content in file.contents(tables, "tables of relocations"):
        if part.type == RELA:
            for address, info, addend in records(layout.rela, content):
                if info & mask in types:
                    yield Relocation(address, info & mask, addend)
        elif part.type == REL:
            for address, info in records(layout.rel, content):
                if info & mask in types:
                    yield Relocation(address, info & mask, _addend(file, address))
        else:
            for address in _packed(file, content):
                yield Relocation(address, RELR, _addend(file, address))


def _packed(file: ElfFile, content: memoryview) -> Iterator[int]:
    """Yield the addresses in a table of RELR: an entry is one, or has bits for the next words."""
    word, base, left = file.layout.word, 0, len(file.data)
    for (entry,) in records(file.layout.address, content):
        if entry & 1:
            found = [base + word * bit for bit in range(8 * word - 1) if entry >> (bit + 1) & 1]
            base += word * (8 * word - 1)
        else:
            found, base = [entry], entry + word
        left -= word * len(found)
        if left < 0:
            raise BinaryError("there are more relocations than words in the file")
        yield from found


def _addend(file: ElfFile, address: int) -> int:
    content = file.at(address, file.layout.word)
    if len(content) < file.layout.word:
        raise BinaryError(f"a relocation at 0x{address:x} lies outside the segments")
    (value,) = file.layout.address.unpack(content)
    return int(value)


def dynamic_entries(file: ElfFile, table: Section) -> Iterator[tuple[int, int]]:
    """Yield tags and values of a dynamic table."""
    for tag, value in records(file.layout.dynamic, file.content(table)):
        if tag == 0:
            return
        yield tag, value


def needed(file: ElfFile) -> list[str]:
    """Return the names of the libraries that the file loads."""
    table = file.first(DYNAMIC)
    if table is None:
        return []
    names = file.names(table.link)
    return [names[value] for tag, value in dynamic_entries(file, table) if tag == _NEEDED]


def properties(file: ElfFile) -> Iterator[tuple[int, bytes]]:
    """Yield types and values of GNU's properties, which are in a note."""
    for content in _notes(file, b"GNU\0", _PROPERTIES):
        position, pair = 0, file.layout.pair
        while position + pair.size <= len(content):
            kind, size = pair.unpack_from(content, position)
            start = position + pair.size
            if start + size > len(content):
                raise BinaryError("a property reaches beyond the end of its note")
            yield kind, bytes(content[start : start + size])
            position = start + size + -size % file.layout.word


def _notes(file: ElfFile, name: bytes, kind: int) -> Iterator[memoryview]:
    """Yield the contents of the notes of a name and type."""
    header = file.layout.note
    tables = (part for part in file.sections if part.type == NOTE)
    for part, content in file.contents(tables, "notes"):
        alignment = 8 if part.alignment == 8 else 4
        position = 0
        while position + header.size <= len(content):
            name_size, size, own_kind = header.unpack_from(content, position)
            start = position + header.size
            owner = bytes(content[start : start + name_size])
            start += name_size + -(start + name_size) % alignment
            if start + size > len(content):
                raise BinaryError(f"a note reaches beyond the end of section {part.name}")
            if owner == name and own_kind == kind:
                yield content[start : start + size]
            position = start + size + -size % alignment
