"""scikit-build-core's own settings for one wheel, as its SettingsReader has them.

All of its sources count: pyproject.toml with its overrides, environment variables and config
settings. Overrides may test the variant's environment, so each wheel has settings of its own.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from ..errors import RequestError
from ..system.processes import replaced_environment
from .hook_settings import KEEP_GOING_VARIABLE, Settings, WheelKind

State = Literal["sdist", "wheel", "editable", "metadata_wheel", "metadata_editable"]
"""scikit-build-core's word for the product of a hook; overrides may test it."""


def _is_news(record: logging.LogRecord) -> bool:
    """Return False for scikit-build-core's warning that it does not know our table."""
    return not record.getMessage().endswith("top-level of pyproject.toml: variant")


# Here, because hooks and workers load this module before they call scikit-build-core.
logging.getLogger("scikit_build_core").addFilter(_is_news)


@dataclass(frozen=True)
class SkbuildSettings:
    """The settings of scikit-build-core that a build depends on.

    ``build_dir`` still has its fields in braces and is empty if there is none. ``generator`` is
    empty if no CMake generator is named; ``tool_args`` are the build tool's arguments besides its
    targets. ``cmake_define`` are the plain entries of ``cmake.define``. ``environment`` are the
    process's variables and those of ``tool.scikit-build.env``.
    """

    build_dir: str
    source_dir: Path
    uses_cmake: bool
    is_reproducible: bool
    is_in_place: bool
    rebuilds_itself: bool
    rebuild_dir: str
    generates_sources: bool
    generator: str
    tool_args: tuple[str, ...]
    cmake_define: Mapping[str, str]
    force_include: tuple[str, ...]
    environment: Mapping[str, str]

    @classmethod
    def read(
        cls,
        pyproject: Mapping[str, Any],
        settings: Settings,
        state: State,
        environment: Mapping[str, str],
    ) -> Self:
        """Read all sources for a hook; raises SkbuildSettingsError for mistakes in them."""
        from scikit_build_core.builder.builder import set_environment_from_settings
        from scikit_build_core.settings.skbuild_read_settings import SettingsReader

        given = dict(settings)
        # Defines that name a variable read os.environ. Warnings are hidden here: the hook prints
        # them again.
        with replaced_environment(environment), _reported():
            found = SettingsReader(dict(pyproject), given, state=state).settings
        variables = dict(environment)
        set_environment_from_settings(variables, found)
        define = {name: str(value) for name, value in found.cmake.define.items()}
        editable = found.editable
        return cls(
            build_dir=found.build_dir,
            source_dir=Path(found.cmake.source_dir),
            uses_cmake=bool(found.wheel.cmake),
            # scikit-build-core fixes dates in either case.
            is_reproducible=bool(variables.get("SOURCE_DATE_EPOCH") or found.wheel.reproducible),
            is_in_place=editable.mode == "inplace",
            rebuilds_itself=bool(editable.rebuild or editable.rebuild_dir),
            rebuild_dir=editable.rebuild_dir,
            generates_sources=any(item.location == "source" for item in found.generate),
            generator=_generator(found.cmake.args, define, variables),
            tool_args=tuple(found.build.tool_args),
            cmake_define=define,
            force_include=tuple(map(str, found.wheel.force_include)),
            environment=variables,
        )

    @property
    def in_place(self) -> Path | None:
        """The folder in which an editable build works in place; None if it does not."""
        return self.source_dir.absolute() if self.is_in_place else None

    def kept_folder(self) -> Path | None:
        """Return the folder for build trees that are kept, below ``build-dir``; None without one.

        The fields of a build-dir separate interpreters and platforms. The trees of variants serve
        all interpreters: code that does not depend on Python is compiled once.
        """
        if not self.build_dir:
            return None
        base = self.build_dir.partition("{")[0] or "build/"
        if "{" in self.build_dir and not base.endswith(("/", "\\")):
            base = base.rpartition("/")[0]
        return Path(base or ".").absolute() / f"wheelnext-{sysconfig.get_platform()}"

    def editable_folder(self, label: str) -> Path | None:
        """Return the folder for the kept tree of an editable install; None without a build-dir.

        Unlike a wheel, the install uses the files in it. So each variant and each interpreter has a
        folder, and no build for another one changes it.
        """
        kept = self.kept_folder()
        if kept is None:
            return None
        suffix = sysconfig.get_config_var("EXT_SUFFIX")  # .cpython-313t-x86_64-linux-gnu.so
        interpreter = suffix.split(".")[1] if suffix else sysconfig.get_platform()
        return kept.with_name(f"wheelnext-editable-{interpreter}") / f"variant-{label}"

    def plain_folders(self) -> tuple[Path, ...]:
        """Return the folders in which scikit-build-core may build the plain wheel.

        Fields of build-dir are not filled in.
        """
        temporary = Path(tempfile.gettempdir())
        return (temporary, Path(self.build_dir).absolute()) if self.build_dir else (temporary,)

    def check_taken_files(self) -> None:
        """Raise RequestError if a variant's wheel takes files from the build folder by its name.

        Each variant's wheel has a folder of its own; ``build-dir`` has files of another build.
        """
        if not self.build_dir or "{" in self.build_dir:
            return
        for source in self.force_include:
            if Path(source).absolute().is_relative_to(Path(self.build_dir).absolute()):
                raise RequestError(
                    f"tool.scikit-build.wheel.force-include takes {source!r} out of the build "
                    "folder, but variants are built in folders of their own: have CMakeLists.txt "
                    "install() it"
                )


class SkbuildSettingsError(RequestError):
    """Settings that scikit-build-core refuses; the message is its own."""


@contextlib.contextmanager
def _reported() -> Iterator[None]:
    """Hide all output; raise SkbuildSettingsError with the message if scikit-build-core refuses."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            yield
    except SystemExit:
        lines = [line for line in said.getvalue().splitlines() if "WARNING" not in line]
        reason = " ".join(lines).removeprefix("ERROR: ")
    except ExceptionGroup as error:
        reason = "; ".join(map(str, error.exceptions))
    except (TypeError, ValueError) as error:
        reason = str(error)
    else:
        return
    raise SkbuildSettingsError(f"scikit-build-core refuses its settings: {reason}")


def without_define(settings: Settings, name: str) -> dict[str, str | list[str]]:
    """Return config settings that do not define a CMake variable."""
    ours = (f"cmake.define.{name}", f"skbuild.cmake.define.{name}")
    return {key: value for key, value in settings.items() if key not in ours}


def editable_variables(settings: SkbuildSettings, label: str) -> dict[str, str]:
    """Return the variables with which a variant's editable install has a rebuild-dir of its own."""
    if not settings.rebuild_dir:
        return {}
    return {"SKBUILD_EDITABLE_REBUILD_DIR": f"{settings.rebuild_dir.rstrip('/')}-{label}"}


def metadata_state(kind: WheelKind) -> State:
    """Return scikit-build-core's state in a hook that prepares metadata."""
    return "metadata_wheel" if kind == "wheel" else "metadata_editable"


def _generator(args: list[str], define: Mapping[str, str], environment: Mapping[str, str]) -> str:
    text = " ".join([*args, environment.get("CMAKE_ARGS", "")])
    match = re.search(r"-G[\s;]*([\w ]+)", text) or re.search(r"-DCMAKE_GENERATOR\S*=(\S+)", text)
    if match:
        return match[1].strip()
    return define.get("CMAKE_GENERATOR", "") or environment.get("CMAKE_GENERATOR", "")


def plain_environment() -> dict[str, str]:
    """Return this process's variables without those of a variant.

    This build may run within the build of another project's variant.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("WHEELNEXT_") or name == KEEP_GOING_VARIABLE
    }
