"""A CMake build folder that several passes share, and what one pass leaves for the next."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from . import ninja_state, stale_files, unnamed_inputs
from .object_store import ObjectStore

_BASE_ENTRY = re.compile(r"CMAKE_([^:]+:(FILEPATH|INTERNAL)|(CUDA|HIP)_ARCHITECTURES:STRING)=")
"""What CMake remembers of its folder and of the compilers: their paths, their tools, and the GPUs
that they compile for where nobody says for which."""


@dataclass
class Tree:
    """A CMake build folder and the cache that each of its passes starts from.

    Whatever a pass leaves in CMakeCache.txt must not linger for the next: a define, an option()
    whose default follows the variant, the result of a search or a check. So the first pass of a
    request starts without a cache, and every later one with no more than ``base``, the entries by
    which CMake knows its own folder again: without them it would throw away what it found out about
    the compilers, which it keeps outside of the cache.

    ``objects`` keeps the object files of all passes, for a folder that is kept after the request;
    ``in_place`` says that the folder is the project's own, ``resumed`` that an earlier pass of the
    request has left its cache there.
    """

    folder: Path
    objects: ObjectStore | None = None
    in_place: bool = False
    resumed: bool = False
    base: str | None = field(default=None, repr=False)

    @property
    def cache(self) -> Path:
        return self.folder / "CMakeCache.txt"

    def begin(self, title: str) -> None:
        """Make the folder what the pass for the wheel ``title`` starts from."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._at_work.exists():
            ninja_state.forget_unproven(self.folder)
        self._at_work.touch()
        if not self.in_place:
            self._remove_leftovers(title)
        for path in (self._begun, *self._finished()):
            path.unlink(missing_ok=True)
        # By this file scikit-build-core tells that its own folder has moved, and then throws away
        # what was built. Its folder moves with every isolated environment, and what that changes
        # is in the command lines, which Ninja compares.
        (self.folder / ".skbuild-info.json").unlink(missing_ok=True)
        if self.base is None and self.resumed:
            self._keep_base()
        if self.base is None:
            self.cache.unlink(missing_ok=True)
        else:
            self.cache.write_text(self.base, encoding="utf-8", errors="surrogateescape")
        if self.objects is not None:
            self.objects.put_back(self.folder, title, python_tag())
        unnamed_inputs.forget(self.folder, Path())

    def end(self, title: str) -> None:
        """Remember what the pass for the wheel ``title`` leaves for later ones."""
        self._keep_base()
        if self.objects is not None:
            self.objects.take(self.folder, title, python_tag())
        self._at_work.unlink(missing_ok=True)

    def _remove_leftovers(self, title: str) -> None:
        name, last = f"{title} {python_tag()}", self.folder / "wheelnext-last-wheel.txt"
        if last.is_file() and last.read_text(encoding="utf-8") != name:
            stale_files.remove(self.folder)
        last.write_text(name, encoding="utf-8")

    def _keep_base(self) -> None:
        kept = (f"{line}\n" for line in self._entries() if _BASE_ENTRY.match(line))
        self.base = "".join(kept) or None

    def gave_up(self) -> bool:
        """Whether the pass ended well though CMake did not get as far as installing.

        That is what overrides with ``if.failed`` are for: a wheel without compiled code.
        """
        return self._begun.is_file() and not self._finished()

    def applied(self) -> str | None:
        """The label of the variant whose flags the last configuration put to use."""
        return self.cached("WHEELNEXT_APPLIED")

    def cached(self, name: str) -> str | None:
        """The value of an entry of the cache; None where there is no such entry."""
        found = (line for line in self._entries() if line.startswith(f"{name}:"))
        return next((line.partition("=")[2] for line in found), None)

    @property
    def _at_work(self) -> Path:
        """What is there from a pass' beginning to its good end: after another one, files lie."""
        return self.folder / ".wheelnext-at-work"

    @property
    def _begun(self) -> Path:
        """What scikit-build-core writes for CMake to read first."""
        return self.folder / "CMakeInit.txt"

    def _finished(self) -> list[Path]:
        """What ``cmake --install`` writes, one for all or one for each component."""
        return list(self.folder.glob("install_manifest*.txt"))

    def _entries(self) -> list[str]:
        if not self.cache.is_file():
            return []
        return self.cache.read_text(encoding="utf-8", errors="surrogateescape").split("\n")


def python_tag() -> str:
    """What tells the interpreter of a pass from others."""
    return sys.implementation.cache_tag or sys.implementation.name
