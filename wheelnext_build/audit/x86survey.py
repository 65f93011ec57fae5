"""All x86-64 code of a binary: its functions, and what lies between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from . import x86
from .binary import Binary, Function, Region, tiled
from .needs import SAMPLES, Needs, Place, Survey, place_name

_CONFIRMED = 16
"""After so many functions with an extension that control flow reaches, others are not followed."""


class X86Survey:
    """Reads all x86-64 code of a binary."""

    def __init__(self, binary: Binary) -> None:
        self.binary = binary
        self.found = Survey("x86_64")
        self.confirmed: Counter[str] = Counter()
        self.functions = 0

    def run(self) -> Survey:
        """What the code needs."""
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
            for extension, found in read.found.items():
                self._add(where, region, function, extension, found.address)
            return
        reached = x86.reachable(code, function.start)
        self.confirmed.update(reached.found.keys())
        for extension, found in reached.found.items():
            self._add(where, region, function, extension, found.address)
        for extension in read.found.keys() - reached.found.keys():
            # A handler of exceptions, a case of a switch; or, among bytes that are no code, chance.
            likely = where if read.is_whole else self.found.unsure
            self._add(likely, region, function, extension, read.found[extension].address)

    @staticmethod
    def _is_suspicious(region: Region, gap: Function) -> bool:
        code = region.code(gap)
        if not code.strip(b"\x00\xcc\x90"):
            return False
        return bool(x86.linear(code, gap.start).found)

    def _gaps(self, region: Region, tiles: Sequence[Function], gaps: Sequence[Function]) -> None:
        """Code between functions, from where calls and pointers lead; the rest is unsure."""
        targets = set(self.binary.pointers)
        for function in tiles:
            if function.is_entry:
                targets |= x86.branch_targets(region.code(function), function.start)
        for gap in gaps:
            starts = sorted(address for address in targets if gap.start <= address < gap.end)
            entries = [Function(start, gap.end) for start in starts]
            for part in tiled(gap.start, gap.end, entries):
                if part.is_entry:
                    self._entry(region, part)
                    continue
                for extension, found in x86.linear(region.code(part), part.start).found.items():
                    self._add(self.found.unsure, region, part, extension, found.address)

    def _add(
        self, needs: Needs, region: Region, function: Function, extension: str, address: int
    ) -> None:
        places = needs.setdefault(extension, [])
        shown = ""
        if len(places) < SAMPLES:
            shown = x86.text(region.code(function), function.start, address)
        places.append(Place(place_name(region, function, address), address, shown))
