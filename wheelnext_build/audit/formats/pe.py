"""Read PE files: extension modules and libraries of Windows."""

from __future__ import annotations

from collections.abc import Iterator

import lief

from .binary import Binary, BinaryError, Function, Region, cut, region, sorted_by_start

PE = lief.PE
lief.logging.disable()  # our own errors describe the problems of a file

_MACHINES = {
    PE.Header.MACHINE_TYPES.AMD64: "x86_64",
    PE.Header.MACHINE_TYPES.ARM64: "aarch64",
}
_FATBINS, _BUNDLES = ".nv_fatb", ".hip_fat"
"""Names in a PE file have at most eight characters."""
_EXECUTABLE = PE.Section.CHARACTERISTICS.MEM_EXECUTE


def read(data: bytes) -> Binary:
    """Read a PE file; raises BinaryError if it is truncated or not a PE file."""
    config = PE.ParserConfig()
    config.parse_signature = False
    config.parse_rsrc = False
    config.parse_reloc = False
    config.parse_exceptions = True
    file = PE.parse(data, config)
    if file is None:
        raise BinaryError("cannot be read as a PE file")
    return Binary(
        format="PE",
        machine=_MACHINES.get(file.header.machine, ""),
        regions=tuple(_regions(file, memoryview(data))),
        needed=tuple(str(library.name) for library in file.imports),
        fatbins=tuple(_named(file, _FATBINS, data)),
        bundles=tuple(_named(file, _BUNDLES, data)),
    )


def _named(file: lief.PE.Binary, name: str, data: bytes) -> Iterator[bytes]:
    for section in file.sections:
        if str(section.name).startswith(name):
            yield bytes(_content(section, memoryview(data)))


def _content(section: lief.PE.Section, view: memoryview) -> memoryview:
    size = section.sizeof_raw_data
    data = cut(view, section.pointerto_raw_data, size, f"section {section.name!s}")
    # Bytes in the file beyond the section's size in memory are padding.
    return data[: section.virtual_size or size]


def _regions(file: lief.PE.Binary, view: memoryview) -> Iterator[Region]:
    functions = sorted_by_start(_functions(file))
    for section in file.sections:
        if section.has_characteristic(_EXECUTABLE):
            data = _content(section, view)
            yield region(str(section.name), section.virtual_address, data, functions)


def _functions(file: lief.PE.Binary) -> Iterator[Function]:
    """Yield functions; their addresses are relative to where the file is loaded.

    Functions that call others have an entry for unwinding. Others are known only if exported.
    """
    export = file.get_export()
    if export is not None:
        for entry in export.entries:
            if entry.address and not entry.is_forwarded:
                yield Function(entry.address, entry.address, str(entry.name))
    for item in file.exceptions:
        if not isinstance(item, PE.RuntimeFunctionX64 | PE.RuntimeFunctionAArch64):
            continue
        if item.rva_start and item.rva_end > item.rva_start:
            yield Function(item.rva_start, item.rva_end)
    if file.entrypoint:
        start = file.entrypoint - file.imagebase
        yield Function(start, start)
