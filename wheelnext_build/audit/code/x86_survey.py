"""Survey all x86-64 code of a binary: its functions, and the code between them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ..formats.binary import Binary, Function, Region, tiled
from . import x86
from .needs import Survey, add_places

_CONFIRMED = 16
"""Once control flow reaches an extension in this many functions, further ones are not followed."""


class X86Survey:
    """Reads all x86-64 code of a binary."""

    def __init__(self, binary: Binary) -> None:
        self.binary = binary
        self.found = Survey("x86_64")
        self.confirmed: Counter[str] = Counter()
        self.functions = 0

    def run(self) -> Survey:
        """Return the extensions that the code needs."""
        for region in self.binary.regions:
            tiles = tiled(region.address, region.end, region.known)
            gaps = []
            for function in tiles:
                if function.is_entry:
                    self._entry(region, function)
                elif self._is_suspicious(region, function):
                    gaps.append(function)
            if gaps:
                self._gaps(region, tiles, gaps)
        return replace(self.found, functions=self.functions)

    def _entry(self, region: Region, function: Function) -> None:
        self.functions += 1
        code = region.code(function)
        read = x86.linear(code, function.start)
        if not read.found and read.is_whole:
            return
        where = self.found.dispatched if function.dispatched else self.found.needs
        if read.is_whole and all(self.confirmed[name] >= _CONFIRMED for name in read.found):
            add_places(where, read.found, region, function, x86.instruction_at)
            return
        reached = x86.reachable(code, function.start).found
        self.confirmed.update(reached.keys())
        add_places(where, reached, region, function, x86.instruction_at)
        # A handler of exceptions or a case of a switch. If some bytes are not code: maybe chance.
        likely = where if read.is_whole else self.found.unsure
        others = {name: read.found[name] for name in read.found.keys() - reached.keys()}
        add_places(likely, others, region, function, x86.instruction_at)

    @staticmethod
    def _is_suspicious(region: Region, gap: Function) -> bool:
        code = region.code(gap)
        if not code.strip(b"\x00\xcc\x90"):
            return False
        return bool(x86.linear(code, gap.start).found)

    def _gaps(self, region: Region, tiles: Sequence[Function], gaps: Sequence[Function]) -> None:
        """Survey the code between functions that calls and pointers lead to; the rest is unsure."""
        targets = set(self.binary.pointers)
        for function in tiles:
            if function.is_entry:
                targets |= x86.branch_targets(region.code(function), function.start)
        ordered = sorted(targets)
        for gap in gaps:
            first, last = (bisect_left(ordered, address) for address in (gap.start, gap.end))
            entries = [Function(start, gap.end) for start in ordered[first:last]]
            for part in tiled(gap.start, gap.end, entries):
                if part.is_entry:
                    self._entry(region, part)
                    continue
                found = x86.linear(region.code(part), part.start).found
                add_places(self.found.unsure, found, region, part, x86.instruction_at)
