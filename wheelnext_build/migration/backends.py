"""Check that a project can be switched, and explain why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from ..errors import MigrationError
from .edit import BACKEND, SKBUILD_BACKEND, build_system, table
from .note import SourcePlace
from .requires import THEIRS, read_requirement

_TO_SKBUILD = (
    "Switch to scikit_build_core.build first (https://scikit-build-core.readthedocs.io), compare "
    "the wheels, then run this again"
)

_PLUGIN = f"; scikit-build-core is its plugin here. {_TO_SKBUILD}"

_OTHERS = {
    "mesonpy": "meson-python, but wheelnext-build builds with CMake: the project needs a "
    "CMakeLists.txt",
    "maturin": "maturin, for Rust, but wheelnext-build builds with CMake. To label a wheel that "
    "maturin built, use `wheelnext-build label --property`",
}


def check(folder: Path, pyproject: Mapping[str, Any]) -> None:
    """Raise MigrationError, which says what to do, if the project cannot be switched.

    Raises RequestError if ``build-system`` itself is invalid.
    """
    if "build-system" not in pyproject:
        raise MigrationError(
            f"{_name(folder)}: no [build-system], so setuptools builds it. {_TO_SKBUILD}"
        )
    system = build_system(pyproject)
    backend = str(system.get("build-backend", "setuptools.build_meta"))
    if "backend-path" in system and backend != BACKEND:
        _check_own_backend(folder, backend, system["backend-path"])
    elif backend not in (BACKEND, SKBUILD_BACKEND):
        raise MigrationError(f"{_name(folder)}: build-backend is {_described(backend, pyproject)}")
    _check_cmake(folder, table(pyproject, "tool", "scikit-build"))


def _described(backend: str, pyproject: Mapping[str, Any]) -> str:
    """Describe a backend, and what to do about it."""
    requires = {canonicalize_name(name) for name in _names(build_system(pyproject)["requires"])}
    module = backend.partition(":")[0]
    if module in _OTHERS:
        return f"{backend!r}, {_OTHERS[module]}"
    if module.startswith("scikit_build_core.setuptools"):
        return f"{backend!r}: setuptools makes the wheel{_PLUGIN}"
    if THEIRS in requires:
        return f"{backend!r}{_PLUGIN}"
    if "scikit-build" in requires:
        return (
            f"{backend!r}, with scikit-build (skbuild), the predecessor of scikit-build-core. "
            f"{_TO_SKBUILD}"
        )
    return f"{backend!r}, not scikit-build-core. {_TO_SKBUILD}"


def _names(requires: list[str]) -> Iterator[str]:
    for text in requires:
        try:
            yield read_requirement(text).name
        except ValueError:
            continue


def _check_own_backend(folder: Path, backend: str, paths: object) -> None:
    """Raise MigrationError unless the project's own backend wraps this one already."""
    mentions: list[SourcePlace] = []
    for path in _modules(folder, backend, paths):
        code = path.read_text(encoding="utf-8", errors="replace")
        if BACKEND in code:
            return
        mentions += [
            SourcePlace(path.relative_to(folder).as_posix(), number, line.strip())
            for number, line in enumerate(code.splitlines(), 1)
            if "scikit_build_core" in line
        ]
    text = f"{_name(folder)}: build-backend {backend!r} is the project's own (backend-path)"
    if not mentions:
        raise MigrationError(
            f"{text}, and no import of scikit-build-core was found in it. Call the hooks of "
            "wheelnext_build in it, which have the same names as those of "
            "scikit_build_core.build, then run this again"
        )
    raise MigrationError(
        f"{text}. Import the hooks from wheelnext_build, not from scikit_build_core.build, then "
        "run this again:\n" + "\n".join(f"    {place}" for place in mentions)
    )


def _modules(folder: Path, backend: str, paths: object) -> Iterator[Path]:
    """Yield the existing files that may be the backend's module."""
    module = backend.partition(":")[0].replace(".", "/")
    for path in paths if isinstance(paths, list) else []:
        for name in (f"{module}.py", f"{module}/__init__.py"):
            found = folder / str(path) / name
            if found.is_file():
                yield found


def _check_cmake(folder: Path, skbuild: Mapping[str, Any]) -> None:
    overrides = skbuild.get("overrides")
    tables = [skbuild, *(overrides if isinstance(overrides, list) else [])]
    if not any(table(item, "wheel").get("cmake", True) for item in tables):
        raise MigrationError(
            f"{_name(folder)}: tool.scikit-build.wheel.cmake is false, so CMake compiles nothing "
            "and all variants would be equal. Keep scikit_build_core.build"
        )
    sources = [str(table(item, "cmake").get("source-dir", ".")) for item in tables]
    if not any((folder / source / "CMakeLists.txt").is_file() for source in sources):
        raise MigrationError(
            f"{folder / sources[0] / 'CMakeLists.txt'}: no such file, but wheelnext-build compiles "
            "variants with CMake. Give the folder of a CMake project, or set "
            "tool.scikit-build.cmake.source-dir"
        )


def _name(folder: Path) -> str:
    return str(folder / "pyproject.toml")
