"""What code needs: extensions, and the functions that need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..formats.binary import Function, Region

SAMPLES = 5
"""Of so many places for each extension the instruction is kept as text."""


@dataclass(frozen=True, slots=True)
class CodePlace:
    """Where an extension is needed: a function, and the first such instruction in it.

    ``instruction`` is empty in all but the first few places.
    """

    function: str
    address: int
    instruction: str = ""

    def __str__(self) -> str:
        found = f": {self.instruction}" if self.instruction else ""
        return f"{self.function} (0x{self.address:x}{found})"


@dataclass(frozen=True, slots=True)
class Decoded:
    """What reading a function's code gave.

    ``found`` has for each extension the address of the first instruction that needs it;
    ``is_whole`` says that all bytes were instructions.
    """

    found: dict[str, int]
    is_whole: bool


Needs = dict[str, list[CodePlace]]
"""Extension -> the functions that need it."""


@dataclass(frozen=True)
class Survey:
    """What the code of a binary needs.

    ``needs`` is what runs unasked, ``dispatched`` what only runs behind a resolver, ``unsure`` what
    was read in bytes that nothing leads to. ``code_size`` is in bytes, ``functions`` their number.
    """

    machine: str
    needs: Needs = field(default_factory=dict)
    dispatched: Needs = field(default_factory=dict)
    unsure: Needs = field(default_factory=dict)
    code_size: int = 0
    functions: int = 0


def add_places(
    needs: Needs,
    found: Mapping[str, int],
    region: Region,
    function: Function,
    text: Callable[[bytes, int, int], str],
) -> None:
    """Note what was found in a function: the extensions, each with the address of the first use.

    A function without a name is called by its distance from the region's start. ``text`` writes
    down the instruction at its third argument, in code (the first) that lies at its second.
    """
    for extension, address in found.items():
        places = needs.setdefault(extension, [])
        shown = ""
        if len(places) < SAMPLES:
            shown = text(region.code(function), function.start, address)
        name = function.name or f"{region.name}+0x{address - region.address:x}"
        places.append(CodePlace(name, address, shown))
