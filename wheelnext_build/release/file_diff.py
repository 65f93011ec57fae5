"""Compare two builds of a wheel or an sdist: their members, and diffoscope's report."""

from __future__ import annotations

import shutil
import stat
import tarfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..errors import WheelError
from ..system import processes
from ..system.temporary import scratch_folder
from ..wheels.reader import WheelReader
from .index.dist_files import SDIST_SUFFIX

DIFFOSCOPE = "diffoscope"

_MOST_LINES = 100
"""Lines of diffoscope's report to show for one file."""

_LAST_LINES = 5
"""Lines to show if diffoscope fails."""


@dataclass(frozen=True)
class Member:
    """A member of an archive; ``content`` has a size and a checksum, to compare contents."""

    date: str
    mode: str
    content: tuple[object, ...]

    @property
    def seconds(self) -> int | None:
        """The date in seconds since 1970; None if it does not exist, such as 1980-00-00."""
        try:
            return int(datetime.fromisoformat(f"{self.date}+00:00").timestamp())
        except ValueError:
            return None


def members_of(path: Path) -> dict[str, Member]:
    """Return the members of a wheel or an sdist by name; raise WheelError if it is damaged."""
    if path.name.endswith(SDIST_SUFFIX):
        return _sdist_members(path)
    with WheelReader(path) as reader:
        infos = [member.info for member in reader.members()]
    return {
        info.filename: Member(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(*info.date_time),
            stat.filemode(info.external_attr >> 16),
            (info.file_size, info.CRC),
        )
        for info in infos
    }


def _sdist_members(path: Path) -> dict[str, Member]:
    found = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for info in archive:
                stream = archive.extractfile(info) if info.isreg() else None
                checksum = zlib.crc32(stream.read()) if stream else 0
                found[info.name] = Member(
                    str(datetime.fromtimestamp(info.mtime, UTC))[:19],
                    stat.filemode(info.mode),
                    (info.type, info.linkname, info.size, checksum),
                )
    except (OSError, EOFError, ValueError, OverflowError, tarfile.TarError, zlib.error) as error:
        raise WheelError(f"{path}: cannot be read as an sdist: {error}") from None
    return found


def member_differences(one: Path, other: Path) -> list[str]:
    """List the members in which a file of a release and the rebuilt one differ, a line for each.

    Raises WheelError if a file cannot be read.
    """
    folder, first, second = one.parent, members_of(one), members_of(other)
    both = [name for name in first if name in second]
    lines = [f"{name}: only in {folder}" for name in first if name not in second]
    lines += [f"{name}: only in the rebuilt file" for name in second if name not in first]
    lines += [f"{n}: content differs" for n in both if first[n].content != second[n].content]
    for field in ("date", "mode"):
        # One line for all members with the same difference: often that is every member.
        found: dict[tuple[str, str], list[str]] = {}
        for name in both:
            values = getattr(first[name], field), getattr(second[name], field)
            if values[0] != values[1]:
                found.setdefault(values, []).append(name)
        for (before, after), names in found.items():
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            lines.append(f"{names[0]}{more}: {field} in {folder}: {before}; rebuilt: {after}")
    return lines or ["the members are equal, but their order or compression differs"]


def diffoscope_report(one: Path, other: Path) -> list[str]:
    """Return diffoscope's report on two files, shortened; empty if it is not installed."""
    program = shutil.which(DIFFOSCOPE)
    if not program:
        return []
    with scratch_folder() as scratch:
        report = scratch / "report.txt"
        limits = ("--max-diff-block-lines-saved=20", "--exclude-command=^zipdetails")
        # Its output has only warnings, which are shown if there is no report.
        ended = processes.run(
            [program, "--no-progress", *limits, "--text", str(report), str(one), str(other)]
        )
        if not report.is_file():
            return [f"{DIFFOSCOPE} failed:", *processes.tail(ended.stdout, _LAST_LINES)]
        lines = report.read_text("utf-8", errors="replace").splitlines()
    more = len(lines) - _MOST_LINES
    return [*lines[:_MOST_LINES], *([f"... and {more} more lines"] if more > 0 else [])]
