"""Wheels and index files that are made to do harm: a name for each kind, and what makes it."""

from __future__ import annotations

import gzip
import json
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from tiny_wheels import x86_64_metadata
from zips import FILES, Unseekable, record, write_zip

LABEL = "v3"
NAME = "pkg-1.0-py3-none-any-v3.whl"
INFO = "pkg-1.0.dist-info"
VARIANTS_JSON = "pkg-1.0-variants.json"
VARIANT_JSON = x86_64_metadata(LABEL, "v3").to_json()
SOUND = {**FILES, f"{INFO}/variant.json": VARIANT_JSON}
GIGABYTE = 1 << 30


def written(
    folder: Path,
    files: Mapping[str, bytes] = SOUND,
    change: Callable[[zipfile.ZipInfo], int | None] = lambda _: None,
    name: str = NAME,
    rows: bytes | None = None,
) -> Path:
    """A labelled wheel of these files, with RECORD last."""
    path = folder / name
    with path.open("wb") as stream:
        rows = record(files, INFO) if rows is None else rows
        write_zip(stream, {**files, f"{INFO}/RECORD": rows}, change)
    return path


def _with(**changes: bytes) -> Callable[[Path], Path]:
    return lambda folder: written(folder, {**SOUND, **changes})


def _without(name: str) -> Callable[[Path], Path]:
    files = {path: content for path, content in SOUND.items() if path != f"{INFO}/{name}"}
    return lambda folder: written(folder, files)


def _variant_json(content: bytes) -> Callable[[Path], Path]:
    return _with(**{f"{INFO}/variant.json": content})


def _patched(old: bytes, new: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = written(folder, {**SOUND, "pkg/data.bim": b"other"})
        data = path.read_bytes()
        assert old in data
        path.write_bytes(data.replace(old, new))
        return path

    return make


def _moded(mode: int) -> Callable[[Path], Path]:
    def change(info: zipfile.ZipInfo) -> None:
        if info.filename == "pkg/data.bin":
            info.external_attr = mode << 16

    return lambda folder: written(folder, change=change)


def _with_attributes(**attributes: object) -> Callable[[Path], Path]:
    def change(info: zipfile.ZipInfo) -> None:
        if info.filename == "pkg/data.bin":
            for name, value in attributes.items():
                setattr(info, name, value)

    return lambda folder: written(folder, change=change)


def _other_name(name: str) -> Callable[[Path], Path]:
    """With Info-ZIP's extra field for a name in Unicode, which some readers take for the true one.

    Newer versions of zipfile are among them.
    """
    content = struct.pack("<BL", 1, zlib.crc32(b"pkg/data.bin")) + name.encode()
    return _with_attributes(extra=struct.pack("<HH", 0x7075, len(content)) + content)


def _flagged(flags: int) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = written(folder)
        data = bytearray(path.read_bytes())
        for place in (data.index(b"pkg/data.bin") - 24, data.rindex(b"pkg/data.bin") - 38):
            struct.pack_into("<H", data, place, flags)
        path.write_bytes(data)
        return path

    return make


def _descriptors(folder: Path, change: Callable[[bytes], bytes] = bytes) -> Path:
    """A wheel with its sizes behind the data of each member, where ``change`` makes others."""
    content = Unseekable()
    write_zip(content, {**SOUND, f"{INFO}/RECORD": record(SOUND, INFO)})
    path = folder / NAME
    path.write_bytes(change(content.getvalue()))
    return path


def _lying(data: bytes) -> bytes:
    place = data.index(b"PK\7\x08") + 4
    return data[:place] + b"lies" + data[place + 4 :]


def _folder_with_content(folder: Path) -> Path:
    return written(folder, {**SOUND, "pkg/folder/": b"evil"}, rows=record(SOUND, INFO))


def _local_header(folder: Path) -> Path:
    path = written(folder)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"pkg/data.bin", b"pkg/evil.bin", 1))
    return path


def _wrong_hash(folder: Path) -> Path:
    rows = record(SOUND, INFO).replace(b"variant.json,sha256=", b"variant.json,sha256=x")
    return written(folder, rows=rows)


def _other_label(folder: Path) -> Path:
    return written(folder).rename(folder / NAME.replace("-v3.", "-v4."))


def _other_project(folder: Path) -> Path:
    return written(folder).rename(folder / NAME.replace("pkg-", "other-"))


def _cut(folder: Path) -> Path:
    path = written(folder)
    path.write_bytes(path.read_bytes()[:-400])
    return path


def _trailing(folder: Path) -> Path:
    path = written(folder)
    path.write_bytes(path.read_bytes() + b"PK\3\4")
    return path


def _prefixed(folder: Path) -> Path:
    path = written(folder)
    path.write_bytes(written(folder).read_bytes() + path.read_bytes())
    return path


def _nothing(folder: Path) -> Path:
    (folder / NAME).touch()
    return folder / NAME


def _folder(folder: Path) -> Path:
    (folder / NAME).mkdir()
    return folder / NAME


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / NAME)
    return folder / NAME


def _device(folder: Path) -> Path:
    (folder / NAME).symlink_to("/dev/zero")
    return folder / NAME


def zeros(size: int, start: bytes = b"") -> tuple[bytes, int, int]:
    """Zeros behind ``start``, deflated: the data, their checksum, their size."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = b" " * (1 << 20)
    packed, checksum = [compressor.compress(start)], zlib.crc32(start)
    for _ in range(size >> 20):
        packed.append(compressor.compress(block))
        checksum = zlib.crc32(block, checksum)
    packed.append(compressor.flush())
    return b"".join(packed), checksum, len(start) + (size >> 20 << 20)


def inflated(
    folder: Path, member: str, packed: tuple[bytes, int, int], told: int | None = None
) -> Path:
    """A wheel with a member of deflated data that nobody has to inflate to write it.

    ``told`` is its size by the archive, in place of the true one.
    """
    data, checksum, size = packed
    size = size if told is None else told
    mark = b"\x01MARK\x02" * 20
    files = {name: content for name, content in SOUND.items() if name != member}
    files[member] = mark
    rows = record(files, INFO) if member != f"{INFO}/RECORD" else None

    def change(info: zipfile.ZipInfo) -> int | None:
        if info.filename == member:
            info.compress_type = zipfile.ZIP_STORED
        return None

    if rows is None:
        path = folder / NAME
        with path.open("wb") as stream:
            write_zip(stream, files, change)
    else:
        path = written(folder, files, change, rows=rows)
    content = bytearray(path.read_bytes())
    begin = content.index(mark)
    header = begin - 30 - len(member)
    content[begin : begin + len(mark)] = data
    shift = len(data) - len(mark)
    fields = struct.pack("<H4xLLL", 8, checksum, len(data), size)
    content[header + 8 : header + 26] = fields
    place = content.index(b"PK\1\2", begin + len(data))
    end = content.rindex(b"PK\5\6")
    while place < end:
        lengths = struct.unpack_from("<3H", content, place + 28)
        (offset,) = struct.unpack_from("<L", content, place + 42)
        if content[place + 46 : place + 46 + lengths[0]] == member.encode():
            content[place + 10 : place + 28] = fields
        elif offset > header:
            struct.pack_into("<L", content, place + 42, offset + shift)
        place += 46 + sum(lengths)
    (offset,) = struct.unpack_from("<L", content, end + 16)
    struct.pack_into("<L", content, end + 16, offset + shift)
    path.write_bytes(content)
    return path


WHEELS: Mapping[str, Callable[[Path], Path]] = {
    "path traversal": _with(**{"../evil.py": b""}),
    "path traversal inside": _with(**{"pkg/../../evil.py": b""}),
    "absolute name": _with(**{"/etc/evil": b""}),
    "drive": _with(**{"C:/evil.py": b""}),
    "backslashes": _with(**{"..\\evil.py": b""}),
    "control characters": _with(**{"pkg/\x1b[2J": b""}),
    "duplicate member": _patched(b"pkg/data.bim", b"pkg/data.bin"),
    "duplicate but for its case": _with(**{"PKG/DATA.BIN": b""}),
    "a file that is a folder": _with(**{"pkg/data.bin/x": b""}),
    "local header": _local_header,
    "symbolic link": _moded(stat.S_IFLNK | 0o777),
    "symbolic link of another system": _with_attributes(
        external_attr=(stat.S_IFLNK | 0o777) << 16, create_system=19
    ),
    "device inside": _moded(stat.S_IFCHR | 0o666),
    "folder by its mode": _moded(stat.S_IFDIR | 0o755),
    "folder with content": _folder_with_content,
    "another name in the extra field": _other_name("../evil.py"),
    "encrypted in its whole": _flagged(0x40),
    "masked headers": _flagged(0x2000),
    "patch to another file": _flagged(0x20),
    "descriptor that lies": lambda folder: _descriptors(folder, _lying),
    "duplicate but for a dot": _with(**{"pkg/data.bin.": b""}),
    "duplicate in a stream": _with(**{"pkg/data.bin::$DATA": b""}),
    "name of 2,000 characters": _with(**{"pkg/" + "x" * 2000: b""}),
    "folders of 30,000 levels": _with(**{"x/" * 30_000 + "x": b""}),
    "METADATA of another project": _with(**{f"{INFO}/METADATA": b"Name: other\nVersion: 1.0\n"}),
    "METADATA of another version": _with(**{f"{INFO}/METADATA": b"Name: pkg\nVersion: 2.0\n"}),
    "METADATA of two projects": _with(
        **{f"{INFO}/METADATA": b"Name: pkg\nVersion: 1.0\nname:other\n"}
    ),
    "without METADATA": _without("METADATA"),
    "without WHEEL": _without("WHEEL"),
    "RECORD with another hash": _wrong_hash,
    "RECORD that lacks a file": lambda folder: written(folder, rows=record(FILES, INFO)),
    "RECORD of nothing": lambda folder: written(folder, rows=b""),
    "RECORD that is no text": lambda folder: written(folder, rows=b"\xff\xfe"),
    "second dist-info": _with(**{"other-2.0.dist-info/METADATA": b""}),
    "second dist-info in data": _with(**{"pkg-1.0.data/purelib/x-1.dist-info/RECORD": b""}),
    "second dist-info behind a dot": _with(**{"./other-2.0.dist-info/METADATA": b""}),
    "second dist-info behind slashes": _with(
        **{"pkg-1.0.data//./purelib/x-1.dist-info/RECORD": b""}
    ),
    "another project": _other_project,
    "another label": _other_label,
    "variant.json that is no JSON": _variant_json(b"{"),
    "variant.json that is no UTF-8": _variant_json(b"\xff"),
    "variant.json of 10,000 levels": _variant_json(b"[" * 10_000 + b"]" * 10_000),
    "variant.json of 100,000 objects": _variant_json(b'{"a":' * 100_000 + b"}" * 100_000),
    "variant.json of long numbers": _variant_json(b"9" * 5000),
    "variant.json with a key twice": _variant_json(
        VARIANT_JSON.replace(b"{", b'{"$schema":"",', 1)
    ),
    "variant.json with 90,000 keys twice": _variant_json(
        b'{"x":1,' + b",".join(b'"%06d":0' % n for n in range(80_000)) + b',"x":1}'
    ),
    "variant.json with half a character": _variant_json(
        VARIANT_JSON.replace(b">=0.2", b">=0.2\\ud800")
    ),
    "cut short": _cut,
    "something behind": _trailing,
    "another wheel before": _prefixed,
    "empty": _nothing,
    "folder": _folder,
    "pipe": _pipe,
    "device": _device,
}
"""What every command must refuse, small enough to be made and read in no time."""


def _many(folder: Path) -> Path:
    files = {**SOUND, **{f"pkg/{number:06d}": b"" for number in range((1 << 17) + 1)}}
    return written(folder, files, rows=b"")


def _many_folders(folder: Path) -> Path:
    files = {f"{number}/" + "x/" * 500 + "x": b"" for number in range(8000)}
    return written(folder, {**SOUND, **files}, rows=b"")


def _bomb(folder: Path) -> Path:
    return inflated(folder, "pkg/bomb.bin", zeros(GIGABYTE))


LARGE: Mapping[str, Callable[[Path], Path]] = {
    "variant.json of 1 GB": lambda folder: inflated(
        folder, f"{INFO}/variant.json", zeros(GIGABYTE, VARIANT_JSON)
    ),
    "variant.json of 1 GB that says 1 kB": lambda folder: inflated(
        folder, f"{INFO}/variant.json", zeros(GIGABYTE, VARIANT_JSON), 1000
    ),
    "RECORD of 1 GB": lambda folder: inflated(folder, f"{INFO}/RECORD", zeros(GIGABYTE)),
    "bomb": _bomb,
    "131,073 files": _many,
    "4,000,000 folders": _many_folders,
}
"""What takes seconds to make."""


def _nested(folder: Path) -> None:
    (folder / VARIANTS_JSON).write_bytes(b"[" * 10_000 + b"]" * 10_000)


def _gigabyte(folder: Path) -> None:
    with (folder / VARIANTS_JSON).open("wb") as stream:
        stream.truncate(GIGABYTE)


def _claims(folder: Path) -> None:
    (folder / VARIANTS_JSON).write_bytes(x86_64_metadata(LABEL, "v2").to_json())


def _content(content: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / VARIANTS_JSON).write_bytes(content)

    return make


def _json_pipe(folder: Path) -> None:
    os.mkfifo(folder / VARIANTS_JSON)


def _json_folder(folder: Path) -> None:
    (folder / VARIANTS_JSON).mkdir()


def _json_device(folder: Path) -> None:
    (folder / VARIANTS_JSON).symlink_to("/dev/zero")


def _of_another_package(folder: Path) -> None:
    (folder / "other-2.0-variants.json").write_bytes(VARIANT_JSON)


INDEX_FILES: Mapping[str, Callable[[Path], None]] = {
    "no UTF-8": _content(b"\xff\xfe{}"),
    "no object": _content(b"[]"),
    "10,000 levels": _nested,
    "1 GB": _gigabyte,
    "the label with other properties": _claims,
    "another package's name": _of_another_package,
    "a key twice": _content(VARIANT_JSON.replace(b"{", b'{"variants":{},', 1)),
    "no number": _content(VARIANT_JSON.replace(b'"providers": {', b'"providers": {"x": NaN,')),
    "a number of 5,000 digits": _content(b'{"$schema":' + b"9" * 5000 + b"}"),
    "half a character": _content(VARIANT_JSON.replace(b">=0.2", b">=0.2\\udfff")),
    "escapes for a terminal": _content(json.dumps({"\x1b[2J\x9b\u202e": 1}).encode()),
    "pipe": _json_pipe,
    "folder": _json_folder,
    "device": _json_device,
}
"""What may stand in the place of a release's variants.json, beside a sound wheel."""


def _most(variants: Mapping[str, object], **changes: object) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        document = {**json.loads(VARIANT_JSON), **changes, "variants": variants}
        content = json.dumps(document, separators=(",", ":")).encode()
        return written(folder, {**SOUND, f"{INFO}/variant.json": content})

    return make


_NAMESPACES = [f"{number:x}" for number in range(9000)]

MOST: Mapping[str, Callable[[Path], Path]] = {
    "values": _most({"v3": {"x86_64": {"level": [f"{number:x}" for number in range(60_000)]}}}),
    "features": _most({"v3": {"x86_64": {f"{number:x}": ["1"] for number in range(30_000)}}}),
    "namespaces": _most(
        {"v3": {name: {"a": ["1"]} for name in _NAMESPACES}},
        **{
            "default-priorities": {"namespace": _NAMESPACES},
            "providers": {name: {"builtin": "x"} for name in _NAMESPACES},
        },
    ),
    "fields of METADATA": _with(
        **{
            f"{INFO}/METADATA": b"Name: pkg\nVersion: 1.0\nSummary:"
            + b" " * 100_000
            + b"".join(b"\nX%d: x" % number for number in range(80_000))
        }
    ),
    "digits": _most({"v3": {"x86_64": {"level": ["9" * 900_000]}}}),
}
"""Wheels that are no more than odd: as much in variant.json as is read at all."""


def _sdist(folder: Path, *headers: tarfile.TarInfo, zeros: int = 0) -> Path:
    """An sdist whose PKG-INFO is behind these members, each of ``zeros`` MiB whatever it says."""
    path = folder / "pkg-1.0.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        for header in headers:
            data = header.tobuf(tarfile.USTAR_FORMAT)
            stream.write(data)
            for _ in range(zeros):
                stream.write(bytes(1 << 20))
        text = b"Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n"
        last = tarfile.TarInfo("pkg-1.0/PKG-INFO")
        last.size = len(text)
        stream.write(last.tobuf() + text.ljust(512, b"\0") + bytes(1024))
    return path


def _member(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info


def _attributes(folder: Path, digits: int, count: int) -> Path:
    """What tarfile's pattern takes the square of the time for (before Python 3.12.6)."""
    path = folder / "pkg-1.0.tar.gz"
    header = _member("x", digits, tarfile.XHDTYPE).tobuf(tarfile.USTAR_FORMAT)
    data = b"1" * digits + b"\0" * (-digits % 512)
    with gzip.open(path, "wb", compresslevel=1) as stream:
        for _ in range(count):
            stream.write(header + data + _member("y").tobuf())
    return path


def _digits(folder: Path) -> Path:
    return _attributes(folder, 120_000, 1)


def _many_digits(folder: Path) -> Path:
    return _attributes(folder, 4000, 10_000)


SDISTS: Mapping[str, Callable[[Path], Path]] = {
    "name of 1 GB": lambda folder: _sdist(
        folder, _member("x", GIGABYTE, tarfile.GNUTYPE_LONGNAME), zeros=20
    ),
    "attributes of 1 GB": lambda folder: _sdist(
        folder, _member("x", GIGABYTE, tarfile.XHDTYPE), zeros=20
    ),
    "600 names of names": lambda folder: _sdist(
        folder, *[_member("x", 512, tarfile.GNUTYPE_LONGNAME), _member("")] * 600
    ),
    "names of 16 MiB in each other": lambda folder: _sdist(
        folder, *[_member("x", 1 << 24, tarfile.GNUTYPE_LONGNAME)] * 20, zeros=16
    ),
    "attributes of 120,000 digits": _digits,
    "attributes of 4,000 digits, 10,000 times": _many_digits,
    "bomb": lambda folder: _sdist(folder, _member("x", 300 << 20), zeros=300),
    "131,074 files": lambda folder: _sdist(folder, *[_member("x")] * ((1 << 17) + 2)),
}
"""sdists, which ``index --simple`` reads."""
