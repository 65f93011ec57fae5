"""The wheels of one request: its jobs by tree, one worker for each tree, and what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..config import skbuild_settings
from ..errors import BuildError
from ..system.announce import announce
from ..system.temporary import scratch_folder
from . import jobserver, requirements
from .environment import BuildEnvironment, isolated
from .jobs import Job, tree_name
from .passes import Numbered, Outcome, Passes
from .pool import Crew
from .self_check import SelfCheck
from .trees import lanes, path_check
from .trees.folder import TreesFolder, trees_folder
from .trees.head_start import HeadStart
from .trees.object_store import ObjectStore
from .trees.source_watch import snapshot, warn_of_changes
from .trees.tree import Tree
from .worker import Work

_AUDITED = "audited"
"""The folder, among a request's temporary ones, for what the audits of its wheels note."""


_ENVIRONMENT = "wheelnext-environment"
"""What is kept of the isolated environment for an editable install that rebuilds itself."""


@dataclass(frozen=True)
class Builder:
    """Builds the jobs of one request; ``passes`` has what they have in common.

    ``in_place`` is the tree of an editable build that leaves its binaries beside the sources;
    ``rebuilds`` says that an editable install builds again what changed later.
    """

    passes: Passes
    in_place: Path | None = None
    rebuilds: bool = False

    def run(self, jobs: Sequence[Job]) -> list[str]:
        """Build all jobs; returns the names of their files, in the order of the jobs.

        Raises BuildError at the first failure (or, when asked to keep going, after the last job);
        the wheels that were finished before stay, and nothing half-written does.
        """
        settings = self.passes.settings
        skbuild_settings.check_taken_files(settings)
        path_check.check_source(
            Path().absolute(), reproducible=skbuild_settings.is_reproducible(settings)
        )
        with (
            trees_folder(self._kept_folder(jobs), skbuild_settings.project_name()) as folder,
            scratch_folder() as scratch,
            self._environment(folder) as environment,
        ):
            lanes.remove_left(folder.path)
            path_check.check_trees(self.in_place or folder.path, scratch)
            if environment is not None:
                jobs = [_renamed(job, environment) for job in jobs]
            jobs = requirements.installed(jobs, folder.path)
            works = self._works(list(jobs), folder, scratch)
            with Crew(scratch, environment, self.passes.config.audit) as crew:
                if len(jobs) > 1 and self._may_run_at_once():
                    outcomes = self._in_parallel(crew, works, folder)
                else:
                    outcomes = crew.one_by_one(works)
            names = _names(outcomes, jobs)
            check = SelfCheck(self.passes.config.audit, scratch / _AUDITED)
            check.summarize()
        return names

    @contextlib.contextmanager
    def _environment(self, folder: TreesFolder) -> Iterator[BuildEnvironment | None]:
        """The frontend's isolated environment under its lasting name, where there is one."""
        with isolated(folder.path) as environment:
            if environment is not None and folder.kept:
                environment.settle(folder.path / "environment.json")
            if environment is None or not self.rebuilds:
                yield environment
            else:
                yield environment.kept_in((self.in_place or folder.path) / _ENVIRONMENT)

    def _kept_folder(self, jobs: Sequence[Job]) -> Path | None:
        if self.passes.kind == "editable":
            return skbuild_settings.editable_folder(self.passes.settings, jobs[0].title)
        return skbuild_settings.kept_folder(self.passes.settings)

    def _may_run_at_once(self) -> bool:
        wanted = self.passes.config.parallel_trees and self.in_place is None
        # Each pass writes those files anew, and another one may read them at that moment.
        wanted = wanted and not skbuild_settings.generates_sources()
        return wanted and jobserver.is_usable(self.passes.settings)

    def _in_parallel(self, crew: Crew, works: list[Work], folder: TreesFolder) -> list[Outcome]:
        """Trees at once; of a tree for many wheels, what is common first, then copies of it."""
        largest = max(works, key=lambda work: len(work.jobs))
        if len(largest.jobs) < 3:
            return self._at_once(crew, works, folder)
        count = min(jobserver.slots(), len(works) + len(largest.jobs) - 2)
        crew.load(count, largest.tree.folder)
        ahead = HeadStart(
            self.passes,
            largest.tree,
            largest.jobs[1:],
            crew.scratch,
            crew.environment,
            jobserver.slots(),
        )
        with contextlib.nullcontext() if folder.kept else ahead.running():
            outcomes = crew.first(replace(largest, jobs=largest.jobs[:1]))
        if crew.gives_up(outcomes):
            return outcomes
        # Those that still have to compile go first, so that no copy of the tree ends alone.
        jobs = sorted(largest.jobs[1:], key=lambda item: item.job.title in ahead.done)
        dealt = lanes.lanes(largest.tree, jobs, jobserver.slots(), ahead.store)
        further = [replace(largest, tree=tree, jobs=tuple(jobs)) for tree, jobs in dealt]
        further += [work for work in works if work is not largest]
        try:
            return outcomes + self._at_once(crew, further, folder)
        finally:
            lanes.remove([tree for tree, _ in dealt], largest.tree)

    def _at_once(self, crew: Crew, works: Sequence[Work], folder: TreesFolder) -> list[Outcome]:
        if len(works) == 1:
            return crew.one_by_one(works)
        announce(f"{len(works)} build trees, {jobserver.slots()} compilers at most")
        outside = (folder.path, self.passes.wheel_directory)
        before = snapshot(Path().absolute(), outside)
        outcomes = crew.at_once(works)
        warn_of_changes(before, snapshot(Path().absolute(), outside))
        return outcomes

    def _works(self, jobs: list[Job], folder: TreesFolder, scratch: Path) -> list[Work]:
        by_tree: dict[str, list[Numbered]] = {}
        for number, job in enumerate(jobs, 1):
            name = tree_name(job, jobs, self.passes.config)
            by_tree.setdefault(name, []).append(Numbered(number, job))
        works = []
        for name, numbered in by_tree.items():
            if self.in_place is not None:
                tree = Tree(self.in_place, in_place=True)
            elif folder.kept and self.passes.kind == "wheel":
                tree = Tree(folder.path / name, ObjectStore(folder.path / "objects" / name))
            else:
                tree = Tree(folder.path / name)
            passes = replace(self.passes, audited=scratch / _AUDITED)
            works.append(Work(passes, tree, tuple(numbered), scratch))
        return works


def _renamed(job: Job, environment: BuildEnvironment) -> Job:
    """The job with its compiler under the environment's lasting name."""
    if job.toolkit is None:
        return job
    nvcc = Path(environment.renamed(str(job.toolkit.nvcc)))
    return replace(job, toolkit=replace(job.toolkit, nvcc=nvcc))


def _names(outcomes: Sequence[Outcome], jobs: Sequence[Job]) -> list[str]:
    """The files' names; raises BuildError with all failures where there are any."""
    names = {outcome.number: outcome.filename for outcome in outcomes if outcome.filename}
    failures = {outcome.number: outcome.error for outcome in outcomes if outcome.error}
    if not failures:
        return [names[number] for number in sorted(names)]
    lines = [failures[number] for number in sorted(failures)]
    lines.append(f"{len(names)} of {len(jobs)} wheels were built")
    if left := len(jobs) - len(names) - len(failures):
        lines[-1] += f"; {left} more were not tried (--keep-going tries all)"
    raise BuildError("\n".join(lines))
