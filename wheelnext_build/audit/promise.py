"""What a wheel promises: which processors and GPUs its code may ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from packaging.version import Version

from ..variants.instruction_sets import extension_named, extensions_up_to, levels
from ..variants.variant import Variant
from ..wheels.name import WheelName

BASELINES: Mapping[str, str] = {machine: levels(machine)[0] for machine in ("x86_64", "aarch64")}
"""What plain wheels may need where a project says nothing else."""

_FEATURES = {"x86_64": "level", "aarch64": "version"}
"""The feature of each processor namespace that has a level for its value."""

_ON = frozenset({"on", "true", "yes", "1"})

_PLATFORMS: Mapping[tuple[str, str], frozenset[str]] = {
    # The oldest Macs that macOS 10.12 runs on, and what clang compiles for there unasked.
    ("macosx", "x86_64"): frozenset({"CX16", "LAHF_SAHF", "SSE3", "SSSE3", "SSE4.1"}),
    # Apple's first: clang's apple-m1.
    ("macosx", "aarch64"): extensions_up_to("8.5a", "aarch64")
    | {"AES", "FHM", "FP16", "PMULL", "SHA1", "SHA2", "SHA3", "SHA512"},
    # Windows 8.1 and newer do not start without.
    ("win", "x86_64"): frozenset({"CX16", "LAHF_SAHF"}),
}
"""What all of a platform's processors have beyond the lowest level, by the start of its tag."""

_MACHINES: Mapping[str, str] = {
    "_x86_64": "x86_64",
    "_amd64": "x86_64",
    "_aarch64": "aarch64",
    "_arm64": "aarch64",
}
"""The endings of platform tags for one processor; ``universal2`` is for both, and not here."""

_CUDA = re.compile(r"\d{1,4}(\.\d{1,4})*")


@dataclass(frozen=True)
class Promise:
    """What the code of a wheel may need.

    ``levels`` and ``extensions`` are by machine: the level, and the extensions beyond the lowest
    one. ``described`` names the promise as it stands in the wheel. ``architectures`` are the GPU
    architectures that must be there, all of them and no other (``90_real``, ``gfx90a``); None where
    the wheel does not say. ``cuda`` is the oldest CUDA version whose driver must do, empty where it
    is not said. ``is_baseline`` says that of processors no more is asked than of a plain wheel's.
    ``machines`` are the processors that the platform tags name; empty where they name none.
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
    """The promise of a wheel by its name, its variant (None for a plain wheel) and the baselines.

    Of several levels any will do for the installer, so the lowest counts. A feature of a
    processor's namespace with a value such as ``on`` is an extension of that name.
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
    # No installer knows any other value of it, and so none promises anything by them.
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
