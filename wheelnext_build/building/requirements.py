"""Build requirements of variants: shared where they agree, in folders of their own where not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..config.config import Config
from ..errors import ToolchainError
from ..system.installed import unmet
from . import overlay
from .jobs import Job


def common(jobs: Sequence[Job], config: Config) -> tuple[str, ...]:
    """The requirements for the environment that all wheels of the request are built in."""
    shared = _shared(jobs, config)
    return tuple(dict.fromkeys(text for texts in shared.values() for text in texts))


def assigned(jobs: Sequence[Job], config: Config) -> list[Job]:
    """The jobs, each with the requirements that are to be installed for it alone."""
    shared = _shared(jobs, config)
    return [
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
    ]


def installer_requirements(jobs: Sequence[Job]) -> list[str]:
    """What installs the separate requirements, where the frontend brings nothing for it."""
    needed = any(job.requires for job in jobs)
    return ["pip"] if needed and not overlay.brought_installer() else []


def installed(jobs: Sequence[Job], folder: Path) -> list[Job]:
    """Install what jobs need for themselves below ``folder``; returns the jobs with its place.

    What an earlier build left there is used again. Raises ToolchainError where it fails.
    """
    return [
        replace(job, overlay=overlay.install(job.title, job.requires, folder))
        if job.requires
        else job
        for job in jobs
    ]


def check_promised(jobs: Sequence[Job]) -> None:
    """Raise ToolchainError where abi_dependency promises what the common environment is not."""
    for job in jobs:
        for text in job.declared.effect.requires if job.declared else ():
            if text not in job.requires and (reason := unmet(Requirement(text))):
                raise ToolchainError(f"variant {job.title!r} {reason}")


def _shared(jobs: Sequence[Job], config: Config) -> dict[str, tuple[str, ...]]:
    """Project -> the requirements of it that the environment for all wheels can meet.

    Where two wheels want different releases of a project, those of the first one that does not
    depend on its ABI; none where all do. What abi_dependency names is for the wheels that ask for
    it alone: the others would be compiled against it as well.
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
    """Project -> the requirements of it that the build of a wheel has."""
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
