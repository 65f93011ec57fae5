"""Extensions of instruction sets, and the levels of x86-64 and versions of aarch64 that have them.

Source: the x86-64 psABI, "Micro-architecture levels". Extensions have the names of GCC's manual, in
capitals: AVX2, AVX512VL, SSE4.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

X86_64_LEVELS: Mapping[str, frozenset[str]] = {
    "v1": frozenset(),
    "v2": frozenset({"CX16", "LAHF_SAHF", "POPCNT", "SSE3", "SSE4.1", "SSE4.2", "SSSE3"}),
    "v3": frozenset({"AVX", "AVX2", "BMI", "BMI2", "F16C", "FMA", "LZCNT", "MOVBE"}),
    "v4": frozenset({"AVX512F", "AVX512BW", "AVX512CD", "AVX512DQ", "AVX512VL"}),
}
"""The extensions that each level adds to the level below it. OSXSAVE, which v3 adds as well, is not
listed: code uses it to detect the others."""

AARCH64_VERSIONS: Mapping[str, frozenset[str]] = {
    "8a": frozenset(),
    "8.1a": frozenset({"LSE", "RDM", "CRC"}),
    "8.2a": frozenset(),
    "8.3a": frozenset({"FCMA", "JSCVT", "LRCPC", "PAUTH"}),
    "8.4a": frozenset({"DOTPROD", "FLAGM", "LRCPC2"}),
    "8.5a": frozenset({"FLAGM2", "FRINT"}),
    "8.6a": frozenset({"BF16", "I8MM"}),
}
"""The extensions that each version adds and that compilers use without being asked, lowest version
first (Arm Architecture Reference Manual, A2)."""

_ALIASES = {
    "ABM": "LZCNT",
    "AVX1.0": "AVX",
    "AVX2.0": "AVX2",
    "BMI1": "BMI",
    "LAHF": "LAHF_SAHF",
    "LAHF_LM": "LAHF_SAHF",
    "PNI": "SSE3",
    "SSE4_1": "SSE4.1",
    "SSE4_2": "SSE4.2",
}
"""Names of extensions of x86-64 in Linux, macOS and iced-x86."""

_LEVELS = {"x86_64": X86_64_LEVELS, "aarch64": AARCH64_VERSIONS}

_NEWEST_DETECTED = {"x86_64": "v4", "aarch64": "8.4a"}
"""The highest level of each machine that installers detect."""

_RANKS = {
    extension: rank
    for rank, extension in enumerate(
        name for known in _LEVELS.values() for added in known.values() for name in sorted(added)
    )
}


def extension_named(name: str) -> str:
    """Return the extension of x86-64 with this name, in any case and spelling."""
    upper = name.upper()
    return _ALIASES.get(upper, upper)


def levels(machine: str) -> tuple[str, ...]:
    """Return the levels of x86-64, or the versions of aarch64, lowest first; () for others."""
    return tuple(_LEVELS.get(machine, ()))


def detected_levels(machine: str) -> tuple[str, ...]:
    """Return the levels that installers detect, and that a variant can name, lowest first.

    ``machine`` is ``x86_64`` or ``aarch64``. Linux does not report all features of
    Armv8.5-A to programs, so this version and later ones cannot be detected.
    """
    known = levels(machine)
    return known[: known.index(_NEWEST_DETECTED[machine]) + 1]


def level_of(extensions: Iterable[str], machine: str = "x86_64") -> str:
    """Return the lowest level that has all of the extensions, except those that no level has."""
    wanted = set(extensions)
    needed = [name for name, added in _LEVELS[machine].items() if added & wanted]
    return needed[-1] if needed else levels(machine)[0]


def extensions_up_to(level: str, machine: str = "x86_64") -> frozenset[str]:
    """Return all extensions that a level has beyond the lowest level."""
    known = levels(machine)
    names = known[: known.index(level) + 1]
    return frozenset().union(*(_LEVELS[machine][name] for name in names))


def beyond_levels(extensions: Iterable[str], machine: str = "x86_64") -> tuple[str, ...]:
    """Return the extensions that no level has, in alphabetical order."""
    return tuple(sorted(set(extensions) - extensions_up_to(levels(machine)[-1], machine)))


def sorted_by_level(extensions: Iterable[str]) -> tuple[str, ...]:
    """Return the extensions by level, the lowest first; extensions of no level come last."""
    return tuple(sorted(extensions, key=lambda name: (_RANKS.get(name, len(_RANKS)), name)))
