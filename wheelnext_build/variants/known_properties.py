"""The known properties: their effect on a build, their labels and their providers.

Sources: the psABI's microarchitecture levels (x86-64 psABI, "Micro-architecture levels"), the GCC,
Clang and MSVC manuals for the flags, CMake's CUDA_ARCHITECTURES and HIP_ARCHITECTURES for
architectures, the provider entries that uv implements itself, and the plugins of AMD and Ascend.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from packaging.version import Version

from .effects import Effect
from .instruction_sets import X86_64_LEVELS, detected_levels
from .metadata import Provider
from .variant import Variant


@dataclass(frozen=True)
class KnownFeature:
    """A feature of a known namespace: its values, and their form in a label.

    ``values`` lists all values, lowest first; it is empty if ``pattern`` describes them.
    """

    label: str
    values: tuple[str, ...] = ()
    pattern: str = ""
    example: str = ""

    def allows(self, value: str) -> bool:
        return value in self.values if self.values else bool(re.fullmatch(self.pattern, value))

    @property
    def expected(self) -> str:
        """Return a description of the allowed values."""
        return f"one of {', '.join(self.values)}" if self.values else f"written like {self.example}"


@dataclass(frozen=True)
class KnownNamespace:
    """A namespace that this package knows: its provider entry and its features.

    ``machine`` is the processor family of all its variants, if any. ``features`` is empty if any
    project's name is a feature (abi_dependency). ``in_installers`` records that uv supports the
    namespace without the plugin.
    """

    provider: Provider
    features: Mapping[str, KnownFeature]
    machine: str | None = None
    any_feature: KnownFeature | None = None
    in_installers: bool = True

    def feature(self, name: str) -> KnownFeature | None:
        return self.features.get(name, self.any_feature)


_GCC_NAMES = {"LAHF_SAHF": "sahf"}
"""Extensions with another name in GCC's option."""

# cl.exe has no option between SSE2, its baseline on x64, and AVX, so v1 and v2 are built alike.
_X86_64_MSVC = {"v1": (), "v2": (), "v3": ("/arch:AVX2",), "v4": ("/arch:AVX512",)}

_ASCEND = r"\d+\.\d+(\.\d+)?(\.rc\d+)?"

KNOWN: Mapping[str, KnownNamespace] = {
    "nvidia": KnownNamespace(
        Provider(
            requires=("nvidia-variant-provider >=0.0.1",),
            plugin_api="nvidia_variant_provider.plugin:NvidiaVariantPlugin",
        ),
        {
            "cuda_version_lower_bound": KnownFeature(
                "cu{}", pattern=r"\d+(\.\d+)?", example="12.8"
            ),
            "cuda_version_upper_bound": KnownFeature(
                "below{}", pattern=r"\d+(\.\d+)?", example="14"
            ),
            "sm_arch": KnownFeature(
                "sm{}", pattern=r"\d{2,3}[af]?_(real|virtual)", example="90_real"
            ),
        },
    ),
    "amd": KnownNamespace(
        # Since 0.0.2, an installer can call the methods on the class.
        Provider(
            requires=("amd-variant-provider >=0.0.2",),
            plugin_api="amd_variant_provider.plugin:AMDVariantPlugin",
        ),
        {
            "rocm_version": KnownFeature("rocm{}", pattern=r"\d+\.\d+", example="7.0"),
            "gfx_arch": KnownFeature("{}", pattern=r"gfx\d{1,2}[0-9a-f]{2}", example="gfx90a"),
        },
        in_installers=False,
    ),
    "ascend": KnownNamespace(
        Provider(
            requires=("ascend-variant-provider >=0.0.2",),
            plugin_api="ascend_variant_provider.plugin:AscendVariantPlugin",
        ),
        {
            "npu_type": KnownFeature("ascend_{}", pattern=r"(\d+[a-z]+|a\d+)\d*", example="910b"),
            "driver_version": KnownFeature("ascend_driver{}", pattern=_ASCEND, example="25.2.0"),
            "cann_version": KnownFeature("cann{}", pattern=_ASCEND, example="8.2.rc1"),
        },
        in_installers=False,
    ),
    "tpu": KnownNamespace(
        Provider(
            requires=("tpu-variant-provider >=0.1",),
            plugin_api="tpu_variant_provider.plugin:TpuVariantPlugin",
        ),
        {"present": KnownFeature("tpu_{}", values=("false", "true"))},
    ),
    "abi_dependency": KnownNamespace(
        Provider(builtin="abi_dependency"),
        {},
        any_feature=KnownFeature(
            "{feature}{}",
            pattern=r"(0|[1-9]\d{0,7})(\.(0|[1-9]\d{0,7})){0,2}",
            example="2.9 (a release prefix of one to three parts)",
        ),
    ),
    "x86_64": KnownNamespace(
        Provider(requires=("x86-64-variant-provider >=0.2",)),
        {"level": KnownFeature("x86_64_{}", values=detected_levels("x86_64"))},
        machine="x86_64",
    ),
    "aarch64": KnownNamespace(
        Provider(requires=("aarch64-variant-provider >=0.2",)),
        {"version": KnownFeature("aarch64_{}", values=detected_levels("aarch64"))},
        machine="aarch64",
    ),
}
"""The known namespaces in their default priority: accelerators before processors."""


def default_priority(namespaces: Iterable[str]) -> tuple[str, ...]:
    """Return namespaces in the order of preference of a project that states none.

    Accelerators come first, then namespaces that are not in :data:`KNOWN`, then processors.
    """
    known = list(KNOWN)
    middle = known.index("x86_64") - 0.5
    ranks = {name: float(known.index(name)) if name in KNOWN else middle for name in namespaces}
    return tuple(sorted(ranks, key=lambda name: (ranks[name], name)))


def machines_of(variant: Variant) -> tuple[str, ...]:
    """Return the processor families of the variant's namespaces."""
    known = (KNOWN[name].machine for name in variant.namespaces if name in KNOWN)
    return tuple(sorted({machine for machine in known if machine is not None}))


def readable_value(namespace: str, feature: str, values: tuple[str, ...]) -> str:
    """Return the short form of values in a label: ``("80_real",)`` is ``80``; ``_`` joins several.

    Different values have different forms: PTX, the ``_virtual`` architectures, is ``ptx90``.
    """
    if (namespace, feature) == ("nvidia", "sm_arch"):
        values = tuple(_readable_architecture(value) for value in values)
    return "_".join(values)


def readable_label(variant_features: Mapping[str, Mapping[str, tuple[str, ...]]]) -> str:
    """Return the default label of a set of properties, such as ``x86_64_v3`` or ``cu13.0_sm80``."""
    parts = []
    for namespace in default_priority(variant_features):
        known = KNOWN.get(namespace)
        for name, values in variant_features[namespace].items():
            feature = known.feature(name) if known else None
            template = feature.label if feature else f"{namespace}_{name}_{{}}"
            parts.append(template.format(readable_value(namespace, name, values), feature=name))
    return "_".join(parts)


def known_effect(variant: Variant) -> Effect:
    """Return the effect of a variant's known properties on its build."""
    effects = (effect(variant) for effect in (_x86_64, _aarch64, _nvidia, _amd, _abi_dependency))
    return reduce(Effect.__or__, effects)


def toolkit_bound(variant: Variant) -> Version | None:
    """Return the oldest CUDA version with a driver that runs the variant; None if unbounded."""
    bounds = variant.values("nvidia", "cuda_version_lower_bound")
    return min(map(Version, bounds), default=None)


def has_ptx(variant: Variant) -> bool:
    """Return whether the variant contains PTX, which the user's driver compiles."""
    return any(value.endswith("_virtual") for value in variant.values("nvidia", "sm_arch"))


def _readable_architecture(value: str) -> str:
    number, _, kind = value.partition("_")
    return f"ptx{number}" if kind == "virtual" else number


def _x86_64(variant: Variant) -> Effect:
    levels = variant.values("x86_64", "level")
    if not levels:
        return Effect()
    # A variant with several levels must run on a machine of the lowest.
    lowest = min(levels)
    march = "-march=x86-64" if lowest == "v1" else f"-march=x86-64-{lowest}"
    return Effect(
        cpu_flags={
            "gnu": (march,),
            "gnu-legacy": ("-march=x86-64", *_options_up_to(lowest)),
            "clang-cl": (f"/clang:{march}",),
            "msvc": _X86_64_MSVC[lowest],
        }
    )


def _options_up_to(highest: str) -> tuple[str, ...]:
    """Return the options for all extensions of a level, for compilers without levels."""
    options = [
        f"-m{_GCC_NAMES.get(extension, extension.lower())}"
        for level, added in X86_64_LEVELS.items()
        if level <= highest
        for extension in sorted(added)
    ]
    # GCC's x86-64-v3 has XSAVE instead of OSXSAVE, which the operating system sets.
    return (*options, "-mxsave") if highest >= "v3" else tuple(options)


def _aarch64(variant: Variant) -> Effect:
    versions = variant.values("aarch64", "version")
    if not versions:
        return Effect()
    number = min(versions, key=detected_levels("aarch64").index).removesuffix("a")
    march = f"-march=armv{number}-a"
    return Effect(
        cpu_flags={
            "gnu": (march,),
            "gnu-legacy": (march,),
            "clang-cl": (f"/clang:{march}",),
            "msvc": ("/arch:armv8.0" if number == "8" else f"/arch:armv{number}",),
        }
    )


def _nvidia(variant: Variant) -> Effect:
    architectures = variant.values("nvidia", "sm_arch")
    return Effect(
        cuda_architectures=tuple(value.replace("_", "-") for value in architectures),
        needs_cuda="nvidia" in variant.namespaces,
    )


def _amd(variant: Variant) -> Effect:
    return Effect(
        hip_architectures=variant.values("amd", "gfx_arch"),
        rocm_versions=variant.values("amd", "rocm_version"),
    )


def _abi_dependency(variant: Variant) -> Effect:
    # Users may have any of several releases; build with the oldest.
    features = variant.as_mapping().get("abi_dependency", {})
    return Effect(
        requires=tuple(
            f"{name.replace('_', '-')}=={min(values, key=Version)}.*"
            for name, values in features.items()
        )
    )
