"""Features of a machine in the namespaces that installers know without running a plugin.

A provider entry counts under the same conditions as in uv 0.13.9, so that a selection here is the
one that uv makes. ``abi_dependency`` is never supported: uv 0.13.9 can read such properties, but
its resolver does not ask for them yet, and ignores each variant that has one.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from ..errors import RequestError
from ..variants.instruction_sets import detected_levels
from ..variants.metadata import Provider, VariantMetadata
from ..variants.order import Features, RankedVariant, Supported, rank_variants
from . import probe
from .capabilities import (
    AARCH64_DEFAULT,
    NEWEST_CUDA,
    OLDEST_CUDA,
    X86_64_DEFAULT,
    ComputeCapability,
    CudaVersion,
    aarch64_version_of,
    nvidia_features,
    steps,
    x86_64_level_of,
)

NO_GPU = "none"
"""The override for a machine without an NVIDIA driver or GPU."""
FORCE_CUDA = "NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION"
FORCE_SM = "NV_VARIANT_PROVIDER_FORCE_SM_ARCH"
FORCE_TPU = "TPU_VARIANT_PROVIDER_FORCE_PRESENT"


@dataclass(frozen=True)
class Vendored:
    """A provider that uv has a copy of; ``plugin_api`` is None if it is the default."""

    package: str
    version: str
    plugin_api: str | None = None


VENDORED: Mapping[str, Vendored] = {
    "aarch64": Vendored("aarch64-variant-provider", "0.2.0"),
    "nvidia": Vendored(
        "nvidia-variant-provider", "0.0.1", "nvidia_variant_provider.plugin:NvidiaVariantPlugin"
    ),
    "tpu": Vendored(
        "tpu-variant-provider", "0.1.0", "tpu_variant_provider.plugin:TpuVariantPlugin"
    ),
    "x86_64": Vendored("x86-64-variant-provider", "0.2.1"),
}

_APPLE_CHIPS = ("M1", "M2", "M3", "M4", "M5")
_CAPABILITY = re.compile(r"\s*([0-9]{1,3})\s*\.\s*([0-9]{1,3})\s*")
_TRUE = ("1", "true", "yes")


@dataclass(frozen=True)
class Host:
    """The features of a machine that decide which variants fit.

    ``x86_64_level`` and ``aarch64_version`` are None on another processor, ``cuda`` (of the driver)
    and ``sm`` (the best compute capability) without an NVIDIA GPU. ``notes`` are for the reader:
    each names a fact that could not be detected, and the value that is assumed.
    """

    x86_64_level: str | None = None
    aarch64_version: str | None = None
    cuda: CudaVersion | None = None
    sm: ComputeCapability | None = None
    tpu: bool = False
    notes: tuple[str, ...] = ()

    @classmethod
    def detect(
        cls,
        *,
        x86_64_level: str | None = None,
        aarch64_version: str | None = None,
        cuda: str | None = None,
        sm: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Self:
        """Return this machine; values that are given replace detected ones.

        A level or version also says which processor it is: the other family's is then None.
        ``cuda`` and ``sm`` may be ``none``. ``env`` (default: the process's) may have the variables
        by which users of uv override an accelerator. Raises RequestError for an unknown value.
        """
        env = os.environ if env is None else env
        notes: list[str] = []
        _check("x86-64 level", x86_64_level, detected_levels("x86_64"))
        _check("aarch64 version", aarch64_version, detected_levels("aarch64"))
        if x86_64_level is None and aarch64_version is None:
            family = probe.machine()
            x86_64_level = _detect_x86_64(notes) if family == "x86_64" else None
            aarch64_version = _detect_aarch64(notes) if family == "aarch64" else None
        driver, capability = _detect_nvidia(
            cuda or env.get(FORCE_CUDA, ""), sm or env.get(FORCE_SM, ""), notes
        )
        forced_tpu = env.get(FORCE_TPU)
        tpu = probe.has_tpu() if forced_tpu is None else forced_tpu.lower() in _TRUE
        return cls(x86_64_level, aarch64_version, driver, capability, tpu, tuple(notes))

    def features(self, namespace: str) -> Features | None:
        """Return the supported features of a namespace; None if nothing is known about it."""
        if namespace == "x86_64":
            return steps("level", detected_levels("x86_64"), self.x86_64_level)
        if namespace == "aarch64":
            return steps("version", detected_levels("aarch64"), self.aarch64_version)
        if namespace == "nvidia" and self.cuda is not None:
            return nvidia_features(self.cuda, self.sm)
        if namespace == "tpu":
            return (("present", ("true" if self.tpu else "false",)),)
        return None

    def supported(self, metadata: VariantMetadata) -> Supported:
        """Return the supported features of each namespace whose provider entry counts."""
        found = {
            name: self.features(name)
            for name, provider in metadata.providers.items()
            if not provider_problem(name, provider)
        }
        return {name: features for name, features in found.items() if features is not None}

    def reasons(self, metadata: VariantMetadata) -> dict[str, str]:
        """Return, by namespace, why :meth:`supported` does not have it."""
        reasons = {}
        for name, provider in metadata.providers.items():
            if problem := provider_problem(name, provider):
                reasons[name] = problem
            elif self.features(name) is None:
                reasons[name] = "no NVIDIA driver, or one outside the range that uv knows"
        return reasons

    def rank(self, metadata: VariantMetadata) -> tuple[RankedVariant, ...]:
        """Return the variants of a release, ranked for this machine by :func:`rank_variants`."""
        return rank_variants(metadata, self.supported(metadata), self.reasons(metadata))


def provider_problem(namespace: str, provider: Provider) -> str:
    """Return why installers get no answer from a provider entry; '' if they get one.

    Static properties are the answer if an entry has them. For an entry with a requirement, the copy
    in uv answers if the requirement is for that package and allows that version.
    """
    if provider.builtin is not None:
        return f"installers do not select by the builtin {provider.builtin!r} yet"
    if provider.static_properties:
        return ""
    if namespace not in VENDORED:
        return "no installer carries a provider for the namespace, and none runs plugins yet"
    if len(provider.requires) != 1:
        return "the provider entry must have exactly one requirement"
    return _requirement_problem(VENDORED[namespace], provider)


def _requirement_problem(vendored: Vendored, provider: Provider) -> str:
    try:
        requirement = Requirement(provider.requires[0])
        has_version = requirement.specifier.contains(vendored.version)
    except (ValueError, RecursionError):  # also raised for thousands of digits or brackets
        return f"{provider.requires[0]!r} is not a requirement"
    if canonicalize_name(requirement.name) != vendored.package:
        return f"the provider must be {vendored.package}, not {requirement.name}"
    if requirement.extras or requirement.marker or requirement.url:
        return "the provider's requirement must have no extra, marker or URL"
    if not has_version:
        return f"{requirement} leaves out version {vendored.version}, the one that uv carries"
    default = vendored.package.replace("-", "_")
    expected = vendored.plugin_api or default
    if (provider.plugin_api or default) != expected:
        wanted = expected if vendored.plugin_api else f"{expected} or left out"
        return f"plugin-api must be {wanted}"
    return ""


def _check(what: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        raise RequestError(f"{value!r} is no {what}; known: {', '.join(known)}")


def _detect_x86_64(notes: list[str]) -> str:
    if flags := probe.x86_64_flags():
        if sys.platform == "win32":
            notes.append("Windows tells of few features; the x86-64 level is concluded from those")
        return x86_64_level_of(flags)
    notes.append(
        f"the processor's features cannot be read; {X86_64_DEFAULT} is assumed, as uv does"
    )
    return X86_64_DEFAULT


def _detect_aarch64(notes: list[str]) -> str:
    if sys.platform == "darwin":
        brand = probe.macos_brand().split()
        if brand[:1] == ["Apple"] and brand[1:2] and brand[1] in _APPLE_CHIPS:
            return "8.4a"
    elif sys.platform == "linux" and (cores := probe.linux_arm_cores()):
        return aarch64_version_of(cores, probe.linux_hwcap())
    notes.append(f"the processor is not known; {AARCH64_DEFAULT} is assumed, as uv does")
    return AARCH64_DEFAULT


def _detect_nvidia(
    cuda: str, sm: str, notes: list[str]
) -> tuple[CudaVersion | None, ComputeCapability | None]:
    """Return the driver's CUDA version and the compute capability; detect those not given."""
    if cuda == NO_GPU:
        return None, None
    version, capability = (None, None) if cuda and sm else _query_nvidia(notes)
    if cuda:
        version = _cuda_version(cuda)
    if sm:
        capability = None if sm == NO_GPU else _compute_capability(sm)
    if version is None and capability is not None:
        notes.append("a compute capability without a CUDA version selects nothing: give both")
    return version, capability


def _query_nvidia(notes: list[str]) -> tuple[CudaVersion | None, ComputeCapability | None]:
    driver = probe.nvidia_driver()
    if driver is None:
        return None, None
    version = _cuda_version(driver[0])
    capabilities = [_compute_capability(text) for text in driver[1] if _CAPABILITY.fullmatch(text)]
    capability = max(capabilities, default=None)
    if OLDEST_CUDA <= version <= NEWEST_CUDA:
        return version, capability
    notes.append(f"the driver's CUDA version {driver[0]} is outside the range that uv knows")
    return None, capability


def _cuda_version(text: str) -> CudaVersion:
    try:
        major, minor, *_ = (*Version(text).release, 0)
    except ValueError:
        raise RequestError(f"{text!r} is no CUDA version; write it like 12.8") from None
    return major, minor


def _compute_capability(text: str) -> ComputeCapability:
    found = _CAPABILITY.fullmatch(text)
    if found is None:
        raise RequestError(f"{text!r} is no compute capability; write it like 9.0")
    return int(found[1]), int(found[2])
