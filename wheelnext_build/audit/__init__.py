"""What the binaries of a wheel really hold, and whether that is what the wheel promises.

Nothing here knows of builds, so it can judge anyone's wheels. The way of the data: members of a
wheel (``wheels``, ``files``) -> a binary, whatever its format (``elf``, ``macho``, ``pe`` ->
``binary``) -> the extensions that its functions need (``survey``: ``x86``, ``aarch64``) and its GPU
code (``fatbin``, ``hipbundle``) -> compared with what the wheel promises (``promise``, ``rules``,
``verdict``).
"""

from __future__ import annotations

from importlib.util import find_spec

REQUIREMENT = "wheelnext-build[audit]"

_LIEF = "lief>=0.16"
_WITHOUT_ELF = frozenset({"win32", "cygwin", "darwin", "ios"})
"""Systems, as ``sys.platform`` calls them, whose binaries are PE or Mach-O files."""

_DISASSEMBLERS = {"x86_64": "iced-x86>=1.17", "aarch64": "capstone>=5"}


def requirements(system: str, machine: str) -> list[str]:
    """Return what must be installed to read the binaries of a system and machine.

    ``system`` is as in ``sys.platform``, ``machine`` as in :class:`~.formats.binary.Binary`. ELF
    files need nothing but a disassembler. Those of other systems in a wheel need lief, too: without
    it each is an error that says so.
    """
    reader = [_LIEF] if system in _WITHOUT_ELF else []
    return [*reader, *([_DISASSEMBLERS[machine]] if machine in _DISASSEMBLERS else [])]


def is_available() -> bool:
    """Return whether the extra that reads the binaries of all systems is installed."""
    return find_spec("lief") is not None
