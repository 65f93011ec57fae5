"""What a build must know of scikit-build-core's own settings, from all of their sources."""

from __future__ import annotations

import logging
import os
import re
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from ..errors import RequestError
from . import toml_file
from .hook_settings import WheelKind

Settings = Mapping[str, str | list[str]]


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a warning of scikit-build-core tells more than that it does not know our table."""
    return not record.getMessage().endswith("top-level of pyproject.toml: variant")


# Here, because the hooks and their workers all come by before they call scikit-build-core.
logging.getLogger("scikit_build_core").addFilter(_is_news)

_FALSE = ("", "0", "false", "no", "off")
_REBUILD_DIR = ("editable", "rebuild-dir")


def in_place(settings: Settings) -> Path | None:
    """The folder that an editable build works in where it is to work in place."""
    if _setting(settings, "editable", "mode") != "inplace":
        return None
    return Path(_setting(settings, "cmake", "source-dir") or ".").absolute()


def rebuilds_itself(settings: Settings) -> bool:
    """Whether an editable install is to build again what changed, after this build has ended.

    Raises RequestError where it could not: scikit-build-core checks the same, but what it sees is
    the folder that this package gives it.
    """
    on_import = _setting(settings, "editable", "rebuild").lower() not in _FALSE
    wanted = on_import or bool(_setting(settings, *_REBUILD_DIR))
    if wanted and kept_folder(settings) is None and in_place(settings) is None:
        raise RequestError(
            "an editable install that rebuilds itself needs a build folder that stays: set "
            "tool.scikit-build.build-dir"
        )
    return wanted


def editable_environment(settings: Settings, label: str) -> dict[str, str]:
    """The variables with which a variant's editable install shares no folder with another's."""
    folder = _setting(settings, *_REBUILD_DIR)
    if not folder:
        return {}
    return {_variable(*_REBUILD_DIR): f"{folder.rstrip('/')}-{label}"}


def editable_folder(settings: Settings, label: str) -> Path | None:
    """Where the tree of an editable install is kept; None where the project has no build-dir.

    Unlike a wheel, the install lives on what is there. So each variant and each interpreter has a
    folder, and no build for another one changes it.
    """
    kept = kept_folder(settings)
    if kept is None:
        return None
    suffix = sysconfig.get_config_var("EXT_SUFFIX")  # .cpython-313t-x86_64-linux-gnu.so
    interpreter = suffix.split(".")[1] if suffix else sysconfig.get_platform()
    return kept.with_name(f"wheelnext-editable-{interpreter}") / f"variant-{label}"


def kept_folder(settings: Settings) -> Path | None:
    """Where the trees are kept: below the project's build-dir; None where it has none."""
    configured = _setting(settings, "build-dir")
    if not configured:
        return None
    # The fields of a build-dir tell interpreters and platforms apart. The trees of variants are for
    # all interpreters: what does not depend on Python is compiled once.
    base = configured.partition("{")[0] or "build/"
    base = base if base.endswith(("/", "\\")) or "{" not in configured else base.rpartition("/")[0]
    return Path(base or ".").absolute() / f"wheelnext-{sysconfig.get_platform()}"


def uses_cmake(settings: Settings) -> bool:
    """Whether the plain wheel is built with CMake, as far as settings tell without overrides."""
    return (_setting(settings, "wheel", "cmake") or "true").lower() not in _FALSE


def plain_folders(settings: Settings) -> tuple[Path, ...]:
    """Where scikit-build-core builds the plain wheel, but for what the fields of build-dir add."""
    configured = _setting(settings, "build-dir")
    temporary = Path(tempfile.gettempdir())
    return (temporary, Path(configured).absolute()) if configured else (temporary,)


def check_taken_files(settings: Settings) -> None:
    """Raise RequestError where the wheel takes files out of the build folder by its name.

    Each wheel of several has a folder of its own; what lies in ``build-dir`` is of another build.
    """
    folder = _setting(settings, "build-dir")
    if not folder or "{" in folder:
        return
    for source in _skbuild_table().get("wheel", {}).get("force-include", {}):
        if Path(source).absolute().is_relative_to(Path(folder).absolute()):
            raise RequestError(
                f"tool.scikit-build.wheel.force-include takes {source!r} out of the build folder, "
                "but variants are built in folders of their own: have CMakeLists.txt install() it"
            )


def generator(settings: Settings) -> str:
    """The CMake generator that is asked for; empty where none is."""
    args = f"{_setting(settings, 'cmake', 'args')} {os.environ.get('CMAKE_ARGS', '')}"
    match = re.search(r"-G[\s;]*([\w ]+)", args) or re.search(r"-DCMAKE_GENERATOR\S*=(\S+)", args)
    if match:
        return match[1].strip()
    defined = {**project_defines(), **settings}
    named = _text(defined.get("cmake.define.CMAKE_GENERATOR"))
    return named or os.environ.get("CMAKE_GENERATOR", "")


def tool_args(settings: Settings) -> str:
    """What the build tool is told beyond what to build."""
    return _setting(settings, "build", "tool-args")


def project_name() -> str:
    """The project's name, as it may stand in the name of a folder."""
    name = _pyproject().get("project", {}).get("name", "")
    return canonicalize_name(name) if name and isinstance(name, str) else "project"


def has_fallback() -> bool:
    """Whether overrides say what to build where the build with CMake fails."""
    overrides = _skbuild_table().get("overrides", [])
    conditions = [item["if"] for item in overrides]  # scikit-build-core has checked them
    return any("failed" in {**item, **item.get("any", {})} for item in conditions)


def has_variant_requirements() -> bool:
    """Whether what wheels or their builds need is said in this package's own table."""
    table = _pyproject().get("tool", {}).get("wheelnext-build", {})
    return isinstance(table, dict) and bool({"dependencies", "build-requires"} & table.keys())


def generates_sources() -> bool:
    """Whether scikit-build-core writes files into the source folder in each build."""
    table = _skbuild_table()
    entries = (
        entry for part in (table, *table.get("overrides", [])) for entry in part.get("generate", [])
    )
    return any(entry.get("location") == "source" for entry in entries)


def requirements_are_fixed() -> bool:
    """Whether the build requirements cannot depend on the variant in the environment."""
    dynamic = _pyproject().get("project", {}).get("dynamic")
    return not dynamic and not _skbuild_table().get("overrides")


def project_defines() -> dict[str, str]:
    """The plain entries of pyproject.toml's cmake.define, written as config settings."""
    cmake = _skbuild_table().get("cmake")
    define = cmake.get("define") if isinstance(cmake, dict) else None
    return {
        f"cmake.define.{name}": value
        for name, value in (define if isinstance(define, dict) else {}).items()
        if isinstance(value, str)
    }


def take_define(settings: dict[str, str | list[str]], kind: WheelKind, name: str) -> str:
    """The project's own value of a CMake variable that is ours to set: ours includes it.

    It may come from overrides, which test the environment, and from a define that names a variable
    of it: so scikit-build-core itself is asked, in the environment of the build.
    """
    from scikit_build_core.settings.skbuild_read_settings import SettingsReader

    reader = SettingsReader(_pyproject(), settings, state=kind, retry=False)
    for prefix in ("", "skbuild."):
        settings.pop(f"{prefix}cmake.define.{name}", None)
    return str(reader.settings.cmake.define.get(name, ""))


def is_reproducible(settings: Settings) -> bool:
    """Whether the same input is to give the same bytes: dates are fixed, by one way or another."""
    if os.environ.get("SOURCE_DATE_EPOCH"):
        return True
    return _setting(settings, "wheel", "reproducible").lower() not in _FALSE


def _setting(settings: Settings, *path: str) -> str:
    """A setting of scikit-build-core from its three sources, the strongest first."""
    variable = _variable(*path)
    key = ".".join(path)
    table: object = _skbuild_table()
    for part in path:
        table = table.get(part) if isinstance(table, dict) else None
    given = (os.environ.get(variable), settings.get(key), settings.get(f"skbuild.{key}"), table)
    return next((value for value in map(_text, given) if value), "")


def _variable(*path: str) -> str:
    """The environment variable of a setting of scikit-build-core."""
    return "_".join(("SKBUILD", *path)).replace("-", "_").upper()


def _pyproject() -> dict[str, Any]:
    return toml_file.parsed(Path("pyproject.toml").read_bytes())


def _skbuild_table() -> Mapping[str, Any]:
    table = _pyproject().get("tool", {}).get("scikit-build", {})
    return table if isinstance(table, dict) else {}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return value if isinstance(value, str) else ""
