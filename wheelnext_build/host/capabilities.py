"""Tables and pure functions that turn facts about a processor or a GPU into ordered features.

The values, their order and their limits are those of uv 0.13.9, which takes them from its copies
of the provider packages (x86-64 0.2.1, aarch64 0.2.0, nvidia 0.0.1).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from ..variants.instruction_sets import X86_64_LEVELS, extension_named
from ..variants.order import Features

CudaVersion = tuple[int, int]
ComputeCapability = tuple[int, int]

_T = TypeVar("_T")

X86_64_DEFAULT = "v2"
"""The level that uv assumes for an x86-64 CPU if it knows no features, or only the CPU's name."""

_AARCH64_HWCAPS: Mapping[str, tuple[int, ...]] = {
    "8a": (),
    "8.1a": (0, 1, 7, 8, 12),  # FP, ASIMD, CRC32, ATOMICS, ASIMDRDM
    "8.2a": (16,),  # DCPOP
    "8.3a": (13, 14, 15, 30, 31),  # JSCVT, FCMA, LRCPC, PACA, PACG
    # FPHP, ASIMDHP, ASIMDDP, ASIMDFHM, DIT, USCAT, ILRCPC, FLAGM
    "8.4a": (9, 10, 20, 23, 24, 25, 26, 27),
}
"""The bits of AT_HWCAP that each version adds; for 8.5-A, Linux does not report all of them."""

AARCH64_DEFAULT = "8a"

_APPLE_CORES = (*range(0x20, 0x26), 0x28, 0x29, *range(0x30, 0x36), 0x38, 0x39)
_APPLE_LATER_CORES = tuple(
    base + part for base in (0x40, 0x50, 0x60) for part in (2, 3, 4, 5, 8, 9)
)
AARCH64_CORES: Mapping[tuple[int, int], str] = {
    (0x41, 0xD0C): "8.2a",  # Neoverse N1
    (0x41, 0xD40): "8.4a",  # Neoverse V1
    (0x41, 0xD49): "8.4a",  # Neoverse N2
    (0x41, 0xD4F): "8.4a",  # Neoverse V2
    (0x41, 0xD83): "8.4a",  # Neoverse V3AE
    (0x6D, 0xD49): "8.4a",  # Azure Cobalt 100
    (0x42, 0x516): "8.1a",  # ThunderX2 as Broadcom numbered it
    (0x43, 0x0AF): "8.1a",  # ThunderX2
    (0x46, 0x001): "8.2a",  # A64FX
    (0xC0, 0xAC3): "8.4a",  # AmpereOne
    (0xC0, 0xAC4): "8.4a",  # AmpereOneA
    **dict.fromkeys(((0x61, part) for part in _APPLE_CORES), "8.4a"),  # M1, M2
    **dict.fromkeys(((0x61, part) for part in _APPLE_LATER_CORES), "8.4a"),  # M3 to M5
}
"""(CPU implementer, CPU part) of /proc/cpuinfo -> the highest version that the core supports."""

OLDEST_CUDA = (11, 0)
NEWEST_CUDA = (15, 20)
_OLDEST_SM = (5, 0)
_MOST_CUDA_VALUES = 1024


def x86_64_level_of(flags: Iterable[str]) -> str:
    """Return the psABI level of a processor with these features, named as on Linux or macOS."""
    present = {extension_named(flag) for flag in flags}
    return _highest(X86_64_LEVELS, lambda needed: needed <= present)


def aarch64_version_of(cores: Iterable[tuple[int, int]], hwcap: int) -> str:
    """Return the version that every core has and the kernel lets programs use.

    ``cores`` are pairs of CPU implementer and CPU part, ``hwcap`` is AT_HWCAP.
    """
    order = list(_AARCH64_HWCAPS)
    ceilings = [order.index(AARCH64_CORES.get(core, AARCH64_DEFAULT)) for core in cores]
    allowed = _highest(_AARCH64_HWCAPS, lambda bits: all(hwcap >> bit & 1 for bit in bits))
    return order[min([order.index(allowed), *ceilings])] if ceilings else AARCH64_DEFAULT


def nvidia_features(cuda: CudaVersion, sm: ComputeCapability | None) -> Features | None:
    """Return the features of a driver and a GPU; None if there would be too many CUDA versions."""
    major, minor = cuda
    features: list[tuple[str, Sequence[str]]] = []
    if major >= OLDEST_CUDA[0]:
        older = (_series(series) for series in range(major - 1, OLDEST_CUDA[0] - 1, -1))
        values = itertools.chain(_series(major, minor), itertools.chain.from_iterable(older))
        lower = list(itertools.islice(values, _MOST_CUDA_VALUES + 1))
        if len(lower) > _MOST_CUDA_VALUES:
            return None
        features.append(("cuda_version_lower_bound", lower))
    newer = (_series(series) for series in range(NEWEST_CUDA[0], major, -1))
    upper = list(itertools.chain.from_iterable(newer))
    if major <= NEWEST_CUDA[0]:
        upper += [f"{major}.{later}" for later in range(NEWEST_CUDA[1], minor, -1)]
    if upper:
        features.append(("cuda_version_upper_bound", upper))
    if sm is not None and sm >= _OLDEST_SM:
        real = [f"{sm[0]}{step}_real" for step in range(sm[1], -1, -1)]
        features.append(("sm_arch", [*real, f"{sm[0]}0_virtual"]))
    return features


def steps(feature: str, levels: Sequence[str], highest: str | None) -> Features:
    """Return a feature with the levels from the highest down; each includes those below it."""
    if highest is None:
        return ()
    return ((feature, tuple(levels[levels.index(highest) :: -1])),)


def _series(major: int, minor: int = NEWEST_CUDA[1]) -> Iterator[str]:
    yield from (f"{major}.{step}" for step in range(minor, -1, -1))
    yield str(major)


def _highest(table: Mapping[str, _T], fits: Callable[[_T], bool]) -> str:
    """Return the last entry before the first that does not fit; the first entry always fits."""
    return [*itertools.takewhile(lambda level: fits(table[level]), table)][-1]
