"""Wheels as files: their names, their members, raw copying of members, atomic publishing.

Names follow the binary distribution format with PEP 825's label at the end. Members are copied as
they are, compressed data included, so that changing a wheel's metadata costs no recompression.
"""

from __future__ import annotations

import base64
import contextlib
import csv
import hashlib
import io
import math
import os
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self, cast

from . import zipformat, zipsafety
from .copying import copy_range
from .errors import WheelError
from .metadata import VARIANT_JSON
from .variant import is_label

if TYPE_CHECKING:
    from packaging.tags import Tag

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    NotImplementedError,  # a version of the format, or a compression, that zipfile lacks
)

METADATA_LIMIT = 1 << 20
"""No variant.json comes near this many bytes; a longer one is an attack or an accident."""

RECORD_LIMIT = 1 << 26
"""Nor does any RECORD come near this many."""

_MOST_TAGS = 1 << 10
"""A name that stands for more tags than these is made to keep its readers busy."""

_MOST_PROBLEMS = 100
"""So many disagreements with a RECORD are told; who wants more has them by their number."""

_BLOCK = 1 << 20

_PROJECT = re.compile(r"[^\W-]+(\.[^\W-]+)*", re.ASCII)
_VERSION = re.compile(r"[\w.!+]+", re.ASCII)
_TAG = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)
_BUILD = re.compile(r"\d[\w.]*", re.ASCII)


@dataclass(frozen=True)
class WheelName:
    """``{project}-{version}(-{build})?-{python}-{abi}-{platform}(-{label})?.whl``, in parts.

    ``build`` is empty and ``label`` is None where the name has none.
    """

    project: str
    version: str
    build: str
    python: str
    abi: str
    platform: str
    label: str | None = None

    @classmethod
    def parse(cls, filename: str) -> Self:
        """Take a file name apart; raises :class:`~wheelnext_build.errors.WheelError`."""
        stem, dot, suffix = filename.rpartition(".")
        parts = stem.split("-")
        if not dot or suffix != "whl" or not 5 <= len(parts) <= 7:
            raise WheelError(f"{filename}: not a wheel's file name")
        project, version, *rest = parts
        # No Python tag begins with a digit, so a third part that does is the build tag.
        build = rest.pop(0) if _BUILD.fullmatch(rest[0]) else ""
        label = rest.pop() if len(rest) == 4 else None
        if (
            len(rest) != 3
            or not _PROJECT.fullmatch(project)
            or not _VERSION.fullmatch(version)
            or not all(map(_TAG.fullmatch, rest))
        ):
            raise WheelError(f"{filename}: not a wheel's file name")
        if label is not None and not is_label(label):
            raise WheelError(f"{filename}: {label!r} cannot be a variant's label")
        if math.prod(part.count(".") + 1 for part in rest) > _MOST_TAGS:
            raise WheelError(f"{filename}: has more than {_MOST_TAGS} tags")
        python, abi, platform = rest
        return cls(project, version, build, python, abi, platform, label)

    @property
    def filename(self) -> str:
        parts = [self.project, self.version, self.build, self.python, self.abi, self.platform]
        return "-".join([*filter(None, parts), *([self.label] if self.label else [])]) + ".whl"

    @property
    def release(self) -> str:
        """``{project}-{version}`` as it begins the names of a release's files."""
        return f"{self.project}-{self.version}"

    def tags(self) -> frozenset[Tag]:
        """All of the name's compatibility tags."""
        from packaging.tags import parse_tag

        return parse_tag(f"{self.python}-{self.abi}-{self.platform}")

    def as_variant(self, label: str) -> Self:
        """The labelled name."""
        return replace(self, label=label)

    def as_carrier(self, label: str) -> Self:
        """The name under which tools that reject labels accept the variant.

        The label waits in the build tag, behind a digit, which every build tag begins with, or
        behind the wheel's own build tag and an underscore.
        """
        build = f"{self.build}_{label}" if self.build else f"0{label}"
        return replace(self, label=None, build=build)

    def carried(self, label: str) -> Self | None:
        """The labelled name of a carrier of ``label``; None where this is not its carrier."""
        if self.label is not None:
            return None
        if self.build == f"0{label}":
            return replace(self, build="", label=label)
        if self.build.endswith(f"_{label}"):
            return replace(self, build=self.build.removesuffix(f"_{label}"), label=label)
        return None


@dataclass(frozen=True)
class Member:
    """One file of a wheel: its central directory entry and where its compressed data lies."""

    info: zipfile.ZipInfo
    data_offset: int

    @property
    def name(self) -> str:
        return self.info.filename


class WheelReader:
    """A wheel opened for reading; everything odd about its structure is a WheelError.

    The checks are those that make copying safe: each local header agrees with the central
    directory, no member lies over another, no name stands twice or leads out of the folder that
    the wheel is unpacked into, and there is one dist-info folder, the file name's own.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = WheelName.parse(path.name)
        with contextlib.ExitStack() as opened:
            try:
                # A pipe would wait for whoever writes into it, a device may never end.
                if path.exists() and not path.is_file():
                    raise WheelError(f"{path}: is not a regular file")
                self._stream = opened.enter_context(path.open("rb"))
                bounded = cast("IO[bytes]", zipsafety.Bounded(self._stream))
                self._zip = opened.enter_context(zipfile.ZipFile(bounded))
            except FileNotFoundError:
                raise WheelError(f"{path}: no such file") from None
            except (OSError, *_UNREADABLE) as error:
                raise WheelError(f"{path}: cannot be read as a wheel: {error}") from None
            self._members = self._check_members()
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
        """All members in the order of their data."""
        return self._members

    def read(self, member_name: str, limit: int | None = None) -> bytes:
        """A member's content; raises WheelError where it is missing, damaged or over ``limit``."""
        return b"".join(self.blocks(member_name, limit))

    def blocks(self, member_name: str, limit: int | None = None) -> Iterator[bytes]:
        """A member's content, piece by piece; raises WheelError as :meth:`read` does.

        The size that the archive gives need not be true; what is in memory at once does not
        depend on it.
        """
        try:
            info = self._zip.getinfo(member_name)
            if limit is not None and info.file_size > limit:
                size = f"{info.file_size} bytes, over the {limit} allowed"
                raise WheelError(f"{self.path}: {member_name} has {size}")
            with self._zip.open(info) as stream:
                count = 0
                while block := stream.read(_BLOCK):
                    count += len(block)
                    yield block
            if count != info.file_size:
                raise WheelError(f"{self.path}: {member_name} is damaged: has {count} bytes")
        except KeyError:
            raise WheelError(f"{self.path}: {member_name} is missing") from None
        except (OSError, *_UNREADABLE) as error:
            raise WheelError(f"{self.path}: {member_name} is damaged: {error}") from None

    def start(self, member_name: str, count: int) -> bytes:
        """The first ``count`` bytes of a member's content, or all where there are fewer."""
        try:
            with self._zip.open(member_name) as stream:
                return stream.read(count)
        except (OSError, *_UNREADABLE) as error:
            raise WheelError(f"{self.path}: {member_name} is damaged: {error}") from None

    def variant_json(self) -> bytes | None:
        """The content of variant.json; None in a wheel that is not a variant."""
        name = f"{self.dist_info}/{VARIANT_JSON}"
        if all(member.name != name for member in self._members):
            return None
        return self.read(name, METADATA_LIMIT)

    def record(self) -> list[list[str]]:
        """RECORD's rows (path, hash, size) as they stand."""
        data = self.read(f"{self.dist_info}/RECORD", RECORD_LIMIT)
        if data.count(b"\n") + data.count(b"\r") > 2 * len(self._members) + _MOST_PROBLEMS:
            raise WheelError(f"{self.path}: RECORD has far more lines than the wheel has files")
        try:
            return [row for row in csv.reader(io.StringIO(data.decode(), newline="")) if row]
        except (UnicodeDecodeError, csv.Error) as error:
            raise WheelError(f"{self.path}: RECORD cannot be read: {error}") from None

    def record_problems(self, contents: Collection[str] | None = None) -> list[str]:
        """Where RECORD and the members disagree, in words.

        Every member is read for it, or of ``contents`` each, and of the others the names count.
        """
        problems = list(self._record_problems(contents))
        if len(problems) > _MOST_PROBLEMS:
            more = len(problems) - _MOST_PROBLEMS
            problems[_MOST_PROBLEMS:] = [f"and {more} more disagreements with RECORD"]
        return problems

    def _record_problems(self, contents: Collection[str] | None) -> Iterator[str]:
        record_name = f"{self.dist_info}/RECORD"
        rows: dict[str, list[str]] = {}
        for row in self.record():
            if row[0] in rows:
                yield f"{row[0]} stands twice in RECORD"
            rows[row[0]] = row
        for member in self._members:
            row = rows.pop(member.name, [])
            if not row:
                if member.name.endswith("/") or _is_signature(member.name):
                    continue
                yield f"{member.name} is not in RECORD"
            elif member.name == record_name or _is_signature(member.name):
                continue
            elif (contents is None or member.name in contents) and row[1:] != self._row(member):
                yield f"{member.name} does not have the hash and size in RECORD"
        yield from (f"{name} is in RECORD but not in the wheel" for name in rows)

    def _row(self, member: Member) -> list[str]:
        """What RECORD should say of a member, behind its name."""
        digest = hashlib.sha256()
        for block in self.blocks(member.name):
            digest.update(block)
        return [_written_hash(digest.digest()), str(member.info.file_size)]

    def copy(self, member: Member, target: IO[bytes]) -> None:
        """Append a member's compressed data, as it is, to ``target``."""
        try:
            copy_range(self._stream, target, member.data_offset, member.info.compress_size)
        except EOFError:
            raise WheelError(f"{self.path}: {member.name} is cut short") from None

    def _check_members(self) -> tuple[Member, ...]:
        infos = sorted(self._zip.infolist(), key=lambda info: info.header_offset)
        self._refuse(zipsafety.size_problem(infos, self.path.stat().st_size))
        for info in infos:
            self._refuse(zipsafety.member_problem(info))
        ignoring_case = any("linux" not in part for part in self.name.platform.split("."))
        names = (info.filename for info in infos)
        self._refuse(zipsafety.names_problem(names, ignoring_case=ignoring_case))
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
        return tuple(members)

    def _refuse(self, problem: str | None) -> None:
        if problem:
            raise WheelError(f"{self.path}: {problem}")

    def _check_gap(self, members: Sequence[Member], gap: int, behind: str) -> None:
        before = members[-1] if members else None
        match zipsafety.gap_problem(before and before.info, gap):
            case "lies over" if before:
                first = behind or before.name
                what = "another member" if behind else "the central directory"
                self._refuse(f"{first} lies over {what}")
            case "hides" if before:
                self._refuse(f"{gap} bytes behind {before.name} belong to no member")

    def _data_offset(self, info: zipfile.ZipInfo) -> int:
        self._stream.seek(info.header_offset)
        header = self._stream.read(zipformat.LOCAL_HEADER.size)
        if len(header) < zipformat.LOCAL_HEADER.size or header[:4] != b"PK\3\4":
            raise WheelError(f"{self.path}: {info.filename} has no local header")
        fields = zipformat.LOCAL_HEADER.unpack(header)
        name_length, extra_length = int(fields[9]), int(fields[10])
        encoding = "utf-8" if fields[2] & zipformat.UTF8_NAME else "cp437"
        name = self._stream.read(name_length).decode(encoding, errors="replace")
        extra = self._stream.read(extra_length)
        if name != info.orig_filename or zipsafety.header_problem(info, fields, extra):
            raise WheelError(
                f"{self.path}: the local header of {name!r} disagrees with the central directory"
            )
        return info.header_offset + zipformat.LOCAL_HEADER.size + name_length + extra_length

    def _find_dist_info(self) -> str:
        folders = {
            folder for member in self._members if (folder := _dist_info_in(member.name)) is not None
        }
        if len(folders) != 1:
            found = ", ".join(sorted(folders)[:4]) or "none"
            raise WheelError(f"{self.path}: needs exactly one .dist-info folder; found {found}")
        folder = folders.pop()
        own = folder.removesuffix(".dist-info")
        if own == folder or _release_key(own) != _release_key(self.name.release):
            raise WheelError(f"{self.path}: {folder} is another project's or version's")
        return folder


class WheelWriter:
    """Writes a wheel of copied and new members; the archive has no gaps and no leftovers."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._written: list[zipfile.ZipInfo] = []

    def copy(self, reader: WheelReader, member: Member) -> None:
        """Take a member over, compressed data and all."""
        self._header(member.info, member.info.compress_size, member.info.file_size, member.info.CRC)
        reader.copy(member, self._stream)

    def write(
        self,
        name: str,
        data: bytes,
        like: zipfile.ZipInfo,
        level: int = zlib.Z_DEFAULT_COMPRESSION,
    ) -> None:
        """Add ``data`` as a member with the time and the mode of ``like``.

        It is deflated, at one of zlib's levels; at 0 it is stored.
        """
        info = zipfile.ZipInfo(name, like.date_time)
        info.create_system = like.create_system
        info.external_attr = like.external_attr
        info.compress_type = zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED
        content = _deflated(data, level) if level else data
        self._header(info, len(content), len(data), zlib.crc32(data))
        self._stream.write(content)

    def finish(self) -> None:
        """Write the central directory."""
        start = self._stream.tell()
        for info in self._written:
            self._stream.write(zipformat.central_entry(info))
        self._stream.write(
            zipformat.end_records(len(self._written), start, self._stream.tell() - start)
        )

    def _header(self, like: zipfile.ZipInfo, compressed: int, size: int, crc: int) -> None:
        info = zipfile.ZipInfo(like.filename, like.date_time)
        info.create_system, info.external_attr = like.create_system, like.external_attr
        info.internal_attr, info.comment = like.internal_attr, like.comment
        info.compress_type = like.compress_type
        info.extra = zipformat.without_zip64(like.extra)
        info.compress_size, info.file_size, info.CRC = compressed, size, crc
        info.header_offset = self._stream.tell()
        self._written.append(info)
        self._stream.write(zipformat.local_header(info))


def record_row(name: str, data: bytes) -> list[str]:
    """RECORD's row for a file."""
    return [name, _written_hash(hashlib.sha256(data).digest()), str(len(data))]


def _written_hash(digest: bytes) -> str:
    return f"sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def rewrite(
    reader: WheelReader,
    stream: IO[bytes],
    *,
    add: Mapping[str, bytes] | None = None,
    drop: frozenset[str] = frozenset(),
) -> None:
    """Write the wheel anew with members added or dropped, and RECORD to match.

    Members that stay are copied raw and keep their order and their line in RECORD. New ones come
    behind them, but before a RECORD that was last, with the time and the mode of the wheel's
    RECORD, which follows SOURCE_DATE_EPOCH where the wheel was built with it. A signature of the
    old RECORD is left out. So what is added and dropped again leaves no trace.
    """
    added = dict(add or {})
    record_name = f"{reader.dist_info}/RECORD"
    old = next((member for member in reader.members() if member.name == record_name), None)
    if old is None:
        raise WheelError(f"{reader.path}: {record_name} is missing")
    leaving = drop | added.keys()
    staying = [
        member
        for member in reader.members()
        if member.name not in leaving and not _is_signature(member.name)
    ]
    record = _record_text(reader, staying, added)
    writer = WheelWriter(stream)
    if last := staying[-1] is old:
        staying.pop()
    for member in staying:
        if member is old:
            writer.write(record_name, record, old.info, _level(reader, old))
        else:
            writer.copy(reader, member)
    for name, data in added.items():
        writer.write(name, data, old.info)
    if last:
        writer.write(record_name, record, old.info, _level(reader, old))
    writer.finish()


def _record_text(
    reader: WheelReader, staying: Sequence[Member], added: Mapping[str, bytes]
) -> bytes:
    """RECORD with its lines for what stays as they are, and lines for what is added.

    Raises WheelError where it has no line for a file.
    """
    record_name = f"{reader.dist_info}/RECORD"
    rows = reader.record()
    lines = reader.read(record_name).decode().splitlines(keepends=True)
    if len(rows) != len(lines):  # empty lines, or a name with a line end in it
        lines = [_record_line(row) for row in rows]
    listed = {row[0] for row in rows}
    names = {member.name for member in staying}
    for name in (member.name for member in staying):
        if name not in listed and name != record_name and not name.endswith("/"):
            raise WheelError(f"{reader.path}: {name} is not in RECORD")
    kept = [line for line, row in zip(lines, rows, strict=True) if row[0] in names]
    if record_name not in listed:
        kept.append(_record_line([record_name, "", ""]))
    new = [_record_line(record_row(name, data)) for name, data in added.items()]
    if kept[-1].startswith(record_name):
        return "".join((*kept[:-1], *new, kept[-1])).encode()
    end = "" if kept[-1].endswith("\n") else "\n"
    return "".join((*kept, end if new else "", *new)).encode()


def _record_line(row: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue()


_QUICKLY_COMPRESSED = 1 << 20
"""Up to so many bytes, trying all levels takes no time worth saving."""


def _level(reader: WheelReader, member: Member) -> int:
    """The level of zlib's that a member was compressed with; zlib's default where none gives it."""
    if member.info.compress_type == zipfile.ZIP_STORED:
        return 0
    data = reader.read(member.name)
    raw = io.BytesIO()
    reader.copy(member, raw)
    levels = [zlib.Z_DEFAULT_COMPRESSION]
    if len(data) < _QUICKLY_COMPRESSED:
        levels += range(9, 0, -1)
    found = (level for level in levels if _deflated(data, level) == raw.getvalue())
    return next(found, zlib.Z_DEFAULT_COMPRESSION)


def _deflated(data: bytes, level: int) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def make_folder(folder: Path) -> None:
    """Make a folder for files that are to come; raises WheelError where that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WheelError(f"{folder}: cannot be made a folder: {error.strerror}") from error


def publish(wheel: Path, folder: Path, filename: str = "") -> Path:
    """Put a finished wheel into ``folder``, whole or not at all; returns its path there."""
    make_folder(folder)
    target = folder / (filename or wheel.name)
    with atomic_file(target) as stream, wheel.open("rb") as source:
        copy_range(source, stream, 0, wheel.stat().st_size)
    return target


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """A stream whose content appears at ``path`` whole when the block ends well, else not at all.

    It is written beside ``path``, so that the renaming cannot fail half-way. Raises WheelError
    where the file cannot be written.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(descriptor, "w+b") as stream:
                yield stream
            part.chmod(_new_file_mode())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WheelError(f"{path}: cannot be written: {error.strerror or error}") from error


def _new_file_mode() -> int:
    # mkstemp makes files for the owner only; what is published has an ordinary file's mode.
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _dist_info_in(name: str) -> str | None:
    """The dist-info folder that a member is in when it is installed; None for any other."""
    top, _, rest = name.partition("/")
    if top.lower().endswith(".data"):
        # Installers put what is in here beside the rest of the wheel.
        scheme, _, rest = rest.partition("/")
        inside = rest.partition("/")[0]
        if scheme in ("purelib", "platlib") and inside.lower().endswith(".dist-info"):
            return f"{top}/{scheme}/{inside}"
        return None
    return top if rest and top.lower().endswith(".dist-info") else None


def _is_signature(name: str) -> bool:
    return name.endswith((".dist-info/RECORD.jws", ".dist-info/RECORD.p7s"))


def _release_key(text: str) -> str:
    return re.sub(r"[-_.]+", "_", text).lower()
