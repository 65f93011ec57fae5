"""Read ELF files: shared libraries, executables and object files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from .binary import Binary, Function, Region, region, sorted_by_start
from .elf_file import (
    EXECUTABLE_SECTION,
    EXECUTABLE_SEGMENT,
    NOBITS,
    OBJECT,
    ElfFile,
    Section,
    read_elf,
)
from .elf_loader import completed
from .elf_tables import needed, properties, relocations, symbols
from .multiversion import dispatched_names, resolved
from .unwind import function_ranges

_X86_64, _AARCH64 = 62, 183
_MACHINES = {_X86_64: "x86_64", _AARCH64: "aarch64"}
_X86 = (3, 6, _X86_64)
_FATBINS = (".nv_fatbin", "__nv_relfatbin")
_BUNDLES = (".hip_fatbin",)
_STUBS = (".plt", ".plt.got", ".plt.sec", ".iplt")
_FUNCTION, _INDIRECT_FUNCTION = 2, 10
_RELATIVE = {_X86_64: 8, _AARCH64: 1027}
_RESOLVED = {_X86_64: 37, _AARCH64: 1032}
"""Types of relocations: a pointer into the file, and a pointer that a resolver chooses."""

_LONGEST_RESOLVER = 1 << 12
"""Limit in bytes; a resolver that chooses among twenty versions has some 500."""

_ISA_NEEDED = 0xC0008002
_LEVELS = ("v1", "v2", "v3", "v4")
"""The type of GNU's property for the levels that a file needs, and the meanings of its bits."""


def read(data: bytes) -> Binary:
    """Read an ELF file; raises BinaryError if it is damaged or not an ELF file."""
    file = completed(read_elf(data))
    reader = _Reader(file)
    return Binary(
        format="ELF",
        machine=_MACHINES.get(file.machine, ""),
        regions=tuple(reader.regions()),
        pointers=frozenset(reader.pointers),
        needed=tuple(needed(file)),
        declared=tuple(_declared(file)),
        fatbins=tuple(reader.contents(_FATBINS)),
        bundles=tuple(reader.contents(_BUNDLES)),
    )


class _Reader:
    def __init__(self, file: ElfFile) -> None:
        self.file = file
        self.is_object = file.type == OBJECT
        self.pointers: set[int] = set()
        self.resolvers: set[int] = set()
        self.slots: dict[int, int] = {}
        if not self.is_object and file.machine in _MACHINES:
            self._read_relocations(_RELATIVE[file.machine], _RESOLVED[file.machine])

    def contents(self, names: Collection[str]) -> Iterator[bytes]:
        """Yield the contents of the sections with these names."""
        parts = (part for part in self.file.sections if part.name in names)
        for _, content in self.file.contents(parts, "sections of GPU code"):
            yield bytes(content)

    def regions(self) -> Iterator[Region]:
        """Yield the executable sections that hold code of the program.

        If the table of sections was removed from the file, yield the executable segments.
        """
        functions = self._functions()
        what = "parts of its code"
        if not self.file.has_section_table:
            runs = (part for part in self.file.segments if part.flags & EXECUTABLE_SEGMENT)
            for segment, data in self.file.contents(runs, what):
                yield region("segment", segment.address, data, functions.get(-1, []))
        code = {
            index: part
            for index, part in enumerate(self.file.sections)
            if part.flags & EXECUTABLE_SECTION and part.name not in _STUBS and part.type != NOBITS
        }
        contents = self.file.contents(code.values(), what)
        for index, (section, data) in zip(code, contents, strict=True):
            address = 0 if self.is_object else section.address
            own = functions.get(index if self.is_object else -1, [])
            yield region(section.name, address, data, own)

    def _functions(self) -> dict[int, list[Function]]:
        """Return functions by section if addresses are relative to it, else all under -1."""
        found: dict[int, list[Function]] = {}
        for symbol in symbols(self.file, (_FUNCTION, _INDIRECT_FUNCTION)):
            start = symbol.value
            if symbol.type == _INDIRECT_FUNCTION:
                self.resolvers.add(start)
            own = found.setdefault(symbol.section if self.is_object else -1, [])
            own.append(Function(start, start + symbol.size, symbol.name))
        frame = self._section(".eh_frame")
        if frame is not None and not self.is_object:
            ranges = function_ranges(bytes(self.file.content(frame)), frame.address)
            found.setdefault(-1, []).extend(Function(start, end) for start, end in ranges)
        dispatched = self._dispatched(found)
        return {
            key: sorted_by_start(
                replace(item, dispatched=item.name in dispatched or item.start in dispatched)
                for item in functions
            )
            for key, functions in found.items()
        }

    def _section(self, name: str) -> Section | None:
        return next((part for part in self.file.sections if part.name == name), None)

    def _dispatched(self, functions: dict[int, list[Function]]) -> set[str | int]:
        """Return names and addresses of the functions that a resolver chooses.

        They are found by their names, and by the addresses in the code of resolvers.
        """
        names = [function.name for own in functions.values() for function in own if function.name]
        chosen: set[str | int] = set(dispatched_names(names))
        if self.is_object or self.file.machine != _X86_64:
            return chosen
        starts = {function.start: function for function in functions.get(-1, [])}
        for address in self.resolvers:
            function = starts.get(address)
            end = min(function.end, address + _LONGEST_RESOLVER) if function else address + 256
            code = bytes(self.file.at(address, max(end - address, 0)))
            for target in resolved(code, address):
                chosen.add(self.slots.get(target, target))
        return chosen

    def _read_relocations(self, relative: int, chosen: int) -> None:
        for relocation in relocations(self.file, (relative, chosen)):
            if relocation.type == chosen:
                self.resolvers.add(relocation.addend)
            else:
                self.pointers.add(relocation.addend)
                self.slots[relocation.address] = relocation.addend


def _declared(file: ElfFile) -> Sequence[str]:
    """Return the x86-64 levels that the file needs by its note (psABI, "Program Property")."""
    found = set()
    for kind, value in properties(file) if file.machine in _X86 else ():
        if kind == _ISA_NEEDED and len(value) == 4:
            bits = int.from_bytes(value, "little")
            found |= {level for bit, level in enumerate(_LEVELS) if bits >> bit & 1}
    return sorted(found)
