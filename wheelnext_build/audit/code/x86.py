"""The extensions that x86-64 machine code needs, by the encoding of its instructions.

iced-x86 decodes and knows the CPUID bits of each encoding: an EVEX-encoded addition of two 128-bit
registers is AVX512VL, whatever the registers are called. This module adds which bits every x86-64
processor has or may ignore, and which bytes are code.
"""

from __future__ import annotations

from functools import cache

from iced_x86 import (
    Code,
    CpuidFeature,
    Decoder,
    FlowControl,
    Formatter,
    FormatterSyntax,
    Instruction,
)

from ...variants.instruction_sets import extension_named
from .needs import Decoded

_NAMES = {
    "CMPXCHG16B": "CX16",
    "D3NOW": "3DNOW",
    "D3NOWEXT": "3DNOWEXT",
    "HLE_OR_RTM": "RTM",
}
"""Names that only iced-x86 has."""

_BASELINE = {
    *(
        "INTEL8086",
        "INTEL186",
        "INTEL286",
        "INTEL386",
        "INTEL486",
        "X64",
        "FPU",
        "FPU287",
        "FPU387",
    ),
    *(
        "CMOV",
        "CX8",
        "MMX",
        "FXSR",
        "SSE",
        "SSE2",
        "CLFSH",
        "SYSCALL",
        "SEP",
        "TSC",
        "MSR",
        "CPUID",
    ),
    *("MULTIBYTENOP", "PAUSE"),
}
"""The CPUID bits of every x86-64 processor."""

_HARMLESS = {
    # Older processors execute these as a NOP, or as the instruction without its prefix.
    *("CET_IBT", "CET_SS", "MPX", "HLE", "CLDEMOTE", "PREFETCHITI", "PREFETCHW", "PREFETCHWT1"),
    # Programs ask with it whether the operating system saves the wide registers (XGETBV).
    "XSAVE",
    # These fault in user programs on any processor. Compilers do not emit them: the bytes are data.
    *("SMAP", "INVPCID", "VMX", "SVM", "SMX", "MONITOR", "RDPMC", "FRED", "LKGS", "SMM", "KNC"),
    *("SKINIT", "SKINIT_OR_SVM", "SEV_ES", "SEV_SNP", "INVEPT", "INVVPID", "INVLPGB", "RMPQUERY"),
    *("WRMSRNS", "MSRLIST", "PCONFIG", "TDX", "UDBG", "XSAVES", "HRESET", "CL1INVMB", "MCOMMIT"),
    *("TSE", "WBNOINVD", "SGX1", "SVM", "IA64", "OSS"),
}

_OTHER_PROCESSORS = ("INTEL", "FPU", "CYRIX", "CENTAUR", "UMOV", "MOV_TR")
"""Prefixes of the names of features that no 64-bit processor has."""

_FEATURES = {value: name for name, value in vars(CpuidFeature).items() if name.isupper()}
_INVALID = Code.INVALID

_APX = frozenset({"APX"})

_BRANCHES = frozenset(
    {
        FlowControl.CONDITIONAL_BRANCH,
        FlowControl.UNCONDITIONAL_BRANCH,
        FlowControl.XBEGIN_XABORT_XEND,
    }
)
_STOPS = frozenset(
    {
        FlowControl.UNCONDITIONAL_BRANCH,
        FlowControl.INDIRECT_BRANCH,
        FlowControl.RETURN,
        FlowControl.EXCEPTION,
    }
)


def linear(data: bytes, address: int) -> Decoded:
    """Return the extensions of machine code at ``address``, decoded from its start to its end."""
    table, interesting = _table()
    codes = {instruction.code for instruction in Decoder(64, data, ip=address)}
    is_whole = _INVALID not in codes
    if interesting.isdisjoint(codes) and is_whole:
        return Decoded({}, is_whole)
    found: dict[str, int] = {}
    for instruction in Decoder(64, data, ip=address):
        for extension in table.get(instruction.code, ()):
            found.setdefault(extension, instruction.ip)
    return Decoded(found, is_whole)


def reachable(data: bytes, address: int) -> Decoded:
    """Return the extensions of the instructions that control flow reaches from the start.

    Jump tables are not followed: their targets, and handlers of exceptions, are left out.
    """
    table, _ = _table()
    found: dict[str, int] = {}
    end = address + len(data)
    is_whole = True
    seen: set[int] = set()
    to_do = [address]
    decoder = Decoder(64, data, ip=address)
    while to_do:
        start = to_do.pop()
        if start in seen or not address <= start < end:
            continue
        decoder.position, decoder.ip = start - address, start
        for instruction in decoder:
            place = instruction.ip
            if place in seen:
                break
            seen.add(place)
            extensions = table.get(instruction.code, frozenset())
            if instruction.code == _INVALID and _is_apx(
                data[place - address : place - address + 2]
            ):
                extensions = _APX
            for extension in extensions:
                found.setdefault(extension, place)
            if instruction.flow_control in _BRANCHES:
                to_do.append(instruction.near_branch_target)
            if instruction.code == _INVALID:
                is_whole = is_whole and extensions is _APX
            if _ends(instruction):
                break
    return Decoded(found, is_whole)


def _ends(instruction: Instruction) -> bool:
    """Return whether execution never continues with the instruction after this one."""
    if instruction.flow_control == FlowControl.INTERRUPT:
        return instruction.code == Code.INT3
    return instruction.flow_control in _STOPS


def branch_targets(data: bytes, address: int) -> set[int]:
    """Return the addresses outside of the code at ``address`` that it calls or jumps to."""
    end = address + len(data)
    return {
        instruction.near_branch_target
        for instruction in Decoder(64, data, ip=address)
        if instruction.flow_control
        in (FlowControl.CALL, FlowControl.CONDITIONAL_BRANCH, FlowControl.UNCONDITIONAL_BRANCH)
        and not address <= instruction.near_branch_target < end
    }


def instruction_at(data: bytes, address: int, at: int) -> str:
    """Return the instruction at ``at``, as assemblers write it."""
    instruction = Decoder(64, data[at - address :], ip=at).decode()
    if instruction.code == _INVALID:
        return f"(bytes {data[at - address :][:8].hex(' ')})"
    return Formatter(FormatterSyntax.INTEL).format(instruction)


@cache
def _table() -> tuple[dict[int, frozenset[str]], frozenset[int]]:
    """Return code -> extensions for all encodings that need any, and the set of these codes."""
    codes = {code for name, code in vars(Code).items() if name.isupper() and isinstance(code, int)}
    table = {code: _extensions_of(code) for code in codes}
    table = {code: found for code, found in table.items() if found}
    return table, frozenset(table)


def _extensions_of(code: int) -> frozenset[str]:
    if code in _tzcnt() or code in _NO_INSTRUCTIONS:
        return frozenset()
    if code in (Code.LAHF, Code.SAHF):
        return frozenset({"LAHF_SAHF"})
    names = {_FEATURES[feature] for feature in Instruction.create(code).cpuid_features()}  # type: ignore[arg-type]
    names -= _BASELINE | _HARMLESS
    return frozenset(
        _NAMES.get(name) or extension_named(name)
        for name in names
        if not name.startswith(_OTHER_PROCESSORS)
    )


@cache
def _tzcnt() -> frozenset[int]:
    """Return the codes of TZCNT, which a processor without BMI executes as BSF.

    The results differ only for zero. If zero cannot occur, compilers also emit it for the baseline.
    """
    return frozenset(code for name, code in vars(Code).items() if name.startswith("TZCNT_"))


def _is_apx(data: bytes) -> bool:
    """Return whether bytes that iced-x86 does not know start like an instruction of APX."""
    if len(data) < 2:
        return False
    return data[0] == 0xD5 or (data[0] == 0x62 and data[1] & 0x07 == 4)


_NO_INSTRUCTIONS = frozenset(
    {_INVALID, Code.DECLAREBYTE, Code.DECLAREWORD, Code.DECLAREDWORD, Code.DECLAREQWORD}
)
