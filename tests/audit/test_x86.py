"""The extensions of single instructions, by their bytes."""

from __future__ import annotations

import pytest

from wheelnext_build.audit.code import x86

RET = "c3"


@pytest.mark.parametrize(
    ("code", "needs"),
    [
        ("0f58c1", set()),  # addps xmm0, xmm1
        ("f20f7cc1", {"SSE3"}),  # haddps
        ("660f3800c1", {"SSSE3"}),  # pshufb
        ("660f3840c1", {"SSE4.1"}),  # pmulld
        ("660f3837c1", {"SSE4.2"}),  # pcmpgtq
        ("f30fb8c1", {"POPCNT"}),  # popcnt eax, ecx
        ("480fc70f", {"CX16"}),  # cmpxchg16b [rdi]
        ("9f", {"LAHF_SAHF"}),  # lahf
        ("c5fc58c1", {"AVX"}),  # vaddps ymm0, ymm0, ymm1
        ("c5f9fec1", {"AVX"}),  # vpaddd xmm0, xmm0, xmm1
        ("c5fdfec1", {"AVX2"}),  # vpaddd ymm0, ymm0, ymm1
        ("62f17d08fec1", {"AVX512F", "AVX512VL"}),  # vpaddd xmm0, xmm0, xmm1 in EVEX
        ("62f17d48fec1", {"AVX512F"}),  # vpaddd zmm0, zmm0, zmm1
        ("c4e27998c1", {"FMA"}),  # vfmadd132ps xmm0, xmm0, xmm1
        ("c4e27913c1", {"F16C"}),  # vcvtph2ps xmm0, xmm1
        ("c4e278f2c1", {"BMI"}),  # andn eax, eax, ecx
        ("c4e27bf6c1", {"BMI2"}),  # mulx eax, eax, ecx
        ("f30fbcc1", set()),  # tzcnt: what rep bsf is to others
        ("f30fbdc1", {"LZCNT"}),  # lzcnt: answers something else without
        ("0f38f007", {"MOVBE"}),  # movbe eax, [rdi]
        ("660f38dcc1", {"AES"}),  # aesenc
        ("c4e27ddcc1", {"VAES"}),  # vaesenc ymm0, ymm0, ymm1
        ("c4e27950c1", {"AVX_VNNI"}),  # vpdpbusd xmm0, xmm0, xmm1 in VEX
        ("62f27d0850c1", {"AVX512_VNNI", "AVX512VL"}),  # the same in EVEX
        ("f30f1efa", set()),  # endbr64
        ("660f1f840000000000", set()),  # nop of 9 bytes
        ("f390", set()),  # pause
        ("0fa2", set()),  # cpuid
        ("0f01d0", set()),  # xgetbv
        ("0f0d0f", set()),  # prefetchw [rdi]
        ("0f0b", set()),  # ud2
    ],
)
def test_an_instruction_needs_what_its_encoding_needs(code: str, needs: set[str]) -> None:
    read = x86.linear(bytes.fromhex(code + RET), 0x1000)
    assert needs == set(read.found)


def test_data_behind_a_jump_is_not_reached() -> None:
    # jmp +4; four bytes that read as vaddps ymm0, ymm0, ymm0; ret
    code = bytes.fromhex("eb04c5fc58c0c3")
    assert set(x86.linear(code, 0).found) == {"AVX"}
    assert not x86.reachable(code, 0).found


def test_both_sides_of_a_branch_are_reached() -> None:
    # je +5; vaddps; ret; popcnt; ret
    code = bytes.fromhex("7405c5fc58c0c3f30fb8c1c3")
    assert set(x86.reachable(code, 0).found) == {"AVX", "POPCNT"}


def test_apx_is_known_by_its_prefix() -> None:
    # REX2: add r16, rax
    assert set(x86.reachable(bytes.fromhex("d51801c0c3"), 0).found) == {"APX"}


def test_an_instruction_reads_as_assemblers_write_it() -> None:
    code = bytes.fromhex("c5fc58c1c3")
    assert x86.instruction_at(code, 0x4000, 0x4000) == "vaddps ymm0,ymm0,ymm1"
