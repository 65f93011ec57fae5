"""The extensions that code needs, and the functions that need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..formats.binary import Function, Region

SAMPLES = 5
"""Number of places for each extension that keep the text of their instruction."""


@dataclass(frozen=True, slots=True)
class CodePlace:
    """A function that needs an extension, and the first such instruction in it.

    Only the first few places of an extension have the text of their ``instruction``.
    """

    function: str
    address: int
    instruction: str = ""

    def __str__(self) -> str:
        found = f": {self.instruction}" if self.instruction else ""
        return f"{self.function} (0x{self.address:x}{found})"


@dataclass(frozen=True, slots=True)
class Decoded:
    """The result of decoding a function's code.

    ``found`` has the address of the first instruction that needs each extension. ``is_whole`` says
    that all bytes were instructions.
    """

    found: dict[str, int]
    is_whole: bool


Needs = dict[str, list[CodePlace]]
"""Extension -> the functions that need it."""


@dataclass(frozen=True)
class Survey:
    """The extensions that the code of a binary needs.

    ``needs`` are those of code that runs without a test of the processor, ``dispatched`` those of
    functions that a resolver chooses, ``unsure`` those in bytes that may not be code: nothing jumps
    or points to them. ``code_size`` is in bytes, ``functions`` is the number of functions.
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
    """Add a function's extensions to ``needs``; ``found`` has the address of each one's first use.

    A function without a name is called by its distance from the region's start. ``text`` returns
    an instruction as text; its arguments are the code, the code's address and the instruction's.
    """
    for extension, address in found.items():
        places = needs.setdefault(extension, [])
        shown = ""
        if len(places) < SAMPLES:
            shown = text(region.code(function), function.start, address)
        name = function.name or f"{region.name}+0x{address - region.address:x}"
        places.append(CodePlace(name, address, shown))
