"""One pass through a build tree: one call of scikit-build-core, which makes one wheel.

A pass changes cache variables and one generated file. CMake configures again. Ninja remembers each
command line and rebuilds the outputs whose command lines differ.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scikit_build_core import build as skbuild

from ..config.config import Config
from ..config.hook_settings import Settings, WheelKind
from ..config.skbuild_settings import without_define
from ..errors import BuildError
from ..system import faults
from ..system.announce import announce
from ..system.processes import replaced_environment
from ..system.publishing import make_folder
from ..wheels.packing import fast_packing
from ..wheels.stamp import stamp
from .environment import overlay, variables
from .plan import Job, Plan
from .self_check import AuditedWheel, KnownFiles, SelfCheck
from .trees import cmake_files, path_map
from .trees.tree import Tree

_PROJECT_INCLUDE = "CMAKE_PROJECT_INCLUDE"


@dataclass(frozen=True)
class StagedWheel:
    """A finished wheel under its final name, which is not published yet.

    ``audited`` is None if the audit is off, or if the wheel is editable.
    """

    path: Path
    audited: AuditedWheel | None = None


@dataclass(frozen=True)
class Pass:
    """A job in a tree; wheels are staged in ``staging``, a folder of this pass.

    ``settings`` are the config settings for the hook. ``known_files`` are files that were audited
    in other wheels of this build.
    """

    config: Config
    kind: WheelKind
    settings: Settings
    carriers: bool
    has_fallback: bool
    job: Job
    tree: Tree
    staging: Path
    known_files: KnownFiles

    @classmethod
    def of(cls, plan: Plan, job: Job, tree: Tree, staging: Path, known_files: KnownFiles) -> Pass:
        """Return the pass for a job of a plan."""
        return cls(
            plan.config,
            plan.kind,
            plan.settings,
            plan.carriers,
            plan.project.has_fallback,
            job,
            tree,
            staging,
            known_files,
        )

    def run(self) -> StagedWheel:
        """Build, audit and stamp the wheel; raise BuildError if one of these fails."""
        make_folder(self.staging)
        wheel = self._built()
        audited = self._audited(wheel)
        declared = self.job.declared
        if declared is None:
            return StagedWheel(wheel, audited)
        metadata = self.config.metadata_of(declared.variant)
        folder = self.staging / "stamped"
        make_folder(folder)
        return StagedWheel(stamp(wheel, folder, metadata, carrier=self.carriers), audited)

    def reason(self, error: BuildError | OSError | MemoryError) -> str:
        """Return the message for a failure, with the wheel's title."""
        title = self.job.title
        if isinstance(error, BuildError):
            return str(error)
        if isinstance(error, MemoryError):
            return f"{title}: out of memory"
        return f"{title}: {faults.message(error, self._folders())}"

    def _folders(self) -> tuple[Path, ...]:
        """Return the folders that a pass writes to."""
        return (self.tree.folder, Path(tempfile.gettempdir()), self.staging)

    def _audited(self, wheel: Path) -> AuditedWheel | None:
        if self.kind == "editable":  # it stays on this machine
            return None
        declared = self.job.declared
        return SelfCheck(self.config.audit).audited(
            wheel,
            declared.variant if declared else None,
            self.job.title,
            differs=declared is not None and declared.effect.compiles_differently,
            jobs=_threads() or 0,
            known_files=self.known_files,
        )

    def _built(self) -> Path:
        """Have scikit-build-core build the wheel; return its path."""
        job, tree = self.job, self.tree
        if tree.in_place and (before := tree.applied()) not in (None, job.title):
            announce(
                f"in place: {job.title} takes the place of {before} in every environment with an "
                f"editable install of {tree.folder}"
            )
        tree.begin(job.title)
        hook = skbuild.build_wheel if self.kind == "wheel" else skbuild.build_editable
        environment = {
            **job.environment,
            **variables.of_tools(job.toolkit, job.overlay),
            **variables.of_tree(tree.folder),
        }
        with (
            replaced_environment(variables.with_process(environment)),
            overlay.importable(job.overlay),
            fast_packing(threads=_threads()),
        ):
            try:
                name = hook(str(self.staging), self._hook_settings(), None)
            except SystemExit as stop:
                if stop.code in (None, 0):
                    raise
                full = faults.full_disks(self._folders())
                raise BuildError(f"{job.title}: the build failed, see above{full}") from None
        self._check_applied()
        tree.end(job.title)
        return self.staging / name

    def _hook_settings(self) -> dict[str, str | list[str]]:
        """Write the variant file; return the config settings for scikit-build-core's hook."""
        job, settings = self.job, dict(self.settings)
        include = ""
        if self.config.flags_scope == "project":
            include = job.skbuild.cmake_define.get(_PROJECT_INCLUDE, "")
            settings = without_define(settings, _PROJECT_INCLUDE)
        if self.kind == "wheel":
            settings = path_map.added(settings, job.skbuild, job.overlay)
        settings |= cmake_files.write(self.tree.folder, job.declared, self.config, include)
        settings |= cmake_files.defines(job.declared, self.config, job.toolkit)
        return settings

    def _check_applied(self) -> None:
        """Raise BuildError if the variant's flags had no effect."""
        job, tree = self.job, self.tree
        if job.declared is None:
            return
        if self.has_fallback and tree.gave_up() and not tree.in_place:
            raise BuildError(
                f"{job.title}: the build failed, see above; what pyproject.toml's overrides with "
                "if.failed do instead makes no wheel of a variant"
            )
        if not job.declared.effect.compiles_differently or tree.applied() == job.title:
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
    """Return the number of threads for work other than compiling; None for one on each core.

    If several trees share a pool of compile jobs, it is 1: each build has one job.
    """
    return 1 if "--jobserver" in os.environ.get("MAKEFLAGS", "") else None
