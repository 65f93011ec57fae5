"""Repeat, in each pass, the compilations with inputs that no depfile names.

Ninja compiles a file again if its command line has changed, or a file that the compiler has named
in a depfile. Compilers do not name files that assembly includes (``.incbin``), profiles, plugins
and specs. In a tree that several wheels share, such an object could be another wheel's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from .build_ninja import edges
from .ninja_state import read_deps

_OPTIONS = re.compile(
    r"(^|\s)(-f(profile(-instr|-sample)?-use|auto-profile|branch-probabilities|(pass-)?plugin)\b"
    r"|--?specs\b|-load\b|-wrapper\b|--config\b|@\S)"
)
"""Options of GCC and Clang that name such a file; a file in ``@FILE`` may contain any of them."""

_ASSEMBLY = re.compile(rb"\.incbin\b")


def forget(folder: Path, sources: Path) -> list[str]:
    """Remove the objects of such compilations from a tree, so that Ninja makes them again.

    ``sources`` is the project's folder: files outside of it and of the tree, such as headers of the
    system, are not searched for ``.incbin``. Returns the removed objects, relative to the tree.
    """
    compilations = [edge for edge in edges(folder) or () if edge.is_compilation]
    named = read_deps(folder) if compilations else {}
    includes_binary = _search(folder, sources)
    removed = []
    for edge in compilations:
        files = [path for output in edge.outputs if output in named for path in named[output].paths]
        if _OPTIONS.search(edge.variable("FLAGS")) or any(
            map(includes_binary, (*edge.inputs, *files))
        ):
            for output in edge.outputs:
                (folder / output).unlink(missing_ok=True)
                removed.append(output)
    return removed


def _search(folder: Path, sources: Path) -> Callable[[str], bool]:
    """Return a function that tells whether a file of the project includes another file's bytes."""
    searched = (folder.absolute(), sources.absolute())

    @cache
    def includes_binary(name: str) -> bool:
        path = folder.absolute() / name
        if not any(path.is_relative_to(top) for top in searched):
            return False
        try:
            return _ASSEMBLY.search(path.read_bytes()) is not None
        except OSError:  # it is made during the build, or is gone
            return False

    return includes_binary
