"""Copies of a shared build tree, in which its further passes can run at the same time.

After the first pass, all common files are compiled, and a copy of the tree has them, too. But Ninja
compares command lines: if one names the tree's own folder (the folder of a generated header, a
generator that runs in the tree), the copies compile the common files again. Then it is better to
run the passes one after the other in the tree itself.
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
"""Limit in bytes. Larger trees are not copied: compiling takes most of their time, and each pass
uses all cores."""


def lanes(tree: Tree, jobs: Sequence[Job], count: int) -> list[tuple[Tree, list[Job]]]:
    """Copy a tree after its first pass, up to ``count`` times; return the jobs for each copy.

    If copies would not help, return one entry with the tree itself.
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
    """Return whether commands that compile or generate name the tree's folder, or may name it."""
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
