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
from .tree import Tree

_LARGEST = 1 << 30
"""Trees of more bytes are not copied: compiling is their cost, and each pass uses all cores."""

_IN_COMPILE_COMMANDS = ("  DEFINES = ", "  FLAGS = ", "  INCLUDES = ")


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
    edges, path = _edges(folder), folder.as_posix()
    return edges is None or any(
        _compiles(head, path)
        or (
            path in line
            and (
                line.startswith(_IN_COMPILE_COMMANDS)
                or (line.startswith("  COMMAND = ") and not _is_utility(head))
            )
        )
        for head, lines in edges
        for line in lines
    )


def _compiles(head: str, path: str) -> bool:
    """Whether an edge compiles a source file that is below ``path``: a fetched one."""
    rule = head.partition(": ")[2].partition(" |")[0]
    return "_COMPILER_" in rule and path in rule


def _edges(folder: Path) -> list[tuple[str, list[str]]] | None:
    """The edges of build.ninja: the line that each begins with, and its variables' lines."""
    try:
        text = (folder / "build.ninja").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    edges: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        if line.startswith("build "):
            edges.append((line, []))
        elif edges:
            edges[-1][1].append(line)
    return edges


def _is_utility(head: str) -> bool:
    return head.partition(":")[0].endswith(".util")


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
