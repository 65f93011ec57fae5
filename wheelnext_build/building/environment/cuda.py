"""Choose the CUDA compiler: a configured one, an installed one, or one from PyPI."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from ...errors import ToolchainError
from ...variants.known_properties import has_ptx, toolkit_bound
from ...variants.variant import Variant

_PACKAGES = (
    "nvidia-cuda-nvcc",
    "nvidia-nvvm",
    "nvidia-cuda-crt",
    "nvidia-cuda-runtime",
    "nvidia-cuda-cccl",
)
"""NVIDIA's packages on PyPI that make a complete toolkit: the compiler driver, its code generator,
its headers, the runtime and the C++ core libraries."""

_FIRST_ON_PYPI = 13
"""The first CUDA release whose packages on PyPI include nvcc."""

_NVCC = "nvcc.exe" if os.name == "nt" else "nvcc"
USUAL_NVCC = Path("/usr/local/cuda/bin", _NVCC)
"""The nvcc of NVIDIA's installer, which is not always on PATH."""

_RELEASE = re.compile(r"release (\d+\.\d+)")


@dataclass(frozen=True)
class Toolkit:
    """An nvcc and the CUDA version that it belongs to; ``source`` says where it was found."""

    nvcc: Path
    version: Version
    source: str
    configured: bool = False

    @property
    def is_default(self) -> bool:
        """Whether CMake uses this compiler without our settings."""
        return self.configured or self.source == "PATH"

    @property
    def define(self) -> dict[str, str]:
        """The cache entries that make CMake use this compiler and find its runtime library."""
        if self.configured:
            return {}
        entries = {"CMAKE_CUDA_COMPILER": self.nvcc.as_posix()}
        # FindCUDAToolkit looks for libcudart.so; the packages on PyPI only have the versioned name.
        runtimes = sorted((self.nvcc.parent.parent / "lib").glob("libcudart.so.*"))
        if self._is_pypi_layout and runtimes:
            entries["CUDA_CUDART"] = runtimes[-1].as_posix()
        return entries

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that the compiler needs to find its own libraries.

        nvcc looks for them in ``lib64``; NVIDIA's packages on PyPI have them in ``lib``.
        """
        if not self._is_pypi_layout:
            return {}
        library = self.nvcc.parent.parent / "lib"
        flags = os.environ.get("NVCC_APPEND_FLAGS", "")
        return {"NVCC_APPEND_FLAGS": f'{flags} -L"{library}"'.strip()}

    @property
    def _is_pypi_layout(self) -> bool:
        root = self.nvcc.parent.parent
        return (root / "lib" / "libcudart_static.a").is_file() and not (root / "lib64").is_dir()

    def problem(self, variant: Variant) -> str | None:
        """Explain why this toolkit cannot build ``variant``, or return None if it can.

        A program runs on all drivers of its toolkit's major version (CUDA's minor version
        compatibility). PTX is an exception: the driver compiles it, and cannot read newer PTX.
        """
        found = f"CUDA {self.version} ({self.nvcc}, from {self.source})"
        bound = toolkit_bound(variant)
        if bound is not None and bound.major != self.version.major:
            return (
                f"variant {variant.label!r} promises to run on drivers of CUDA {bound}, but the "
                f"compiler is of {found}: the major versions must be the same"
            )
        if bound is not None and has_ptx(variant) and self.version > _release(bound):
            return (
                f"variant {variant.label!r} holds PTX and promises to run on drivers of CUDA "
                f"{bound}, but the compiler is of {found}: drivers cannot compile newer PTX"
            )
        for upper in variant.values("nvidia", "cuda_version_upper_bound"):
            if self.version >= Version(upper):
                return (
                    f"variant {variant.label!r} is for drivers below CUDA {upper}, but the "
                    f"compiler is of {found}: no such driver runs its code"
                )
        return None


def requirements(variants: Iterable[Variant], define: Mapping[str, str]) -> list[str]:
    """Return the requirements for compiling all variants with nvidia properties.

    ``define`` has the CMake variables that scikit-build-core's settings define. Empty if usable
    compilers are installed. Raises ToolchainError if no compiler on PyPI fits.
    """
    lacking = [variant for variant in variants if _needs_cuda(variant)]
    lacking = [variant for variant in lacking if _choose(variant, define)[0] is None]
    if not lacking:
        return []
    bounds = {variant.label: toolkit_bound(variant) for variant in lacking}
    releases = sorted({_release(bound) for bound in bounds.values() if bound is not None})
    if not releases:
        return [f"{name}{_any_release(lacking, define)}" for name in _PACKAGES]
    if releases[0].major < _FIRST_ON_PYPI:
        raise _missing(lacking, define)
    if releases[0].major != releases[-1].major:
        raise ToolchainError(
            "one build environment holds one CUDA compiler, but the variants need several: "
            + ", ".join(f"{label} needs {bound}" for label, bound in bounds.items())
            + "; build them in separate calls with -C variant-label=LABEL"
        )
    # The oldest release fits all: code for its drivers also runs on newer drivers of its major
    # version.
    return [f"{name}=={releases[0].major}.{releases[0].minor}.*" for name in _PACKAGES]


def _any_release(variants: list[Variant], define: Mapping[str, str]) -> str:
    """Return the version specifier for variants that promise no oldest driver."""
    uppers = [
        Version(value)
        for variant in variants
        for value in variant.values("nvidia", "cuda_version_upper_bound")
    ]
    if not uppers:
        return f">={_FIRST_ON_PYPI}"
    if min(uppers) <= Version(str(_FIRST_ON_PYPI)):
        raise _missing(variants, define)
    return f">={_FIRST_ON_PYPI},<{min(uppers)}"


def toolkit_for(variant: Variant, define: Mapping[str, str]) -> Toolkit | None:
    """Return the compiler to build ``variant`` with; None if it has no nvidia property.

    Raises ToolchainError if no compiler fits the variant's promise.
    """
    if not _needs_cuda(variant):
        return None
    toolkit, _ = _choose(variant, define)
    if toolkit is None:
        raise _missing([variant], define)
    return toolkit


def cmake_finds_one() -> bool:
    """Return whether CMake finds a CUDA compiler without our settings."""
    return bool(os.environ.get("CUDACXX")) or shutil.which("nvcc") is not None


def _needs_cuda(variant: Variant) -> bool:
    return "nvidia" in variant.namespaces


def _choose(variant: Variant, define: Mapping[str, str]) -> tuple[Toolkit | None, list[str]]:
    """Return the first toolkit that fits, and the problems of the others.

    If the user configured a toolkit, no other one is used; raises ToolchainError if it does not
    fit.
    """
    problems: list[str] = []
    for source, nvcc in _configured(define):
        toolkit = _toolkit(nvcc, source, configured=True)
        if problem := toolkit.problem(variant):
            raise ToolchainError(f"{problem}\nSet {source} to a toolkit that fits.")
        return toolkit, problems
    for source, nvcc in _installed():
        try:
            toolkit = _toolkit(nvcc, source, configured=False)
        except ToolchainError as error:  # it is broken, but the next one may fit
            problems.append(str(error))
            continue
        problem = toolkit.problem(variant)
        if problem is None:
            return toolkit, problems
        problems.append(problem)
    return None, problems


def _missing(variants: list[Variant], define: Mapping[str, str]) -> ToolchainError:
    wanted = ", ".join(
        f"{variant.label} (CUDA {toolkit_bound(variant) or 'of any version'})"
        for variant in variants
    )
    reasons = [problem for variant in variants for problem in _choose(variant, define)[1]]
    advice = (
        "Install a CUDA toolkit of that version and set CUDACXX to its nvcc; from CUDA "
        f"{_FIRST_ON_PYPI} on, an isolated build installs the compiler from PyPI itself."
    )
    lines = [f"no CUDA compiler fits {wanted}", *dict.fromkeys(reasons), advice]
    return ToolchainError("\n".join(lines))


def _installed() -> Iterator[tuple[str, str]]:
    """Yield installed compilers that the user did not name, in the order of trying them."""
    if nvcc := shutil.which("nvcc"):
        yield "PATH", nvcc
    if USUAL_NVCC.is_file():
        yield "/usr/local/cuda", str(USUAL_NVCC)
    for path in _from_pypi():
        yield "PyPI", str(path)


def _configured(define: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield compilers that the user names, the setting with the highest priority first."""
    try:
        arguments = shlex.split(os.environ.get("CMAKE_ARGS", ""))
    except ValueError as error:
        raise ToolchainError(f"CMAKE_ARGS cannot be taken apart: {error}") from None
    for argument in reversed(arguments):
        name, _, given = argument.removeprefix("-D").partition("=")
        if argument.startswith("-D") and name.partition(":")[0] == "CMAKE_CUDA_COMPILER":
            yield "CMAKE_CUDA_COMPILER (in CMAKE_ARGS)", given
    if value := define.get("CMAKE_CUDA_COMPILER"):
        yield "CMAKE_CUDA_COMPILER", value
    if nvcc := os.environ.get("CUDACXX"):
        yield "CUDACXX", nvcc


def _from_pypi() -> Iterator[Path]:
    """Yield the compilers of NVIDIA's packages in this environment, the newest first."""
    root = Path(sysconfig.get_path("purelib")) / "nvidia"
    yield from sorted(root.glob(f"cu*/bin/{_NVCC}"), reverse=True)


def _toolkit(nvcc: str, source: str, *, configured: bool) -> Toolkit:
    path = shutil.which(nvcc) or nvcc
    try:
        result = subprocess.run(
            [path, "--version"], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolchainError(f"{nvcc} (from {source}) cannot be run: {error}") from None
    match = _RELEASE.search(result.stdout)
    if match is None:
        raise ToolchainError(
            f"{nvcc} (from {source}) does not say which CUDA release it belongs to: "
            f"{(result.stdout or result.stderr).strip()[:200]!r}"
        )
    return Toolkit(Path(path), Version(match[1]), source, configured)


def _release(version: Version) -> Version:
    """Return a version as MAJOR.MINOR, so that ``13`` and ``13.0`` are the same release."""
    return Version(f"{version.major}.{version.minor}")
