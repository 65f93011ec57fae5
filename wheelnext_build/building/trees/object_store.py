"""Keep the object files of all variants that share a build tree for the next build in it.

In a shared tree, a variant's object files replace those of the previous variant. Before a pass, the
files that the same pass left last time are put back, with their entries in Ninja's logs. Ninja then
decides whether they are up to date, by their command lines and the times of the included files.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .ninja_state import Deps, LogEntry, append_deps, append_log, read_deps, read_log

_INDEX = "index.json"


@dataclass(frozen=True)
class _Kept:
    """Ninja's entries for a kept object file: its line in the log, and the included files."""

    line: str
    paths: tuple[str, ...]


@dataclass
class _Index:
    """The kept files by output and hash of the command, and the files that each pass left."""

    files: dict[str, dict[str, _Kept]] = field(default_factory=dict)
    passes: dict[str, dict[str, str]] = field(default_factory=dict)

    def left(self, title: str, python: str) -> dict[str, str]:
        """Return the files to begin a pass with, as output -> hash of the command."""
        if known := self.passes.get(f"{title} {python}"):
            return known
        other = next((name for name in reversed(self.passes) if name.split()[0] == title), None)
        if other is None:
            return {}
        # Files that all wheels for the other interpreter share may depend on the interpreter, and
        # this interpreter's are here already. Files that differ between them depend on the variant.
        same_python = [
            files for name, files in self.passes.items() if name.split()[1] == other.split()[1]
        ]
        return {
            output: command_hash
            for output, command_hash in self.passes[other].items()
            if any(files.get(output) != command_hash for files in same_python)
        }


@dataclass(frozen=True)
class ObjectStore:
    """Object files below ``folder``, one for each output and command that is in use."""

    folder: Path

    def put_back(self, tree: Path, title: str, python: str) -> int:
        """Put back the files of the pass for a wheel and an interpreter; return their number.

        If there was no such pass, take the variant's own files of the same wheel for another
        interpreter.
        """
        index = self._read_index()
        left = index.left(title, python)
        current = read_log(tree)
        log: list[LogEntry] = []
        deps: dict[str, Deps] = {}
        for output, command_hash in left.items():
            stored = self._path(output, command_hash)
            known = current.get(output)
            if (known is not None and known.command_hash == command_hash) or not stored.is_file():
                continue
            kept = index.files[output][command_hash]
            target = tree / output
            target.parent.mkdir(parents=True, exist_ok=True)
            # The copy has the current date, so that outputs linked from an older file are linked
            # again. Ninja sees by the line in its log whether inputs are newer than the object.
            shutil.copyfile(stored, target)
            log.append(LogEntry(kept.line, command_hash))
            deps[output] = Deps(target.stat().st_mtime_ns, kept.paths)
        if log:
            append_log(tree, log)
            append_deps(tree, deps)
        return len(log)

    def take(self, tree: Path, title: str, python: str) -> None:
        """Keep the object files that the pass for a wheel and an interpreter left in ``tree``."""
        index = self._read_index()
        name = f"{title} {python}"
        log, deps = read_log(tree), read_deps(tree)
        index.passes.pop(name, None)
        left = index.passes[name] = {}  # the newest is last
        for output, found in deps.items():
            entry, built = log.get(output), tree / output
            if entry is None or not built.is_file():
                continue
            left[output] = entry.command_hash
            stored = self._path(output, entry.command_hash)
            kept = _Kept(entry.line, found.paths)
            files = index.files.setdefault(output, {})
            if files.get(entry.command_hash) != kept or not stored.is_file():
                stored.parent.mkdir(parents=True, exist_ok=True)
                part = stored.with_name(f"{stored.name}.part")
                shutil.copyfile(built, part)
                part.replace(stored)
                files[entry.command_hash] = kept
        self._drop_unused(index)
        self._write_index(index)

    def _drop_unused(self, index: _Index) -> None:
        used = {entry for left in index.passes.values() for entry in left.items()}
        for output, files in index.files.items():
            for command_hash in [key for key in files if (output, key) not in used]:
                del files[command_hash]
                self._path(output, command_hash).unlink(missing_ok=True)

    def _path(self, output: str, command_hash: str) -> Path:
        # The path of an output outside of the tree must not lead out of the store.
        parts = ["_" if part in ("..", "/") else part for part in Path(output).parts]
        return self.folder.joinpath(*parts, command_hash)

    def _read_index(self) -> _Index:
        try:
            data = json.loads((self.folder / _INDEX).read_text(encoding="utf-8"))
            files = {
                output: {
                    key: _Kept(kept["line"], tuple(kept["paths"])) for key, kept in found.items()
                }
                for output, found in data["files"].items()
            }
            return _Index(files, data["passes"])
        except (OSError, ValueError, KeyError, TypeError):  # no index, or another version's
            return _Index()

    def _write_index(self, index: _Index) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{_INDEX}.part"
        part.write_text(json.dumps(asdict(index)), encoding="utf-8")
        part.replace(self.folder / _INDEX)
