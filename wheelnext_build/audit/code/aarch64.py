"""The extensions that aarch64 machine code needs, by its mnemonics and operands.

capstone disassembles. It knows few extensions, so the table here assigns instructions to them.
Instructions are 4 bytes long and aligned, so decoding cannot get out of step: a word of data may
be taken for an instruction, but does not affect the next one. Instructions in the hint space
(PACIASP, BTI) are NOPs on older processors.
Source: Arm Architecture Reference Manual, A2 "Armv8-A Architecture Extensions".
"""

from __future__ import annotations

import re
from functools import cache

try:
    from capstone import CS_ARCH_ARM64, CS_MODE_ARM, Cs  # type: ignore[import-untyped]
except OSError as error:  # its library was built for another processor
    raise ImportError(str(error)) from error

from .needs import Decoded

_ATOMIC = "add|clr|eor|set|smax|smin|umax|umin"

_MNEMONICS = (
    ("LSE", rf"casp?(a|l|al)?[bh]?|swp(a|l|al)?[bh]?|(ld|st)({_ATOMIC})(a|l|al)?[bh]?"),
    ("RDM", r"sqrdml[as]h"),
    ("CRC", r"crc32c?[bhwx]"),
    ("DOTPROD", r"[su]dot"),
    ("I8MM", r"usdot|sudot|smmla|ummla|usmmla"),
    ("BF16", r"bf(dot|mmla|mlal[bt]|cvtn?2?|cvtnt)"),
    ("FCMA", r"fcmla|fcadd"),
    ("JSCVT", r"fjcvtzs"),
    ("LRCPC", r"ldapr[bh]?"),
    ("LRCPC2", r"ldapurs?[bhw]?|stlur[bh]?"),
    ("PAUTH", r"retaa|retab|braaz?|brabz?|blraaz?|blrabz?|ldraa|ldrab|pacga"),
    ("FLAGM", r"cfinv|setf8|setf16|rmif"),
    ("FLAGM2", r"axflag|xaflag"),
    ("FRINT", r"frint(32|64)[xz]"),
    ("FHM", r"fml[as]l2?"),
    ("AES", r"aes(e|d|mc|imc)"),
    ("SHA1", r"sha1\w+"),
    ("SHA2", r"sha256\w+"),
    ("SHA512", r"sha512\w+"),
    ("SHA3", r"eor3|rax1|xar|bcax"),
    ("SM3", r"sm3\w+"),
    ("SM4", r"sm4\w+"),
    ("MEMTAG", r"irg|gmi|subps?|addg|subg|st2?z?g|ldg|stgp"),
    ("MOPS", r"cpyf?[pme]\w*|setg?[pme][tn]*"),
    ("SME", r"smstart|smstop|[su]mop[as]|fmop[as]|bfmop[as]|zero"),
    ("LS64", r"ld64b|st64bv?0?"),
)
_BY_MNEMONIC = tuple((name, re.compile(f"(?:{pattern})")) for name, pattern in _MNEMONICS)
_SVE = re.compile(r"(?<!\w)[zp]\d+(\.|/|,|$|\b)")
_HALF = re.compile(r"(?<!\w)(h\d+|v\d+\.[48]h)\b")
_HALF_ARITHMETIC = re.compile(
    r"f(add|sub|mul|div|n?madd|n?msub|ml[as]|abs|neg|sqrt|max|min|maxnm|minnm|cmp|cmpe|csel|rint\w|"
    r"addp|abd|mulx|recpe|recps|rsqrte|rsqrts|cmeq|cmge|cmgt|mov)"
)
_POLYNOMIAL = re.compile(r"\.1q")
_OUTLINE_TEST = re.compile(r"w16, ")


def linear(data: bytes, address: int) -> Decoded:
    """Return the extensions of machine code at ``address``; skip words that do not decode."""
    found: dict[str, int] = {}
    outline = False
    for place, _, mnemonic, operands in _disassembler().disasm_lite(data, address):
        outline = outline or (mnemonic == "cbz" and bool(_OUTLINE_TEST.match(operands)))
        for extension in _extensions_of(mnemonic, operands):
            if extension == "LSE" and outline:
                # The out-of-line atomics of libgcc and compiler-rt test for LSE before they use it.
                continue
            found.setdefault(extension, place)
    return Decoded(found, is_whole=True)


def instruction_at(data: bytes, address: int, at: int) -> str:
    """Return the text of the instruction at ``at``."""
    for *_, mnemonic, operands in _disassembler().disasm_lite(data[at - address :][:4], at):
        return f"{mnemonic} {operands}".strip()
    return ""


@cache
def _of_mnemonic(mnemonic: str) -> tuple[str, ...]:
    return tuple(name for name, pattern in _BY_MNEMONIC if pattern.fullmatch(mnemonic))


def _extensions_of(mnemonic: str, operands: str) -> tuple[str, ...]:
    """Return the extensions that an instruction, as capstone writes it, belongs to."""
    if _SVE.search(operands):
        return ("SVE",)
    if mnemonic.startswith("pmull") and _POLYNOMIAL.search(operands):
        return ("PMULL",)
    if _HALF.search(operands) and _HALF_ARITHMETIC.fullmatch(mnemonic):
        return ("FP16",)
    return _of_mnemonic(mnemonic)


@cache
def _disassembler() -> Cs:
    engine = Cs(CS_ARCH_ARM64, CS_MODE_ARM)
    engine.skipdata = True
    return engine
