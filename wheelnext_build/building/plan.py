"""Make a Plan from a request: the wheels to build, their trees and their tools.

All hooks use the same plan: those for requirements, for metadata and for building.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..config.build_target import BuildTarget
from ..config.config import Config, Declared
from ..config.hook_settings import PLAIN, Settings, WheelKind
from ..config.project import Project
from ..config.skbuild_settings import SkbuildSettings, State, editable_variables
from ..plugins import build_time
from . import requirements
from .environment import cuda, variables
from .request import Request, check_count


@dataclass(frozen=True)
class Job:
    """One wheel to build: a variant's or, if ``declared`` is None, the plain one.

    ``number`` counts from 1 in the order of the request. ``environment`` are the variables that
    the variant adds to the process's, ``skbuild`` scikit-build-core's settings with them.
    ``requires`` is installed for this wheel alone, into the folder ``overlay``.
    """

    number: int
    declared: Declared | None
    skbuild: SkbuildSettings
    environment: Mapping[str, str] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    toolkit: cuda.Toolkit | None = None
    overlay: Path | None = None

    @property
    def title(self) -> str:
        return self.declared.variant.label if self.declared else PLAIN


@dataclass(frozen=True)
class Plan:
    """The wheels of one request, before anything is built.

    ``settings`` are the config settings for scikit-build-core's hook. ``carriers`` says that
    variants get names that every installer accepts.
    """

    project: Project
    config: Config
    kind: WheelKind
    target: BuildTarget
    settings: Settings
    carriers: bool
    jobs: tuple[Job, ...]

    @property
    def chosen(self) -> tuple[Declared, ...]:
        """The variants among the wheels."""
        return tuple(job.declared for job in self.jobs if job.declared is not None)

    @property
    def in_place(self) -> Path | None:
        """The project's folder if an editable build leaves its binaries beside the sources."""
        return self.jobs[0].skbuild.in_place if self.kind == "editable" else None

    @property
    def kept_folder(self) -> Path | None:
        """The folder for build trees that are kept; None for a temporary one."""
        job = self.jobs[0]
        if self.kind == "editable":
            return job.skbuild.editable_folder(job.title)
        return job.skbuild.kept_folder()

    @property
    def is_reproducible(self) -> bool:
        """Whether any wheel must have the same bytes in each build."""
        return any(job.skbuild.is_reproducible for job in self.jobs)

    def trees(self) -> dict[str, list[Job]]:
        """Return the jobs by the name of their build tree, in order."""
        found: defaultdict[str, list[Job]] = defaultdict(list)
        for job in self.jobs:
            found[tree_name(job, self.jobs, self.config)].append(job)
        return dict(found)

    def with_answers(self) -> Plan:
        """Return the plan with the answers of provider plugins; raises ProviderError."""
        if not self.chosen:
            return self
        return replace(self, config=build_time.resolved(self.config))

    def resolve(self) -> Plan:
        """Return the plan with the answers of plugins and with the compilers for its wheels.

        Raises ProviderError, ConfigurationError and ToolchainError, before anything is built.
        """
        requirements.check_promised(self.jobs)
        plan = self.with_answers()
        return replace(plan, jobs=_with_toolkits(plan.jobs))


def make_plan(
    request: Request,
    project: Project,
    kind: WheelKind,
    *,
    state: State | None = None,
    wheel_directory: str | None = None,
) -> Plan:
    """Plan the wheels of a request that wants variants.

    ``state`` is scikit-build-core's word for the hook (default: ``kind``); ``wheel_directory``
    tells whether an installer asks. Raises RequestError, and ConfigurationError for mistakes in
    pyproject.toml.
    """
    state = state or kind
    config, target = project.config, project.target(request.settings, state)
    chosen = request.choose(config, target)
    # An editable wheel stays on its machine. Only installers request one, and they may reject
    # labels.
    carriers = check_count(request, chosen, kind, wheel_directory) or kind == "editable"
    declared: list[Declared | None] = [*([None] if request.all_variants else []), *chosen]
    jobs = tuple(
        _job(number, item, request.settings, project, state)
        for number, item in enumerate(declared, 1)
    )
    return Plan(
        project,
        config,
        kind,
        target,
        request.settings,
        request.carriers or carriers,
        requirements.assigned(jobs, config),
    )


def _job(
    number: int, declared: Declared | None, settings: Settings, project: Project, state: State
) -> Job:
    environment = variables.of_variant(declared)
    skbuild = project.skbuild_settings(settings, state, variables.with_process(environment))
    if state in ("editable", "metadata_editable") and declared is not None:
        environment |= editable_variables(skbuild, declared.variant.label)
    return Job(number, declared, skbuild, environment)


def _with_toolkits(jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Return the jobs, each with its CUDA compiler."""
    toolkits = [
        cuda.toolkit_for(job.declared.variant, job.skbuild.cmake_define) if job.declared else None
        for job in jobs
    ]
    # A project may need a CUDA compiler for every wheel. If CMake finds none, all wheels get the
    # compiler of the variants, and can share a tree.
    lent = next((kit for kit in toolkits if kit is not None and not cuda.cmake_finds_one()), None)
    return tuple(replace(job, toolkit=kit or lent) for job, kit in zip(jobs, toolkits, strict=True))


def tree_name(job: Job, jobs: Sequence[Job], config: Config) -> str:
    """Return the name of the build tree of a job; jobs with the same name share one.

    Flags for the whole project change everything, configure checks included, so each variant gets
    its own tree. So does a variant with its own defines, environment variables or build
    requirements, and one with another CUDA compiler than earlier variants: a tree keeps its
    compiler.
    """
    own = f"variant-{job.title}"  # a label may be "..", which cannot be the name of a folder
    if job.requires:
        return own
    if job.declared is not None:
        effect = job.declared.effect
        if effect.needs_own_tree or not effect.share_tree:
            return own
        if config.flags_scope == "project" and not job.declared.variant.is_null:
            return own
    if config.flags_scope == "project":
        return PLAIN
    compilers = [other.toolkit for other in jobs if other.toolkit]
    if job.toolkit is None and compilers and not compilers[0].is_default:
        return PLAIN
    return own if job.toolkit not in (None, *compilers[:1]) else "shared"
