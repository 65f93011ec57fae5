"""The architectures that the offload bundles of AMD's GPU code name."""

from __future__ import annotations

import contextlib
import struct
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelnext_build.audit.code.needs import Survey
from wheelnext_build.audit.formats import gpu_files
from wheelnext_build.audit.formats.binary import BinaryError
from wheelnext_build.audit.formats.hipbundle import architectures
from wheelnext_build.audit.judge import judge
from wheelnext_build.audit.promise import promise_of
from wheelnext_build.audit.verdict import Found
from wheelnext_build.variants.variant import Variant
from wheelnext_build.wheels.name import WheelName

HOST = "host-x86_64-unknown-linux"
CODE = b"\x7fELF" + bytes(60)


def bundle(*targets: str) -> bytes:
    """A bundle as clang-offload-bundler lays it out, its code objects aligned to 64 bytes."""
    ids = [HOST.encode(), *(f"hipv4-amdgcn-amd-amdhsa--{target}".encode() for target in targets)]
    start = -(-(32 + sum(24 + len(name) for name in ids)) // 64) * 64
    table = b"__CLANG_OFFLOAD_BUNDLE__" + struct.pack("<Q", len(ids))
    for number, name in enumerate(ids):
        size = len(CODE) if number else 0
        offset = start + max(0, number - 1) * len(CODE)
        table += struct.pack("<QQQ", offset, size, len(name)) + name
    return table.ljust(start, b"\0") + CODE * len(targets)


def compressed(content: bytes, version: int = 3, method: int = 0) -> bytes:
    packed = zlib.compress(content)
    sizes = struct.Struct({2: "<II", 3: "<QQ"}.get(version, "<QQ"))
    total = 8 + sizes.size + 8 + len(packed)
    head = b"CCOB" + struct.pack("<HH", version, method) + sizes.pack(total, len(content))
    return head + bytes(8) + packed


def test_each_bundle_of_a_section_has_its_architectures() -> None:
    section = bundle("gfx90a", "gfx1030").ljust(4096, b"\0") + bundle("gfx942")
    assert architectures([section]) == ["gfx1030", "gfx90a", "gfx942"]
    assert architectures([bundle()]) == []


def test_features_of_a_target_are_left_out_and_generic_targets_are_not() -> None:
    assert architectures([bundle("gfx90a:sramecc+:xnack-")]) == ["gfx90a"]
    assert architectures([bundle("gfx11-generic")]) == ["gfx11-generic"]


@pytest.mark.parametrize("version", [2, 3])
def test_compressed_bundles_are_read(version: int) -> None:
    section = compressed(bundle("gfx90a"), version).ljust(4096, b"\0")
    section += compressed(bundle("gfx1100"), version)
    assert architectures([section]) == ["gfx1100", "gfx90a"]


def test_compression_as_amd_does_it() -> None:
    zstd = pytest.importorskip("backports.zstd", reason="Python has it from 3.14 on")
    content = bundle("gfx1200")
    packed = zstd.compress(content)
    head = b"CCOB" + struct.pack("<HHQQ8x", 3, 1, 32 + len(packed), len(content))
    assert architectures([head + packed]) == ["gfx1200"]
    with pytest.raises(BinaryError, match="GPU code"):
        architectures([head + b"x" * len(packed)])


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python has zstd")
def test_without_zstd_nothing_is_known_and_only_a_promise_makes_that_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "backports", None)
    packed_by_zstd = compressed(b"", method=1).ljust(4096, b"\0")
    assert architectures([packed_by_zstd + compressed(bundle("gfx90a"))]) == ["gfx90a", "gfx?"]
    packed = Found("demo/_core.so", "ELF", Survey("x86_64"), architectures=("gfx?",))
    for features, is_error in (({}, False), ({"amd": {"gfx_arch": ["gfx90a"]}}, True)):
        name = WheelName.parse("demo-1.0-py3-none-linux_x86_64.whl")
        promise = promise_of(name, Variant.from_mapping("x", features) if features else None)
        (finding,) = judge("demo.whl", promise, [packed]).findings
        assert "install wheelnext-build[audit]" in finding.text
        assert finding.is_error == is_error


@pytest.mark.parametrize(
    "section",
    [
        bundle("gfx90a")[:-1],
        bundle("gfx90a")[:40],
        b"__CLANG_OFFLOAD_BUNDLE__" + struct.pack("<Q", 1 << 40),
        compressed(bundle("gfx90a"))[:-1],
        compressed(bundle("gfx90a")[:40]),
        compressed(b"something else"),
        compressed(bundle("gfx90a"), version=9),
        compressed(bundle("gfx90a"), method=7),
        b"CCOB\3\0\0\0",
    ],
)
def test_damage_is_an_error(section: bytes) -> None:
    with pytest.raises(BinaryError, match="GPU code"):
        architectures([section])


@given(st.binary(max_size=64), st.integers(0, 200), st.booleans())
def test_no_bytes_raise_anything_else(data: bytes, position: int, packed: bool) -> None:
    whole = compressed(bundle("gfx90a")) if packed else bundle("gfx90a")
    with contextlib.suppress(BinaryError):
        architectures([whole[:position] + data + whole[position + len(data) :]])


def test_files_of_their_own() -> None:
    for content in (bundle("gfx90a"), compressed(bundle("gfx90a"))):
        assert gpu_files.is_gpu_file("kernels.hipfb", content[:8])
        assert gpu_files.read("kernels.hipfb", content) == ("offload bundle", ["gfx90a"])
    note = b"\xaeamdhsa.target\xd9\x1eamdgcn-amd-amdhsa--gfx90a:xnack+\xae"
    header = struct.pack("<16sHHIQQQI", b"\x7fELF\2\1\1\x40", 3, 224, 1, 0, 0, 0, 0)
    assert gpu_files.read("kernels.hsaco", header.ljust(64, b"\0") + note) == (
        "code object",
        ["gfx90a"],
    )
