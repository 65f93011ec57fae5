"""What properties change about a build, as a value: flags, architectures, defines, requirements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

DIALECTS = ("gnu", "gnu-legacy", "clang-cl", "msvc")
"""The ways to spell a CPU flag. cmake/WheelnextBuildConfig.cmake knows which compiler speaks which:
``gnu`` is GCC 11, Clang 12 and newer, in C, C++ and Fortran; ``gnu-legacy`` is what came before."""


@dataclass(frozen=True)
class Effect:
    """What a property, or all properties of a variant together, change about a build.

    ``cpu_flags`` are by dialect, ``flags`` by CMake language; ``cuda_architectures`` and
    ``hip_architectures`` are in CMake's spelling; ``requires`` are further build requirements;
    ``needs_cuda`` asks for a CUDA compiler. ``rocm_versions`` are those that a HIP compiler may be
    of; empty for any.
    ``no_flags`` records that the author knows of a property without effect (the project reads it
    for itself), ``share_tree`` that what defines and environment change may be built in the common
    tree.
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
        """Whether compilers or the linker are called with other arguments."""
        return bool(
            self.cpu_flags
            or self.flags
            or self.link_flags
            or self.cuda_architectures
            or self.needs_hip
        )

    @property
    def needs_hip(self) -> bool:
        """Whether the project must enable the language HIP.

        Not where the author knows better: C++ that hipcc compiles has other variables.
        """
        return bool(self.hip_architectures) and not self.no_flags

    @property
    def changes_build(self) -> bool:
        """Whether anything at all about the build differs from the plain one's."""
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
        """Whether what CMake remembers of another variant could be wrong for this one."""
        return bool(self.define or self.environment) and not self.share_tree
