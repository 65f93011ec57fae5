"""Extensions of instruction sets, and the levels of x86-64 and versions of aarch64 that have them.

Source: the x86-64 psABI, "Micro-architecture levels". Extensions are called as GCC's manual and
/proc/cpuinfo do, in capitals: AVX2, AVX512VL, SSE4.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

X86_64_LEVELS: Mapping[str, frozenset[str]] = {
    "v1": frozenset(),
    "v2": frozenset({"CX16", "LAHF_SAHF", "POPCNT", "SSE3", "SSE4.1", "SSE4.2", "SSSE3"}),
    "v3": frozenset({"AVX", "AVX2", "BMI", "BMI2", "F16C", "FMA", "LZCNT", "MOVBE"}),
    "v4": frozenset({"AVX512F", "AVX512BW", "AVX512CD", "AVX512DQ", "AVX512VL"}),
}
"""Each level with what it adds to the one below it. OSXSAVE, which v3 adds as well, is what code
reads to find out about the others."""

AARCH64_VERSIONS: Mapping[str, frozenset[str]] = {
    "8a": frozenset(),
    "8.1a": frozenset({"LSE", "RDM", "CRC"}),
    "8.2a": frozenset(),
    "8.3a": frozenset({"FCMA", "JSCVT", "LRCPC", "PAUTH"}),
    "8.4a": frozenset({"DOTPROD", "FLAGM", "LRCPC2"}),
    "8.5a": frozenset({"FLAGM2", "FRINT"}),
    "8.6a": frozenset({"BF16", "I8MM"}),
}
"""Each version with what it adds that compilers emit for it unasked, lowest first (Arm Architecture
Reference Manual, A2)."""

_LEVELS = {"x86_64": X86_64_LEVELS, "aarch64": AARCH64_VERSIONS}

_ORDER = {
    extension: place
    for place, extension in enumerate(
        name for known in _LEVELS.values() for added in known.values() for name in sorted(added)
    )
}


def levels(machine: str) -> tuple[str, ...]:
    """The levels of x86-64, or the versions of aarch64, lowest first; empty for other machines."""
    return tuple(_LEVELS.get(machine, ()))


def level_of(extensions: Iterable[str], machine: str = "x86_64") -> str:
    """The lowest level that has those of the extensions which any level has."""
    wanted = set(extensions)
    needed = [name for name, added in _LEVELS[machine].items() if added & wanted]
    return needed[-1] if needed else levels(machine)[0]


def extensions_of(level: str, machine: str = "x86_64") -> frozenset[str]:
    """Everything that a level has beyond the lowest one."""
    known = levels(machine)
    names = known[: known.index(level) + 1]
    return frozenset().union(*(_LEVELS[machine][name] for name in names))


def beyond_levels(extensions: Iterable[str], machine: str = "x86_64") -> tuple[str, ...]:
    """Those of the extensions that no level has, in alphabetical order."""
    return tuple(sorted(set(extensions) - extensions_of(levels(machine)[-1], machine)))


def in_order(extensions: Iterable[str]) -> tuple[str, ...]:
    """The extensions from the lowest level's to those that no level has."""
    return tuple(sorted(extensions, key=lambda name: (_ORDER.get(name, len(_ORDER)), name)))
