"""The folders of one build, and the locks on them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..system.temporary import scratch_folder
from . import requirements
from .environment.isolation import BuildEnvironment, isolated
from .plan import Job, Plan
from .trees import path_check
from .trees.folder import TreesFolder, trees_folder
from .trees.object_store import ObjectStore
from .trees.tree import Tree

_ENVIRONMENT = "wheelnext-environment"
"""Copy of the isolated environment for an editable install that rebuilds itself."""


@dataclass(frozen=True)
class Workspace:
    """The folders in which the wheels of a plan are built.

    ``trees`` has the build trees; ``scratch`` is for temporary files and staged wheels.
    ``environment`` is the frontend's isolated environment, if there is one.
    """

    plan: Plan
    trees: TreesFolder
    scratch: Path
    environment: BuildEnvironment | None

    def tree(self, name: str) -> Tree:
        """Return the build tree of this name."""
        if self.plan.in_place is not None:
            return Tree(self.plan.in_place, in_place=True)
        folder = self.trees.path
        if self.trees.kept and self.plan.kind == "wheel":
            return Tree(folder / name, ObjectStore(folder / "objects" / name))
        return Tree(folder / name)

    def prepared(self, job: Job) -> Job:
        """Return a job with its own requirements installed and with paths below the link."""
        if self.environment is not None and job.toolkit is not None:
            nvcc = Path(self.environment.renamed(str(job.toolkit.nvcc)))
            job = replace(job, toolkit=replace(job.toolkit, nvcc=nvcc))
        return requirements.installed(job, self.trees.path)


@contextlib.contextmanager
def workspace(plan: Plan) -> Iterator[Workspace]:
    """Make and lock the folders of a build; temporary ones are removed at the end.

    Raises RequestError if CMake cannot build in one of them.
    """
    for job in plan.jobs:
        job.skbuild.check_taken_files()
    path_check.check_source(Path().absolute(), reproducible=plan.is_reproducible)
    with (
        trees_folder(plan.kept_folder, plan.project.name) as trees,
        scratch_folder() as scratch,
        isolated(trees.path) as link,
    ):
        path_check.check_trees(plan.in_place or trees.path, scratch)
        if link is not None and trees.kept:
            link.settle(trees.path / "environment.json")
        rebuilds = plan.kind == "editable" and plan.jobs[0].skbuild.rebuilds_itself
        copy = (plan.in_place or trees.path) / _ENVIRONMENT
        environment = link.kept_in(copy) if link is not None and rebuilds else link
        yield Workspace(plan, trees, scratch, environment)
