"""A project's pyproject.toml, read once: its tables, and the settings that follow from them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from packaging.utils import canonicalize_name

from ..errors import RequestError
from ..system.files import read_input
from . import toml_file
from .build_target import BuildTarget
from .hook_settings import Settings
from .skbuild_settings import SkbuildSettings, State, plain_environment

if TYPE_CHECKING:
    from .config import Config

_OWN_REQUIREMENTS = {"dependencies", "build-requires"}
"""Keys of this package's table that also concern the plain wheel."""


@dataclass(frozen=True)
class Project:
    """The project in ``folder``; ``tables`` is its parsed pyproject.toml."""

    folder: Path
    tables: Mapping[str, Any]

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Read a folder's pyproject.toml (default: the current folder's).

        Raises RequestError if there is none, and ConfigurationError if it is not TOML.
        """
        folder = Path() if folder is None else folder
        path = folder / "pyproject.toml"
        try:
            content = read_input(path)
        except FileNotFoundError:
            raise RequestError(f"{path}: no such file; run in the folder of a project") from None
        except OSError as error:
            raise RequestError(f"{path}: {error.strerror}; name the folder of a project") from None
        return cls(folder, toml_file.parsed(content))

    @cached_property
    def config(self) -> Config:
        """The project's variants and settings; raises ConfigurationError with all mistakes."""
        from .config import parse

        return parse(self.tables)

    @property
    def name(self) -> str:
        """The project's name, fit for the name of a folder; ``project`` if it has none."""
        name = self.tables.get("project", {}).get("name", "")
        return canonicalize_name(name) if name and isinstance(name, str) else "project"

    @property
    def has_variant_requirements(self) -> bool:
        """Whether this package's table names requirements of wheels or of their builds."""
        table = self.tables.get("tool", {}).get("wheelnext-build", {})
        return isinstance(table, dict) and bool(_OWN_REQUIREMENTS & table.keys())

    @property
    def has_fixed_requirements(self) -> bool:
        """Whether build requirements cannot depend on the variant in the environment."""
        return not self.tables.get("project", {}).get("dynamic") and not self._overrides

    @property
    def has_fallback(self) -> bool:
        """Whether overrides say what to build if the build with CMake fails."""
        conditions = [item["if"] for item in self._overrides]  # scikit-build-core has checked them
        return any("failed" in {**item, **item.get("any", {})} for item in conditions)

    def skbuild_settings(
        self, settings: Settings, state: State, environment: Mapping[str, str]
    ) -> SkbuildSettings:
        """Return scikit-build-core's settings for a wheel that is built in ``environment``."""
        with contextlib.chdir(self.folder):
            return SkbuildSettings.read(self.tables, settings, state, environment)

    def target(self, settings: Settings | None = None, state: State = "wheel") -> BuildTarget:
        """Return the target of wheels that are built here.

        Variables of the process or in ``tool.scikit-build.env`` can name another machine than this.
        """
        if not any("env" in table for table in (self._skbuild, *self._overrides)):
            return BuildTarget.detect()
        found = self.skbuild_settings(settings or {}, state, plain_environment())
        return BuildTarget.detect(found.environment)

    @property
    def _skbuild(self) -> Mapping[str, Any]:
        table = self.tables.get("tool", {}).get("scikit-build", {})
        return table if isinstance(table, dict) else {}

    @property
    def _overrides(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self._skbuild.get("overrides", [])
        return found
