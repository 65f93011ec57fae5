"""Read and write Ninja's records of a build folder: .ninja_log and .ninja_deps.

Ninja rebuilds an output if its command line or inputs have changed since it was built. The log has
the hash of each output's command; the deps log has the files that it includes. Both are
append-only: of two entries for one output, the later one counts. Formats: log version 5 to 7, deps
version 4 (Ninja's src/build_log.cc and src/deps_log.cc). Other versions are not read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_LOG_NAME = ".ninja_log"
_LOG_VERSIONS = tuple(f"# ninja log v{number}" for number in (5, 6, 7))
_DEPS_NAME = ".ninja_deps"
_DEPS_HEADER = b"# ninjadeps\n" + struct.pack("<I", 4)
_IS_DEPS = 1 << 31


@dataclass(frozen=True)
class LogEntry:
    """One output's line in the log, and the hash of the command that made it."""

    line: str
    command_hash: str


@dataclass(frozen=True)
class Deps:
    """The dependencies of one output that Ninja found, as of ``mtime`` (ns)."""

    mtime: int
    paths: tuple[str, ...]


def read_log(folder: Path) -> dict[str, LogEntry]:
    """Return the entries of the log by output; empty if there is no readable log."""
    try:
        text = (folder / _LOG_NAME).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return {}
    header, *lines = text.split("\n")
    if header not in _LOG_VERSIONS:
        return {}
    entries = {}
    for line in lines:
        fields = line.split("\t")
        if len(fields) == 5:
            entries[fields[3]] = LogEntry(line, fields[4])
    return entries


def append_log(folder: Path, entries: Iterable[LogEntry]) -> None:
    """Append earlier entries to the log, so that Ninja knows these outputs again."""
    with (folder / _LOG_NAME).open("a", encoding="utf-8", errors="surrogateescape") as stream:
        stream.writelines(f"{entry.line}\n" for entry in entries)


def forget_unproven(folder: Path) -> None:
    """Make Ninja rebuild outputs that a failed or killed command may have written.

    Such an output may be incomplete or belong to another variant, but the log only has the last
    command that succeeded. For outputs in the deps log, which are compilers' outputs, Ninja sees by
    the date that the file was written later. All others, such as linked and generated files, are
    removed from the log.
    """
    proven = read_deps(folder)
    path = folder / _LOG_NAME
    entries = read_log(folder)
    if not entries:
        path.unlink(missing_ok=True)  # another version of Ninja's log: rebuild all outputs
        return
    with path.open(encoding="utf-8", errors="surrogateescape") as stream:
        header = stream.readline()
    part = path.with_name(f"{_LOG_NAME}.part")
    with part.open("w", encoding="utf-8", errors="surrogateescape") as stream:
        stream.write(header)
        stream.writelines(f"{entries[name].line}\n" for name in entries if name in proven)
    part.replace(path)


def read_deps(folder: Path) -> dict[str, Deps]:
    """Return the inputs that Ninja found while building, by output; empty if unreadable."""
    return _DepsLog(folder / _DEPS_NAME).deps


def append_deps(folder: Path, deps: dict[str, Deps]) -> None:
    """Append the inputs of these outputs to the deps log, so that Ninja knows them again."""
    log = _DepsLog(folder / _DEPS_NAME)
    records = bytearray()
    for output, found in deps.items():
        ids = [log.number(path, records) for path in (output, *found.paths)]
        low, high = found.mtime & 0xFFFFFFFF, found.mtime >> 32
        data = struct.pack(f"<iII{len(ids) - 1}i", ids[0], low, high, *ids[1:])
        records += struct.pack("<I", len(data) | _IS_DEPS) + data
    with log.path.open("ab") as stream:
        stream.write(records)


class _DepsLog:
    """The content of the deps log; parts that cannot be read count as absent."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.deps: dict[str, Deps] = {}
        self._paths: list[str] = []
        self._numbers: dict[str, int] = {}
        try:
            data = path.read_bytes()
        except OSError:
            return
        if data.startswith(_DEPS_HEADER):
            self._read(data)

    def number(self, path: str, records: bytearray) -> int:
        """Return the number of a path; a new path gets the next one, and a record."""
        if path not in self._numbers:
            self._numbers[path] = len(self._paths)
            self._paths.append(path)
            name = path.encode("utf-8", errors="surrogateescape")
            name += b"\0" * (-len(name) % 4)
            checksum = ~self._numbers[path] & 0xFFFFFFFF
            records += struct.pack("<I", len(name) + 4) + name + struct.pack("<I", checksum)
        return self._numbers[path]

    def _read(self, data: bytes) -> None:
        at = len(_DEPS_HEADER)
        while at + 4 <= len(data):
            (size,) = struct.unpack_from("<I", data, at)
            at, length = at + 4, size & ~_IS_DEPS
            record = data[at : at + length]
            at += length
            if len(record) < length or length % 4:
                return  # cut short: Ninja stops here, too
            if size & _IS_DEPS:
                try:
                    self._read_deps(record)
                except (struct.error, IndexError):
                    return  # damaged: only the entries before count
            else:
                path = record[:-4].rstrip(b"\0").decode("utf-8", errors="surrogateescape")
                self._numbers[path] = len(self._paths)
                self._paths.append(path)

    def _read_deps(self, record: bytes) -> None:
        output, low, high, *inputs = struct.unpack(f"<iII{len(record) // 4 - 3}i", record)
        paths = tuple(self._paths[number] for number in inputs)
        self.deps[self._paths[output]] = Deps(low | high << 32, paths)
