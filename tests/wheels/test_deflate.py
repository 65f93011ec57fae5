"""Deflate streams in pieces: what any reader gets back, and how small and how alike they are."""

from __future__ import annotations

import io
import random
import sys
import sysconfig
import zlib
from dataclasses import dataclass
from pathlib import Path

import deflate as libdeflate
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.tags import Tag

from wheelnext_build.wheels import deflate
from wheelnext_build.wheels.deflate_join import JoinError, open_ended

EMPTY_END = b"\3\0"
"""A last block with nothing in it."""

ENGINES = ["libdeflate", "zlib"]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "zlib":
        monkeypatch.setattr(deflate, "COMPRESSOR", None)
    assert isinstance(request.param, str)
    return request.param


def numbers_from(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311


@dataclass(frozen=True)
class Kind:
    """A stretch of content of one kind, as they stand behind each other in a library."""

    name: str
    length: int
    seed: int

    def content(self) -> bytes:
        numbers = numbers_from(self.seed)
        if self.name == "zeros":
            return bytes(self.length)
        if self.name == "noise":
            return numbers.randbytes(self.length)
        if self.name == "words":
            words = [numbers.randbytes(9) for _ in range(40)]
            return b"".join(numbers.choices(words, k=self.length // 9))
        return bytes(numbers.choices(range(self.seed + 1), k=self.length))


def kinds(longest: int) -> st.SearchStrategy[list[Kind]]:
    names = st.sampled_from(["zeros", "noise", "words", "few bytes"])
    return st.lists(st.builds(Kind, names, st.integers(0, longest), st.integers(0, 99)), max_size=4)


def content_of(stretches: list[Kind]) -> bytes:
    return b"".join(stretch.content() for stretch in stretches)


def in_pieces(content: bytes, size: int = deflate.PIECE, plain: int = 0) -> bytes:
    pieces = deflate.pieces(io.BytesIO(content), plain, size)
    return b"".join(piece.deflated() for piece in pieces)


@given(stretches=kinds(60_000), size=st.integers(1_000, 100_000))
def test_pieces_make_one_stream(stretches: list[Kind], size: int) -> None:
    content = content_of(stretches)
    stream = in_pieces(content, size)
    decoder = zlib.decompressobj(-15)
    assert decoder.decompress(stream) == content
    assert decoder.eof
    assert not decoder.unused_data


@given(stretches=kinds(60_000), size=st.integers(1_000, 100_000))
def test_pieces_make_one_stream_without_libdeflate(stretches: list[Kind], size: int) -> None:
    content = content_of(stretches)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(deflate, "COMPRESSOR", None)
        assert zlib.decompress(in_pieces(content, size), -15) == content


def test_pieces_of_the_real_size(engine: str) -> None:
    numbers = numbers_from(1)
    words = [numbers.randbytes(6) for _ in range(3000)]
    content = b"".join(numbers.choices(words, k=600_000)) + numbers.randbytes(3 * deflate.PIECE)
    for length in (0, 1, 40_000, deflate.PIECE, deflate.PIECE + 1, len(content)):
        assert zlib.decompress(in_pieces(content[:length]), -15) == content[:length]


def test_a_piece_goes_on_where_the_file_was(engine: str) -> None:
    first, second = deflate.pieces(io.BytesIO(b"a" * 70_000 + b"b" * 20_000), size=70_000)
    assert (first.window, first.is_last) == (b"", False)
    assert (second.window, second.is_last) == (b"a" * 32768, True)


@given(stretches=kinds(60_000))
def test_plain_files_are_compressed_as_zipfile_does_it(stretches: list[Kind]) -> None:
    content = content_of(stretches)
    compressor = zlib.compressobj(-1, zlib.DEFLATED, -15)
    expected = compressor.compress(content) + compressor.flush()
    assert in_pieces(content, plain=len(content)) == expected


def test_what_does_not_shrink_is_stored(engine: str) -> None:
    content = numbers_from(2).randbytes(2 * deflate.PIECE + 77)
    stream = in_pieces(content)
    assert len(stream) - len(content) == 5 * (17 + 17 + 1)
    assert zlib.decompress(stream, -15) == content


def test_only_what_does_not_shrink_is_stored() -> None:
    noise, text = numbers_from(3).randbytes(deflate.PIECE), b"some text, again " * 70_000
    stream = in_pieces(noise + text + noise)
    assert zlib.decompress(stream, -15) == noise + text + noise
    assert len(stream) < 2.1 * len(noise)


def test_the_size_is_that_of_zlib(engine: str) -> None:
    binaries = [Path(sys.executable).resolve(), *Path(sysconfig.get_path("platlib")).rglob("*.so")]
    binary = max(binaries, key=lambda path: path.stat().st_size)
    with binary.open("rb") as stream:
        content = stream.read(6 << 20)
    if len(content) < 2 * deflate.PIECE:
        pytest.skip("no long binary here")
    expected = len(zlib.compress(content))
    assert len(in_pieces(content)) < 1.02 * expected


def streams(content: bytes) -> list[bytes]:
    """Whole streams with all kinds of blocks."""
    made = [bytes(libdeflate.deflate_compress(content, level)) for level in (0, 1, 5, 12)]
    for level, strategy in (
        (0, zlib.Z_DEFAULT_STRATEGY),
        (6, zlib.Z_DEFAULT_STRATEGY),
        (6, zlib.Z_FIXED),
        (6, zlib.Z_HUFFMAN_ONLY),
        (6, zlib.Z_RLE),
    ):
        compressor = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
        made.append(compressor.compress(content) + compressor.flush())
    return made


@given(stretches=kinds(60_000))
def test_a_stream_can_be_gone_on_with(stretches: list[Kind]) -> None:
    content = content_of(stretches)
    for stream in streams(content):
        opened = open_ended(stream, content)
        assert zlib.decompress(opened + opened + EMPTY_END, -15) == content + content
        assert opened.endswith(b"\0\0\xff\xff")


@given(stretches=kinds(2000), bits=st.integers(0, 15))
def test_the_blocks_may_begin_at_any_bit(stretches: list[Kind], bits: int) -> None:
    """Many short blocks: their number, and what is in them, moves the last one from bit to bit."""
    content = content_of(stretches)
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = [content[start : start + 100] for start in range(0, len(content), 100)]
    stream = b"".join(
        compressor.compress(part) + compressor.flush(zlib.Z_BLOCK) for part in parts[bits:]
    )
    stream += compressor.flush()
    kept = b"".join(parts[bits:])
    assert zlib.decompress(open_ended(stream, kept) + EMPTY_END, -15) == kept


def test_what_is_not_the_content_is_refused() -> None:
    content = b"some text, again " * 5000
    stream = zlib.compress(content, wbits=-15)
    for wrong, said in (
        (stream[:-1], "cut short"),
        (stream[:40], "cut short"),
        (b"\7" + stream[1:], "invalid"),
        (zlib.compress(content[:-1], wbits=-15), "holds 84999 bytes of 85000"),
        (zlib.compress(content[::-1], wbits=-15), "not what was compressed, from byte 0"),
        (stream + b"\0", "[a-z]"),
    ):
        with pytest.raises(JoinError, match=said):
            open_ended(wrong, content)


def test_zlib_takes_over_where_a_stream_cannot_be_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"some text, again " * 200_000
    expected = in_pieces(content)

    def broken(data: bytes, level: int) -> bytes:
        stream = libdeflate.deflate_compress(data, level)
        return bytes(stream[:-1] if len(data) == deflate.PIECE else stream)

    monkeypatch.setattr(deflate, "COMPRESSOR", broken)
    assert in_pieces(content) != expected
    assert zlib.decompress(in_pieces(content), -15) == content


def test_libdeflate_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert deflate.find_libdeflate() is not None
    monkeypatch.setitem(sys.modules, "deflate", None)
    assert deflate.find_libdeflate() is None


def test_libdeflate_is_asked_for_only_where_it_need_not_be_compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked_for(*tags: str) -> list[str]:
        monkeypatch.setattr("packaging.tags.sys_tags", lambda: [Tag(*t.split("-")) for t in tags])
        return deflate.requirements()

    assert asked_for("cp312-cp312-manylinux_2_17_x86_64", "cp311-abi3-manylinux_2_17_x86_64") == []
    monkeypatch.setattr(deflate, "COMPRESSOR", None)
    assert asked_for("cp312-cp312-win32", "cp311-abi3-win32") == ["deflate>=0.9"]
    assert asked_for("cp314-cp314t-musllinux_1_2_aarch64") == ["deflate>=0.9"]
    assert asked_for("cp313-cp313t-manylinux_2_17_x86_64", "py3-none-any") == []
    assert asked_for("cp312-cp312-manylinux_2_17_i686", "cp311-abi3-manylinux_2_17_i686") == []
