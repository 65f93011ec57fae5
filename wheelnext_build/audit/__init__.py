"""The audit: compare the code in a wheel's binaries with the promises of the wheel.

The audit does not depend on builds, so it can judge wheels from any builder. The flow of the data:
members of a wheel (``wheels``, ``files``) -> a binary of any format (``elf``, ``macho``, ``pe`` ->
``binary``) -> the extensions that its functions need (``survey``: ``x86``, ``aarch64``) and its GPU
code (``fatbin``, ``hipbundle``) -> the comparison with the wheel's promises (``promise``,
``judge``, ``verdict``).
"""

from __future__ import annotations

from importlib.util import find_spec

REQUIREMENT = "wheelnext-build[audit]"

_LIEF = "lief>=0.16"
_WITHOUT_ELF = frozenset({"win32", "cygwin", "darwin", "ios"})
"""Systems, as ``sys.platform`` calls them, whose binaries are PE or Mach-O files."""

_DISASSEMBLERS = {"x86_64": "iced-x86>=1.17", "aarch64": "capstone>=5"}


def requirements(system: str, machine: str) -> list[str]:
    """Return the packages that are needed to read the binaries of a system and machine.

    ``system`` is as in ``sys.platform``, ``machine`` as in :class:`~.formats.binary.Binary`. ELF
    files need only a disassembler. PE and Mach-O files also need lief; without it, each of them is
    an error that says so.
    """
    reader = [_LIEF] if system in _WITHOUT_ELF else []
    return [*reader, *([_DISASSEMBLERS[machine]] if machine in _DISASSEMBLERS else [])]


def is_available() -> bool:
    """Return whether the extra that reads the binaries of all systems is installed."""
    return find_spec("lief") is not None
