"""Find functions that GCC and Clang compile in several versions, chosen when the program starts.

The attributes ``target_clones`` and ``target`` make symbols like ``dot.avx2`` and ``dot.default``,
an indirect function ``dot``, and a resolver that tests the processor and returns one of them. (GCC
manual, "Function Multiversioning"; Clang, "Attributes", target_clones.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_RESOLVER = re.compile(r"^(.+)\.(?:resolver|ifunc)$")
_VERSION = re.compile(
    r"^(.+?)\.(?:arch_|avx|sse|ssse|bmi|fma|f16c|popcnt|lzcnt|movbe|aes|pclmul|sha|gfni|vpclmul|"
    r"vaes|amx|x86[-_]64|default|sve|lse|dotprod|_M|_[A-Z])"
)


def dispatched_names(names: Iterable[str]) -> set[str]:
    """Return the symbols that are versions of a function with a resolver."""
    known = set(names)
    bases = {match[1] for match in map(_RESOLVER.match, known) if match}
    found = set()
    for name in known:
        match = _VERSION.match(name)
        if match and match[1] in bases:
            found.add(name)
    return found


def resolved(code: bytes, address: int) -> Iterator[int]:
    """Yield the addresses that a resolver's machine code at ``address`` refers to.

    Among them are the functions that it may return, or the slots that hold their addresses.
    """
    from iced_x86 import Decoder, Mnemonic, OpKind, Register

    for instruction in Decoder(64, code, ip=address):
        if instruction.mnemonic not in (
            Mnemonic.LEA,
            Mnemonic.MOV,
            Mnemonic.CMOVNE,
            Mnemonic.CMOVE,
        ):
            continue
        for operand in range(instruction.op_count):
            kind = instruction.op_kind(operand)
            if kind == OpKind.MEMORY and instruction.memory_base == Register.RIP:
                yield instruction.ip_rel_memory_address
            elif kind in (OpKind.IMMEDIATE32, OpKind.IMMEDIATE32TO64, OpKind.IMMEDIATE64):
                yield instruction.immediate(operand)
