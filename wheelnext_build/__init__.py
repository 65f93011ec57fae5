"""wheelnext-build: a PEP 517 and PEP 660 build backend that builds wheel variants with CMake.

The hooks wrap scikit-build-core's. Without a request for variants they do what it does.
"""

from __future__ import annotations

from .system.exit_status import Loading

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing is not imported at run time, so that Ctrl-C is handled early
    from collections.abc import Callable
    from typing import Any

__version__ = "0.1.0"

ConfigSettings = dict[str, str | list[str]]
"""``-C key=value`` as frontends pass it: a key given twice has a list of values."""


def get_requires_for_build_wheel(config_settings: ConfigSettings | None = None) -> list[str]:
    """PEP 517: return what :func:`build_wheel` needs beyond ``build-system.requires``."""
    with Loading():
        from . import backend

    return backend.get_requires_for_build("wheel", config_settings)


def get_requires_for_build_editable(config_settings: ConfigSettings | None = None) -> list[str]:
    """PEP 660: return what :func:`build_editable` needs beyond ``build-system.requires``."""
    with Loading():
        from . import backend

    return backend.get_requires_for_build("editable", config_settings)


def get_requires_for_build_sdist(config_settings: ConfigSettings | None = None) -> list[str]:
    """PEP 517: return what :func:`build_sdist` needs beyond ``build-system.requires``."""
    with Loading():
        from . import backend

    return backend.get_requires_for_build_sdist(config_settings)


def build_wheel(
    wheel_directory: str,
    config_settings: ConfigSettings | None = None,
    metadata_directory: str | None = None,
) -> str:
    """PEP 517: build the plain wheel or the requested variants; return one file name."""
    with Loading():
        from . import backend

    return backend.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str,
    config_settings: ConfigSettings | None = None,
    metadata_directory: str | None = None,
) -> str:
    """PEP 660: build an editable wheel, of a variant if one is requested."""
    with Loading():
        from . import backend

    return backend.build_editable(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: ConfigSettings | None = None) -> str:
    """PEP 517: build the source distribution; it is the same for all variants."""
    with Loading():
        from . import backend

    return backend.build_sdist(sdist_directory, config_settings)


def __getattr__(name: str) -> Callable[..., Any]:
    # scikit-build-core has these two hooks only for projects whose metadata can be prepared without
    # a build. A frontend finds out by looking for the attribute.
    if name in ("prepare_metadata_for_build_wheel", "prepare_metadata_for_build_editable"):
        with Loading():
            from . import backend

        return backend.prepare_metadata_hook("wheel" if name.endswith("_wheel") else "editable")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
