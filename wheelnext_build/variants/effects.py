"""The effect of properties on a build: flags, architectures, defines, requirements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

DIALECTS = ("gnu", "gnu-legacy", "clang-cl", "msvc")
"""Spellings of CPU flags. cmake/WheelnextBuildConfig.cmake chooses the one of each compiler:
``gnu`` is for GCC 11, Clang 12 and newer, in C, C++ and Fortran; ``gnu-legacy`` for older ones."""


@dataclass(frozen=True)
class Effect:
    """The effect of one property, or of all properties of a variant, on a build.

    ``cpu_flags`` are by dialect, ``flags`` by CMake language; ``cuda_architectures`` and
    ``hip_architectures`` are in CMake's spelling; ``requires`` are further build requirements;
    ``needs_cuda`` asks for a CUDA compiler. ``rocm_versions`` are the allowed versions
    of the HIP compiler; empty allows any.
    ``no_flags`` records that a property needs no flags, because the project reads it itself.
    ``share_tree`` allows defines and environment variables in the build tree of other variants.
    """

    cpu_flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    link_flags: tuple[str, ...] = ()
    cuda_architectures: tuple[str, ...] = ()
    hip_architectures: tuple[str, ...] = ()
    rocm_versions: tuple[str, ...] = ()
    define: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    needs_cuda: bool = False
    no_flags: bool = False
    share_tree: bool = True

    def __or__(self, other: Self) -> Self:
        return type(self)(
            {**self.cpu_flags, **other.cpu_flags},
            {
                language: (*self.flags.get(language, ()), *other.flags.get(language, ()))
                for language in {**self.flags, **other.flags}
            },
            (*self.link_flags, *other.link_flags),
            (*self.cuda_architectures, *other.cuda_architectures),
            (*self.hip_architectures, *other.hip_architectures),
            (*self.rocm_versions, *other.rocm_versions),
            {**self.define, **other.define},
            {**self.environment, **other.environment},
            (*self.requires, *other.requires),
            self.needs_cuda or other.needs_cuda,
            self.no_flags or other.no_flags,
            self.share_tree and other.share_tree,
        )

    @property
    def compiles_differently(self) -> bool:
        """Return whether compilers or the linker get other arguments."""
        return bool(
            self.cpu_flags
            or self.flags
            or self.link_flags
            or self.cuda_architectures
            or self.needs_hip
        )

    @property
    def needs_hip(self) -> bool:
        """Return whether the project must enable the language HIP.

        With ``no_flags`` it need not: C++ code compiled by hipcc uses other variables.
        """
        return bool(self.hip_architectures) and not self.no_flags

    @property
    def changes_build(self) -> bool:
        """Return whether the build differs from the plain build in any way."""
        return bool(
            self.compiles_differently
            or self.define
            or self.environment
            or self.requires
            or self.needs_cuda
            or self.rocm_versions
        )

    @property
    def needs_own_tree(self) -> bool:
        """Return whether the CMake cache of another variant could be wrong for this one."""
        return bool(self.define or self.environment) and not self.share_tree
