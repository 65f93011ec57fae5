"""The wheels of one request: one pass of scikit-build-core per wheel, in shared CMake trees.

A pass changes cache variables and one generated file; CMake configures again and Ninja, which
remembers each command line, rebuilds just what differs. Nothing here guesses what is shared.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from . import cmakefiles, cuda, skbuildsettings
from .config import Config, Declared
from .errors import BuildError
from .skbuildsettings import Settings
from .stamp import stamp
from .tree import Tree
from .wheelfile import atomic_file, make_folder

PLAIN = "plain"
"""What the plain wheel is called where labels stand."""

KEEP_GOING_VARIABLE = "WHEELNEXT_KEEP_GOING"
"""Set by the command line's ``--keep-going``: a failed variant does not stop the others."""

BuildHook = Callable[[str, dict[str, str | list[str]] | None, str | None], str]


@dataclass(frozen=True)
class Job:
    """One wheel to build: a variant's, or, without ``declared``, the plain one."""

    declared: Declared | None
    toolkit: cuda.Toolkit | None = None

    @property
    def title(self) -> str:
        return self.declared.variant.label if self.declared else PLAIN


@dataclass(frozen=True)
class Builder:
    """Builds the jobs of one request into ``wheel_directory``.

    ``hook`` is scikit-build-core's build_wheel or build_editable, ``settings`` what it is to see.
    ``in_place`` is the tree of an editable build that leaves its binaries beside the sources.
    """

    config: Config
    hook: BuildHook
    settings: Settings
    wheel_directory: Path
    carriers: bool
    in_place: Path | None = None

    def run(self, jobs: list[Job]) -> list[str]:
        """Build all jobs in order; returns the names of their files.

        Raises BuildError at the first failure (or, when asked to keep going, after the last job);
        the wheels that were finished before stay, and nothing half-written does.
        """
        names: list[str] = []
        failures: list[str] = []
        with _trees_folder(self.settings) as folder:
            trees: dict[str, Tree] = {}
            for number, job in enumerate(jobs, 1):
                announce(f"({number}/{len(jobs)}) {job.title}: building")
                start = time.monotonic()
                key = self.tree_key(job, jobs)
                tree = trees.setdefault(key, Tree(self.in_place or folder / key))
                try:
                    name = self._wheel(job, tree)
                except BuildError as error:
                    failures.append(str(error))
                    if not os.environ.get(KEEP_GOING_VARIABLE):
                        break
                    announce(str(error), file=sys.stderr)
                    continue
                names.append(name)
                seconds = time.monotonic() - start
                announce(f"({number}/{len(jobs)}) {job.title}: done in {seconds:.1f} s, {name}")
        if failures:
            raise BuildError(_failure_report(failures, jobs, names))
        return names

    def tree_key(self, job: Job, jobs: list[Job]) -> str:
        """The name of the tree for a job; jobs with the same name share one.

        Flags for the whole project make everything differ, configure checks included, so each
        variant has a tree of its own. So has one that brings defines or environment, and one whose
        CUDA compiler is another than that of the variants before: a tree has one compiler for good.
        """
        own = f"variant-{job.title}"  # a label may be "..", which is no name of a folder
        if job.declared is not None:
            effect = job.declared.effect
            if effect.needs_own_tree or not effect.share_tree:
                return own
            if self.config.flags_scope == "project" and not job.declared.variant.is_null:
                return own
        if self.config.flags_scope == "project":
            return PLAIN
        compilers = [other.toolkit for other in jobs if other.toolkit]
        if job.toolkit is None and compilers and not compilers[0].is_default:
            return PLAIN
        return own if job.toolkit not in (None, *compilers[:1]) else "shared"

    def _wheel(self, job: Job, tree: Tree) -> str:
        with tempfile.TemporaryDirectory(prefix="wheelnext-build-") as staging:
            wheel = self._pass(job, tree, Path(staging))
            if job.declared is None:
                return publish(wheel, self.wheel_directory)
            metadata = self.config.metadata_of(job.declared.variant)
            return stamp(wheel, self.wheel_directory, metadata, carrier=self.carriers).name

    def _pass(self, job: Job, tree: Tree, staging: Path) -> Path:
        tree.reset()
        settings = dict(self.settings)
        in_project = self.config.flags_scope == "project"
        include = skbuildsettings.take_project_include(settings) if in_project else ""
        settings |= cmakefiles.write(tree.folder, job.declared, self.config, include)
        settings |= cmakefiles.defines(job.declared, self.config, job.toolkit)
        with environment(pass_environment(job, tree)):
            try:
                name = self.hook(str(staging), settings, None)
            except SystemExit as stop:
                if stop.code in (None, 0):
                    raise
                raise BuildError(f"{job.title}: the build failed, see above") from None
        self._check_applied(job, tree)
        tree.keep_base()
        return staging / name

    def _check_applied(self, job: Job, tree: Tree) -> None:
        if job.declared is None:
            return
        if skbuildsettings.has_fallback() and tree.gave_up() and not self.in_place:
            raise BuildError(
                f"{job.title}: the build failed, see above; what pyproject.toml's overrides with "
                "if.failed do instead makes no wheel of a variant"
            )
        if not job.declared.effect.compiles_differently:
            return
        if tree.applied() == job.title:
            return
        raise BuildError(
            f"{job.title}: the variant's flags reached no target, so its wheel would be a copy of "
            "the plain one. "
            + (
                "CMakeLists.txt must call find_package(WheelnextBuild) and "
                "wheelnext_target_variant(<target>...), or pyproject.toml must set "
                'tool.wheelnext-build.flags-scope = "project"'
                if self.config.flags_scope == "targets"
                else "The project must enable a language that they are for (CUDA for sm_arch), "
                "CMAKE_PROJECT_INCLUDE must not be set in CMAKE_ARGS or SKBUILD_CMAKE_DEFINE, "
                "and the project must be built with CMake"
            )
        )


def jobs_for(chosen: tuple[Declared, ...], *, plain: bool, settings: Settings) -> list[Job]:
    """The jobs of a request, the plain wheel first; raises ToolchainError before any is built."""
    toolkit_settings = {**skbuildsettings.project_defines(), **settings}
    toolkits = [cuda.toolkit_for(item.variant, toolkit_settings) for item in chosen]
    # A project may need a CUDA compiler for every wheel; where CMake would find none, it gets the
    # variants' one, and all can share a tree.
    lent = next((kit for kit in toolkits if kit is not None and not cuda.cmake_finds_one()), None)
    return [
        *([Job(None, lent)] if plain else []),
        *(Job(item, kit or lent) for item, kit in zip(chosen, toolkits, strict=True)),
    ]


def cuda_requirements(chosen: tuple[Declared, ...], settings: Settings) -> list[str]:
    """The compiler packages that the variants need where no usable compiler is configured."""
    variants = [item.variant for item in chosen]
    return cuda.requirements(variants, {**skbuildsettings.project_defines(), **settings})


def pass_environment(job: Job, tree: Tree | None) -> dict[str, str]:
    """The environment variables of a pass: what overrides and CMakeLists.txt may test."""
    variables = {}
    if job.declared is not None:
        variant = job.declared.variant
        variables["WHEELNEXT_VARIANT_LABEL"] = variant.label
        variables |= {
            f"WHEELNEXT_{namespace}_{feature}".upper(): ";".join(values)
            for namespace, features in variant.as_mapping().items()
            for feature, values in features.items()
        }
        variables |= job.declared.effect.environment
    if job.toolkit is not None:
        variables |= job.toolkit.environment
    if tree is not None:
        # scikit-build-core formats build-dir, and its environment variable beats all other ways.
        folder = str(tree.folder.absolute())
        variables["SKBUILD_BUILD_DIR"] = folder.replace("{", "{{").replace("}", "}}")
    return variables


@contextlib.contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """The process environment with these variables, and without another variant's."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("WHEELNEXT_") and name != KEEP_GOING_VARIABLE:
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def publish(wheel: Path, folder: Path) -> str:
    """Put a finished wheel into ``folder``, whole or not at all; returns its name."""
    make_folder(folder)
    target = folder / wheel.name
    with atomic_file(target) as stream, wheel.open("rb") as source:
        shutil.copyfileobj(source, stream)
    return wheel.name


def announce(text: str, file: TextIO | None = None) -> None:
    """One line about where the build is; the command line's progress display reads it."""
    print(f"*** wheelnext-build {text}", file=file or sys.stdout, flush=True)


@contextlib.contextmanager
def _trees_folder(settings: Settings) -> Iterator[Path]:
    """Where the trees are: below the project's build-dir where it has one, else for this call."""
    kept = skbuildsettings.kept_folder(settings)
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="wheelnext-build-") as folder:
        yield Path(folder).resolve()


def _failure_report(failures: list[str], jobs: list[Job], names: list[str]) -> str:
    left = len(jobs) - len(names) - len(failures)
    lines = [*failures, f"{len(names)} of {len(jobs)} wheels were built"]
    if left:
        lines[-1] += f"; {left} more were not tried (--keep-going tries all)"
    return "\n".join(lines)
