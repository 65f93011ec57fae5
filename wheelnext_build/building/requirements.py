"""Build requirements of a plan's wheels: common ones, and those of individual wheels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..config.config import Config
from ..errors import ToolchainError
from ..plugins import build_time
from ..system.installed import unmet
from ..system.processes import replaced_environment
from ..wheels import deflate
from . import jobserver, self_check
from .environment import cuda, overlay, variables

if TYPE_CHECKING:
    from .plan import Job, Plan

Hook = Callable[..., list[str]]
"""scikit-build-core's ``get_requires_for_build_wheel`` or ``_editable``."""


def of_plan(plan: Plan, hook: Hook) -> list[str]:
    """Return all requirements to install before the wheels of a plan are built.

    Raises ToolchainError if no installed or installable CUDA compiler fits.
    """
    variants = [item.variant for item in plan.chosen]
    define = plan.jobs[0].skbuild.cmake_define if plan.jobs else {}
    is_wheel = plan.kind == "wheel"
    return [
        *dict.fromkeys([*_of_scikit_build_core(plan, hook), *common(plan.jobs, plan.config)]),
        *installer_requirements(plan.jobs),
        *(build_time.requirements(plan.config) if variants else ()),
        *deflate.requirements(),
        *_ninja(plan),
        *cuda.requirements(variants, define),
        *(self_check.requirements(plan.config.audit, plan.target, variants) if is_wheel else ()),
    ]


def _of_scikit_build_core(plan: Plan, hook: Hook) -> list[str]:
    """Return the hook's requirements; it is called for each environment that may change them."""
    jobs = [job for job in plan.jobs if job.declared is not None]
    if not jobs:
        return hook(plan.settings)
    asked: set[str] = set()
    found: dict[str, None] = {}
    for job in jobs:
        # Overrides may ask for more if they see the variant in the environment.
        is_fixed = plan.project.has_fixed_requirements and not (
            job.declared and job.declared.effect.environment
        )
        case = "" if is_fixed else job.title
        if case not in asked:
            asked.add(case)
            with replaced_environment(variables.with_process(job.environment)):
                found |= dict.fromkeys(hook(plan.settings))
    return list(found)


def _ninja(plan: Plan) -> list[str]:
    """Return a Ninja that takes part in a jobserver, if the plan has several trees."""
    if len(plan.trees()) < 2 or not jobserver.wants_ninja(plan.jobs[0].skbuild):
        return []
    return [jobserver.NINJA]


def common(jobs: Sequence[Job], config: Config) -> tuple[str, ...]:
    """Return the requirements for the environment that all wheels of the request are built in."""
    shared = _shared(jobs, config)
    return tuple(dict.fromkeys(text for texts in shared.values() for text in texts))


def assigned(jobs: Sequence[Job], config: Config) -> tuple[Job, ...]:
    """Return the jobs, each with the requirements that are installed for it alone."""
    shared = _shared(jobs, config)
    return tuple(
        replace(
            job,
            requires=tuple(
                text
                for name, texts in _by_name(job, config).items()
                if texts != shared[name]
                for text in texts
            ),
        )
        for job in jobs
    )


def installer_requirements(jobs: Sequence[Job]) -> list[str]:
    """Return pip if a wheel has requirements of its own and the frontend brings no installer."""
    needed = any(job.requires for job in jobs)
    return ["pip"] if needed and not overlay.brought_installer() else []


def installed(job: Job, folder: Path) -> Job:
    """Install a job's own requirements below ``folder``; return the job with their folder.

    Installed packages of an earlier build are used again. Raises ToolchainError if this fails.
    """
    if not job.requires:
        return job
    return replace(job, overlay=overlay.install(job.title, job.requires, folder))


def check_promised(jobs: Sequence[Job]) -> None:
    """Raise ToolchainError if the common environment breaks a promise of abi_dependency."""
    for job in jobs:
        for text in job.declared.effect.requires if job.declared else ():
            if text not in job.requires and (reason := unmet(Requirement(text))):
                raise ToolchainError(f"variant {job.title!r} {reason}")


def _shared(jobs: Sequence[Job], config: Config) -> dict[str, tuple[str, ...]]:
    """Return the common requirements by project.

    If two wheels need different releases of a project, the requirements of the first wheel that
    does not depend on its ABI are common. If all depend on it, none are. A release that
    abi_dependency names is only for the wheels with that property: otherwise the other wheels would
    be compiled against it, too.
    """
    wanted = [(job, _by_name(job, config)) for job in jobs]
    shared: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(name for _, by_name in wanted for name in by_name):
        choices = [(by_name.get(name, ()), name in _abi(job)) for job, by_name in wanted]
        if len({texts for texts, _ in choices}) == 1:
            shared[name] = choices[0][0]
        else:
            others = (texts for texts, is_abi in choices if texts and not is_abi)
            shared[name] = next(others, ())
    return shared


def _by_name(job: Job, config: Config) -> dict[str, tuple[str, ...]]:
    """Return the requirements of the build of a wheel by project."""
    variant = job.declared.variant if job.declared else None
    effect = job.declared.effect.requires if job.declared else ()
    found: dict[str, tuple[str, ...]] = {}
    for text in (*effect, *config.requirements.of_build(variant)):
        found[_name(text)] = (*found.get(_name(text), ()), text)
    return found


def _abi(job: Job) -> set[str]:
    return {_name(text) for text in job.declared.effect.requires} if job.declared else set()


def _name(text: str) -> str:
    return canonicalize_name(Requirement(text).name)
