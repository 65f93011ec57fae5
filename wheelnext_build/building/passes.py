"""The passes through one build tree: each is one call of scikit-build-core and makes one wheel.

A pass changes cache variables and one generated file; CMake configures again and Ninja, which
remembers each command line, rebuilds just what differs. Nothing here guesses what is shared.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scikit_build_core import build as skbuild

from ..config import skbuild_settings
from ..config.config import Config
from ..config.hook_settings import WheelKind, keeps_going
from ..config.skbuild_settings import Settings
from ..errors import BuildError
from ..system import faults
from ..system.announce import announce
from ..system.locks import wheel_folders
from ..system.publishing import publish
from ..wheels.packing import fast_packing
from ..wheels.stamp import stamp
from . import cmake_files, overlay, path_map
from .jobs import Job, environment, pass_environment
from .self_check import SelfCheck
from .trees.tree import Tree


@dataclass(frozen=True)
class Numbered:
    """A job and its place among all jobs of the request, from 1."""

    number: int
    job: Job


@dataclass(frozen=True)
class Outcome:
    """What came of a job: the name of its wheel's file, or the error."""

    number: int
    filename: str = ""
    error: str = ""


@dataclass(frozen=True)
class Passes:
    """What all passes of a request have in common.

    ``settings`` is what scikit-build-core's hook for ``kind`` is to see; ``total`` the number of
    jobs in the request. The wheels go into ``wheel_directory``; ``audited`` is a folder in which
    all workers of a request note what they have audited.
    """

    config: Config
    kind: WheelKind
    settings: Settings
    wheel_directory: Path
    carriers: bool
    total: int
    audited: Path | None = None

    def run(self, jobs: Sequence[Numbered], tree: Tree) -> list[Outcome]:
        """Build the jobs in their order in one tree.

        The wheels that were finished before a failure stay, and nothing half-written does. After a
        failure the other jobs are tried only where that is asked for.
        """
        outcomes: list[Outcome] = []
        for numbered in jobs:
            place = f"({numbered.number}/{self.total}) {numbered.job.title}"
            announce(f"{place}: building")
            start = time.monotonic()
            try:
                name = self._wheel(numbered.job, tree)
            except BrokenPipeError:  # whoever reads our output is gone
                raise
            except (BuildError, OSError, MemoryError) as error:
                text = self._reason(error, numbered.job, tree)
                outcomes.append(Outcome(numbered.number, error=text))
                sys.stderr.flush()
                announce(f"{place}: failed")
                if not keeps_going():
                    break
                continue
            outcomes.append(Outcome(numbered.number, filename=name))
            announce(f"{place}: done in {time.monotonic() - start:.1f} s, {name}")
        return outcomes

    def _reason(self, error: BuildError | OSError | MemoryError, job: Job, tree: Tree) -> str:
        if isinstance(error, BuildError):
            return str(error)
        if isinstance(error, MemoryError):
            return f"{job.title}: out of memory"
        return f"{job.title}: {faults.message(error, self._folders(tree))}"

    def _folders(self, tree: Tree) -> tuple[Path, ...]:
        """Where a pass writes."""
        return (tree.folder, Path(tempfile.gettempdir()), self.wheel_directory)

    def _wheel(self, job: Job, tree: Tree) -> str:
        with tempfile.TemporaryDirectory(prefix="wheelnext-build-") as staging:
            wheel = self._pass(job, tree, Path(staging))
            self._audit(wheel, job)
            folder = self.wheel_directory
            with wheel_folders(folder):
                if job.declared is None:
                    return publish(wheel, folder).name
                metadata = self.config.metadata_of(job.declared.variant)
                return stamp(wheel, folder, metadata, carrier=self.carriers).name

    def _audit(self, wheel: Path, job: Job) -> None:
        """Look at what was built before anyone else can; an editable wheel is not for others."""
        if self.kind == "editable" or self.audited is None:
            return
        variant = job.declared.variant if job.declared else None
        differs = job.declared is not None and job.declared.effect.compiles_differently
        check = SelfCheck(self.config.audit, self.audited)
        check.check(wheel, variant, job.title, differs=differs, jobs=_threads() or 0)

    def _pass(self, job: Job, tree: Tree, staging: Path) -> Path:
        if tree.in_place and (before := tree.applied()) not in (None, job.title):
            announce(
                f"in place: {job.title} takes the place of {before} in every environment with an "
                f"editable install of {tree.folder}"
            )
        tree.begin(job.title)
        hook = skbuild.build_wheel if self.kind == "wheel" else skbuild.build_editable
        variables = pass_environment(job, tree.folder)
        if self.kind == "editable":
            variables |= skbuild_settings.editable_environment(self.settings, job.title)
        with (
            environment(variables),
            overlay.importable(job.overlay),
            fast_packing(threads=_threads()),
        ):
            try:
                name = hook(str(staging), self._settings_of(job, tree), None)
            except SystemExit as stop:
                if stop.code in (None, 0):
                    raise
                full = faults.full_disks(self._folders(tree))
                raise BuildError(f"{job.title}: the build failed, see above{full}") from None
        self._check_applied(job, tree)
        tree.end(job.title)
        return staging / name

    def _settings_of(self, job: Job, tree: Tree) -> dict[str, str | list[str]]:
        """What scikit-build-core's hook is to see in a pass, whose variant file is written."""
        settings = dict(self.settings)
        in_project = self.config.flags_scope == "project"
        name = "CMAKE_PROJECT_INCLUDE"
        include = skbuild_settings.take_define(settings, self.kind, name) if in_project else ""
        if self.kind == "wheel":
            settings = path_map.added(settings, job.overlay)
        settings |= cmake_files.write(tree.folder, job.declared, self.config, include)
        settings |= cmake_files.defines(job.declared, self.config, job.toolkit)
        return settings

    def _check_applied(self, job: Job, tree: Tree) -> None:
        if job.declared is None:
            return
        if skbuild_settings.has_fallback() and tree.gave_up() and not tree.in_place:
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
                else "The project must enable a language that they are for (CUDA for sm_arch, HIP "
                "for gfx_arch), CMAKE_PROJECT_INCLUDE must not be set in CMAKE_ARGS or "
                "SKBUILD_CMAKE_DEFINE, and the project must be built with CMake"
            )
        )


def _threads() -> int | None:
    """How many threads a pass may use beside its compilers; None for as many as there are cores.

    Where several trees share a pool of jobs, it is the one job that is each build's own.
    """
    return 1 if "--jobserver" in os.environ.get("MAKEFLAGS", "") else None
