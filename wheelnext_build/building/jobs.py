"""The wheels of one request as jobs: what each needs, and which of them share a build tree."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..config import skbuild_settings
from ..config.config import Config, Declared
from ..config.hook_settings import KEEP_GOING_VARIABLE, LABEL_VARIABLE, PLAIN
from ..config.skbuild_settings import Settings
from . import cuda, overlay


@dataclass(frozen=True)
class Job:
    """One wheel to build: a variant's, or, without ``declared``, the plain one.

    ``requires`` is to be installed for this wheel alone, and ``overlay`` the folder that has it.
    """

    declared: Declared | None
    toolkit: cuda.Toolkit | None = None
    requires: tuple[str, ...] = ()
    overlay: Path | None = None

    @property
    def title(self) -> str:
        return self.declared.variant.label if self.declared else PLAIN


def jobs_for(chosen: tuple[Declared, ...], *, plain: bool, settings: Settings) -> list[Job]:
    """The jobs of a request, the plain wheel first; raises ToolchainError before any is built."""
    toolkit_settings = {**skbuild_settings.project_defines(), **settings}
    toolkits = [cuda.toolkit_for(item.variant, toolkit_settings) for item in chosen]
    # A project may need a CUDA compiler for every wheel; where CMake would find none, it gets the
    # variants' one, and all can share a tree.
    lent = next((kit for kit in toolkits if kit is not None and not cuda.cmake_finds_one()), None)
    return [
        *([Job(None, lent)] if plain else []),
        *(Job(item, kit or lent) for item, kit in zip(chosen, toolkits, strict=True)),
    ]


def tree_name(job: Job, jobs: list[Job], config: Config) -> str:
    """The name of the tree for a job; jobs with the same name share one.

    Flags for the whole project make everything differ, configure checks included, so each
    variant has a tree of its own. So has one that brings defines or environment, and one whose
    CUDA compiler is another than that of the variants before: a tree has one compiler for good. So
    has one with build requirements for itself alone.
    """
    own = f"variant-{job.title}"  # a label may be "..", which is no name of a folder
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


def cuda_requirements(chosen: tuple[Declared, ...], settings: Settings) -> list[str]:
    """The compiler packages that the variants need where no usable compiler is configured."""
    variants = [item.variant for item in chosen]
    return cuda.requirements(variants, {**skbuild_settings.project_defines(), **settings})


def pass_environment(job: Job, tree: Path | None) -> dict[str, str]:
    """The environment variables of a pass: what overrides and CMakeLists.txt may test.

    ``tree`` is the build folder; None where nothing is built.
    """
    variables = {}
    if job.declared is not None:
        variant = job.declared.variant
        variables[LABEL_VARIABLE] = variant.label
        variables |= {
            f"WHEELNEXT_{namespace}_{feature}".upper(): ";".join(values)
            for namespace, features in variant.as_mapping().items()
            for feature, values in features.items()
        }
        variables |= job.declared.effect.environment
    if job.toolkit is not None:
        variables |= job.toolkit.environment
    if job.overlay is not None:
        variables |= overlay.variables(job.overlay, {**os.environ, **variables})
    if tree is not None:
        # scikit-build-core formats build-dir, and its environment variable beats all other ways.
        folder = str(tree.absolute())
        variables["SKBUILD_BUILD_DIR"] = folder.replace("{", "{{").replace("}", "}}")
    return variables


def process_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with these variables, and without another variant's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("WHEELNEXT_") or name == KEEP_GOING_VARIABLE
    }
    return {**kept, **variables}


@contextlib.contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Have :func:`process_environment` be this process's while the block runs."""
    before, inside = dict(os.environ), process_environment(variables)
    os.environ.clear()
    os.environ.update(inside)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
