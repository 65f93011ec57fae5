"""Copies of a shared build tree, in which its further passes can run at the same time.

After the first pass all that is common is compiled. A copy of the tree has it too, as long as no
command line names the tree's own folder: Ninja compares command lines. Where one does (a generated
header's folder, a generator that runs in the tree), copies would compile it again, and the passes
are better done one after the other in the tree itself.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..plan import Job
from .build_ninja import edges
from .tree import Tree

_LARGEST = 1 << 30
"""Trees of more bytes are not copied: compiling is their cost, and each pass uses all cores."""


def lanes(tree: Tree, jobs: Sequence[Job], count: int) -> list[tuple[Tree, list[Job]]]:
    """Return the jobs dealt to at most ``count`` copies of a tree after its first pass.

    There is one entry, with the tree itself, if copies would not help.
    """
    resumed = replace(tree, resumed=True)
    count = min(count, len(jobs))
    if count < 2 or names_itself(tree.folder) or _size(tree.folder) > _LARGEST:
        return [(resumed, list(jobs))]
    dealt = []
    for number in range(count):
        folder = tree.folder.with_name(f"{tree.folder.name}-{number + 1}")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tree.folder, folder, symlinks=True)
        _move_cache(folder, tree.folder)
        dealt.append((replace(resumed, folder=folder), list(jobs[number::count])))
    return dealt


def remove(trees: Sequence[Tree], kept: Tree) -> None:
    """Remove the copies that were made of a tree."""
    for tree in trees:
        if tree.folder != kept.folder:
            shutil.rmtree(tree.folder, ignore_errors=True)


def remove_left(folder: Path) -> None:
    """Remove copies that a killed build has left among the trees of a kept folder."""
    for path in folder.glob("*-*"):
        name, _, number = path.name.rpartition("-")
        if number.isdecimal() and (folder / name).is_dir():
            shutil.rmtree(path, ignore_errors=True)


def names_itself(folder: Path) -> bool:
    """Return whether a command that compiles or generates names the tree's folder, or may do so."""
    found, path = edges(folder), folder.as_posix()
    return found is None or any(
        (
            edge.is_compilation and path in edge.rule_and_inputs.partition(" |")[0]
        )  # a fetched source
        or any(path in edge.variable(name) for name in ("DEFINES", "FLAGS", "INCLUDES"))
        or (edge.is_custom_command and path in edge.variable("COMMAND"))
        for edge in found
    )


def _size(folder: Path) -> int:
    return sum(
        (Path(path) / name).lstat().st_size for path, _, names in os.walk(folder) for name in names
    )


def _move_cache(folder: Path, before: Path) -> None:
    """Write the new folder into a copied CMake cache."""
    cache = folder / "CMakeCache.txt"
    text = cache.read_text(encoding="utf-8", errors="surrogateescape")
    cache.write_text(
        text.replace(before.as_posix(), folder.as_posix()),
        encoding="utf-8",
        errors="surrogateescape",
    )
