"""Facts about a wheel or an sdist for an index or a lock file: version, hash and METADATA.

RECORD is compared with the names of a wheel's members, and with the hash of METADATA. This finds
mistakes before a file is published, without unpacking it.
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import zlib
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import IO, Any, cast

from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from packaging.version import InvalidVersion, Version

from ...errors import WheelError
from ...wheels import zip_safety
from ...wheels.description import record_problems, variant_of
from ...wheels.name import WheelName
from ...wheels.reader import METADATA_LIMIT, WheelReader
from .variants_json import carrier_warning

SDIST_SUFFIX = ".tar.gz"


@dataclass(frozen=True)
class Facts:
    """Project, version and Requires-Python from METADATA or PKG-INFO.

    ``metadata`` is the content of a wheel's METADATA. It is empty for an sdist, because installers
    build an sdist's metadata themselves.
    """

    project: str
    version: Version
    requires_python: str | None
    metadata: bytes = b""


def release_of(path: Path) -> tuple[str, Version] | None:
    """Return canonical project and version from a file's name; None if not a wheel or sdist."""
    try:
        if path.name.endswith(SDIST_SUFFIX):
            project, version = parse_sdist_filename(path.name)
            return project, version
        if path.suffix == ".whl":
            name = WheelName.parse(path.name)
            return canonicalize_name(name.project), Version(name.version)
    except (WheelError, InvalidSdistFilename, InvalidVersion):
        pass
    return None


def read_facts(path: Path) -> Facts:
    """Read a wheel or an sdist; raise WheelError if it must not be published."""
    check_regular(path)
    facts = _sdist_facts(path) if path.name.endswith(SDIST_SUFFIX) else _wheel_facts(path)
    if release_of(path) != (facts.project, facts.version):
        raise WheelError(f"{path}: its metadata is for {facts.project} {facts.version}")
    try:
        SpecifierSet(facts.requires_python or "")
    except ValueError:
        raise WheelError(
            f"{path}: Requires-Python {facts.requires_python!r} is not a version specifier"
        ) from None
    return facts


def check_regular(path: Path) -> None:
    """Raise WheelError for a pipe or a device: reading it might never end."""
    if path.exists() and not path.is_file():
        raise WheelError(f"{path}: is not a regular file")


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _wheel_facts(path: Path) -> Facts:
    with WheelReader(path) as reader:
        described = variant_of(reader)
        if described and reader.name.label is None:
            raise WheelError(carrier_warning(reader.name, described[1].label))
        member = f"{reader.dist_info}/METADATA"
        data = reader.read(member, METADATA_LIMIT)
        reader.read(f"{reader.dist_info}/WHEEL", METADATA_LIMIT)
        if problems := record_problems(reader, contents=(member,)):
            raise WheelError(f"{path}: {'; '.join(problems)}")
    return _facts(path, data, data)


def _sdist_facts(path: Path) -> Facts:
    try:
        with (
            gzip.open(path) as content,
            tarfile.open(fileobj=_headers(content), mode="r:") as archive,
        ):
            for count, member in enumerate(archive):
                cast("Any", archive).members = []  # else it grows with the archive
                zip_safety.check_stream(count, member.offset, path.stat().st_size)
                folder, _, name = member.name.partition("/")
                if folder and name == "PKG-INFO" and member.isreg():
                    content.seek(member.offset_data)
                    return _facts(path, content.read(min(member.size, METADATA_LIMIT)))
    except RecursionError:
        raise WheelError(f"{path}: cannot be read as an sdist: nested headers") from None
    except (OSError, EOFError, ValueError, OverflowError, tarfile.TarError, zlib.error) as error:
        raise WheelError(f"{path}: cannot be read as an sdist: {error}") from None
    raise WheelError(f"{path}: has no PKG-INFO in its folder")


class _Headers(zip_safety.Bounded):
    """A tar archive that limits how many bytes of headers tarfile reads.

    A header has 512 bytes, but long names and PAX tables are as long as the archive says. Before
    Python 3.12.6, tarfile's time for a table can grow with the square of its length.
    """

    _MOST_OF_ONE, _MOST_OF_LONG = 1 << 12, 1 << 21

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream)
        self._long = 0

    def read(self, count: int = -1) -> bytes:
        if count > tarfile.BLOCKSIZE:
            self._long += count
        if count > self._MOST_OF_ONE or self._long > self._MOST_OF_LONG:
            raise ValueError("its headers are too long")
        return super().read(count)


def _headers(content: gzip.GzipFile) -> IO[bytes]:
    return cast("IO[bytes]", _Headers(cast("IO[bytes]", content)))


def _facts(path: Path, content: bytes, metadata: bytes = b"") -> Facts:
    message = BytesHeaderParser().parsebytes(content)
    version = _field(message, "Version") or ""
    try:
        parsed = Version(version)
    except ValueError:  # also raised for a number with too many digits
        raise WheelError(f"{path}: its metadata has the invalid version {version!r}") from None
    project = canonicalize_name(_field(message, "Name") or "")
    return Facts(project, parsed, _field(message, "Requires-Python"), metadata)


def _field(message: Message, name: str) -> str | None:
    value = message.get(name)
    return None if value is None else str(value).strip() or None
