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
from pathlib import Path

from .objects import ObjectStore
from .passes import Numbered
from .tree import Tree

_LARGEST = 1 << 30
"""Trees of more bytes are not copied: compiling is their cost, and each pass uses all cores."""

_IN_COMPILE_COMMANDS = ("  DEFINES = ", "  FLAGS = ", "  INCLUDES = ")


def lanes(
    tree: Tree, jobs: Sequence[Numbered], count: int, head_start: ObjectStore | None = None
) -> list[tuple[Tree, list[Numbered]]]:
    """The jobs dealt to at most ``count`` copies of a tree that has gone through its first pass.

    One entry, with the tree itself, where copies would not help. ``head_start`` has object files
    that were compiled for them ahead.
    """
    resumed = Tree(tree.folder, tree.objects, head_start, resumed=True)
    count = min(count, len(jobs))
    if count < 2 or names_itself(tree.folder) or _size(tree.folder) > _LARGEST:
        return [(resumed, list(jobs))]
    dealt = []
    for number in range(count):
        folder = tree.folder.with_name(f"{tree.folder.name}-{number + 1}")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tree.folder, folder, symlinks=True)
        move_cache(folder, tree.folder)
        dealt.append(
            (Tree(folder, tree.objects, head_start, resumed=True), list(jobs[number::count]))
        )
    return dealt


def remove(trees: Sequence[Tree], kept: Tree) -> None:
    """Remove the copies that were made of a tree."""
    for tree in trees:
        if tree.folder != kept.folder:
            shutil.rmtree(tree.folder, ignore_errors=True)


def generates(folder: Path) -> bool:
    """Whether commands of the project make files that others may need; also where unknown."""
    try:
        text = (folder / "build.ninja").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return True
    edges = (line for line in text.split("\n") if line.startswith("build "))
    custom = (edge for edge in edges if ": CUSTOM_COMMAND" in edge)
    return any(not edge.partition(":")[0].endswith(".util") for edge in custom)


def names_itself(folder: Path) -> bool:
    """Whether a command that compiles or generates names the tree's folder; also where unknown."""
    try:
        text = (folder / "build.ninja").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return True
    path, is_utility = folder.as_posix(), False
    for line in text.split("\n"):
        if line.startswith("build "):
            is_utility = line.partition(":")[0].endswith(".util")
        elif path in line and (
            line.startswith(_IN_COMPILE_COMMANDS)
            or (line.startswith("  COMMAND = ") and not is_utility)
        ):
            return True
    return False


def _size(folder: Path) -> int:
    return sum(
        (Path(path) / name).lstat().st_size for path, _, names in os.walk(folder) for name in names
    )


def move_cache(folder: Path, before: Path) -> None:
    """Make a copied cache believe that it has always been where it is."""
    cache = folder / "CMakeCache.txt"
    text = cache.read_text(encoding="utf-8", errors="surrogateescape")
    cache.write_text(
        text.replace(before.as_posix(), folder.as_posix()),
        encoding="utf-8",
        errors="surrogateescape",
    )
