"""A CMake build folder that several passes share, and its state between them."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from . import ninja_state, stale_files, unnamed_inputs
from .object_store import ObjectStore

_BASE_ENTRY = re.compile(r"CMAKE_([^:]+:(FILEPATH|INTERNAL)|(CUDA|HIP)_ARCHITECTURES:STRING)=")
"""CMake's entries for its folder and the compilers: paths, tools, and the GPUs that the compilers
choose if the build names none."""


@dataclass(frozen=True)
class Tree:
    """A CMake build folder and the cache that each of its passes starts from.

    Entries of one pass in CMakeCache.txt must not affect the next: a define, an option() whose
    default depends on the variant, the result of a search or a check. So the first pass of a
    request starts without a cache, and each later one only with the entries by which CMake
    recognizes its own folder. Without them it would discard its records of the compilers,
    which are outside of the cache.

    ``objects`` keeps the object files of all passes if the folder is kept after the request.
    ``in_place`` says that the folder is the project's own, ``resumed`` that an earlier pass of the
    request has left its cache there.
    """

    folder: Path
    objects: ObjectStore | None = None
    in_place: bool = False
    resumed: bool = False

    @property
    def cache(self) -> Path:
        return self.folder / "CMakeCache.txt"

    def begin(self, title: str) -> None:
        """Prepare the folder for the pass for the wheel ``title``."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._at_work.exists():
            ninja_state.forget_unproven(self.folder)
        self._at_work.touch()
        if not self.in_place:
            self._remove_leftovers(title)
        for path in (self._begun, *self._finished()):
            path.unlink(missing_ok=True)
        # With this file scikit-build-core detects that its own folder has moved, and then removes
        # all build files. Each isolated environment has another folder, but if that matters, it
        # changes command lines, which Ninja compares.
        (self.folder / ".skbuild-info.json").unlink(missing_ok=True)
        base = [f"{line}\n" for line in self._entries() if _BASE_ENTRY.match(line)]
        if self.resumed and base:
            self.cache.write_text("".join(base), encoding="utf-8", errors="surrogateescape")
        else:
            self.cache.unlink(missing_ok=True)
        if self.objects is not None:
            self.objects.put_back(self.folder, title, python_tag())
        unnamed_inputs.forget(self.folder, Path())

    def end(self, title: str) -> None:
        """Save the results of the pass for the wheel ``title`` for later ones."""
        if self.objects is not None:
            self.objects.take(self.folder, title, python_tag())
        self._at_work.unlink(missing_ok=True)

    def _remove_leftovers(self, title: str) -> None:
        name, last = f"{title} {python_tag()}", self.folder / "wheelnext-last-wheel.txt"
        if last.is_file() and last.read_text(encoding="utf-8") != name:
            stale_files.remove(self.folder)
        last.write_text(name, encoding="utf-8")

    def gave_up(self) -> bool:
        """Return whether the pass succeeded although CMake did not install anything.

        Overrides with ``if.failed`` do this: they make a wheel without compiled code.
        """
        return self._begun.is_file() and not self._finished()

    def applied(self) -> str | None:
        """Return the label of the variant whose flags the last configuration applied."""
        return self.cached("WHEELNEXT_APPLIED")

    def cached(self, name: str) -> str | None:
        """Return the value of an entry of the cache; None if there is no such entry."""
        found = (line for line in self._entries() if line.startswith(f"{name}:"))
        return next((line.partition("=")[2] for line in found), None)

    @property
    def _at_work(self) -> Path:
        """Marker file that exists while a pass runs.

        If it is there at the start, the last pass died and file times cannot be trusted.
        """
        return self.folder / ".wheelnext-at-work"

    @property
    def _begun(self) -> Path:
        """The initial cache that scikit-build-core writes for CMake."""
        return self.folder / "CMakeInit.txt"

    def _finished(self) -> list[Path]:
        """Return the files that ``cmake --install`` writes: one for all, or one per component."""
        return list(self.folder.glob("install_manifest*.txt"))

    def _entries(self) -> list[str]:
        if not self.cache.is_file():
            return []
        return self.cache.read_text(encoding="utf-8", errors="surrogateescape").split("\n")


def python_tag() -> str:
    """Return a name that tells the interpreter of a pass from others."""
    return sys.implementation.cache_tag or sys.implementation.name
