"""ELF files: shared libraries, executables and object files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import lief

from .binary import Binary, BinaryError, Function, Region, cut, region, sorted_by_start
from .multiversion import dispatched_names, resolved
from .unwind import function_ranges

ELF = lief.ELF
lief.logging.disable()  # what is wrong with a file is in our own errors

_MACHINES = {ELF.ARCH.X86_64: "x86_64", ELF.ARCH.AARCH64: "aarch64"}
_FATBINS = (".nv_fatbin", "__nv_relfatbin")
_BUNDLES = (".hip_fatbin",)
_STUBS = (".plt", ".plt.got", ".plt.sec", ".iplt")
_ROUTINES = (ELF.Symbol.TYPE.FUNC, ELF.Symbol.TYPE.GNU_IFUNC)
_RESOLVED = (ELF.Relocation.TYPE.X86_64_IRELATIVE, ELF.Relocation.TYPE.AARCH64_IRELATIVE)
_RELATIVE = (ELF.Relocation.TYPE.X86_64_RELATIVE, ELF.Relocation.TYPE.AARCH64_RELATIVE)
_LONGEST_RESOLVER = 1 << 12
"""Bytes; one that chooses among twenty versions has some 500."""
_LEVELS = {"BASELINE": "v1", "V2": "v2", "V3": "v3", "V4": "v4"}


def read(data: bytes) -> Binary:
    """Read an ELF file; raises BinaryError where it is none, or not whole."""
    config = ELF.ParserConfig()
    config.parse_overlay = False
    config.parse_symbol_versions = False
    file = ELF.parse(data, config)
    if file is None:
        raise BinaryError("cannot be read as an ELF file")
    reader = _Reader(file, data)
    return Binary(
        format="ELF",
        machine=_MACHINES.get(file.header.machine_type, ""),
        regions=tuple(reader.regions()),
        pointers=frozenset(reader.pointers),
        needed=tuple(map(str, file.libraries)),
        declared=tuple(_declared(file)),
        fatbins=tuple(reader.contents(_FATBINS)),
        bundles=tuple(reader.contents(_BUNDLES)),
    )


class _Reader:
    def __init__(self, file: lief.ELF.Binary, data: bytes) -> None:
        self.file = file
        self.view = memoryview(data)
        self.is_object = file.header.file_type == ELF.Header.FILE_TYPE.REL
        self.pointers: set[int] = set()
        self.resolvers: set[int] = set()
        self.slots: dict[int, int] = {}
        if not self.is_object:
            self._read_relocations()

    def content(self, section: lief.ELF.Section) -> memoryview:
        name = f"section {section.name!s}"
        return cut(self.view, section.file_offset, section.size, name)

    def contents(self, names: Collection[str]) -> Iterator[bytes]:
        """The sections of these names."""
        for section in self.file.sections:
            if section.name in names:
                yield bytes(self.content(section))

    def regions(self) -> Iterator[Region]:
        """The executable sections that hold code of the program.

        In a file whose table of sections was cut off, what is mapped to be run.
        """
        functions = self._functions()
        if not len(self.file.sections):
            for segment in self.file.segments:
                if segment.has(ELF.Segment.FLAGS.X):
                    data = cut(self.view, segment.file_offset, segment.physical_size, "a segment")
                    yield region("segment", segment.virtual_address, data, functions.get(-1, []))
        for index, section in enumerate(self.file.sections):
            is_code = section.has(ELF.Section.FLAGS.EXECINSTR) and section.name not in _STUBS
            if is_code and section.type != ELF.Section.TYPE.NOBITS:
                address = 0 if self.is_object else section.virtual_address
                own = functions.get(index if self.is_object else -1, [])
                yield region(str(section.name), address, self.content(section), own)

    def _functions(self) -> dict[int, list[Function]]:
        """Functions by their section where addresses are relative to it, else below -1."""
        found: dict[int, list[Function]] = {}
        for symbol in self.file.symbols:
            if symbol.shndx == 0 or symbol.type not in _ROUTINES:
                continue
            key = symbol.shndx if self.is_object else -1
            start = symbol.value
            if symbol.type == ELF.Symbol.TYPE.GNU_IFUNC:
                self.resolvers.add(start)
            found.setdefault(key, []).append(Function(start, start + symbol.size, str(symbol.name)))
        frame = None if self.is_object else self.file.get_section(".eh_frame")
        if frame is not None and frame.type != ELF.Section.TYPE.NOBITS:
            ranges = function_ranges(bytes(self.content(frame)), frame.virtual_address)
            found.setdefault(-1, []).extend(Function(start, end) for start, end in ranges)
        dispatched = self._dispatched(found)
        return {
            key: sorted_by_start(
                replace(item, dispatched=item.name in dispatched or item.start in dispatched)
                for item in functions
            )
            for key, functions in found.items()
        }

    def _dispatched(self, functions: dict[int, list[Function]]) -> set[str | int]:
        """Functions that a resolver chooses: by their names, and by what the resolvers refer to."""
        names = [function.name for own in functions.values() for function in own if function.name]
        chosen: set[str | int] = set(dispatched_names(names))
        if self.is_object or self.file.header.machine_type != ELF.ARCH.X86_64:
            return chosen
        starts = {function.start: function for function in functions.get(-1, [])}
        for address in self.resolvers:
            function = starts.get(address)
            end = min(function.end, address + _LONGEST_RESOLVER) if function else address + 256
            code = self._at(address, end)
            for target in resolved(code, address):
                chosen.add(self.slots.get(target, target))
        return chosen

    def _at(self, start: int, end: int) -> bytes:
        section = self.file.section_from_virtual_address(start)
        if section is None or section.type == ELF.Section.TYPE.NOBITS:
            return b""
        first = start - section.virtual_address
        return bytes(self.content(section)[first : first + end - start])

    def _read_relocations(self) -> None:
        for relocation in self.file.relocations:
            if relocation.type in _RESOLVED:
                self.resolvers.add(relocation.addend)
            elif relocation.type in _RELATIVE:
                self.pointers.add(relocation.addend)
                self.slots[relocation.address] = relocation.addend


def _declared(file: lief.ELF.Binary) -> Sequence[str]:
    """The levels of x86-64 that a note of the file says it needs (psABI, "Program Property")."""
    found = set()
    for note in file.notes:
        if not isinstance(note, ELF.NoteGnuProperty):
            continue
        for item in note.properties:
            if isinstance(item, ELF.X86ISA):
                found |= {
                    _LEVELS[isa.name]
                    for flag, isa in item.values
                    if flag == ELF.X86ISA.FLAG.NEEDED and isa.name in _LEVELS
                }
    return sorted(found)
