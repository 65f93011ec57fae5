"""The promise of a wheel: the processors and GPUs that its code may need."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from packaging.version import Version

from ..variants.instruction_sets import extension_named, extensions_up_to, levels
from ..variants.variant import Variant
from ..wheels.name import WheelName

BASELINES: Mapping[str, str] = {machine: levels(machine)[0] for machine in ("x86_64", "aarch64")}
"""The levels that plain wheels may need if the project does not set others."""

_FEATURES = {"x86_64": "level", "aarch64": "version"}
"""The feature of each processor namespace that has a level for its value."""

_ON = frozenset({"on", "true", "yes", "1"})

_PLATFORMS: Mapping[tuple[str, str], frozenset[str]] = {
    # The oldest Macs that macOS 10.12 runs on; clang compiles for them by default.
    ("macosx", "x86_64"): frozenset({"CX16", "LAHF_SAHF", "SSE3", "SSSE3", "SSE4.1"}),
    # Apple's first processor for Macs: clang's apple-m1.
    ("macosx", "aarch64"): extensions_up_to("8.5a", "aarch64")
    | {"AES", "FHM", "FP16", "PMULL", "SHA1", "SHA2", "SHA3", "SHA512"},
    # Windows 8.1 and newer do not start without these.
    ("win", "x86_64"): frozenset({"CX16", "LAHF_SAHF"}),
}
"""Extensions beyond the lowest level that all of a platform's processors have.

The key is the start of the platform's tag and the machine.
"""

_MACHINES: Mapping[str, str] = {
    "_x86_64": "x86_64",
    "_amd64": "x86_64",
    "_aarch64": "aarch64",
    "_arm64": "aarch64",
}
"""The endings of platform tags for one processor; ``universal2`` is for both, so it is left out."""

_CUDA = re.compile(r"\d{1,4}(\.\d{1,4})*")


@dataclass(frozen=True)
class Promise:
    """The processors, GPUs and drivers that the code of a wheel may need.

    ``levels`` and ``extensions`` are by machine: the level, and the allowed extensions beyond the
    lowest level. ``described`` is the promise in the words of the wheel. ``architectures`` are the
    GPU architectures that the wheel must have code for, all of them and no other (``90_real``,
    ``gfx90a``); None if the wheel does not name any. ``cuda`` is the oldest CUDA version whose
    driver must be sufficient; empty if the wheel does not name one. ``is_baseline`` says that the
    wheel needs no more of processors than a plain wheel. ``machines`` are the processors that the
    platform tags name; empty if they name none.
    """

    levels: Mapping[str, str]
    extensions: Mapping[str, frozenset[str]]
    described: str
    architectures: frozenset[str] | None = None
    cuda: str = ""
    is_baseline: bool = True
    machines: frozenset[str] = frozenset()


def promise_of(
    name: WheelName, variant: Variant | None, baselines: Mapping[str, str] | None = None
) -> Promise:
    """Return the promise of a wheel with this name, variant (None: a plain wheel) and baselines.

    If the variant lists several levels, an installer accepts any of them, so the lowest counts. A
    feature of a processor's namespace with a value such as ``on`` is an extension of that name.
    """
    base = {**BASELINES, **(baselines or {})}
    levels_by_machine: dict[str, str] = {}
    extensions: dict[str, frozenset[str]] = {}
    described: list[str] = []
    is_baseline = True
    for machine, lowest in base.items():
        level, extra = lowest, set[str]()
        for feature, values in (variant.as_mapping() if variant else {}).get(machine, {}).items():
            described += [f"{machine} :: {feature} :: {value}" for value in values]
            known = [value for value in levels(machine) if value in values]
            if feature == _FEATURES[machine] and known:
                level = max(level, known[0], key=levels(machine).index)
            elif _ON.issuperset(values):
                extra |= {extension_named(feature)}
        levels_by_machine[machine] = level
        usual = _platform(name.platform, machine) | extensions_up_to(lowest, machine)
        extensions[machine] = usual | extensions_up_to(level, machine) | extra
        is_baseline = is_baseline and extensions[machine] == usual
    architectures = (
        (*variant.values("nvidia", "sm_arch"), *variant.values("amd", "gfx_arch"))
        if variant
        else ()
    )
    bounds = variant.values("nvidia", "cuda_version_lower_bound") if variant else ()
    # No installer knows any other values, so they promise nothing.
    lower = [bound for bound in bounds if _CUDA.fullmatch(bound)]
    kind = "the plain wheel" if variant is None else variant.label
    return Promise(
        levels=levels_by_machine,
        extensions=extensions,
        described=", ".join(described) or f"{kind}: the baseline",
        architectures=frozenset(architectures) if architectures else None,
        cuda=min(lower, key=Version, default=""),
        is_baseline=is_baseline,
        machines=_machines(name.platform),
    )


def _machines(platforms: str) -> frozenset[str]:
    found = [
        machine
        for platform in platforms.split(".")
        for ending, machine in _MACHINES.items()
        if platform.endswith(ending)
    ]
    return frozenset(found)


def _platform(platform: str, machine: str) -> frozenset[str]:
    found = (
        extensions
        for (start, of), extensions in _PLATFORMS.items()
        if of == machine and platform.startswith(start)
    )
    return frozenset().union(*found)
