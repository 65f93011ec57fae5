"""Read wheels safely: their members and their RECORD."""

from __future__ import annotations

import contextlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Self, cast

from ..errors import WheelError
from ..system.files import copy_range
from ..variants.metadata import VARIANT_JSON
from . import zip_format, zip_names, zip_safety
from .name import WheelName
from .record import record_rows

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    NotImplementedError,  # a version of the format, or a compression, that zipfile lacks
)

METADATA_LIMIT = 1 << 20
"""Most bytes of METADATA or variant.json; a longer one is an attack or an accident."""

RECORD_LIMIT = 1 << 24
"""Most bytes of a RECORD."""

_MORE_LINES = 100
"""Lines that a RECORD may have beyond two for each file."""


@dataclass(frozen=True)
class Member:
    """One file of a wheel: its central directory entry and where its compressed data lies."""

    info: zipfile.ZipInfo
    data_offset: int

    @property
    def name(self) -> str:
        return self.info.filename


class WheelReader:
    """A wheel opened for reading; anything unusual in its structure is a WheelError.

    The checks are those that make copying safe: each local header agrees with the central
    directory, members do not overlap, no name occurs twice or leads out of the folder that the
    wheel is unpacked into, and the only dist-info folder is the one that the file name requires.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = WheelName.parse(path.name)
        with contextlib.ExitStack() as opened:
            try:
                # Reading a pipe could block forever, and a device may never end.
                if path.exists() and not path.is_file():
                    raise WheelError(f"{path}: is not a regular file")
                self._stream = opened.enter_context(path.open("rb"))
                bounded = cast("IO[bytes]", zip_safety.Bounded(self._stream))
                self._zip = opened.enter_context(zipfile.ZipFile(bounded))
            except FileNotFoundError:
                raise WheelError(f"{path}: no such file") from None
            except (OSError, *_UNREADABLE) as error:
                reason = getattr(error, "strerror", None) or error
                raise WheelError(f"{path}: cannot be read as a wheel: {reason}") from None
            self._members = self._check_members()
            self._by_name = {member.name: member for member in self._members}
            self.dist_info = self._find_dist_info()
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._opened.close()

    def members(self) -> tuple[Member, ...]:
        """Return all members in the order of their data."""
        return self._members

    def member(self, name: str) -> Member:
        """Return the member of this name; raise WheelError if there is none."""
        if name not in self._by_name:
            raise WheelError(f"{self.path}: {name} is missing")
        return self._by_name[name]

    def read(self, member_name: str, limit: int | None = None) -> bytes:
        """Return a member's content; WheelError if it is missing, damaged or over ``limit``."""
        return b"".join(self.blocks(member_name, limit))

    def blocks(self, member_name: str, limit: int | None = None) -> Iterator[bytes]:
        """Yield a member's content in pieces; raises WheelError as :meth:`read` does.

        The size that the archive gives may be false; the memory in use does not depend on it.
        """
        member = self.member(member_name)
        info = member.info
        if limit is not None and info.file_size > limit:
            size = f"{info.file_size} bytes, over the {limit} allowed"
            raise WheelError(f"{self.path}: {member_name} has {size}")
        try:
            yield from zip_safety.unpacked(self._stream, member.data_offset, info)
        except (OSError, *_UNREADABLE) as error:
            raise WheelError(f"{self.path}: {member_name} is damaged: {error}") from None

    def start(self, member_name: str, count: int) -> bytes:
        """Return the first ``count`` bytes of a member's content, or all if there are fewer."""
        try:
            with self._zip.open(member_name) as stream:
                return stream.read(count)
        except (OSError, *_UNREADABLE) as error:
            raise WheelError(f"{self.path}: {member_name} is damaged: {error}") from None

    def variant_json(self) -> bytes | None:
        """Return the content of variant.json; None in a wheel that is not a variant."""
        name = f"{self.dist_info}/{VARIANT_JSON}"
        if name not in self._by_name:
            return None
        return self.read(name, METADATA_LIMIT)

    def record(self) -> list[list[str]]:
        """Return the rows (path, hash, size) of RECORD, unchecked."""
        data = self.read(f"{self.dist_info}/RECORD", RECORD_LIMIT)
        if data.count(b"\n") + data.count(b"\r") > 2 * len(self._members) + _MORE_LINES:
            raise WheelError(f"{self.path}: RECORD has far more lines than the wheel has files")
        try:
            return record_rows(data)
        except ValueError as error:
            raise WheelError(f"{self.path}: RECORD cannot be read: {error}") from None

    def copy(self, member: Member, target: IO[bytes]) -> None:
        """Append a member's compressed data to ``target``, unchanged."""
        try:
            copy_range(self._stream, target, member.data_offset, member.info.compress_size)
        except EOFError:
            raise WheelError(f"{self.path}: {member.name} is cut short") from None

    def _check_members(self) -> tuple[Member, ...]:
        infos = sorted(self._zip.infolist(), key=lambda info: info.header_offset)
        self._refuse(zip_safety.size_problem(infos, self.path.stat().st_size))
        for info in infos:
            self._refuse(zip_names.member_problem(info))
        ignoring_case = any("linux" not in part for part in self.name.platform.split("."))
        names = (info.filename for info in infos)
        self._refuse(zip_names.names_problem(names, ignoring_case=ignoring_case))
        members: list[Member] = []
        end = 0
        for info in infos:
            self._check_gap(members, info.header_offset - end, info.filename)
            if info.header_offset < 0:
                self._refuse(f"{info.filename} begins before the file does")
            start = self._data_offset(info)
            end = start + info.compress_size
            members.append(Member(info, start))
        self._check_gap(members, self._zip.start_dir - end, "")
        start, comment = self._zip.start_dir, self._zip.comment
        self._refuse(zip_safety.end_problem(self._stream, start, len(infos), comment))
        return tuple(members)

    def _refuse(self, problem: str | None) -> None:
        if problem:
            raise WheelError(f"{self.path}: {problem}")

    def _check_gap(self, members: Sequence[Member], gap: int, behind: str) -> None:
        before = members[-1] if members else None
        match zip_safety.gap_problem(before.info if before else None, gap):
            case "lies over" if before:
                first = behind or before.name
                what = "another member" if behind else "the central directory"
                self._refuse(f"{first} lies over {what}")
            case "hides":
                place = f"behind {before.name}" if before else "at its beginning"
                self._refuse(f"{gap} bytes {place} belong to no member")
            case None if before and gap:
                self._stream.seek(before.data_offset + before.info.compress_size)
                self._refuse(zip_safety.descriptor_problem(before.info, self._stream.read(gap)))

    def _data_offset(self, info: zipfile.ZipInfo) -> int:
        self._stream.seek(info.header_offset)
        header = self._stream.read(zip_format.LOCAL_HEADER.size)
        if len(header) < zip_format.LOCAL_HEADER.size or header[:4] != b"PK\3\4":
            raise WheelError(f"{self.path}: {info.filename} has no local header")
        fields = zip_format.LOCAL_HEADER.unpack(header)
        name_length, extra_length = int(fields[9]), int(fields[10])
        encoding = "utf-8" if fields[2] & zip_format.UTF8_NAME else "cp437"
        name = self._stream.read(name_length).decode(encoding, errors="replace")
        extra = self._stream.read(extra_length)
        if name != info.orig_filename or zip_safety.header_problem(info, fields, extra):
            raise WheelError(
                f"{self.path}: the local header of {name!r} disagrees with the central directory"
            )
        return info.header_offset + zip_format.LOCAL_HEADER.size + name_length + extra_length

    def _find_dist_info(self) -> str:
        folders = {
            folder for member in self._members if (folder := _dist_info_in(member.name)) is not None
        }
        if len(folders) != 1:
            found = ", ".join(sorted(folders)[:4]) or "none"
            raise WheelError(f"{self.path}: needs exactly one .dist-info folder; found {found}")
        folder = folders.pop()
        own = folder.removesuffix(".dist-info")
        if own == folder or release_key(own) != release_key(self.name.release):
            raise WheelError(f"{self.path}: {folder} is another project's or version's")
        return folder


def _dist_info_in(name: str) -> str | None:
    """Return the dist-info folder that a member is installed into; None for other members."""
    # PurePosixPath drops the empty parts and dots that installers ignore.
    top, *rest = PurePosixPath(name).parts
    if top.lower().endswith(".data"):
        # Installers move the content of these folders beside the rest of the wheel.
        match rest:
            case ["purelib" | "platlib" as scheme, inside, *_] if _is_dist_info(inside):
                return f"{top}/{scheme}/{inside}"
        return None
    return top if (rest or name.endswith("/")) and _is_dist_info(top) else None


def _is_dist_info(folder: str) -> bool:
    return folder.lower().endswith(".dist-info")


def release_key(text: str) -> str:
    """Return a key that is equal for names or versions that differ only in spelling."""
    return re.sub(r"[-_.]+", "_", text).lower()
