"""What differs between two files of a release: members, what archives say of them, and contents."""

from __future__ import annotations

import difflib
import stat
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..errors import WheelError
from ..wheels.reader import WheelReader
from . import elf_difference

_MOST_LINES = 8
_LARGEST_TEXT = 1 << 20

_FOLLOWS = "follows from the files that it lists"


@dataclass(frozen=True)
class _Entry:
    """A member of an archive: what is said of it, and its content."""

    said: Mapping[str, str]
    content: bytes


def differences(one: Path, other: Path) -> list[str]:
    """What differs, a line each; empty where both are equal byte for byte.

    Raises WheelError for a file that cannot be read.
    """
    if one.read_bytes() == other.read_bytes():
        return []
    first, second = _entries(one), _entries(other)
    lines = [f"{name}: only in FOLDER's" for name in first if name not in second]
    lines += [f"{name}: only built now" for name in second if name not in first]
    both = [name for name in first if name in second]
    if both != [name for name in second if name in first]:
        moved = next(
            name
            for name, at in zip(both, (n for n in second if n in first), strict=True)
            if name != at
        )
        lines.append(f"the members have another order, from {moved} on")
    _Said(lines, first, second).compare(both)
    return lines or ["members are the same, but packed differently: by another zlib or libdeflate"]


@dataclass
class _Said:
    """Collects lines about members that are in both archives."""

    lines: list[str]
    first: Mapping[str, _Entry]
    second: Mapping[str, _Entry]

    def compare(self, names: list[str]) -> None:
        self._say_common(names)
        for name in names:
            one, other = self.first[name], self.second[name]
            if one.content == other.content:
                continue
            if name.endswith(".dist-info/RECORD"):
                self.lines.append(f"{name}: {_FOLLOWS}")
                continue
            sizes = f"{len(one.content)} and {len(other.content)} bytes"
            same = len(one.content) == len(other.content)
            self.lines.append(f"{name}: differs" + ("" if same else f", {sizes}"))
            self.lines += [f"    {line}" for line in _content(one.content, other.content)]

    def _say_common(self, names: list[str]) -> None:
        """Dates and modes: once for all members with the same difference."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for name in names:
            one, other = self.first[name].said, self.second[name].said
            for key in one:
                if one[key] != other[key]:
                    found.setdefault((key, one[key], other[key]), []).append(name)
        for (key, before, after), members in found.items():
            more = f" and {len(members) - 1} more" if len(members) > 1 else ""
            self.lines.append(f"{members[0]}{more}: {key} {before} in FOLDER's, {after} now")


def _content(one: bytes, other: bytes) -> list[str]:
    texts = [_text(data) for data in (one, other)]
    if texts[0] is None or texts[1] is None:
        return elf_difference.differences(one, other)
    before, after = (text.splitlines() for text in texts if text is not None)
    lines = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
    shown = [line for line in lines if not line.startswith("@@")]
    more = len(shown) - _MOST_LINES
    return [*shown[:_MOST_LINES], *([f"and {more} more lines"] if more > 0 else [])]


def _text(data: bytes) -> str | None:
    if len(data) > _LARGEST_TEXT or b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _entries(path: Path) -> dict[str, _Entry]:
    return _of_wheel(path) if path.suffix == ".whl" else _of_sdist(path)


def _of_wheel(path: Path) -> dict[str, _Entry]:
    with WheelReader(path) as reader:
        return {
            member.name: _Entry(
                {
                    "date": "{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(*member.info.date_time),
                    "mode": stat.filemode(member.info.external_attr >> 16),
                    "compression": str(member.info.compress_type),
                    "made by system": str(member.info.create_system),
                },
                reader.read(member.name),
            )
            for member in reader.members()
        }


def _of_sdist(path: Path) -> dict[str, _Entry]:
    try:
        with tarfile.open(path, "r:gz") as archive:
            return {member.name: _of_member(archive, member) for member in archive}
    except (OSError, EOFError, ValueError, OverflowError, tarfile.TarError, zlib.error) as error:
        raise WheelError(f"{path}: cannot be read as an sdist: {error}") from None


def _of_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> _Entry:
    stream = archive.extractfile(member) if member.isfile() else None
    said = {
        "date": str(datetime.fromtimestamp(member.mtime, UTC))[:19],
        "mode": stat.filemode(member.mode),
        "owner": f"{member.uid}:{member.gid} {member.uname}:{member.gname}",
        "type": repr(member.type) + member.linkname,
    }
    return _Entry(said, stream.read() if stream else b"")
