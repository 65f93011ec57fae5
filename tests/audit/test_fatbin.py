"""The architectures that a fat binary's entries name."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelnext_build.audit.formats import gpu_files
from wheelnext_build.audit.formats.binary import BinaryError
from wheelnext_build.audit.formats.fatbin import architectures

PTX, CUBIN, NVVM = 1, 2, 8


def entry(kind: int, number: int, flags: int = 0x11, payload: bytes = b"\0" * 16) -> bytes:
    fields = (kind, 0x101, 64, len(payload), 0, 0, 8, 1, number, 0, 0, flags, 0, 0)
    return struct.pack("<HHIQIIHHIIIQQQ", *fields) + payload


def fat(*entries: bytes) -> bytes:
    body = b"".join(entries)
    return struct.pack("<IHHQ", 0xBA55ED50, 1, 16, len(body)) + body


def test_cubins_and_ptx_have_their_architectures() -> None:
    section = fat(entry(CUBIN, 80), entry(PTX, 90)) + fat(entry(CUBIN, 100), entry(CUBIN, 80))
    assert architectures([section]) == ["80_real", "90_virtual", "100_real"]


def test_suffixes_are_in_the_flags() -> None:
    section = fat(
        entry(CUBIN, 90, 0x100011), entry(PTX, 90, 0x108011), entry(CUBIN, 120, 0x1200011)
    )
    assert architectures([section]) == ["90a_real", "90a_virtual", "120f_real"]


def test_what_is_neither_cubin_nor_ptx_is_passed_over() -> None:
    assert architectures([fat(entry(NVVM, 90))]) == []


def test_padding_between_fat_binaries_is_passed_over() -> None:
    section = fat(entry(CUBIN, 80)) + b"\0" * 24 + fat(entry(CUBIN, 90))
    assert architectures([section]) == ["80_real", "90_real"]


@pytest.mark.parametrize(
    "section",
    [
        fat(entry(CUBIN, 80))[:-1],
        fat(entry(CUBIN, 70000)),
        fat(struct.pack("<HHIQ", CUBIN, 0, 64, 1 << 60) + b"\0" * 64),
        struct.pack("<IHHQ", 0xBA55ED50, 9, 16, 0),
    ],
)
def test_damage_is_an_error(section: bytes) -> None:
    with pytest.raises(BinaryError, match="GPU code"):
        architectures([section])


@given(st.data())
def test_whatever_is_in_a_section_is_read_or_is_an_error(data: st.DataObject) -> None:
    section = bytearray(fat(entry(CUBIN, 80), entry(PTX, 90)) + fat(entry(CUBIN, 120)))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(section) - 1))
        section[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BinaryError):
        architectures([bytes(section)])


@given(st.binary(max_size=80))
def test_whatever_follows_the_magic_of_a_file_is_read_or_is_an_error(rest: bytes) -> None:
    for path, magic in (("a.fatbin", b"\x50\xed\x55\xba"), ("a.cubin", b"\x7fELF"), ("a.ptx", b"")):
        with contextlib.suppress(BinaryError):
            gpu_files.read(path, magic + rest)
