"""Find what a migration cannot decide by reading the project's files, without running them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from . import compile_flags
from .edit import table
from .note import Note, SourcePlace
from .requires import THEIRS, admits, read_requirement
from .toml_lines import line_of

_THIS = "pyproject.toml"
_FIRST_PYTHON = 11
_NEEDED = {
    "packaging": ("24.2", "wheelnext-build needs packaging>=24.2"),
    "ninja": (
        "1.13",
        (
            "building several variants at once (tool.wheelnext-build.parallel-trees) needs "
            "ninja>=1.13"
        ),
    ),
}

_CI_FILES = (
    ".github/workflows/*.yml",
    ".github/workflows/*.yaml",
    ".github/actions/*/action.yml",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    ".cirrus.yml",
    "azure-pipelines.yml",
    ".readthedocs.y*ml",
    "noxfile.py",
    "tox.ini",
    "Makefile",
    "justfile",
    "Dockerfile*",
    "*requirements*.txt",
    "*requirements*.in",
    "requirements/*.txt",
    "requirements/*.in",
    "environment*.y*ml",
    "pixi.toml",
    "conda*/meta.yaml",
    "recipe/*.yaml",
)
_MENTION = re.compile(r"scikit[-_]build[-_]core|--no-(?:build-)?isolation\b", re.IGNORECASE)

_SKIPPED_FOLDERS = ("build", "_skbuild", "dist", "node_modules", "venv", "site-packages")
_LARGEST = 1 << 20

Where = Callable[..., tuple[SourcePlace, ...]]


def collect(folder: Path, pyproject: Mapping[str, Any], text: str) -> list[Note]:
    """Return all notes for the maintainer; ``text`` is the text of pyproject.toml."""

    def where(*path: str | int, containing: str = "", what: str = "") -> tuple[SourcePlace, ...]:
        return (SourcePlace(_THIS, line_of(text, *path, containing=containing), what),)

    tool = table(pyproject, "tool")
    return [
        *_pythons(table(pyproject, "project"), where),
        *_bounds(pyproject, where),
        *compile_flags.notes(cmake_files(folder)),
        *_skbuild(table(tool, "scikit-build"), where),
        *_environments(folder, pyproject, where),
        *_cibuildwheel(tool, where),
    ]


def cmake_files(folder: Path) -> dict[str, str]:
    """Return the project's CMake code: paths below the folder, and contents."""
    found = {}
    for top, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if _is_source(Path(top, name)))
        for name in sorted(files):
            path = Path(top, name)
            if name == "CMakeLists.txt" or name.endswith(".cmake"):
                found[path.relative_to(folder).as_posix()] = _read(path)
    return found


def _is_source(folder: Path) -> bool:
    if folder.name.startswith((".", "cmake-build")) or folder.name in _SKIPPED_FOLDERS:
        return False
    return not any((folder / name).exists() for name in ("CMakeCache.txt", "pyvenv.cfg"))


def _pythons(project: Mapping[str, Any], where: Where) -> Iterator[Note]:
    try:
        wanted = SpecifierSet(str(project.get("requires-python", ">=3.11")))
        old = [f"3.{minor}" for minor in range(7, _FIRST_PYTHON) if f"3.{minor}.99" in wanted]
    except ValueError:  # also raised for a number with too many digits
        return
    if old:
        yield Note(
            f"the project also supports Python {', '.join(old)}, but wheelnext-build needs 3.11 or "
            "newer: it can build no wheels for them, neither for a release nor from the sdist. "
            "Raise requires-python, or keep scikit_build_core.build until then",
            where("project", "requires-python"),
        )


def _bounds(pyproject: Mapping[str, Any], where: Where) -> Iterator[Note]:
    """Yield notes on bounds in ``build-system.requires`` that exclude what this backend needs."""
    for text in table(pyproject, "build-system").get("requires", []):
        item = _requirement(text)
        floor, why = _NEEDED.get(item.name if item else "", ("", ""))
        if item and floor and not admits(item.specifier, Version(floor)):
            yield Note(
                f"{text!r} in build-system.requires: {why}, and no version fits both. Relax the "
                "bound",
                where("build-system", "requires", containing=text),
            )


def _skbuild(skbuild: Mapping[str, Any], where: Where) -> Iterator[Note]:
    base = ("tool", "scikit-build")
    build_dir = skbuild.get("build-dir")
    if isinstance(build_dir, str) and "{" in build_dir:
        yield Note(
            "builds of only the plain wheel still use this folder; builds of variants use "
            "wheelnext-<platform> beside it, one folder for all interpreters: add it to caches "
            "and ignore files",
            where(*base, "build-dir", what=build_dir),
        )
    overrides = skbuild.get("overrides")
    for index, item in enumerate(overrides if isinstance(overrides, list) else []):
        condition = table(item, "if")
        if "failed" in condition or "failed" in table(condition, "any"):
            yield Note(
                "if CMake fails, this override applies only to the plain wheel; if a variant "
                "cannot be compiled, the build fails",
                where(*base, "overrides", index),
            )
    args = str(table(skbuild, "cmake").get("args", ""))
    define = table(table(skbuild, "cmake"), "define").get("CMAKE_PROJECT_INCLUDE", "")
    if "-DCMAKE_PROJECT_INCLUDE" in args or not isinstance(define, str):
        key = ("define", "CMAKE_PROJECT_INCLUDE") if define else ("args",)
        yield Note(
            "CMAKE_PROJECT_INCLUDE adds a variant's flags to the build. The project's own file is "
            "also included if it is a plain string in tool.scikit-build.cmake.define: write it "
            "there",
            where(*base, "cmake", *key, containing="CMAKE_PROJECT_INCLUDE"),
        )


def _environments(folder: Path, pyproject: Mapping[str, Any], where: Where) -> Iterator[Note]:
    places = [*_requirement_lists(pyproject, where), *_mentions(folder)]
    if places:
        yield Note(
            "if scikit-build-core is installed here for builds without isolation, also install "
            "wheelnext-build",
            tuple(places),
        )


def _requirement_lists(pyproject: Mapping[str, Any], where: Where) -> Iterator[SourcePlace]:
    """Yield requirements of scikit-build-core outside ``build-system``.

    Also yield settings of uv that disable build isolation.
    """
    lists: list[tuple[tuple[str, ...], object]] = [
        (("project", "dependencies"), table(pyproject, "project").get("dependencies"))
    ]
    tables: tuple[tuple[str, ...], ...] = (
        ("project", "optional-dependencies"),
        ("dependency-groups",),
    )
    for path in tables:
        groups = table(pyproject, *path)
        lists += [((*path, name), value) for name, value in groups.items()]
    for path, value in lists:
        for text in value if isinstance(value, list) else []:
            item = _requirement(text)
            if item and canonicalize_name(item.name) == THEIRS:
                yield from where(*path, containing=text, what=text)
    uv = ("tool", "uv")
    for key in ("no-build-isolation", "no-build-isolation-package"):
        value = table(pyproject, *uv).get(key)
        if value:
            yield from where(*uv, key, what=key)


def _mentions(folder: Path) -> Iterator[SourcePlace]:
    for path in sorted({path for pattern in _CI_FILES for path in folder.glob(pattern)}):
        for number, line in enumerate(_read(path).split("\n"), 1):
            if _MENTION.search(line) and not line.lstrip().startswith("#"):
                yield SourcePlace(path.relative_to(folder).as_posix(), number, line.strip())


def _cibuildwheel(tool: Mapping[str, Any], where: Where) -> Iterator[Note]:
    if "cibuildwheel" in tool:
        yield Note(
            "cibuildwheel still builds plain wheels. For variants it needs config-settings, a "
            "repair command and a test command: docs/releasing.md",
            where("tool", "cibuildwheel"),
        )


def _requirement(text: object) -> Requirement | None:
    try:
        return read_requirement(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _read(path: Path) -> str:
    """Return a file's text; empty if it cannot be read, or is too long to be hand-written."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return ""
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
