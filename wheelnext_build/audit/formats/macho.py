"""Read Mach-O files, thin and fat."""

from __future__ import annotations

from collections.abc import Iterator

import lief

from .binary import Binary, BinaryError, Function, Region, cut, region, sorted_by_start

MachO = lief.MachO
lief.logging.disable()  # our own errors describe the problems of a file

_MACHINES = {
    MachO.Header.CPU_TYPE.X86_64: "x86_64",
    MachO.Header.CPU_TYPE.ARM64: "aarch64",
}
_INSTRUCTIONS = (MachO.Section.FLAGS.PURE_INSTRUCTIONS, MachO.Section.FLAGS.SOME_INSTRUCTIONS)
_STUBS = ("__stubs", "__stub_helper", "__auth_stubs", "__objc_stubs")


def read(data: bytes) -> Iterator[tuple[str, Binary]]:
    """Yield each architecture of a file, named if there are several; raises BinaryError."""
    config = MachO.ParserConfig.quick
    fat = MachO.parse(data, config)
    if fat is None or not len(fat):
        raise BinaryError("cannot be read as a Mach-O file")
    for file in fat:
        machine = _MACHINES.get(file.header.cpu_type, "")
        part = f" ({machine or _named(file.header.cpu_type)})" if len(fat) > 1 else ""
        content = memoryview(data)[file.fat_offset :]
        yield (
            part,
            Binary(
                format="Mach-O",
                machine=machine,
                regions=tuple(_regions(file, content)),
                needed=tuple(str(library.name) for library in file.libraries),
            ),
        )


def _named(cpu_type: object) -> str:
    # lief returns a number if it does not know the name.
    return str(getattr(cpu_type, "name", cpu_type)).lower()


def _regions(file: lief.MachO.Binary, content: memoryview) -> Iterator[Region]:
    functions = sorted_by_start(_functions(file))
    data_in_code = list(_data_in_code(file))
    for section in file.sections:
        name = str(section.name)
        if name in _STUBS or not any(map(section.has, _INSTRUCTIONS)):
            continue
        code = cut(content, section.offset, section.size, f"section {name}")
        code = _without(code, section.offset, data_in_code)
        yield region(name, section.virtual_address, code, functions)


def _without(code: memoryview, offset: int, data: list[tuple[int, int]]) -> memoryview:
    """Return code in which breakpoints replace the tables that the file lists as data."""
    inside = [
        (max(start - offset, 0), min(end - offset, len(code)))
        for start, end in data
        if start < offset + len(code) and end > offset
    ]
    if not inside:
        return code
    changed = bytearray(code)
    for start, end in inside:
        changed[start:end] = b"\xcc" * (end - start)
    return memoryview(bytes(changed))


def _functions(file: lief.MachO.Binary) -> Iterator[Function]:
    for symbol in file.symbols:
        if symbol.value and symbol.numberof_sections and not symbol.raw_type & 0xE0:
            # Symbols have no size: the function reaches to the next one.
            yield Function(symbol.value, symbol.value, str(symbol.name).removeprefix("_"))
    if file.function_starts is not None:
        for offset in file.function_starts.functions:
            start = file.imagebase + offset
            yield Function(start, start)


def _data_in_code(file: lief.MachO.Binary) -> Iterator[tuple[int, int]]:
    if file.data_in_code is not None:
        for entry in file.data_in_code.entries:
            yield entry.offset, entry.offset + entry.length
