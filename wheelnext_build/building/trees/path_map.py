"""Reproducible builds: keep this machine's folders out of the files that compilers write.

If SOURCE_DATE_EPOCH or scikit-build-core's ``wheel.reproducible`` fixes dates, the same input must
give the same bytes. ``cmake/WheelnextBuildPaths.cmake`` then has compilers write other names for
the folders of the build (``-ffile-prefix-map``).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ...config.hook_settings import Settings
from ...config.skbuild_settings import SkbuildSettings, without_define
from .cmake_files import module_folder

_INCLUDES = "CMAKE_PROJECT_TOP_LEVEL_INCLUDES"


def added(
    settings: Settings, skbuild: SkbuildSettings, overlay: Path | None = None
) -> dict[str, str | list[str]]:
    """Return config settings for the build of a wheel in this process that map its folders.

    ``overlay`` is a folder of build requirements of this wheel alone. Nothing is added if dates are
    not fixed.
    """
    if not skbuild.is_reproducible:
        return dict(settings)
    ours = (module_folder() / "WheelnextBuildPaths.cmake").as_posix()
    own = skbuild.cmake_define.get(_INCLUDES, "")
    folders = dict.fromkeys(path.as_posix() for path in _environment(overlay))
    values = {
        _INCLUDES: ";".join(filter(None, [own, ours])),
        "WHEELNEXT_SOURCE_FOLDER": Path().absolute().as_posix(),
        "WHEELNEXT_ENVIRONMENT_FOLDERS": ";".join(folders),
    }
    defines = {f"cmake.define.{name}": value for name, value in values.items()}
    return without_define(settings, _INCLUDES) | defines


def _environment(overlay: Path | None) -> Iterator[Path]:
    """Yield the folders of the build's Python packages, by each name that a compiler may see."""
    # Only the environment that a frontend made for this build. The base installation counts as
    # part of the toolchain.
    prefixes = [Path(sys.prefix)] if sys.prefix != sys.base_prefix else []
    for entry in map(Path, sys.path):  # pip's build environment is not a virtual environment
        prefixes += [path for path in entry.parents if path.name.startswith("pip-build-env-")]
    for folder in (*prefixes, *([overlay] if overlay else [])):
        yield folder
        yield folder.resolve()
