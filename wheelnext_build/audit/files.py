"""Recognize the binaries of a wheel by their first bytes, read them and survey their code."""

from __future__ import annotations

import hashlib
import struct
import warnings
from collections.abc import Iterator

from . import REQUIREMENT
from .code.survey import survey
from .formats import elf, fatbin, gpu_files, hipbundle
from .formats.binary import Binary, BinaryError
from .verdict import Found

_ELF = b"\x7fELF"
_ARCHIVE = b"!<arch>\n"
_THIN_ARCHIVE = b"!<thin>\n"
_MACHO = {b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce"}
_MACHO_FAT = {b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"}
_PE = b"MZ"
_BITCODE = (b"BC\xc0\xde", b"\xde\xc0\x17\x0b")

MAGIC_SIZE = 8


def is_binary(path: str, start: bytes) -> bool:
    """Return whether the audit must be able to read a file, by its first bytes and its name."""
    if start.startswith((_ELF, _ARCHIVE, _THIN_ARCHIVE)) or start[:4] in _MACHO:
        return True
    if gpu_files.is_gpu_file(path, start):
        return True
    if start[:4] in _MACHO_FAT:
        # Java's class files start with the same bytes, followed by their version. Fat files have a
        # small count there.
        return struct.unpack(">I", start[4:8])[0] < 20 if len(start) >= 8 else False
    if start.startswith(_PE):
        return path.lower().endswith((".pyd", ".dll", ".exe", ".sys"))
    return path.lower().endswith((".so", ".pyd", ".dylib", ".dll")) and bool(start)


def audit(path: str, data: bytes) -> list[Found]:
    """Return the content of a file: one entry for each member of an archive or part of a fat file.

    If a part cannot be read, the last entry has the error.
    """
    checksum = hashlib.sha256(data).hexdigest()
    found = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # lief's warnings of unknown values in fields
            gpu = gpu_files.read(path, data)
            if gpu is not None:
                return [Found(path, gpu[0], architectures=tuple(gpu[1]), checksum=checksum)]
            code = 0
            for part, binary in _binaries(data):
                code += sum(len(region.data) for region in binary.regions)
                if code > len(data):
                    raise BinaryError("parts of its code lie over each other")
                found.append(_found(f"{path}{part}", binary, checksum))
    except BinaryError as error:
        found.append(Found(path, error=str(error), checksum=checksum))
    # An archive may hold only descriptions of a library to load, as on Windows.
    return found or [Found(path, "archive", checksum=checksum)]


def _found(path: str, binary: Binary, checksum: str) -> Found:
    return Found(
        path,
        binary.format,
        survey(binary),
        (*fatbin.architectures(binary.fatbins), *hipbundle.architectures(binary.bundles)),
        binary.needed,
        binary.declared,
        checksum,
    )


def _binaries(data: bytes) -> Iterator[tuple[str, Binary]]:
    if data.startswith(_ELF):
        yield "", elf.read(data)
    elif data.startswith(_ARCHIVE):
        from .formats.archives import members

        for name, content in members(data):
            if content.startswith(_ELF):
                yield f"({name})", elf.read(content)
            elif content[:4] in _MACHO:
                yield from ((f"({name})", binary) for _, binary in _macho(content))
            elif content.startswith(_BITCODE):
                raise BinaryError(f"{name} in it is LLVM bitcode, which is no machine code yet")
    elif data.startswith(_THIN_ARCHIVE):
        raise BinaryError("a thin archive: what it names is not in the wheel")
    elif data[:4] in _MACHO | _MACHO_FAT:
        yield from _macho(data)
    elif data.startswith(_PE):
        yield "", _pe(data)
    else:
        raise BinaryError("its name is a binary's, its content is of no format that is known")


def _macho(data: bytes) -> Iterator[tuple[str, Binary]]:
    try:
        from .formats import macho
    except ImportError:
        raise _without_lief("a Mach-O file") from None
    return macho.read(data)


def _pe(data: bytes) -> Binary:
    try:
        from .formats import pe
    except ImportError:
        raise _without_lief("a PE file") from None
    return pe.read(data)


def _without_lief(kind: str) -> BinaryError:
    return BinaryError(f"reading {kind} needs lief: install {REQUIREMENT}")
