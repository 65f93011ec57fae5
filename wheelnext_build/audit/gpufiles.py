"""Files that hold GPU code and nothing else, as some packages load them: fat binaries, cubins, PTX.

A cubin is an ELF file for the machine EM_CUDA, whose flags have its architecture (LLVM,
BinaryFormat/ELF.h, EF_CUDA_*) but for the suffix ``a`` or ``f``, which is nowhere in it.
"""

from __future__ import annotations

import re
import struct

from . import fatbin
from .binary import BinaryError

_CUDA = 190
_FLAGS = struct.Struct("<8xB9xH28xI")
"""Of an ELF header: the version of the ABI, the machine, the flags."""

_TARGET = re.compile(rb"^\s*\.target\s+sm_(\d+)([af]?)\b", re.MULTILINE)

FORMATS = ("fatbin", "cubin", "PTX")


def is_gpu_file(path: str, start: bytes) -> bool:
    """Whether a file is one of these by its first bytes and name; cubins are ELF files."""
    return start.startswith(fatbin.MAGIC) or path.lower().endswith(".ptx")


def read(path: str, data: bytes) -> tuple[str, list[str]] | None:
    """The format of a file, and its architectures as ``sm_arch`` has them; None of any other file.

    Raises BinaryError where it is damaged.
    """
    if data.startswith(fatbin.MAGIC):
        return "fatbin", fatbin.architectures([data])
    if data.startswith(b"\x7fELF") and len(data) >= _FLAGS.size:
        version, machine, flags = _FLAGS.unpack_from(data)
        if machine == _CUDA:
            number = flags >> 8 & 0xFF if version >= 8 else flags & 0xFF
            return "cubin", [f"{number}_real"]
    if path.lower().endswith(".ptx"):
        found = sorted({(int(match[1]), match[2].decode()) for match in _TARGET.finditer(data)})
        if not found:
            raise BinaryError("its name is PTX's, but it names no .target")
        return "PTX", [f"{number}{suffix}_virtual" for number, suffix in found]
    return None
