"""What code needs: extensions, and the functions that need them."""

from __future__ import annotations

from dataclasses import dataclass, field

from .binary import Function, Region

SAMPLES = 5
"""Of so many places for each extension the instruction is kept as text."""


@dataclass(frozen=True, slots=True)
class Place:
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
class Found:
    """Where a function first needs an extension.

    ``reached`` says that control flow leads there from the function's entry; None that it was not
    looked for.
    """

    address: int
    reached: bool | None


@dataclass(frozen=True, slots=True)
class Read:
    """What reading a function's code gave: extension -> where, and whether all bytes were code."""

    found: dict[str, Found]
    is_whole: bool


Needs = dict[str, list[Place]]
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


def place_name(region: Region, function: Function, address: int) -> str:
    """What a place is called: by its function, or by its distance from the region's start."""
    return function.name or f"{region.name}+0x{address - region.address:x}"
