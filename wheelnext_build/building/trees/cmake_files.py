"""Pass a variant's settings to CMake: in the generated variant file, and as cache entries."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...config.config import Config, Declared
from ...variants.effects import DIALECTS, Effect
from ..environment.cuda import Toolkit

VARIANT_FILE = "wheelnext-variant.cmake"


def write(
    folder: Path, declared: Declared | None, config: Config, next_include: str
) -> dict[str, str | list[str]]:
    """Write the pass's variant file into the tree; return the settings that point CMake to it.

    The path is the same for all passes of a tree, so that it does not change command lines.
    """
    path = folder / VARIANT_FILE
    path.write_text(content(declared, config), encoding="utf-8")
    settings: dict[str, str | list[str]] = {
        "cmake.fresh": "false",
        "cmake.define.WHEELNEXT_VARIANT_FILE": path.as_posix(),
    }
    if config.flags_scope == "project":
        include = module_folder() / "WheelnextBuildProject.cmake"
        settings["cmake.define.CMAKE_PROJECT_INCLUDE"] = include.as_posix()
        settings["cmake.define.WHEELNEXT_NEXT_PROJECT_INCLUDE"] = next_include
    return settings


def defines(
    declared: Declared | None, config: Config, toolkit: Toolkit | None
) -> dict[str, str | list[str]]:
    """Return the cache entries of a wheel, as scikit-build-core's settings."""
    effect = declared.effect if declared else Effect()
    entries = dict(effect.define)
    if toolkit is not None:
        entries |= toolkit.define
    if config.flags_scope == "project":
        if effect.cuda_architectures:
            entries["CMAKE_CUDA_ARCHITECTURES"] = ";".join(effect.cuda_architectures)
        if effect.hip_architectures:
            entries["CMAKE_HIP_ARCHITECTURES"] = ";".join(effect.hip_architectures)
    return {f"cmake.define.{name}": value for name, value in entries.items()}


def content(declared: Declared | None, config: Config) -> str:
    """Return the variant file: variables for users' CMakeLists.txt and for our own modules."""
    lines = ["# Written by wheelnext-build for one pass of the build; changes are lost."]
    if declared is None:
        lines += [_set("WHEELNEXT_VARIANT_LABEL", [""]), _set("WHEELNEXT_VARIANT_PROPERTIES", [])]
        return "\n".join(lines) + "\n"
    variant, effect = declared.variant, declared.effect
    lines += [
        _set("WHEELNEXT_VARIANT_LABEL", [variant.label]),
        _set("WHEELNEXT_VARIANT_PROPERTIES", map(str, variant.properties)),
        _set("_WHEELNEXT_FLAGS_SCOPE", [config.flags_scope]),
        _set("_WHEELNEXT_HAS_CPU_FLAGS", ["TRUE" if effect.cpu_flags else "FALSE"]),
        _set("_WHEELNEXT_LINK_FLAGS", effect.link_flags),
        _set("_WHEELNEXT_CUDA_ARCHITECTURES", effect.cuda_architectures),
        _set("_WHEELNEXT_HIP_ARCHITECTURES", effect.hip_architectures),
        _set("_WHEELNEXT_NEEDS_HIP", ["TRUE" if effect.needs_hip else "FALSE"]),
        _set("_WHEELNEXT_ROCM_VERSIONS", effect.rocm_versions),
    ]
    for namespace, features in variant.as_mapping().items():
        for feature, values in features.items():
            lines.append(_set(f"WHEELNEXT_{namespace}_{feature}".upper(), values))
    for dialect in DIALECTS:
        cpu_flags = effect.cpu_flags.get(dialect, ())
        lines.append(_set(f"_WHEELNEXT_CPU_FLAGS_{dialect}", map(_in_expression, cpu_flags)))
    for language, flags in effect.flags.items():
        lines.append(_set(f"_WHEELNEXT_FLAGS_{language}", map(_in_expression, flags)))
    return "\n".join(lines) + "\n"


def module_folder() -> Path:
    """Return the folder of this package's CMake modules."""
    package = Path(__file__).resolve().parents[2]
    # In a source tree the modules are a top-level folder; in a wheel they are in the package.
    installed = package / "cmake"
    return installed if installed.is_dir() else package.parent / "cmake"


def _in_expression(flag: str) -> str:
    """Return a flag, escaped for a generator expression."""
    # The backslash keeps CMake from splitting the expression's result as a list.
    return flag.replace(">", "$<ANGLE-R>").replace(";", "\\$<SEMICOLON>")


def _set(name: str, values: Iterable[str]) -> str:
    return f"set({name} " + " ".join(map(_bracketed, values)) + ")"


def _bracketed(value: str) -> str:
    """Return a value as a bracket argument, in which CMake evaluates nothing."""
    equals = "=="
    while f"]{equals}" in value:
        equals += "="
    return f"[{equals}[{value}]{equals}]"
