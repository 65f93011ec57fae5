"""Build the wheels of a plan in order, or several at once."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..config.hook_settings import keeps_going
from ..system.announce import PREFIX, WheelNews, announce, labelled, say, several_trees
from . import jobserver
from .jobserver import JobServer, slots
from .plan import Job, Plan
from .pool import WorkerPool
from .self_check import KnownFiles
from .trees.source_watch import snapshot, warn_of_changes
from .trees.tree import Tree
from .wheel_pass import Pass
from .worker import Outcome
from .workspace import Workspace


@dataclass(frozen=True)
class TreeJobs:
    """Jobs that are built in one tree, one after the other."""

    tree: Tree
    jobs: Sequence[Job]


def schedule(plan: Plan, space: Workspace, outside: Path) -> list[Outcome]:
    """Build all wheels of a plan; return an outcome for each wheel that was tried.

    After a failure no further wheel is begun, unless the user asked to keep going. ``outside`` is
    the output folder, which may be below the sources.
    """
    jobs = {job.number: space.prepared(job) for job in plan.jobs}
    trees = [
        TreeJobs(space.tree(name), [jobs[job.number] for job in planned])
        for name, planned in plan.trees().items()
    ]
    audits = plan.kind == "wheel" and plan.config.audit.mode != "off"
    with WorkerPool(space.scratch, space.environment, audits) as pool:
        return _Run(plan, space, pool, outside).through(trees)


@dataclass
class _Run:
    plan: Plan
    space: Workspace
    pool: WorkerPool
    outside: Path
    outcomes: list[Outcome] = field(default_factory=list)

    def through(self, trees: Sequence[TreeJobs]) -> list[Outcome]:
        """Build in all trees, at once if they can share one pool of compile jobs."""
        if len(trees) == 1 or not self._may_run_at_once():
            return self._in_order(trees)
        return self._at_once(trees)

    def _may_run_at_once(self) -> bool:
        jobs = self.plan.jobs
        if not self.plan.config.parallel_trees or self.plan.in_place is not None:
            return False
        # Each pass writes those files again, while another one may read them.
        if any(job.skbuild.generates_sources for job in jobs):
            return False
        return all(jobserver.is_usable(job.skbuild) for job in jobs)

    def _gives_up(self) -> bool:
        return any(outcome.error for outcome in self.outcomes) and not keeps_going()

    def _in_order(self, trees: Sequence[TreeJobs]) -> list[Outcome]:
        for tree_jobs in trees:
            if not self._gives_up():
                self._tree(tree_jobs, dict(os.environ))
        return self.outcomes

    def _at_once(self, trees: Sequence[TreeJobs]) -> list[Outcome]:
        """Build in several trees at once, with no more compilers than there are slots."""
        announce(several_trees(len(trees), slots()))
        outside = (self.space.trees.path, self.outside)
        before = snapshot(Path().absolute(), outside)
        clients = min(slots(), len(trees))
        server = JobServer(self.space.scratch, slots(), clients)
        environment = server.joined(os.environ)
        begun: list[TreeJobs] = []

        def run(tree_jobs: TreeJobs) -> None:
            begun.append(tree_jobs)
            self._tree(tree_jobs, environment, is_labelled=True)
            if len(begun) == len(trees):  # no other tree takes the compile job of this one
                server.release()

        try:
            with ThreadPoolExecutor(clients) as threads:
                futures = [threads.submit(run, tree_jobs) for tree_jobs in trees]
                try:
                    for future in futures:
                        future.result()
                except BaseException:
                    self.pool.stop()
                    raise
        finally:
            server.close()
        warn_of_changes(before, snapshot(Path().absolute(), outside))
        return self.outcomes

    def _tree(
        self, tree_jobs: TreeJobs, environment: dict[str, str], *, is_labelled: bool = False
    ) -> None:
        """Build the jobs of a tree in order; stop the pool after a failure."""
        tree = tree_jobs.tree
        for job in tree_jobs.jobs:
            outcome = self._wheel(job, tree, environment, is_labelled=is_labelled)
            if outcome is None:
                return
            self.outcomes.append(outcome)
            if self._gives_up():
                self.pool.stop()
                return
            tree = replace(tree, resumed=True)

    def _wheel(
        self, job: Job, tree: Tree, environment: dict[str, str], *, is_labelled: bool
    ) -> Outcome | None:
        news = WheelNews(job.number, len(self.plan.jobs), job.title, "building")
        announce(news)
        start = time.monotonic()
        log: list[str] = []

        def show(line: str) -> None:
            log.append(line)
            say(labelled(job.title, line) if is_labelled else line)

        staging = self.space.scratch / "staged" / str(job.number)
        wheel_pass = Pass.of(self.plan, job, tree, staging, self._known_files())
        outcome = self.pool.run(wheel_pass, self.pool.renamed(environment), show)
        if outcome is None:
            return None
        if outcome.wheel is None:
            failed = f"{PREFIX}{replace(news, state='failed')}"
            # The lines of several wheels are mixed: show this wheel's again in one piece.
            say("\n".join([failed, *log, ""]) if is_labelled else failed)
        else:
            seconds, name = time.monotonic() - start, outcome.wheel.path.name
            announce(replace(news, state="done", seconds=seconds, filename=name))
        return outcome

    def _known_files(self) -> KnownFiles:
        found: KnownFiles = {}
        for outcome in self.outcomes:
            if outcome.wheel is not None and outcome.wheel.audited is not None:
                found |= outcome.wheel.audited.files
        return found
