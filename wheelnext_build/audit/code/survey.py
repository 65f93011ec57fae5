"""Find the extensions that a binary's code needs, the functions that need them, and how certain
that is.

A file says where its functions are: by symbols, by the tables for unwinding, by relocations. The
bytes between them may be data: they are code only where a call or a pointer leads.
"""

from __future__ import annotations

from dataclasses import replace

from ..formats.binary import Binary, BinaryError, tiled
from .needs import Survey, add_places


def survey(binary: Binary) -> Survey:
    """Return the survey of a binary's code; it finds nothing if the machine is unknown.

    Raises BinaryError if the disassembler for the machine is not installed.
    """
    size = sum(len(region.data) for region in binary.regions)
    if binary.machine == "x86_64":
        try:
            from .x86_survey import X86Survey
        except ModuleNotFoundError as error:
            raise _missing("iced-x86", binary, error) from None
        return replace(X86Survey(binary).run(), code_size=size)
    if binary.machine == "aarch64":
        return replace(_aarch64(binary), code_size=size)
    return Survey(binary.machine, code_size=size)


def _missing(
    package: str, binary: Binary, error: ModuleNotFoundError
) -> BinaryError | ModuleNotFoundError:
    """Return the error to raise; a package that is there but fails to load is not missing."""
    if error.name != package.replace("-", "_"):
        return error
    return BinaryError(
        f"{package} is needed to read code for {binary.machine}: install wheelnext-build[audit]"
    )


def _aarch64(binary: Binary) -> Survey:
    try:
        from . import aarch64
    except ModuleNotFoundError as error:
        raise _missing("capstone", binary, error) from None
    found = Survey("aarch64")
    count = 0
    for region in binary.regions:
        for function in tiled(region.address, region.end, region.known):
            count += function.is_entry
            kind = found.dispatched if function.dispatched else found.needs
            needs = kind if function.is_entry else found.unsure
            code = region.code(function)
            read = aarch64.linear(code, function.start)
            add_places(needs, read.found, region, function, aarch64.instruction_at)
    return replace(found, functions=count)
