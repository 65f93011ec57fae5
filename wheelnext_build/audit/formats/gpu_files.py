"""Files that hold only GPU code, which some packages load: fat binaries, cubins, PTX, and AMD's
offload bundles and code objects.

A cubin is an ELF file for the machine EM_CUDA. Its flags have the architecture (LLVM,
BinaryFormat/ELF.h, EF_CUDA_*), but it does not record the suffix ``a`` or ``f``.
A code object is an ELF file for EM_AMDGPU and names its target in a note (LLVM, "User Guide for
AMDGPU Backend", code object V3 metadata).
"""

from __future__ import annotations

import re
import struct

from . import fatbin, hipbundle
from .binary import BinaryError

_CUDA, _AMDGPU = 190, 224
_FLAGS = struct.Struct("<8xB9xH28xI")
"""The version of the ABI, the machine and the flags in an ELF header."""

_TARGET = re.compile(rb"^\s*\.target\s+sm_(\d+)([af]?)\b", re.MULTILINE)

_AMD_TARGET = re.compile(rb"amdhsa\.target.{1,5}?amdgcn-amd-amdhsa-\w*-(gfx[0-9a-z-]+)", re.DOTALL)

FORMATS = ("fatbin", "cubin", "PTX", "offload bundle", "code object")
_BUNDLES = (hipbundle.BUNDLE_MAGIC[:8], hipbundle.COMPRESSED)


def is_gpu_file(path: str, start: bytes) -> bool:
    """Return whether first bytes and name are those of a GPU file; cubins count as ELF files."""
    return start.startswith((fatbin.FATBIN_MAGIC, *_BUNDLES)) or path.lower().endswith(".ptx")


def read(path: str, data: bytes) -> tuple[str, list[str]] | None:
    """Return the format of a file and its architectures as in properties; None for other files.

    Raises BinaryError if the file is damaged.
    """
    if data.startswith(fatbin.FATBIN_MAGIC):
        return "fatbin", fatbin.architectures([data])
    if data.startswith((hipbundle.BUNDLE_MAGIC, hipbundle.COMPRESSED)):
        return "offload bundle", hipbundle.architectures([data])
    if data.startswith(b"\x7fELF") and len(data) >= _FLAGS.size:
        version, machine, flags = _FLAGS.unpack_from(data)
        if machine == _CUDA:
            number = flags >> 8 & 0xFF if version >= 8 else flags & 0xFF
            return "cubin", [f"{number}_real"]
        if machine == _AMDGPU and (target := _AMD_TARGET.search(data)):
            return "code object", [target[1].decode()]
    if path.lower().endswith(".ptx"):
        found = sorted({(int(match[1]), match[2].decode()) for match in _TARGET.finditer(data)})
        if not found:
            raise BinaryError("its name is PTX's, but it names no .target")
        return "PTX", [f"{number}{suffix}_virtual" for number, suffix in found]
    return None
