"""What is found, compared with what is promised."""

from __future__ import annotations

import pytest

from wheelnext_build.audit.code.needs import CodePlace, Survey
from wheelnext_build.audit.judge import judge
from wheelnext_build.audit.promise import Promise, promise_of
from wheelnext_build.audit.verdict import Found
from wheelnext_build.variants.allowance import Allowance
from wheelnext_build.variants.variant import NULL, Property, Variant
from wheelnext_build.wheels.name import WheelName

NAME = "demo-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"


def variant(*properties: str) -> Variant:
    return Variant("label", tuple(map(Property.parse, properties)))


def found(*extensions: str, checksum: str = "") -> Found:
    place = CodePlace("gemm", 0x41F0, "vpermt2ps zmm0,zmm1,zmm2")
    survey = Survey("x86_64", {name: [place] for name in extensions}, code_size=4096)
    return Found("demo/_core.so", "ELF", survey, checksum=checksum)


def promise(*properties: str, name: str = NAME, baseline: str = "v1") -> Promise:
    chosen = variant(*properties) if properties else None
    return promise_of(WheelName.parse(name), chosen, {"x86_64": baseline})


def test_a_variant_may_need_what_its_level_has() -> None:
    verdict = judge(NAME, promise("x86_64 :: level :: v3"), [found("AVX2", "SSE3", "FMA")])
    assert verdict.holds
    assert verdict.level("x86_64") == "v3"


def test_what_is_beyond_it_reads_like_a_diagnosis() -> None:
    verdict = judge(NAME, promise("x86_64 :: level :: v3"), [found("AVX512VL")])
    (finding,) = verdict.errors
    assert str(finding) == (
        "demo/_core.so: 1 function needs AVX512VL, beyond x86_64 :: level :: v3: gemm (0x41f0: "
        "vpermt2ps zmm0,zmm1,zmm2). Built with -march=native? See docs/audit.md#leaks"
    )


def test_of_several_levels_the_lowest_counts() -> None:
    both = promise("x86_64 :: level :: v4", "x86_64 :: level :: v2")
    assert not judge(NAME, both, [found("AVX2")]).holds


def test_a_feature_of_its_own_adds_its_extension() -> None:
    both = promise("x86_64 :: level :: v4", "x86_64 :: avx512_bf16 :: on")
    assert judge(NAME, both, [found("AVX512_BF16")]).holds
    assert not judge(NAME, promise("x86_64 :: level :: v4"), [found("AVX512_BF16")]).holds


def test_plain_and_null_wheels_have_the_baseline() -> None:
    assert not judge(NAME, promise(), [found("SSE4.2")]).holds
    assert judge(NAME, promise(baseline="v2"), [found("SSE4.2")]).holds
    null = promise_of(WheelName.parse(NAME), NULL)
    assert not judge(NAME, null, [found("SSE4.2")]).holds


def test_a_mac_has_more_than_the_lowest_level() -> None:
    mac = "demo-1.0-cp311-cp311-macosx_10_13_x86_64.whl"
    assert judge(mac, promise(name=mac), [found("SSE4.1")]).holds
    assert not judge(mac, promise(name=mac), [found("AVX")]).holds


def test_a_rule_allows_and_stays_in_the_report() -> None:
    rule = Allowance("demo/*", "asks the processor", symbols=("gemm*",))
    verdict = judge(NAME, promise(), [found("AVX2")], [rule])
    assert verdict.holds
    assert verdict.findings[0].allowed == rule
    assert verdict.level("x86_64") == "v1"


def test_a_rule_for_some_symbols_leaves_the_others() -> None:
    rule = Allowance("demo/*", "asks the processor", symbols=("other",))
    assert not judge(NAME, promise(), [found("AVX2")], [rule]).holds


def test_gpu_architectures_are_exact() -> None:
    promised = promise("nvidia :: sm_arch :: 80_real", "nvidia :: sm_arch :: 90_real")
    for there, holds in (
        (("80_real", "90_real"), True),
        (("80_real",), False),
        (("80_real", "90_real", "90_virtual"), False),
        ((), False),
    ):
        binary = Found("demo/_core.so", "ELF", Survey("x86_64"), architectures=there)
        assert judge(NAME, promised, [binary]).holds == holds


def test_architectures_of_amd_are_exact_too() -> None:
    promised = promise("amd :: gfx_arch :: gfx90a", "amd :: rocm_version :: 7.0")
    there = Found("demo/_core.so", "ELF", Survey("x86_64"), architectures=("gfx90a",))
    assert judge(NAME, promised, [there]).holds
    other = Found("demo/_core.so", "ELF", Survey("x86_64"), architectures=("gfx1030",))
    (error,) = judge(NAME, promised, [other]).errors
    assert "has no gfx90a and has gfx1030 beyond it; amd :: gfx_arch promises gfx90a" in error.text
    (error,) = judge(NAME, promised, []).errors
    assert "no GPU code in it; it promises gfx90a" in error.text


def test_files_of_gpu_code_alone_have_all_architectures_together() -> None:
    promised = promise("nvidia :: sm_arch :: 80_real", "nvidia :: sm_arch :: 90a_real")

    def cubin(architecture: str) -> Found:
        path = f"demo/{architecture}.cubin"
        return Found(path, "cubin", architectures=(architecture,))

    # A cubin does not tell 90a from 90.
    assert judge(NAME, promised, [cubin("80_real"), cubin("90_real")]).holds
    (missing,) = judge(NAME, promised, [cubin("80_real")]).errors
    assert "has no 90a_real" in missing.text
    (extra,) = judge(NAME, promised, [cubin("80_real"), cubin("90_real"), cubin("120_real")]).errors
    assert "has 120_real beyond it" in extra.text
    rule = Allowance("demo/*.cubin", "chosen by the loader")
    assert judge(NAME, promised, [cubin("80_real")], [rule]).holds


def test_nothing_to_read_is_no_pass() -> None:
    assert not judge(NAME, promise("x86_64 :: level :: v3"), []).holds
    assert judge(NAME, promise(), []).holds


def test_what_cannot_be_read_is_no_pass() -> None:
    assert not judge(NAME, promise(), [Found("demo/_core.so", error="is cut short")]).holds


def cuda(*needed: str, path: str = "demo/_core.so") -> Found:
    survey = Survey("x86_64", code_size=4096)
    return Found(path, "ELF", survey, architectures=("90_real",), needed=needed)


def test_cuda_libraries_are_no_newer_than_the_driver_that_is_promised() -> None:
    promised = promise("nvidia :: cuda_version_lower_bound :: 12.8")
    assert judge(NAME, promised, [cuda("libcudart.so.12", "libcufft.so.13", "libm.so.6")]).holds
    (finding,) = judge(NAME, promised, [cuda("libcudart.so.13")]).errors
    assert "loads libcudart.so.13, which needs a driver for CUDA 13" in finding.text


@pytest.mark.parametrize(
    ("library", "requires", "package"),
    [
        ("libcudart.so.12", (), "nvidia-cuda-runtime-cu12"),
        ("libcudart.so.12", ("nvidia-cuda-runtime-cu12",), ""),
        ("libcudart.so.13", ("nvidia-cuda-runtime-cu12",), "nvidia-cuda-runtime"),
        ("libcudart.so.13", ("nvidia-cuda-runtime",), ""),
        ("libcufft.so.11", ("nvidia-cufft-cu12",), ""),
        ("libcudnn.so.9", ("numpy",), "nvidia-cudnn"),
        ("libbundled.so.1", (), ""),
        ("libcuda.so.1", (), ""),
    ],
)
def test_cuda_libraries_that_nothing_installs_are_noted(
    library: str, requires: tuple[str, ...], package: str
) -> None:
    verdict = judge(NAME, promise(), [cuda(library)], requires=requires)
    assert verdict.holds
    assert [item.text.rpartition(" ")[2] for item in verdict.findings] == [package] * bool(package)


def test_a_library_in_the_wheel_needs_no_package() -> None:
    bundled = cuda(path="demo.libs/libcudart.so.13")
    assert not judge(NAME, promise(), [cuda("libcudart.so.13"), bundled]).findings


ARM = "demo-1.0-cp311-cp311-macosx_11_0_arm64.whl"


def test_code_for_another_processor_than_the_tags() -> None:
    verdict = judge(ARM, promise(name=ARM), [found(checksum="a")])
    (finding,) = verdict.errors
    assert str(finding) == (
        "demo/_core.so: is code for x86_64; the wheel's platform tag is for aarch64"
    )
    rule = Allowance("demo/*", "a helper for other machines")
    assert judge(ARM, promise(name=ARM), [found(checksum="a")], [rule]).holds


@pytest.mark.parametrize("platform", ["any", "macosx_11_0_universal2", "linux_riscv64", "win32"])
def test_tags_that_name_no_single_processor(platform: str) -> None:
    name = f"demo-1.0-cp311-cp311-{platform}.whl"
    assert judge(name, promise(name=name), [found(checksum="a")]).holds


def test_of_a_fat_file_one_part_must_do() -> None:
    arm = Found("demo/_core.so", "Mach-O", Survey("aarch64", {}, code_size=64), checksum="a")
    assert judge(ARM, promise(name=ARM), [found(checksum="a"), arm]).holds
