"""The CUDA compiler: the one that is configured, one from PyPI, and what it may promise."""

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

from ..errors import ToolchainError
from ..variants.known_properties import has_ptx, toolkit_bound
from ..variants.variant import Variant

_PACKAGES = (
    "nvidia-cuda-nvcc",
    "nvidia-nvvm",
    "nvidia-cuda-crt",
    "nvidia-cuda-runtime",
    "nvidia-cuda-cccl",
)
"""What makes a whole toolkit of NVIDIA's packages on PyPI: the compiler driver, its code generator,
its headers, the runtime and the C++ core libraries."""

_FIRST_ON_PYPI = 13
"""PyPI's packages for older CUDA releases have no nvcc in them."""

_NVCC = "nvcc.exe" if os.name == "nt" else "nvcc"
_USUAL_NVCC = Path("/usr/local/cuda/bin", _NVCC)
"""Where NVIDIA's installer puts it; not always on PATH."""

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
        """Whether CMake uses this compiler without being told by us."""
        return self.configured or self.source == "PATH"

    @property
    def define(self) -> dict[str, str]:
        """The cache entries with which CMake uses this compiler, and finds its runtime library."""
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
        """What the compiler needs to find its own libraries.

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
        """Why this toolkit cannot build ``variant``; None where it can.

        A program runs on drivers of its toolkit's major version (CUDA's minor version
        compatibility), except that PTX is compiled by the driver, which reads none that is newer.
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
    """What must be installed so that all variants with nvidia properties can be compiled.

    ``define`` has the CMake variables that scikit-build-core's settings define. Empty if a usable
    compiler is there. Raises ToolchainError if there is none to install.
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
    # The oldest is right for all: code for its drivers runs on the newer ones of its major version.
    return [f"{name}=={releases[0].major}.{releases[0].minor}.*" for name in _PACKAGES]


def _any_release(variants: list[Variant], define: Mapping[str, str]) -> str:
    """The versions on PyPI that fit variants which promise no oldest driver."""
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
    """The compiler to build ``variant`` with; None where it has no nvidia property.

    Raises ToolchainError where no compiler fits what the variant promises.
    """
    if not _needs_cuda(variant):
        return None
    toolkit, _ = _choose(variant, define)
    if toolkit is None:
        raise _missing([variant], define)
    return toolkit


def cmake_finds_one() -> bool:
    """Whether CMake finds a CUDA compiler without being told by us."""
    return bool(os.environ.get("CUDACXX")) or shutil.which("nvcc") is not None


def _needs_cuda(variant: Variant) -> bool:
    return "nvidia" in variant.namespaces


def _choose(variant: Variant, define: Mapping[str, str]) -> tuple[Toolkit | None, list[str]]:
    """The first toolkit that fits, and why the others do not.

    One that the user configured is used or refused; no other takes its place silently.
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
        except ToolchainError as error:  # a broken one is no reason to do without another
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
    """Compilers that nobody named, in the order in which they are tried."""
    if nvcc := shutil.which("nvcc"):
        yield "PATH", nvcc
    if _USUAL_NVCC.is_file():
        yield "/usr/local/cuda", str(_USUAL_NVCC)
    for path in _from_pypi():
        yield "PyPI", str(path)


def _configured(define: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Compilers that the user names, the strongest word first."""
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
    """The compilers of NVIDIA's packages in this environment, the newest first."""
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
    """``13`` and ``13.0`` are the same release."""
    return Version(f"{version.major}.{version.minor}")
