"""A binary of any format: its code in regions, the functions in them, its GPU code."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...errors import WheelnextBuildError


class BinaryError(WheelnextBuildError):
    """Raised for a file that looks like a binary but cannot be read as one."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Function:
    """Code from ``start`` up to ``end``; the addresses are those in the file.

    ``name`` is empty if the file does not have it. ``is_entry`` says that a function begins at
    ``start``; otherwise the bytes lie between functions and may be anything. ``dispatched``
    functions run only if a resolver has found that the processor supports them.
    """

    start: int
    end: int
    name: str = ""
    is_entry: bool = True
    dispatched: bool = False


@dataclass(frozen=True)
class Region:
    """Executable bytes at ``address``; ``known`` are the functions in them that the file names."""

    name: str
    address: int
    data: memoryview
    known: Sequence[Function] = ()

    @property
    def end(self) -> int:
        return self.address + len(self.data)

    def code(self, function: Function) -> bytes:
        """Return the bytes of a function."""
        return bytes(self.data[function.start - self.address : function.end - self.address])


@dataclass(frozen=True)
class Binary:
    """The parts of a file that the audit examines.

    ``machine`` is as in platform tags (``x86_64``, ``aarch64``). ``pointers`` are addresses that
    data of the file refers to, ``needed`` the libraries that it loads, ``declared`` the levels that
    an ELF note asks for. ``fatbins`` are the contents of sections with NVIDIA's GPU code,
    ``bundles`` those of sections with AMD's.
    """

    format: str
    machine: str
    regions: tuple[Region, ...] = ()
    pointers: frozenset[int] = frozenset()
    needed: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    fatbins: tuple[bytes, ...] = ()
    bundles: tuple[bytes, ...] = ()


def cut(view: memoryview, offset: int, size: int, name: str) -> memoryview:
    """Return a part of a file; raises BinaryError if it reaches beyond the end of the file."""
    if offset + size > len(view):
        raise BinaryError(f"{name} reaches beyond the end of the file")
    return view[offset : offset + size]


def sorted_by_start(functions: Iterable[Function]) -> list[Function]:
    """Return functions sorted by their start; those with the same start keep their order."""
    return sorted(functions, key=_start)


def region(name: str, address: int, data: memoryview, functions: Sequence[Function]) -> Region:
    """Return the region of executable bytes at ``address``, with the functions that begin in it.

    ``functions`` must be :func:`sorted_by_start`, for speed: a file may have many sections and many
    functions.
    """
    first = bisect_left(functions, address, key=_start)
    last = bisect_left(functions, address + len(data), key=_start)
    return Region(name, address, data, functions[first:last])


def _start(function: Function) -> int:
    return function.start


def tiled(start: int, end: int, known: Sequence[Function]) -> list[Function]:
    """Return functions and the gaps between them, without overlap, from ``start`` to ``end``.

    If functions overlap, the earlier one ends where the next begins. If several have the same
    start, the first is taken. A function with an end at or before its start reaches to the next.
    """
    starts: dict[int, Function] = {}
    for function in known:
        if start <= function.start < end:
            starts.setdefault(function.start, function)
    ordered = [starts[address] for address in sorted(starts)]
    tiles: list[Function] = []
    position = start
    for function, after in pairwise([*ordered, Function(end, end)]):
        if position < function.start:
            tiles.append(Function(position, function.start, is_entry=False))
        stop = function.end if function.end > function.start else after.start
        position = min(stop, after.start)
        tiles.append(
            Function(
                function.start, position, function.name, function.is_entry, function.dispatched
            )
        )
    if position < end:
        tiles.append(Function(position, end, is_entry=False))
    return tiles
