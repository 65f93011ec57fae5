"""Wheels as files: names, what is refused, and that rewriting loses and changes nothing."""

from __future__ import annotations

import contextlib
import io
import re
import stat
import struct
import sys
import tempfile
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import parse_wheel_filename
from zips import (
    DIST_INFO,
    FILES,
    NAME,
    TIME,
    Entry,
    Unseekable,
    check_record,
    record,
    walk,
    wheel,
    write_zip,
)

from wheelnext_build.errors import WheelError, printable
from wheelnext_build.wheels.description import record_problems
from wheelnext_build.wheels.name import WheelName
from wheelnext_build.wheels.reader import METADATA_LIMIT, Member, WheelReader
from wheelnext_build.wheels.rewriting import WheelRewriter, rewrite

RECORD = f"{DIST_INFO}/RECORD"

LABELS = st.from_regex(r"[0-9a-z_.]+", fullmatch=True)
WORDS = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,4}(_[a-z0-9]{1,4})?", fullmatch=True)
NAMES = st.builds(
    WheelName,
    project=WORDS,
    version=st.sampled_from(["1.0", "2!1.0rc1.post3.dev4", "1.0+cu12.8", "2024.1"]),
    build=st.sampled_from(["", "1", "0", "2abc", "0_1", "3.x"]),
    python=st.sampled_from(["py3", "cp311", "cp39.cp310", "py2.py3"]),
    abi=st.sampled_from(["none", "abi3", "cp311"]),
    platform=st.sampled_from(["any", "manylinux_2_28_x86_64", "win_amd64.win32"]),
    label=st.none() | LABELS,
)


def rewritten(source: Path, **changes: object) -> Path:
    target = source.parent / "rewritten.whl"
    with WheelReader(source) as reader, target.open("wb") as stream:
        rewrite(reader, stream, **changes)
    return target


def refused(path: Path) -> str:
    """The message with which reading the wheel fails."""
    with pytest.raises(WheelError) as info:
        WheelReader(path)
    assert str(path) in str(info.value)
    return str(info.value)


# Names


@pytest.mark.parametrize(
    ("filename", "parts"),
    [
        ("pkg-1.0-py3-none-any.whl", ("pkg", "1.0", "", "py3", "none", "any", None)),
        ("pkg-1.0-1-py3-none-any.whl", ("pkg", "1.0", "1", "py3", "none", "any", None)),
        ("pkg-1.0-py3-none-any-x_v3.whl", ("pkg", "1.0", "", "py3", "none", "any", "x_v3")),
        ("pkg-1.0-1-py3-none-any-x.whl", ("pkg", "1.0", "1", "py3", "none", "any", "x")),
        ("pkg-1.0-py3-none-any-90.whl", ("pkg", "1.0", "", "py3", "none", "any", "90")),
        ("pkg-1.0-py3-none-any-a.whl.whl", ("pkg", "1.0", "", "py3", "none", "any", "a.whl")),
        ("a.b-1!2+l-py3-none-any.whl", ("a.b", "1!2+l", "", "py3", "none", "any", None)),
        ("pkg-1.0-0x_v3-py3-none-any.whl", ("pkg", "1.0", "0x_v3", "py3", "none", "any", None)),
    ],
)
def test_a_name_is_taken_apart(filename: str, parts: tuple[str, ...]) -> None:
    name = WheelName.parse(filename)
    assert name == WheelName(*parts)
    assert name.filename == filename


@given(NAMES)
def test_a_name_reads_back_as_it_was_written(name: WheelName) -> None:
    assert WheelName.parse(name.filename) == name


@pytest.mark.parametrize(
    "filename",
    [
        "",
        "pkg.whl",
        "pkg-1.0.tar.gz",
        "pkg-1.0-py3-none.whl",
        "pkg-1.0-py3-none-any.zip",
        "pkg-1.0-py3-none-any-X.whl",  # a label has no capital letters
        "pkg-1.0-py3-none-any-.whl",
        "pkg-1.0-py3-none-any-ä.whl",
        "pkg-1.0-py3-none-any-x-y.whl",
        "pkg-1.0-1-py3-none-any-x-y.whl",
        "pkg-1.0-1-py3-none.whl",
        "pkg-1.0-1+x-py3-none-any.whl",  # neither a build tag nor a Python tag
        "-1.0-py3-none-any.whl",
        "pkg--py3-none-any.whl",
        "../pkg-1.0-py3-none-any.whl",
        "p kg-1.0-py3-none-any.whl",
    ],
)
def test_what_is_no_name_of_a_wheel_is_refused(filename: str) -> None:
    with pytest.raises(WheelError, match=r"not a wheel's file name|cannot be a variant's label"):
        WheelName.parse(filename)


@pytest.mark.parametrize("tag", ["3", "3py", "py3.3py"])
def test_a_python_tag_begins_with_no_digit(tag: str) -> None:
    """Only so is it clear which part is the build tag, and which the label."""
    for build in ("", "1-"):
        filename = f"pkg-1.0-{build}{tag}-none-any.whl"
        with pytest.raises(WheelError, match="not a wheel's file name"):
            WheelName.parse(filename)


def test_tags_do_not_depend_on_the_label() -> None:
    name = WheelName.parse("pkg-1.0-cp39.cp310-abi3-manylinux_2_28_x86_64-x.whl")
    assert sorted(map(str, name.tags())) == [
        "cp310-abi3-manylinux_2_28_x86_64",
        "cp39-abi3-manylinux_2_28_x86_64",
    ]
    assert name.release == "pkg-1.0"


# Carriers


@given(NAMES, LABELS)
def test_a_carriers_name_is_accepted_by_packaging_and_leads_back(
    name: WheelName, label: str
) -> None:
    carrier = name.as_carrier(label)
    assert carrier.label is None
    assert carrier.carried(label) == name.as_variant(label)
    assert WheelName.parse(carrier.filename) == carrier
    _, _, build, tags = parse_wheel_filename(carrier.filename)
    assert build != ()
    assert tags == name.tags()


@given(NAMES, LABELS, LABELS)
def test_carriers_of_two_labels_never_collide(name: WheelName, one: str, other: str) -> None:
    names = {name.filename, name.as_carrier(one).filename, name.as_carrier(other).filename}
    assert len(names) == (2 if one == other else 3)


@pytest.mark.parametrize(
    ("filename", "label", "labelled"),
    [
        ("pkg-1.0-0x_v3-py3-none-any.whl", "x_v3", "pkg-1.0-py3-none-any-x_v3.whl"),
        ("pkg-1.0-090-py3-none-any.whl", "90", "pkg-1.0-py3-none-any-90.whl"),
        ("pkg-1.0-0_x-py3-none-any.whl", "_x", "pkg-1.0-py3-none-any-_x.whl"),
        ("pkg-1.0-0_x-py3-none-any.whl", "x", "pkg-1.0-0-py3-none-any-x.whl"),
        ("pkg-1.0-7_x_v3-py3-none-any.whl", "x_v3", "pkg-1.0-7-py3-none-any-x_v3.whl"),
        ("pkg-1.0-0.cu13.0-py3-none-any.whl", ".cu13.0", "pkg-1.0-py3-none-any-.cu13.0.whl"),
        ("pkg-1.0-0x-py3-none-any.whl", "y", None),
        ("pkg-1.0-1-py3-none-any.whl", "x", None),
        ("pkg-1.0-py3-none-any.whl", "x", None),
        ("pkg-1.0-0x-py3-none-any-x.whl", "x", None),
    ],
)
def test_the_label_of_a_carrier_is_known_again(
    filename: str, label: str, labelled: str | None
) -> None:
    name = WheelName.parse(filename).carried(label)
    assert (name and name.filename) == labelled


# What is refused


def test_a_missing_file_and_what_is_no_zip_are_refused(tmp_path: Path) -> None:
    path = tmp_path / NAME
    assert "no such file" in refused(path)
    path.write_bytes(b"PK\3\4 but nothing behind it")
    assert "cannot be read as a wheel" in refused(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../evil.py", "would be unpacked outside its folder"),
        ("pkg/../../evil.py", "would be unpacked outside its folder"),
        ("/etc/evil", "would be unpacked outside its folder"),
        ("pkg\\evil.py", "would be unpacked outside its folder"),
        ("other-2.0.dist-info/METADATA", "needs exactly one .dist-info folder; found"),
        ("./pkg/data.bin", "pkg/data.bin is listed twice"),
        ("pkg//data.bin", "pkg/data.bin is listed twice"),
        ("C:evil.py", "would be unpacked outside its folder"),
        ("c:/evil.py", "would be unpacked outside its folder"),
        ("PKG/data.BIN", "are one file where case or accents do not count"),
        ("pkg/data.bin/x", "is a file and a folder in it"),
        ("pkg/\x1b[2J.py", "has a control character in its name"),
        ("pkg/\u202egpj.py", "has a control character in its name"),
        ("pkg-1.0.data/purelib/evil-1.0.dist-info/METADATA", "exactly one .dist-info folder"),
        ("other-2.0.DIST-INFO/METADATA", "needs exactly one .dist-info folder; found"),
    ],
)
def test_a_member_that_could_do_harm_is_refused(tmp_path: Path, name: str, message: str) -> None:
    assert message in refused(wheel(tmp_path, files={**FILES, name: b""}))


def test_names_that_differ_by_their_case_are_sound_on_linux(tmp_path: Path) -> None:
    name = "pkg-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"
    with WheelReader(wheel(tmp_path, name, {**FILES, "PKG/data.bin": b""})):
        pass
    accents = {**FILES, "pkg/\u00e4": b"", "pkg/a\u0308": b""}
    assert "are one file" in refused(wheel(tmp_path, name, accents))
    twice = {**FILES, f"{DIST_INFO}/metadata": b""}
    assert "are one file" in refused(wheel(tmp_path, name, twice))


@pytest.mark.parametrize(
    ("mode", "method", "message"),
    [
        (stat.S_IFLNK | 0o777, zipfile.ZIP_STORED, "pkg/data.bin is a symbolic link"),
        (stat.S_IFIFO | 0o644, zipfile.ZIP_STORED, "pkg/data.bin is a special file"),
        (0o100644, zipfile.ZIP_LZMA, "pkg/data.bin is compressed by method 14"),
    ],
)
def test_what_wheels_do_not_hold_is_refused(
    tmp_path: Path, mode: int, method: int, message: str
) -> None:
    def change(info: zipfile.ZipInfo) -> None:
        if info.filename == "pkg/data.bin":
            info.external_attr, info.compress_type = mode << 16, method

    assert message in refused(wheel(tmp_path, change=change))


def test_what_lies_hidden_between_members_is_refused(tmp_path: Path) -> None:
    path = wheel(tmp_path, files={**FILES, "pkg/data.bim": b"other"})
    data = path.read_bytes()
    entry = data.index(b"pkg/data.bim", data.index(b"PK\1\2")) - 46
    end = data.index(b"PK\5\6")
    counts = struct.pack("<2HL", 6, 6, end - data.index(b"PK\1\2") - 58)
    path.write_bytes(
        data[:entry] + data[entry + 58 : end + 8] + counts[:4] + counts[4:] + data[end + 16 :]
    )
    assert "bytes behind pkg-1.0.dist-info/WHEEL belong to no member" in refused(path)


@pytest.mark.parametrize("program", [b"#!/bin/sh\n", b"PK\3\4" + bytes(26)])
def test_what_stands_before_the_first_member_is_refused(tmp_path: Path, program: bytes) -> None:
    path = wheel(tmp_path)
    path.write_bytes(program + path.read_bytes())
    assert f"{len(program)} bytes at its beginning belong to no member" in refused(path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (slice(8, 10), b"\4\0", "end records that contradict"),  # members here
        (slice(10, 12), b"\6\0", "end records that contradict"),  # members in all
        (slice(4, 6), b"\1\0", "end records that contradict"),  # the disk
        (slice(16, 18), b"\0\0", "belong to no member"),  # the directory's offset
        (slice(22, 22), bytes(7), "has something behind its end"),
    ],
)
def test_an_end_that_says_something_else_is_refused(
    tmp_path: Path, field: slice, value: bytes, message: str
) -> None:
    path = wheel(tmp_path)
    data = bytearray(path.read_bytes())
    end = bytearray(data[-22:])
    end[field] = value
    path.write_bytes(data[:-22] + end)
    assert message in refused(path)


def test_an_offset_that_zipfile_shifts_is_refused(tmp_path: Path) -> None:
    """zipfile takes what is missing in the offsets for a program in front of the archive."""
    path = wheel(tmp_path)
    data = bytearray(path.read_bytes())
    entries = [match.start() for match in re.finditer(b"PK\1\2", data)]
    for place in (*(entry + 42 for entry in entries), len(data) - 6):
        (offset,) = struct.unpack_from("<L", data, place)
        struct.pack_into("<L", data, place, (offset + 7) % 2**32)
    path.write_bytes(data)
    assert "end records that contradict" in refused(path)


def test_what_hides_behind_the_end_of_a_members_data_is_found(tmp_path: Path) -> None:
    path = wheel(tmp_path)
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("pkg/data.bin")
    after = info.header_offset + 30 + len(info.filename) + info.compress_size
    size = struct.pack("<L", info.compress_size + 9)
    shifted = bytearray(data[:after] + b"PK\3\4hides"[:9] + data[after:])
    shifted[info.header_offset + 18 : info.header_offset + 22] = size
    for match in list(re.finditer(b"PK\1\2", shifted)):
        entry = match.start()
        if shifted[entry + 46 :].startswith(b"pkg/data.bin"):
            shifted[entry + 20 : entry + 24] = size
        (offset,) = struct.unpack_from("<L", shifted, entry + 42)
        if offset > info.header_offset:
            struct.pack_into("<L", shifted, entry + 42, offset + 9)
    (offset,) = struct.unpack_from("<L", shifted, len(shifted) - 6)
    struct.pack_into("<L", shifted, len(shifted) - 6, offset + 9)
    path.write_bytes(shifted)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("pkg/data.bin") == FILES["pkg/data.bin"]  # zipfile sees nothing
    with WheelReader(path) as reader, pytest.raises(WheelError, match="behind the end of its data"):
        record_problems(reader)


@pytest.mark.parametrize("size", [(1 << 20) + step for step in (-1, 0, 1, 257, 1 << 20)])
@pytest.mark.parametrize("level", [0, 1, 9])
def test_pieces_of_a_long_member_are_its_content(tmp_path: Path, size: int, level: int) -> None:
    files = {**FILES, "pkg/long.bin": b"abc" * (size // 3) + b"x" * (size % 3)}
    with WheelReader(wheel(tmp_path, files=files, change=lambda _: level)) as reader:
        assert reader.read("pkg/long.bin") == files["pkg/long.bin"]
        assert not record_problems(reader)


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = wheel(tmp_path, files={**FILES, "pkg/data.bim": b"other"})
    path.write_bytes(path.read_bytes().replace(b"pkg/data.bim", b"pkg/data.bin"))
    assert "pkg/data.bin is listed twice" in refused(path)


@pytest.mark.parametrize(
    ("filename", "message"),
    [
        ("pkg-2.0-py3-none-any.whl", "pkg-1.0.dist-info is another project's or version's"),
        ("gkp-1.0-py3-none-any.whl", "pkg-1.0.dist-info is another project's or version's"),
    ],
)
def test_a_wheel_with_anothers_metadata_is_refused(
    tmp_path: Path, filename: str, message: str
) -> None:
    assert message in refused(wheel(tmp_path, filename))


def test_a_wheel_without_metadata_is_refused(tmp_path: Path) -> None:
    path = tmp_path / NAME
    with path.open("wb") as stream:
        write_zip(stream, {"pkg/__init__.py": b""})
    assert "needs exactly one .dist-info folder; found none" in refused(path)


def test_the_spelling_of_a_dist_info_folder_does_not_matter(tmp_path: Path) -> None:
    with WheelReader(wheel(tmp_path, "Pkg-1.0-py3-none-any.whl")) as reader:
        assert reader.dist_info == DIST_INFO


def patched(path: Path, name: str, field: slice, value: bytes, *, local: bool = False) -> Path:
    """The wheel with other bytes in a member's central directory entry, or its local header."""
    data = bytearray(path.read_bytes())
    signature, skip = (b"PK\3\4", 30) if local else (b"PK\1\2", 46)
    at = data.index(name.encode(), 0 if local else data.index(b"PK\1\2")) - skip
    assert data[at : at + 4] == signature
    data[at + field.start : at + field.stop] = value
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("field", "value", "local", "message"),
    [
        (slice(42, 46), bytes(4), False, "lies over another member"),
        (slice(42, 46), b"\7\0\0\0", False, "lies over another member"),
        (slice(42, 46), b"\xff\xff\xff\x0f", False, "belong to no member"),
        (slice(20, 24), b"\0\x10\0\0", False, "disagrees with the central directory"),
        (slice(14, 18), b"\1\2\3\4", True, "disagrees with the central directory"),  # checksum
        (slice(22, 26), b"\1\0\0\0", True, "disagrees with the central directory"),  # size
        (slice(8, 10), b"\1\0", False, "is encrypted"),
        (slice(8, 10), b"\0\0", True, "disagrees with the central directory"),  # the method
        (slice(30, 31), b"q", True, "disagrees with the central directory"),  # the name
        (slice(6, 8), b"\0\x08", True, ""),  # UTF-8, which makes no difference here
        (slice(6, 8), b"\xff", False, "cannot be read as a wheel"),  # zip version 25.5
    ],
)
def test_headers_that_contradict_each_other_are_refused(
    tmp_path: Path, field: slice, value: bytes, local: bool, message: str
) -> None:
    path = patched(wheel(tmp_path), "pkg/data.bin", field, value, local=local)
    if message:
        assert message in refused(path)
    else:
        WheelReader(path).__exit__(None, None, None)


def test_a_member_over_another_is_refused(tmp_path: Path) -> None:
    path = patched(wheel(tmp_path), "pkg/data.bin", slice(20, 24), b"\0\x10\0\0")
    path = patched(path, "pkg/data.bin", slice(18, 22), b"\0\x10\0\0", local=True)
    assert "lies over another member" in refused(path)


def test_a_member_over_the_central_directory_is_refused(tmp_path: Path) -> None:
    path = patched(wheel(tmp_path), RECORD, slice(20, 24), b"\0\x10\0\0")
    path = patched(path, RECORD, slice(18, 22), b"\0\x10\0\0", local=True)
    assert "RECORD lies over the central directory" in refused(path)


def test_two_entries_of_one_local_header_are_refused(tmp_path: Path) -> None:
    path = wheel(tmp_path, files={**FILES, "pkg/data.bim": b"other"})
    data = path.read_bytes()
    first = data.index(b"pkg/data.bin") - 30
    path = patched(path, "pkg/data.bim", slice(42, 46), struct.pack("<L", first))
    assert "lies over another member" in refused(path)


def test_a_local_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = wheel(tmp_path, files={**FILES, "pkg/ä.py": b""})
    data = path.read_bytes()
    path.write_bytes(data.replace("pkg/ä.py".encode(), b"pkg/\xff\xff.py", 1))
    assert "disagrees with the central directory" in refused(path)


SOUND = io.BytesIO()
write_zip(SOUND, {"pkg/a": b"a", RECORD: record({"pkg/a": b"a"})})


@given(
    st.lists(st.tuples(st.integers(0, len(SOUND.getvalue()) - 1), st.integers(0, 255)), max_size=6),
    st.integers(0, len(SOUND.getvalue())),
)
def test_no_damage_causes_anything_but_a_wheel_error(
    changes: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(SOUND.getvalue())
    for position, value in changes:
        data[position] = value
    if not changes:
        del data[length:]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, NAME)
        path.write_bytes(data)
        with contextlib.suppress(WheelError), WheelReader(path) as reader:
            rewrite(reader, io.BytesIO(), add={f"{DIST_INFO}/variant.json": b"{}"})
            record_problems(reader)


# Reading


def test_members_are_read(tmp_path: Path) -> None:
    with WheelReader(wheel(tmp_path)) as reader:
        assert [member.name for member in reader.members()] == [*FILES, RECORD]
        assert reader.read("pkg/data.bin") == FILES["pkg/data.bin"]
        assert reader.variant_json() is None
        assert reader.record()[-1] == [RECORD, "", ""]
        assert record_problems(reader) == []
        with pytest.raises(WheelError, match=r"pkg/other\.py is missing"):
            reader.read("pkg/other.py")


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    path = wheel(tmp_path)
    data = path.read_bytes()
    at = data.index(b"pkg/data.bin") + len(b"pkg/data.bin")
    path.write_bytes(data[:at] + bytes(20) + data[at + 20 :])
    with WheelReader(path) as reader, pytest.raises(WheelError, match=r"pkg/data\.bin is damaged"):
        reader.read("pkg/data.bin")


def test_a_variant_json_that_swells_to_gigabytes_is_not_unpacked(tmp_path: Path) -> None:
    huge = {**FILES, f"{DIST_INFO}/variant.json": bytes(METADATA_LIMIT + 1)}
    with (
        WheelReader(wheel(tmp_path, files=huge)) as reader,
        pytest.raises(WheelError, match=r"variant\.json has 1048577 bytes, over the 1048576"),
    ):
        reader.variant_json()


def test_what_record_gets_wrong_is_found(tmp_path: Path) -> None:
    path = tmp_path / NAME
    listed = {**FILES, "pkg/__init__.py": b"other", "pkg/gone.py": b""}
    files = {**FILES, "pkg/new.py": b"", RECORD: record(listed)}
    with path.open("wb") as stream:
        write_zip(stream, files)
    with WheelReader(path) as reader:
        assert record_problems(reader) == [
            "pkg/__init__.py does not have the hash and size in RECORD",
            "pkg/new.py is not in RECORD",
            "pkg/gone.py is in RECORD but not in the wheel",
        ]


def test_folders_and_signatures_need_not_be_in_record(tmp_path: Path) -> None:
    path = tmp_path / NAME
    with path.open("wb") as stream:
        write_zip(stream, {"pkg/": b"", **FILES, f"{RECORD}.jws": b"{}", RECORD: record(FILES)})
    with WheelReader(path) as reader:
        assert record_problems(reader) == []


# Rewriting

CONTENTS = st.binary(max_size=200) | st.binary(max_size=4).map(lambda part: part * 3000)
MEMBER_NAMES = st.lists(
    st.text(
        st.characters(exclude_characters="/\\\0:", exclude_categories=["Cs", "Cc"]),
        min_size=1,
    ).filter(
        lambda part: (
            part not in (".", "..") and ".d" not in part.lower() and printable(part) == part
        )
    ),
    min_size=1,
    max_size=3,
).map("/".join)
EXTRA = struct.pack("<HHL", 0xCAFE, 4, 1)


def top(name: str) -> str:
    """What tells names apart for every file system."""
    return unicodedata.normalize("NFC", name.split("/", maxsplit=1)[0]).casefold()


@st.composite
def sources(draw: st.DrawFn) -> tuple[dict[str, bytes], bytes]:
    """Files, and the bytes of a wheel of them that any of zipfile's ways may have written."""
    names = draw(st.lists(MEMBER_NAMES, max_size=5, unique_by=top))
    files = {name: draw(CONTENTS) for name in names}
    files |= {name: data for name, data in FILES.items() if name not in files}

    def change(info: zipfile.ZipInfo) -> int | None:
        info.compress_type = draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
        info.date_time = draw(
            st.sampled_from([TIME, (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)])
        )
        info.external_attr = draw(st.sampled_from([0, 0o100755 << 16]))
        info.comment = draw(st.binary(max_size=3))
        info.extra = draw(st.sampled_from([b"", EXTRA]))
        return draw(st.sampled_from([0, 1, 9]))  # 0 is a deflated member that is not compressed

    target: io.BytesIO = draw(st.sampled_from([io.BytesIO, Unseekable]))()
    write_zip(target, {**files, RECORD: record(files)}, change)
    return files, target.getvalue()


@given(
    sources(), st.dictionaries(st.sampled_from(["pkg/a.py", "pkg/data.bin"]), CONTENTS), st.data()
)
def test_rewriting_keeps_every_content_and_leaves_a_clean_zip(
    source: tuple[dict[str, bytes], bytes], added: dict[str, bytes], data: st.DataObject
) -> None:
    files, archive = source
    drop = data.draw(st.frozensets(st.sampled_from(sorted(files)), max_size=2))
    drop -= {f"{DIST_INFO}/METADATA", f"{DIST_INFO}/WHEEL"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, NAME)
        path.write_bytes(archive)
        target = rewritten(path, add=added, drop=drop)
        entries = walk(target)
        check_record(entries)
        expected = {name: data for name, data in files.items() if name not in drop} | added
        assert {entry.name: entry.content() for entry in entries[:-1]} == expected
        assert same_members(path, entries, set(expected) - set(added))
        with zipfile.ZipFile(target) as reading:
            assert reading.testzip() is None


def same_members(source: Path, entries: list[Entry], names: set[str]) -> bool:
    """Whether these members are as they were: order, compressed data, time, mode and comment."""
    kept = [entry for entry in entries if entry.name in names]
    before = []
    data = source.read_bytes()
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            if info.filename in names:
                lengths = struct.unpack_from("<2H", data, info.header_offset + 26)
                start = info.header_offset + 30 + sum(lengths)
                before.append(
                    Entry(
                        name=info.filename,
                        method=info.compress_type,
                        dos_time=dos_time(info.date_time),
                        crc=info.CRC,
                        size=info.file_size,
                        extra=info.extra,
                        comment=info.comment,
                        attributes=info.external_attr,
                        raw=data[start : start + info.compress_size],
                    )
                )
    return kept == before


def dos_time(time: tuple[int, ...]) -> int:
    year, month, day, hour, minute, second = time
    return (year - 1980) << 25 | month << 21 | day << 16 | hour << 11 | minute << 5 | second // 2


def test_new_members_have_the_time_and_mode_of_record(tmp_path: Path) -> None:
    def change(info: zipfile.ZipInfo) -> int | None:
        if info.filename == RECORD:
            info.date_time = (1999, 12, 31, 23, 59, 58)
            info.external_attr = 0o100640 << 16
        return None

    path = wheel(tmp_path, change=change)
    new = {e.name: e for e in walk(rewritten(path, add={"pkg/a.py": b"a"}))}
    for name in ("pkg/a.py", RECORD):
        assert new[name].dos_time == dos_time((1999, 12, 31, 23, 59, 58))
        assert new[name].attributes == 0o100640 << 16


def test_a_signature_of_the_old_record_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / NAME
    files = {**FILES, f"{RECORD}.jws": b"{}", f"{RECORD}.p7s": b"{}", RECORD: record(FILES)}
    with path.open("wb") as stream:
        write_zip(stream, files)
    entries = walk(rewritten(path))
    assert [entry.name for entry in entries] == [*FILES, RECORD]
    check_record(entries)


def test_record_stays_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / NAME
    with path.open("wb") as stream:
        write_zip(stream, {RECORD: record(FILES), "pkg/": b"", **FILES})
    entries = walk(rewritten(path, add={"pkg/new.py": b""}))
    assert [entry.name for entry in entries] == [RECORD, "pkg/", *FILES, "pkg/new.py"]
    check_record(entries, last=False)


RECORDS = {
    "not sorted": record(dict(reversed(FILES.items()))),
    "its own line first": b"".join(
        sorted(
            record(FILES).splitlines(keepends=True), key=lambda line: RECORD.encode() not in line
        )
    ),
    "Windows' line ends": record(FILES).replace(b"\n", b"\r\n"),
    "quoted": b"".join(
        b'"' + line.replace(b",", b'",', 1) for line in record(FILES).splitlines(keepends=True)
    ),
}


@pytest.mark.parametrize("text", RECORDS.values(), ids=RECORDS)
@pytest.mark.parametrize("level", [None, 1, 9])
@pytest.mark.parametrize("is_first", [False, True])
def test_what_is_added_and_dropped_again_leaves_no_trace(
    text: bytes, level: int | None, is_first: bool, tmp_path: Path
) -> None:
    path = tmp_path / NAME
    files = {RECORD: text, **FILES} if is_first else {**FILES, RECORD: text}
    with path.open("wb") as stream:
        write_zip(stream, files, lambda _: level)
    before = path.read_bytes()
    rewritten(path, add={"pkg/new.py": b"new"}).replace(path)
    check_record(walk(path), last=False)
    assert rewritten(path, drop=frozenset({"pkg/new.py"})).read_bytes() == before


def test_a_record_that_is_stored_stays_so(tmp_path: Path) -> None:
    def stored(info: zipfile.ZipInfo) -> None:
        info.compress_type = zipfile.ZIP_STORED

    path = wheel(tmp_path, change=stored)
    before = path.read_bytes()
    rewritten(path, add={"pkg/new.py": b"new"}).replace(path)
    assert path.read_bytes() != before
    assert rewritten(path, drop=frozenset({"pkg/new.py"})).read_bytes() == before


def test_names_with_commas_and_quotes_survive_in_record(tmp_path: Path) -> None:
    files = {**FILES, 'pkg/a, "b".txt': b"1", "pkg/ü\u4e2d.txt": b"2"}
    entries = walk(rewritten(wheel(tmp_path, files=files)))
    check_record(entries)
    assert {entry.name for entry in entries} == {*files, RECORD}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (FILES, "RECORD is missing"),
        ({**FILES, RECORD: record({})}, r"pkg/__init__\.py is not in RECORD"),
        ({**FILES, RECORD: b"\xff"}, "RECORD cannot be read"),
    ],
)
def test_a_wheel_whose_record_is_no_help_is_refused(
    tmp_path: Path, files: dict[str, bytes], message: str
) -> None:
    path = tmp_path / NAME
    with path.open("wb") as stream:
        write_zip(stream, files)
    with pytest.raises(WheelError, match=message):
        rewritten(path)


# Large wheels


class Sparse:
    """Stands for a reader whose members have only zeros, which a sparse file need not store."""

    def copy(self, member: Member, target: io.BytesIO) -> None:
        target.seek(member.info.compress_size, io.SEEK_CUR)


def stored(name: str, size: int) -> Member:
    info = zipfile.ZipInfo(name, TIME)
    info.compress_size = info.file_size = size
    info.CRC = 0
    return Member(info, 0)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="makes gigabytes of sparse file")
@pytest.mark.parametrize("size", [0xFFFFFFFE, 0xFFFFFFFF, 0x100000000, 5 << 32])
def test_members_behind_and_beyond_four_gigabytes_are_found(tmp_path: Path, size: int) -> None:
    path = tmp_path / NAME
    like = zipfile.ZipInfo("", TIME)
    with path.open("wb") as stream:
        writer = WheelRewriter(stream)
        writer.copy(Sparse(), stored("pkg/large.bin", size))
        writer.write("pkg/small.py", b"small", like)
        writer.write(RECORD, record({}), like)
        writer.finish()
    large, small, _ = walk(path)
    assert (large.size, small.content()) == (size, b"small")
    with WheelReader(path) as reader:
        assert reader.members()[0].info.file_size == size
        assert reader.read("pkg/small.py") == b"small"


def test_more_members_than_the_old_format_counts(tmp_path: Path) -> None:
    path = tmp_path / NAME
    with path.open("wb") as stream:
        writer = WheelRewriter(stream)
        for number in range(0x10000):
            writer.copy(Sparse(), stored(f"{number}", 0))
        writer.finish()
    assert len(walk(path)) == 0x10000
    with zipfile.ZipFile(path) as archive:
        assert len(archive.infolist()) == 0x10000
